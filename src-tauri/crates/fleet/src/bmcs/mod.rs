//! Redfish services that are no card, and the Redfish side of those that are.

mod actions;
mod add;
mod look;
mod orders;
mod pairing;
mod power;
mod raw;
mod rows;

pub(crate) use look::{Met, random};
pub(crate) use rows::{because, kind_text};
