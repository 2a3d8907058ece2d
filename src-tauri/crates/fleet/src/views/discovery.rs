//! Discovery: a list of addresses, what each of them is, and adding the chosen ones.

use serde::{Deserialize, Serialize};
use slipway_core::{
    address::Address,
    discovery::{Candidate, LineProblem},
    ids::{BmcId, CredentialId, DiscoveryId},
    inventory::BmcKind,
    ports::Stage,
    time::Timestamp,
    trust::CertificateInfo,
};
use specta::Type;

use super::{AppError, ProbeTrust};

/// A list to look at.
#[derive(Clone, Deserialize, Type)]
pub struct DiscoveryRequest {
    /// Lines, ranges, networks, or CSV with a header.
    pub text: String,
    /// Profiles to log in by, in this order of preference; each address gets the first that is
    /// for it, or else the first of all.
    pub profiles: Vec<CredentialId>,
    /// Accepts and stores every certificate and host key that is new, each of which is shown. A
    /// changed one is never accepted.
    pub trust_on_first_use: bool,
    /// After so many refusals of one profile the other addresses wait: an account of many BMCs
    /// would be locked. `None`: 3.
    pub most_refusals: Option<u32>,
}

/// How far a discovery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DiscoveryStage {
    Running,
    /// All were asked; some may wait for a person: trust, or a credential.
    Done,
    Cancelled,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DiscoveryView {
    pub id: DiscoveryId,
    pub stage: DiscoveryStage,
    /// Addresses that have answered, or finally have not.
    pub done: u32,
    pub total: u32,
    /// "41 of 120 asked: 30 Intel IPUs, 2 servers; 4 wait for your trust"
    pub sentence: String,
    pub rows: Vec<DiscoveryRow>,
    pub problems: Vec<LineProblem>,
    pub started_at: Timestamp,
}

/// One address of a discovery.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DiscoveryRow {
    /// Its place in the list: what the other questions name.
    pub index: u32,
    pub candidate: Candidate,
    /// A name for it: from the list, else from its address.
    pub name: String,
    /// Where Redfish answered, or was tried last.
    pub redfish: Option<Address>,
    pub ssh: Option<Address>,
    pub answer: DiscoveryAnswer,
    /// The answer in one sentence, with the evidence.
    pub sentence: String,
    pub certificate: Option<ProbeTrust>,
    /// What the certificate says of itself, and whether the site's CA vouches for it.
    pub shown: Option<CertificateInfo>,
    /// Of an IMC's SSH.
    pub host_key: Option<ProbeTrust>,
    /// The profile that it is logged in by.
    pub profile: Option<CredentialId>,
    pub firmware: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    /// The one that is in Slipway already.
    pub known: Option<BmcId>,
    /// Why it can't be added (now); `None`: it can.
    pub why_not_add: Option<String>,
}

/// What an address turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum DiscoveryAnswer {
    /// Not asked yet, or being asked.
    Waiting,
    /// Redfish, and we were let in.
    Found {
        kind: BmcKind,
    },
    /// Its certificate is new: nothing was sent. Accept it to go on.
    UntrustedCertificate,
    /// Its certificate is not the pinned one: nothing was sent.
    ChangedCertificate,
    /// It refused the profile's user or password; tried once.
    WrongCredentials {
        kind: BmcKind,
    },
    /// Nobody said by which profile to log in, or the profile can't be used there.
    NeedsCredential {
        kind: BmcKind,
    },
    /// Not tried: the profile was refused too often by others.
    HeldBack {
        kind: BmcKind,
    },
    /// No Redfish, but the SSH of an IMC: by its `/etc/issue`.
    ImcWithoutRedfish {
        issue: String,
    },
    /// Something answers that is no Redfish service.
    NoRedfish,
    Unreachable {
        stage: Stage,
    },
}

/// A person's word on rows: which were compared and accepted.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct TrustDiscovered {
    pub id: DiscoveryId,
    /// Only what these rows show now; another one shown later is not accepted by this.
    pub rows: Vec<u32>,
}

/// Goes on with rows by another profile: those that were refused, held back, or lacked one.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct RetryDiscovered {
    pub id: DiscoveryId,
    pub rows: Vec<u32>,
    pub profile: CredentialId,
}

/// A row to add: a card, where it is an Intel IPU's IMC, else another BMC.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AddDiscovered {
    pub row: u32,
    pub name: String,
    pub labels: Vec<String>,
}

/// How adding a row went.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AddedRow {
    pub row: u32,
    pub name: String,
    pub bmc: Option<BmcId>,
    pub error: Option<AppError>,
}
