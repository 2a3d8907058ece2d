//! N simulated Intel IPUs in one process: for the demo, for training and for every test.
//!
//! A card here speaks its IMC's Redfish and SSH, its ACC's SSH and bootc, as they were recorded;
//! what no recording shows is made up in [`invented`] and nowhere else. The lab does not bend time:
//! its phases last as long as [`Timings`] says. It trusts nobody and nothing should trust it: its
//! passwords are in its inventory.

pub mod acc;
pub mod card;
mod config;
mod control;
mod control_client;
mod faults;
pub mod files;
mod host;
pub mod image;
mod imc;
mod invented;
pub mod iso;
mod lab;
mod persist;
mod port;
pub mod registry;
pub mod shell;
pub mod ssh;

pub use card::Observed;
pub use config::{FleetMix, LabCard, LabConfig, LabInventory, Timings};
pub use control_client::{ControlError, LabControl};
pub use faults::{Fault, Faults, PendingFault};
pub use lab::{CardHandle, DEMO_VERSION, Lab, LabError};
pub use persist::kept_cards;
pub use shell::ShellOutput;
