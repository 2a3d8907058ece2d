//! The IMC's Redfish service and its download of media, as recorded from Intel's published server.

mod answer;
pub mod auth;
mod body;
mod fetch;
pub mod identity;
mod media;
mod resources;
pub mod server;
pub mod service;
mod settings;
pub mod task;
pub mod trust;
