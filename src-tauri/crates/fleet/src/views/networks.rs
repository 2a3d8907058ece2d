//! Ports to cards that Slipway has set up.

use serde::Serialize;
use slipway_core::ids::JobId;
use specta::Type;

/// A port of this machine that Slipway has set up, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct PortView {
    pub port: String,
    /// Ours there: `192.168.3.1/24`.
    pub addresses: Vec<String>,
    /// All of it is as it was set up.
    pub whole: bool,
    /// What is missing, in words.
    pub missing: Vec<String>,
    /// The process id of the DHCP server; `None`: it does not run.
    pub server: Option<i32>,
    pub holders: Vec<PortHolderView>,
    /// Addresses that cards have taken.
    pub given: Vec<String>,
    /// Why it can't be taken back now; `None`: it can.
    pub why_not_down: Option<String>,
}

/// A card that a port is set up for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct PortHolderView {
    pub card: String,
    pub ip: String,
    pub macs: Vec<String>,
    /// The deployment that it is for; `None`: it was set up by hand, and stays.
    pub job: Option<JobId>,
    /// Whether that deployment runs.
    pub running: bool,
}
