//! Redfish services: rows, one of them with its inventory, and what can be done to it.

use serde::{Deserialize, Serialize};
use slipway_core::{
    address::Address,
    bmc::PairedBy,
    dpu::Silence,
    ids::{BmcId, CredentialId, DpuId},
    inventory::{BmcKind, Health, Inventory, MediaSlotInfo},
    ports::{BootOverride, BootOverrideEnabled},
    time::Timestamp,
    trust::Fingerprint,
};
use specta::Type;

use super::PinView;

/// How a BMC stands, worst first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "snake_case")]
pub enum BmcState {
    /// It shows another certificate than the pinned one, or none is pinned: nothing is asked.
    Untrusted,
    /// It refuses our user name or password: nothing is asked until a person says so.
    Refused,
    Unreachable,
    /// Its own health is not OK.
    Degraded,
    /// What is known is too old to be taken for the present.
    Stale,
    /// Never asked.
    Unknown,
    Healthy,
}

/// A Redfish service in a list.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BmcRow {
    pub id: BmcId,
    pub name: String,
    pub address: Address,
    pub kind: BmcKind,
    /// "Intel IPU's IMC", "Dell Inc. iDRAC", "BlueField BMC", "Redfish service".
    pub kind_text: String,
    pub state: BmcState,
    /// Why it stands so, one sentence.
    pub reason: String,
    /// The card whose IMC this is.
    pub dpu: Option<DpuId>,
    /// The cards in this server.
    pub cards: Vec<PairedCard>,
    pub health: Health,
    pub firmware: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub power: Option<String>,
    /// When it answered last.
    pub seen: Option<Timestamp>,
    pub labels: Vec<String>,
}

/// A card in a server.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PairedCard {
    pub dpu: DpuId,
    pub name: String,
    pub by: PairedBy,
}

/// The server that a card is in.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PairingView {
    pub host: BmcId,
    pub host_name: String,
    pub by: PairedBy,
    /// "the host lists a device with the card's serial number 12345"
    pub because: String,
    pub since: Timestamp,
}

/// A page of Redfish services.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct BmcQuery {
    /// In names, addresses, kinds, models, serial numbers, firmware and labels.
    pub search: Option<String>,
    /// The cards' IMCs too; without it only servers, BlueFields and others.
    pub with_imcs: bool,
    pub offset: u32,
    /// At most 500.
    pub limit: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BmcPage {
    pub rows: Vec<BmcRow>,
    /// Rows that match.
    pub total: u32,
}

/// What can be done to a Redfish service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum BmcAction {
    Insert,
    Eject,
    SetBoot,
    Reset,
}

/// One action at one resource, as data: one that is not offered says why.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BmcActionView {
    pub action: BmcAction,
    /// The slot, system or manager: what the order names. Empty where there is none.
    pub target: String,
    /// What people call that: "Virtual CD", "System 1".
    pub target_name: String,
    /// "Insert a medium", "Reset the manager"
    pub label: String,
    /// Reset types, or boot targets.
    pub choices: Vec<String>,
    /// For the boot override: `Once`, `Continuous`, `Disabled`, as far as they are offered.
    pub modes: Vec<BootOverrideEnabled>,
    /// What it does to what runs there, for the question before it. `None`: it interrupts nothing.
    pub interrupts: Option<String>,
    /// `None`: it may be done.
    pub why_not: Option<String>,
}

/// Everything about one Redfish service, as last seen.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BmcView {
    pub row: BmcRow,
    pub inventory: Option<Inventory>,
    /// When the inventory was read.
    pub read_at: Option<Timestamp>,
    /// Whether the inventory is too old to be taken for the present.
    pub stale: bool,
    pub silent: Option<Silence>,
    /// Looks that failed in a row, and when it is tried again; never by itself where a person is
    /// needed.
    pub failures: u32,
    pub next_look: Option<Timestamp>,
    pub actions: Vec<BmcActionView>,
    pub pins: Vec<PinView>,
    /// Who we are there: "profile lab-imcs (root)", "its own (root)".
    pub login: String,
    /// The profile, where it is one.
    pub profile: Option<CredentialId>,
    /// Of a card's IMC: the server that the card is in.
    pub pairing: Option<PairingView>,
    pub added_at: Timestamp,
    /// Why it can't be removed by itself.
    pub why_not_remove: Option<String>,
}

/// What to do. `slot`, `system` and `target` are paths of the inventory.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum BmcOrder {
    Insert {
        slot: String,
        /// The URL that the BMC fetches.
        image: String,
    },
    Eject {
        slot: String,
    },
    SetBoot {
        system: String,
        enabled: BootOverrideEnabled,
        target: String,
    },
    Reset {
        target: String,
        reset_type: String,
    },
}

/// While an order is carried out.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BmcProgress {
    /// "The BMC is fetching the image (task 7 runs for 12 s)"
    pub sentence: String,
    /// Seconds since the order.
    pub seconds: u32,
}

/// What an order led to, as it was read back.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BmcOutcome {
    pub sentence: String,
    pub slot: Option<MediaSlotInfo>,
    pub boot: Option<BootOverride>,
}

/// A resource of the last crawl, for the support view.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct RawView {
    pub read_at: Timestamp,
    pub resources: Vec<RawText>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct RawText {
    pub path: String,
    /// JSON, indented.
    pub body: String,
}

/// Any Redfish service to add that is no card's IMC. The password crosses inwards only.
#[derive(Clone, Deserialize, Type)]
pub struct AddBmc {
    pub name: String,
    /// `host` or `host:port`; 443 where it is missing.
    pub address: String,
    pub login: NewLogin,
    pub labels: Vec<String>,
    /// What the person accepted, from the probe.
    pub certificate: Fingerprint,
}

/// Which login a machine gets: a profile that is there, or one of its own.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "login")]
pub enum NewLogin {
    Profile { profile: CredentialId },
    Own { user: String, password: String },
}
