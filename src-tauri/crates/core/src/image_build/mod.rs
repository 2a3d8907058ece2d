//! Building a bootc image with podman: what is asked for, the argument vectors, and what podman's
//! words mean. Plain functions; the processes are `slipway-media`'s.

mod argv;
mod check;
mod inspect;
mod prerequisite;
mod progress;
mod secrets;

use serde::{Deserialize, Serialize};
use specta::Type;

pub use argv::{Masked, Podman};
pub use check::{looks_secret, problems, warnings};
pub use inspect::{LocalImage, parse_images, parse_inspect};
pub use prerequisite::{
    Binfmt, Distribution, Fix, Host, Prerequisite, PrerequisiteKind, PrerequisiteState, Storage,
    Tool, prerequisites,
};
pub use progress::{BuildLog, BuildStep, failing_step};
pub use secrets::{EntitlementFile, KNOWN_SECRETS, entitlement_files};

use crate::image::{Architecture, ImageReference};

/// A build argument. Its value stands in podman's command line and in the image's history, so a
/// secret is none: see [`looks_secret`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BuildArg {
    pub name: String,
    pub value: String,
}

/// `--secret id=…,src=…`: a file that RUN steps with that id may read, and that enters no layer.
/// The file is named, never copied and never read by us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BuildSecret {
    pub id: String,
    pub path: String,
}

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum ImageSource {
    /// A folder with a Containerfile.
    Folder(BuildFolder),
    /// An image that podman has already; only to be pushed.
    Local { reference: ImageReference },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BuildFolder {
    /// The build context.
    pub folder: String,
    /// Of the Containerfile; in the folder unless it is absolute.
    pub containerfile: String,
    pub args: Vec<BuildArg>,
    pub secrets: Vec<BuildSecret>,
    /// `--security-opt label=type:unconfined_t`: SELinux gets in the way of cross-building.
    pub selinux_unconfined: bool,
    /// Fetch the base image again where the registry has a newer one.
    pub pull_newer: bool,
}

/// What an image build job does. Never changes once submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageBuildPlan {
    pub source: ImageSource,
    pub architecture: Architecture,
    /// What the image is called when it is done, and where it is pushed.
    pub reference: ImageReference,
    pub push: bool,
    /// A chosen auth.json or pull secret; without one podman's usual places and our own logins.
    pub auth_file: Option<String>,
}

impl ImageBuildPlan {
    #[must_use]
    pub fn folder(&self) -> Option<&BuildFolder> {
        match &self.source {
            ImageSource::Folder(folder) => Some(folder),
            ImageSource::Local { .. } => None,
        }
    }
}
