//! The plain data of a card: what shows in Redfish, what is counted, what is kept.

use std::{collections::BTreeMap, time::Instant};

use serde::{Deserialize, Serialize};

use crate::{files::Files, imc::identity::TlsIdentity, invented};

/// Whether the IMC answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImcPower {
    Up,
    /// Up, and will go away then: a reset was accepted.
    GoingDown {
        at: Instant,
    },
    Down {
        until: Instant,
    },
}

/// The virtual media slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    pub image_name: Option<String>,
    pub inserted: bool,
}

/// `BootSourceOverrideEnabled` as an IMC can have it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OverrideEnabled {
    #[default]
    Disabled,
    Once,
    Continuous,
}

/// `BootSourceOverrideTarget` as an IMC can have it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OverrideTarget {
    #[default]
    None,
    Cd,
    RemoteDrive,
    Utilities,
    UefiShell,
}

/// The boot source override.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    pub enabled: OverrideEnabled,
    pub target: OverrideTarget,
}

/// What was done to a card: for tests that no effect is repeated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// InsertMedia that were accepted (202).
    pub inserts: u64,
    /// EjectMedia that ejected something.
    pub ejects: u64,
    /// Boot source overrides that were accepted (204).
    pub overrides: u64,
    /// Manager.Reset that were accepted (204).
    pub imc_resets: u64,
    /// ComputerSystem.Reset that were accepted.
    pub system_resets: u64,
    /// HEAD requests for media.
    pub media_heads: u64,
    /// GET requests for media.
    pub media_gets: u64,
    /// Logins to Redfish that were refused.
    pub refused_logins: u64,
    /// Sessions made.
    pub sessions: u64,
    /// Installers that ran to their end.
    pub installs: u64,
    /// `systemctl reboot` on the ACC.
    pub acc_reboots: u64,
    /// Times that an OS came up on the ACC.
    pub acc_boots: u64,
    /// `bootc upgrade` that were run.
    pub upgrades: u64,
    /// `bootc switch` that were run.
    pub switches: u64,
    /// `bootc rollback` that were run.
    pub rollbacks: u64,
    /// Commands that ran on the IMC.
    pub imc_commands: u64,
    /// Commands that ran on the ACC.
    pub acc_commands: u64,
    /// `update-ca-trust` on the IMC.
    pub trust_updates: u64,
    /// Drivers unloaded on the DPU host.
    pub driver_unloads: u64,
    /// Drivers loaded on the DPU host.
    pub driver_loads: u64,
    /// Cards registered at Red Hat.
    pub registrations: u64,
    /// Starts of MicroShift that somebody asked for.
    pub microshift_starts: u64,
    /// Containers run on the DPU host.
    pub host_containers: u64,
    /// Firmware that was flashed.
    #[serde(default)]
    pub flashes: u64,
    /// Cold boots of the server that it is in.
    #[serde(default)]
    pub cold_boots: u64,
}

/// Who may log in, and the SSH host key of the IMC.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CardSecrets {
    pub imc_user: String,
    pub imc_password: String,
    pub acc_user: String,
    pub acc_password: String,
    /// OpenSSH PEM.
    pub imc_host_key: String,
    pub tls: TlsIdentity,
}

/// What of an IMC survives: a reset, and with `persist` the lab.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptImc {
    pub files: Files,
    pub trusted: Vec<String>,
    pub slot: Slot,
    pub boot_override: Override,
    pub boot_options: BTreeMap<String, String>,
    pub clock_offset: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flashed: Option<String>,
    pub up_since: jiff::Timestamp,
    pub boots: u64,
}

impl KeptImc {
    /// A factory-fresh one.
    #[must_use]
    pub fn new(number: usize) -> Self {
        Self {
            files: invented::imc_files(number),
            trusted: Vec::new(),
            slot: Slot::default(),
            boot_override: Override::default(),
            boot_options: invented::boot_options(),
            clock_offset: 0,
            flashed: None,
            up_since: jiff::Timestamp::now() - invented::uptime(number),
            boots: 1,
        }
    }
}
