//! The application: wires the adapters to the ports and offers the use cases.
//!
//! Every shell (the window, `slipctl`, tests) calls this and nothing below it. No shell decides
//! anything: what may be done, what it would do, and how a card stands come from here as data.

mod access;
mod bench;
mod boot_changes;
mod cards;
mod changes;
mod config;
mod deployments;
mod desk;
mod error;
mod isos;
mod jobs;
mod keys;
mod lab;
mod links;
mod media;
mod overview;
mod refresh;
mod runner;
mod trust;
pub mod views;

pub use changes::{Change, ChangeTag};
pub use config::FleetConfig;
pub use desk::Fleet;
pub use lab::{LAB_LABEL, LabFile};
pub use runner::Running;
pub use slipway_store::file_secrets_exist as has_secret_file;
pub use views::{AppError, ErrorCode};
