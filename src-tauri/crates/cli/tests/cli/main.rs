//! The real `slipctl`, run as a person or a script runs it, on the lab's cards.
//!
//! One binary for all of it, so that the waiting of one test is the working time of another. Every
//! run of `slipctl` here is searched for passwords and private keys (see [`support::desk`]).

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod again;
mod bad_desk;
mod bad_input;
mod bad_trust;
mod batches;
mod beside;
mod bmcs;
mod cluster;
mod cluster_build;
mod credentials;
mod discovery;
mod doctor;
mod firmware;
mod images;
mod images_cross;
mod images_trust;
mod imc_redfish;
mod iso_build;
mod iso_builder;
mod iso_bundle;
mod iso_registry;
mod iso_serve;
mod kill_and_resume;
mod main_job;
mod marvell;
mod network;
mod p4;
mod real_sshd;
mod secrets;
mod ssh_logins;
mod support;
mod sushy;
mod terminal;
mod two_processes;
