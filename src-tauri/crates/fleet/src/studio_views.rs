//! What the ISO studio shows and is told: plain data that crosses to the window and is printed by
//! `slipctl --json`.

use serde::{Deserialize, Serialize};
use slipway_core::{
    ids::IsoId,
    image::{ImageDigest, ImageReference},
    iso::{IsoCheck, IsoFacts},
    job::{
        PlannedStep,
        iso_build::{IsoBase, IsoImage},
    },
    kickstart::KickstartForm,
    lint::Finding,
    secret::Password,
    time::ByteCount,
};
use specta::Type;

/// Where the main kickstart comes from.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum KickstartSource {
    Form {
        form: Box<KickstartForm>,
    },
    /// As it was typed; it may hold secrets.
    Text {
        text: Password,
    },
    File {
        path: String,
    },
}

/// An ISO to build. Crosses inwards only.
#[derive(Debug, Clone, Deserialize, Type)]
pub struct IsoBuildRequest {
    /// Its name in the library.
    pub name: String,
    /// Where it is written; in the library's own folder where it is missing.
    pub output: Option<String>,
    /// Replace what lies there.
    pub overwrite: bool,
    pub base: IsoBase,
    pub image: IsoImage,
    /// Where a card follows the image afterwards; the image's own reference where it is missing.
    pub reference: Option<ImageReference>,
    /// `aarch64`.
    pub architecture: String,
    pub kargs: Vec<String>,
    pub removed_kargs: Vec<String>,
    pub kickstart: KickstartSource,
    /// An `auth.json` for the image's registry.
    pub auth_file: Option<String>,
}

/// A kickstart as it would go into an ISO.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct KickstartView {
    /// Secrets are masked.
    pub text: String,
    pub contains_secrets: bool,
    /// Of our rules, and of `ksvalidator` where it is installed; worst first.
    pub findings: Vec<Finding>,
    /// Whether `ksvalidator` was asked.
    pub validated: bool,
    /// What was done about the kickstart area, where the kickstart was brought.
    pub area: Option<String>,
    /// A field of the form that can't stand in a kickstart; then `text` is empty.
    pub invalid: Option<InvalidFormField>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct InvalidFormField {
    /// As the form's field is named: `hostname`, `rhc.activation_key`.
    pub field: String,
    pub reason: String,
}

/// What a build would do, before anything is done.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct IsoPlanView {
    pub title: String,
    pub output: String,
    /// With the commands that do the same by hand; secrets are never in them.
    pub steps: Vec<PlannedStep>,
    pub kickstart: KickstartView,
    /// Where osbuild's image builder makes the ISO.
    pub builder: Option<BuilderView>,
    pub warnings: Vec<String>,
    /// Why it can't be built; empty: it can.
    pub problems: Vec<String>,
}

/// The image builder of a plan.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BuilderView {
    /// As podman is told it: by its digest where that is known.
    pub image: String,
    /// What it was at its first use; later ISOs are made by the same. `None`: not known.
    pub digest: Option<ImageDigest>,
    /// Its `config.toml`; secrets of the kickstart are masked.
    pub config_toml: String,
}

/// What the form begins with.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct StudioDefaults {
    /// The folder for ISOs.
    pub folder: String,
    pub architecture: String,
    /// What an IPU's installer needs in every boot entry.
    pub ipu_kargs: Vec<String>,
    pub timezone: String,
    pub language: String,
    pub keyboard: String,
    pub hostname: String,
    /// Slipway's own public key: it comes with a card's overlay, and needs no entry.
    pub fleet_key: String,
    /// Programs that a build needs and that are missing here, with what to do.
    pub missing: Vec<Finding>,
}

/// An ISO that was looked at as a whole.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct IsoVerifyView {
    pub path: String,
    pub facts: IsoFacts,
    pub checks: Vec<IsoCheck>,
    /// None of the checks failed.
    pub good: bool,
    /// Why it can't be deployed to a card; `None`: it can.
    pub why_not_deployable: Option<String>,
}

/// An ISO to serve.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PublishRequest {
    pub iso: IsoId,
    /// One of this machine's addresses; the one that leads out where it is missing.
    pub address: Option<String>,
    /// Without TLS. An IMC takes HTTPS only.
    pub http: bool,
    /// Taken down by itself after this many seconds.
    pub expires_in_s: Option<u32>,
}

/// An address that ISOs can be served on.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct MediaAddress {
    pub address: String,
    /// `eno1`.
    pub interface: String,
    /// Only this machine reaches it.
    pub loopback: bool,
}

/// A folder with an ISO, its image and checksums, for a desk without a network.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BundleView {
    pub folder: String,
    /// The ISO's file in it; after an import, its name in the library.
    pub iso: String,
    pub size: ByteCount,
    pub files: u32,
    /// The image in it, an OCI directory; missing where the ISO carries none.
    pub image: Option<ImageDigest>,
    /// Whoever has it can read them.
    pub contains_secrets: bool,
    /// `user@host`
    pub made_by: String,
    /// What brings the image into a registry that the cards reach.
    pub commands: Vec<String>,
}
