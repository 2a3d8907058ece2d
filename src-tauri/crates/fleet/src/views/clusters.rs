//! A cluster file as the window opens and shows it. Secrets cross inwards only.

use serde::{Deserialize, Serialize};
use slipway_core::{
    batch::BatchRules,
    cluster::{Migration, Problem},
    ids::IsoId,
    secret::Password,
    time::ByteCount,
};
use specta::Type;

use crate::ClusterPlan;

/// A cluster file, and what was chosen and typed for it.
#[derive(Clone, Default, Deserialize, Type)]
pub struct ClusterOpen {
    /// The whole path.
    pub file: String,
    /// The whole path of a file with values for the templates.
    pub variables: Option<String>,
    /// What was typed for the templates; it counts more than the variables file.
    pub values: Vec<TypedValue>,
    /// Names of cards of the inventory that give values; the first is worker 0.
    pub workers: Vec<String>,
    /// Steps that are left out.
    pub skip_steps: Vec<String>,
    /// The ISO, instead of the file's.
    pub iso: Option<IsoId>,
    /// A card's name and this make its host name.
    pub domain: Option<String>,
    /// More public keys for root, besides Slipway's own.
    pub authorized_keys: Vec<String>,
    /// A firmware release that is not supported, allowed on purpose.
    pub allow_release: Option<String>,
    /// The IMC's Redfish gets a certificate of this desk's CA, also in place of another one.
    #[serde(default)]
    pub imc_certificate: bool,
    /// Steps that are to be done although they were never run on real hardware: a person confirmed
    /// each of them for this file as it is shown.
    pub accept_untried: Vec<String>,
    /// The whole path of MicroShift's pull secret; without it the image's own is used.
    pub pull_secret: Option<String>,
    /// The whole path of the folder for kubeconfigs; else beside the file.
    pub kubeconfigs: Option<String>,
    /// The image of marvell-tools, for Marvell cards.
    pub marvell_tools: Option<String>,
    /// The image of the tool that flashes cards, by its digest: without one their firmware is only
    /// looked at.
    pub firmware_image: Option<String>,
    /// Where the card finds the P4 components, with their SHA-256, or neither.
    pub p4_components: Option<String>,
    pub p4_sha256: Option<String>,
    /// The registry of the DPU operator's cluster, `host` or `host:port`, which the cards are to
    /// trust. With its authority's certificate, or neither.
    pub operator_registry: Option<String>,
    /// The whole path of its authority's certificate, PEM.
    pub operator_registry_ca: Option<String>,
}

/// A value that somebody typed for `function(worker)`, or `function()`.
#[derive(Clone, Deserialize, Type)]
pub struct TypedValue {
    pub function: String,
    pub worker: Option<u32>,
    pub value: Password,
}

/// A deployment of an opened file.
#[derive(Clone, Deserialize, Type)]
pub struct ClusterDeploy {
    pub open: ClusterOpen,
    /// Of the [`ClusterView`] that was looked at.
    pub seen: String,
    pub cards: Vec<ClusterCardName>,
    /// Several cards are one batch.
    pub rules: BatchRules,
}

/// A card of a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
pub struct ClusterCardName {
    pub cluster: String,
    pub card: String,
}

/// Everything about an opened file.
#[derive(Debug, Clone, Serialize, Type)]
pub struct ClusterView {
    /// Stands for what was read: a file that is changed meanwhile is not deployed unseen.
    pub seen: String,
    pub file: ClusterText,
    /// Only where something is wrong with it.
    pub variables: Option<ClusterText>,
    /// All of them at once, in the order of the files.
    pub problems: Vec<ClusterProblem>,
    /// Older ways of writing that were understood.
    pub migrations: Vec<Migration>,
    /// What the templates ask for and nobody has.
    pub missing: Vec<ClusterValue>,
    /// Whether an error stands against every plan.
    pub blocked: bool,
    /// What is wrong with what was chosen for the steps: the pull secret, the folder for
    /// kubeconfigs, the operator's registry.
    pub wrong_settings: Vec<String>,
    /// For all cards of the file.
    pub plan: ClusterPlan,
}

/// A text as it may be shown: passwords and keys in it are `…`.
#[derive(Debug, Clone, Serialize, Type)]
pub struct ClusterText {
    pub name: String,
    pub lines: Vec<String>,
}

/// A problem, and where it stands in the text that is shown.
#[derive(Debug, Clone, Serialize, Type)]
pub struct ClusterProblem {
    pub problem: Problem,
    /// Whether a plan is kept from: an error, and not of a step that is left out.
    pub counts: bool,
    pub shown: Option<ShownSpan>,
}

/// A part of a shown line, in UTF-16 units, for what a hidden secret has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
pub struct ShownSpan {
    /// From 1.
    pub line: u32,
    pub from: u32,
    pub to: u32,
}

/// A value that templates want.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ClusterValue {
    pub function: String,
    pub worker: Option<u32>,
    /// `bmc_hostname(0)`
    pub called: String,
    /// "the card's IMC"
    pub meaning: Option<String>,
    /// Must not be seen while it is typed, and not be kept.
    pub secret: bool,
}

/// While an ISO that a cluster file names is read into the library.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ClusterProgress {
    pub path: String,
    pub read: ByteCount,
    pub total: ByteCount,
}
