//! Installer ISOs: making, reading and serving them; what registries say; and this machine's ports
//! to cards, with a DHCP server of our own.
//!
//! What it is not: it keeps no library of ISOs, and does not know cards.

mod addresses;
mod bundle;
pub mod ca;
mod cpio;
pub mod iso;
mod kickstart;
mod network;
mod oci;
pub mod podman;
mod programs;
pub mod registry;
mod remaster;
pub mod server;

pub use addresses::local_addresses;
pub use bundle::{BundleSize, image_of, is_bundle, read_bundle, take_from_bundle, write_bundle};
pub use ca::CertificateAuthority;
pub use iso::{IsoError, inspect, look};
pub use kickstart::ksvalidate;
pub use network::{PortHolder, PortReport, Ports};
pub use registry::OciRegistry;
pub use remaster::{ImageAccess, IsoReport, Workshop, missing_programs, verify};
pub use server::{IsoServer, Scheme, new_token};
