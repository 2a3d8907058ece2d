//! Installer ISOs: made with xorriso, read back as a card's firmware and Anaconda would.

mod build;
mod read;

pub use build::{BuildIsoError, IsoSpec, VOLUME_ID, build};
pub use read::{IsoFile, ReadIsoError};
