//! Cards: rows, one card, what can be done to it, and adding one.

use serde::{Deserialize, Serialize};
use slipway_core::{
    address::Address,
    bootc::{BootcStatus, Greenboot},
    credential::ImcSshLogin,
    dpu::{AccRoute, AvailableImage, Headline, HeadlineState, ImcIdentity, Silence},
    ids::{DpuId, JobId},
    image::ImageDigest,
    time::Timestamp,
    trust::{CertificateInfo, Fingerprint},
};
use specta::Type;

use super::{CardLogins, JobRow, NewLogin, PairingView, PinView};

/// One row of the fleet table.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DpuRow {
    pub id: DpuId,
    pub name: String,
    pub headline: Headline,
    pub host: Option<String>,
    pub imc: Address,
    pub firmware: Option<String>,
    /// The reference's last part, `dpu-os:stable`.
    pub image: Option<String>,
    pub version: Option<String>,
    pub digest: Option<ImageDigest>,
    pub available: Option<AvailableImage>,
    pub last_seen: Option<Timestamp>,
    pub labels: Vec<String>,
    /// The job that runs on it now.
    pub job: Option<JobId>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct StateCount {
    pub state: HeadlineState,
    pub count: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DpuSort {
    #[default]
    Name,
    State,
    Host,
    Version,
    LastSeen,
}

/// A page of the fleet.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct DpuQuery {
    /// In names, hosts, addresses, labels and versions; upper and lower case are the same.
    pub search: Option<String>,
    /// Any of these; none means all.
    pub states: Vec<HeadlineState>,
    pub sort: DpuSort,
    pub descending: bool,
    pub offset: u32,
    /// At most 500.
    pub limit: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DpuPage {
    pub rows: Vec<DpuRow>,
    /// Rows that match search and states.
    pub total: u32,
    /// Rows that match the search, by state: for the filter chips.
    pub counts: Vec<StateCount>,
}

/// What can be done to a card, as data: a disabled one says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DpuAction {
    Deploy,
    /// What [`DpuView::last_deployment`] did.
    DeployAgain,
    Upgrade,
    Switch,
    Rollback,
    Refresh,
    Remove,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ActionView {
    pub action: DpuAction,
    /// "Upgrade to 1.1.0 and reboot"
    pub label: String,
    /// `None`: it may be done.
    pub why_not: Option<String>,
}

/// Everything about one card.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DpuView {
    pub row: DpuRow,
    pub identity: ImcIdentity,
    pub imc_ssh: Address,
    pub acc: AccRoute,
    pub bootc: Option<BootcStatus>,
    pub greenboot: Option<Greenboot>,
    pub hostname: Option<String>,
    pub boot_id: Option<String>,
    pub acc_seen: Option<Timestamp>,
    pub acc_silent: Option<Silence>,
    pub imc_seen: Option<Timestamp>,
    pub imc_silent: Option<Silence>,
    pub wanted: Option<ImageDigest>,
    pub actions: Vec<ActionView>,
    pub pins: Vec<PinView>,
    pub logins: CardLogins,
    /// The server that the card is in, where it is known by its BMC.
    pub pairing: Option<PairingView>,
    /// Whether the inventory of its IMC was ever read, and when: see the IMC's [`super::BmcView`].
    pub inventory_read_at: Option<Timestamp>,
    /// Newest first.
    pub jobs: Vec<JobRow>,
    pub last_deployment: Option<JobId>,
    pub added_at: Timestamp,
}

/// What an address answered, before anybody trusts it.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Probe {
    pub redfish: Address,
    pub ssh: Address,
    /// What the certificate says of itself, and whether the site's CA vouches for it.
    pub shown: Option<CertificateInfo>,
    pub certificate: ProbeTrust,
    pub host_key: ProbeTrust,
}

/// A fingerprint, and how it stands to what is pinned.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "trust")]
pub enum ProbeTrust {
    New {
        seen: Fingerprint,
    },
    Pinned {
        seen: Fingerprint,
    },
    Changed {
        pinned: Fingerprint,
        seen: Fingerprint,
    },
    /// It did not answer; the sentence says how far it got.
    Silent {
        reason: String,
    },
}

/// A card to add. The password crosses inwards only.
#[derive(Clone, Deserialize, Type)]
pub struct AddDpu {
    pub name: String,
    /// `host` or `host:port` of the IMC's Redfish.
    pub imc: String,
    /// `host` or `host:port` of the IMC's SSH; the same host where it is missing.
    pub imc_ssh: Option<String>,
    /// `host:port` of the ACC; through the IMC to 192.168.0.2 where it is missing.
    pub acc: Option<String>,
    pub host: Option<String>,
    pub login: NewLogin,
    /// How the IMC's SSH is logged in to; as Redfish where it is missing.
    pub ssh_login: Option<ImcSshLogin>,
    /// For an ACC that does not know Slipway's key yet.
    pub acc_login: Option<NewLogin>,
    pub labels: Vec<String>,
    /// What the person accepted, from the probe. `None`: its Redfish does not run; its SSH, whose
    /// host key is needed then, says that it is an IMC.
    pub certificate: Option<Fingerprint>,
    /// `None`: its SSH showed none, and is not used until one is accepted.
    pub host_key: Option<Fingerprint>,
}
