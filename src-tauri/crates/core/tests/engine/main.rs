//! The job engine against a simulated card: killed after every state, faulted in every way, never
//! asleep.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

#[path = "../support/mod.rs"]
mod support;

mod beside;
mod boot_change_faults;
mod boot_change_hiccups;
mod cancel;
mod cluster_deploy;
mod deadlines;
mod deployment_faults;
mod docs;
mod firmware;
mod hiccups;
mod installation_faults;
mod iso_build;
mod kill;
mod moves;
mod network;
mod p4;
mod persisted;
mod plans;
mod process;
mod retry;
