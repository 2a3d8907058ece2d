//! SSH to IMCs and ACCs: `slipway_core::ports::Remote` over russh.
//!
//! One [`SshRemote`] is one login on one machine: it keeps one connection and runs many commands
//! over it. What it is not: it decides nothing about trust (an unknown or changed host key is an
//! error with what was seen), retries no command, and builds no shell text of its own.

mod auth;
mod exec;
mod handshake;
mod keys;
mod remote;
mod target;
mod tunnel;

pub use keys::{check_private_key, generate_key, public_key_fingerprint};
pub use remote::{SshRemote, host_key};
pub use target::{SshAuth, SshTarget};
