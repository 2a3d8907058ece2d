//! The ISO library.

use serde::{Deserialize, Serialize};
use slipway_core::{
    ids::JobId,
    iso::Iso,
    ports::MediaReader,
    time::{ByteCount, Timestamp},
};
use specta::Type;

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct IsoView {
    pub iso: Iso,
    /// Where it is served right now, and who reads it.
    pub publications: Vec<PublicationView>,
    /// Why it can't be deployed to a card; `None`: it can.
    pub why_not_deployable: Option<String>,
    /// Worth knowing before a deployment.
    pub warnings: Vec<String>,
    /// Firmware 1.8 needs the reserved-memory file for it.
    pub needs_reserved_memory: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PublicationView {
    /// What takes it down; empty where its deployment does.
    pub id: String,
    /// Without its secret part where another process serves it, or a deployment.
    pub url: String,
    pub file_name: String,
    /// The deployment it is for, where it has an overlay.
    pub job: Option<JobId>,
    /// Another process serves it: how much of it was read is not known here.
    pub elsewhere: bool,
    /// Taken down by itself then.
    pub expires_at: Option<Timestamp>,
    pub readers: Vec<MediaReader>,
}

/// While an ISO is read into the library.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ImportProgress {
    pub read: ByteCount,
    pub total: ByteCount,
}
