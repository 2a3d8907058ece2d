//! What the shells show of images: plans, checklists, tags, logins.

use serde::{Deserialize, Serialize};
use slipway_core::{
    containerfile::{LintReport, LintTarget},
    image::{Architecture, ImageDigest},
    image_build::{ImageSource, Prerequisite},
    job::PlannedStep,
    time::ByteCount,
    trust::{CertificateInfo, Fingerprint},
};
use specta::Type;

/// An image to build, or one that podman has to be pushed.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ImageBuildRequest {
    pub source: ImageSource,
    pub architecture: Architecture,
    /// `registry/repository:tag`, as it was typed.
    pub reference: String,
    pub push: bool,
    /// An auth.json or pull secret; without it podman's usual places and our own logins.
    pub auth_file: Option<String>,
    pub target: LintTarget,
}

/// What a build would do, before anything is done.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ImageBuildPlanView {
    /// "Build quay.io/lab/dpu-os:1 for aarch64 and push it"
    pub title: String,
    pub steps: Vec<PlannedStep>,
    /// The same by hand, one command line each; values that look like secrets are masked.
    pub commands: Vec<String>,
    /// Of the Containerfile, where there is one to read.
    pub lint: Option<LintReport>,
    pub prerequisites: Vec<Prerequisite>,
    pub warnings: Vec<String>,
    /// Why it can't be started; empty: it can.
    pub problems: Vec<String>,
}

/// A piece of a build's log.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BuildLogPart {
    pub text: String,
    /// Ask for what comes after it with this.
    pub next: ByteCount,
    /// Nothing more will come.
    pub ended: bool,
}

/// Tags of a repository, one page.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ImageTags {
    /// `registry/repository`
    pub repository: String,
    pub tags: Vec<String>,
    /// Ask for the next page with this; `None`: these were the last.
    pub next: Option<String>,
}

/// What a tag stands for.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ImageTagView {
    pub reference: String,
    /// Of what the tag names: an index or one manifest.
    pub digest: ImageDigest,
    pub is_index: bool,
    pub images: Vec<PlatformImage>,
}

/// One image of a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PlatformImage {
    /// In OCI's words: `arm64`.
    pub architecture: String,
    /// What a card's bootc shows as its digest.
    pub digest: ImageDigest,
    pub version: Option<String>,
    /// Of its layers as they are downloaded.
    pub size: Option<ByteCount>,
    pub is_bootc: bool,
}

/// A login to a registry. The password crosses inwards only.
#[derive(Clone, Deserialize, Type)]
pub struct RegistryLogin {
    /// `host[:port]`, perhaps with a path.
    pub registry: String,
    pub user: String,
    pub password: String,
}

/// Where a login comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum LoginSource {
    /// Our own, with its password in the secret store.
    Slipway,
    AuthFile {
        path: String,
    },
    /// A program that the file names; Slipway does not call it.
    Helper {
        path: String,
        helper: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RegistryLoginView {
    pub registry: String,
    pub user: Option<String>,
    pub source: LoginSource,
}

/// How registries are asked: kept in the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct RegistrySettings {
    /// An auth.json; without it podman's usual places.
    pub auth_file: Option<String>,
    /// A folder like `/etc/containers/certs.d`: `<host:port>/*.crt` are trusted for that registry.
    pub certs_dir: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct RegistrySettingsView {
    pub settings: RegistrySettings,
    /// Where podman looks for logins, in its order.
    pub usual_places: Vec<AuthPlace>,
    pub logins: Vec<RegistryLoginView>,
    /// Whose certificate a person accepted.
    pub accepted: Vec<AcceptedRegistry>,
}

/// A registry whose certificate a person accepted by its fingerprint.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AcceptedRegistry {
    /// `host[:port]`, as references begin.
    pub registry: String,
    pub certificate: CertificateInfo,
}

/// What a registry shows to a stranger.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct RegistryCertificate {
    pub registry: String,
    pub shown: CertificateInfo,
    /// What was accepted for it before; another one now may be somebody between.
    pub accepted: Option<Fingerprint>,
    /// It is trusted as it is: nobody has to accept anything.
    pub trusted: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AuthPlace {
    pub path: String,
    pub exists: bool,
}

/// What was written.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct WrittenTemplate {
    pub folder: String,
    pub files: Vec<String>,
}
