//! The SSH servers of IMC, ACC and DPU host: password and public key, exec with standard input, and from the
//! IMC a way through to the ACC. No terminals and no file transfer subsystem.

mod keys;
mod machines;
mod server;

pub use keys::{host_key_fingerprint, new_host_key, public_line};
pub use machines::{serve_acc, serve_host, serve_imc};
