//! The application: wires the adapters to the ports and offers the use cases.
//!
//! Every shell (the window, `slipctl`, tests) calls this and nothing below it. No shell decides
//! anything: what may be done, what it would do, and how a card stands come from here as data.

mod access;
mod again;
mod batches;
mod batches_view;
mod bench;
mod beside;
mod bmcs;
mod boot_changes;
mod bundles;
mod cards;
mod changes;
mod cluster;
mod config;
mod credentials;
mod deployments;
mod desk;
mod discovery;
mod doctor;
mod endings;
mod error;
pub mod image_views;
mod images;
mod images_build;
mod images_registry;
mod isos;
mod jobs;
mod keys;
mod kickstarts;
mod lab;
mod links;
mod logins;
mod media;
mod network;
mod overview;
mod owners;
mod publishing;
mod redfish_setup;
mod refresh;
mod registry_trust;
mod runner;
mod scheduler;
mod site_ca;
mod studio;
mod studio_access;
mod studio_builder;
mod studio_kickstarts;
mod studio_tool;
mod studio_views;
mod subjects;
mod support_bundle;
mod transfers;
mod trust;
pub mod views;

pub use changes::{Change, ChangeTag};
pub use cluster::{
    ClusterBegun, ClusterCard, ClusterIso, ClusterPlan, ClusterRequest, ClusterStanding,
    ClusterTexts, ConfirmedCluster, IsoWhere, WrongVariables, firmware_image, is_there,
    p4_components, read_operator_registry, read_pull_secret, write_today, wrong_file,
};
pub use config::FleetConfig;
pub use desk::Fleet;
pub use doctor::DoctorRun;
pub use endings::{Ending, Endings};
pub use lab::{LAB_LABEL, LabFile};
pub use network::NetworkCard;
pub use runner::Running;
pub use slipway_core::job::Begun;
pub use slipway_media::{PortReport, is_bundle};
pub use slipway_redfish::{Greeting, goodbyes, room_for_connections};
pub use slipway_store::file_secrets_exist as has_secret_file;
pub use studio_builder::{BuilderIsoRequest, OwnKickstart};
pub use views::{AppError, ErrorCode};
