//! Redfish over reqwest: [`slipway_core::ports::Bmc`] for an IPU's IMC, and for the BMCs of others.
//!
//! Knows how to connect (a pinned certificate, Intel's TLS policy), how to read what services
//! really answer (everything may be missing), and where firmware differs from the standard
//! (`quirks.rs`). Decides nothing: no trust, no retry of an effect, no waiting for a task. Those
//! are the engine's.

mod answer;
mod assemble;
mod bmc;
mod broken;
mod ca;
mod certificate;
mod client;
mod controller;
mod crawl;
mod descriptors;
mod devices;
mod etag;
mod evidence;
mod fields;
mod follow;
mod goodbye;
mod greet;
mod ipu;
mod kind;
mod kx;
mod media;
mod navigate;
mod quirks;
mod resource;
mod session;
mod slot;
mod task;
pub mod tls;
mod transport;
mod turn;
mod verdict;
mod versions;

pub use ca::{SiteCa, SiteCaError};
pub use client::{
    RedfishClient, RedfishTarget, Timeouts, describe, inspect, probe, probe_within,
    shown_certificate,
};
pub use descriptors::room_for_connections;
pub use goodbye::goodbyes;
pub use greet::{Greeting, greet};
pub use tls::Accepted;
