//! Redfish over reqwest: [`slipway_core::ports::Bmc`] for an IPU's IMC, and for the BMCs of others.
//!
//! Knows how to connect (a pinned certificate, Intel's TLS policy), how to read what services
//! really answer (everything may be missing), and where firmware differs from the standard
//! (`quirks.rs`). Decides nothing: no trust, no retry of an effect, no waiting for a task. Those
//! are the engine's.

mod answer;
mod bmc;
mod client;
mod evidence;
mod kx;
mod navigate;
mod quirks;
mod resource;
mod task;
pub mod tls;
mod transport;
mod verdict;

pub use client::{RedfishClient, RedfishTarget, Timeouts, probe, probe_within};
