//! Installer ISOs: reading them on import, and serving them over HTTPS; and what registries say.
//!
//! What it is not: it writes no ISO, keeps no library of them, and does not know cards.

pub mod ca;
pub mod iso;
mod oci;
pub mod registry;
pub mod server;

pub use ca::CertificateAuthority;
pub use iso::{IsoError, inspect};
pub use registry::OciRegistry;
pub use server::{IsoServer, new_token};
