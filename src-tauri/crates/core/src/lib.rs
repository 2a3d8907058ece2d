//! Slipway's domain: types, parsers, plans, state tables and the job engine.
//!
//! Nothing here does I/O. What has to be asked of the world is named by the traits in [`ports`];
//! the adapter crates answer. Everything else is a plain function that a test can call.

pub mod address;
pub mod batch;
pub mod bmc;
pub mod bootc;
pub mod bundle;
pub mod cluster;
pub mod command;
pub mod containerfile;
pub mod containers;
pub mod credential;
pub mod discovery;
pub mod doctor;
pub mod dpu;
pub mod failure;
pub mod ids;
pub mod image;
pub mod image_build;
pub mod image_builder;
pub mod inventory;
pub mod iso;
pub mod job;
pub mod kickstart;
pub mod lint;
pub mod microshift;
pub mod network;
pub mod ports;
pub mod redact;
pub mod secret;
pub mod time;
pub mod trust;
