//! The building of an installer ISO: from a base ISO, an image and a kickstart to a verified file
//! in the library.
//!
//! The long work runs in the adapter ([`IsoTool`]), in the background of this process, and a step
//! only starts it and looks how it goes. A process that dies takes its work with it and leaves
//! nothing but the temporary files of a known name, which the next run removes.

mod builder;
mod plan;
mod steps;
mod tool;

use serde::{Deserialize, Serialize};
use specta::Type;

pub use plan::planned_steps;
pub use tool::{BuildProgress, IsoTool, IsoWork, IsoWorkDone};

use super::{BuildContext, Residue, StepOutcome, Terminal, machine::machine};
use crate::{
    dpu::JobOutcome,
    failure::{Failure, StepError},
    ids::IsoId,
    image::{ImageDigest, ImageReference},
    image_builder::BuilderType,
    time::ByteCount,
};

/// What the ISO is made of besides its image: the Anaconda ISO that is remastered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum IsoBase {
    File {
        path: String,
    },
    /// Fetched once, checked, and kept in the cache under its hash.
    Url {
        #[specta(type = String)]
        url: url::Url,
        /// 64 hexadecimal digits.
        sha256: String,
    },
    /// Nothing is remastered: osbuild's image builder makes the whole ISO.
    #[specta(skip)]
    ImageBuilder {
        iso_type: BuilderType,
        /// For [`BuilderType::BootcInstaller`].
        installer: Option<ImageReference>,
        /// The builder's own image, by its digest where that is known.
        builder: String,
    },
}

/// Where the image comes from that the ISO installs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum IsoImage {
    OciDir {
        path: String,
    },
    OciArchive {
        path: String,
    },
    Registry {
        reference: ImageReference,
    },
    /// podman's storage on this machine.
    LocalStorage {
        reference: ImageReference,
    },
}

/// What an ISO is made of. Holds no secret: the kickstart, which may, lies in the secret store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsoBuildPlan {
    /// Its name in the library.
    pub name: String,
    /// Where it is written, absolute.
    pub output: String,
    /// What lies there already is replaced.
    pub overwrite: bool,
    pub base: IsoBase,
    pub image: IsoImage,
    /// Where a card follows the image afterwards.
    pub reference: Option<ImageReference>,
    /// `aarch64`.
    pub architecture: String,
    /// Arguments of the installer's boot entries.
    pub kargs: Vec<String>,
    pub removed_kargs: Vec<String>,
    /// Of the main kickstart's text.
    pub kickstart_sha256: String,
    pub contains_secrets: bool,
    /// For registries: the path of an `auth.json`.
    pub auth_file: Option<String>,
}

/// An ISO that was written: what is needed to know it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct WrittenIso {
    pub size: ByteCount,
    /// As it was implanted: of the bytes on their way to the disk.
    pub md5: String,
    /// Of the image manifest in `/container`.
    pub digest: ImageDigest,
    /// Where the image had another digest before it was copied: that one.
    pub source_digest: Option<ImageDigest>,
}

/// An ISO that is in the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BuiltIso {
    pub iso: IsoId,
    /// Of the whole file, 64 hexadecimal digits; computed by reading it again.
    pub sha256: String,
    pub written: WrittenIso,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum IsoBuildState {
    Queued,
    CheckingInputs,
    FetchingBase,
    FetchingImage,
    Writing,
    Verifying { written: WrittenIso },
    AddingToLibrary { written: WrittenIso, sha256: String },
    CleaningUp { then: Terminal<BuiltIso> },
    Succeeded { built: BuiltIso },
    Failed { failure: Failure },
    Cancelled { residue: Vec<Residue> },
}

use IsoBuildState as State;

impl State {
    pub const NAMES: [&str; 11] = [
        "Queued",
        "Check the inputs",
        "Get the base ISO",
        "Get the image",
        "Write the ISO",
        "Verify the ISO",
        "Add to the library",
        "Clean up",
        "Succeeded",
        "Failed",
        "Cancelled",
    ];

    fn index(&self) -> usize {
        match self {
            Self::Queued => 0,
            Self::CheckingInputs => 1,
            Self::FetchingBase => 2,
            Self::FetchingImage => 3,
            Self::Writing => 4,
            Self::Verifying { .. } => 5,
            Self::AddingToLibrary { .. } => 6,
            Self::CleaningUp { .. } => 7,
            Self::Succeeded { .. } => 8,
            Self::Failed { .. } => 9,
            Self::Cancelled { .. } => 10,
        }
    }

    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        match self {
            Self::Succeeded { .. } => JobOutcome::Succeeded,
            Self::Failed { .. } => JobOutcome::Failed,
            Self::Cancelled { .. } => JobOutcome::Cancelled,
            Self::Queued
            | Self::CheckingInputs
            | Self::FetchingBase
            | Self::FetchingImage
            | Self::Writing
            | Self::Verifying { .. }
            | Self::AddingToLibrary { .. }
            | Self::CleaningUp { .. } => JobOutcome::Running,
        }
    }
}

/// Row: from; entries: to. Every working state may clean up (a failure, a cancel). What was written
/// and is gone, or is not what was written, is written again.
const CAN_BECOME: [&[usize]; 11] = [
    &[1, 7],
    &[2, 7],
    &[3, 7],
    &[4, 7],
    &[5, 7],
    &[4, 6, 7],
    &[4, 7],
    &[8, 9, 10],
    &[],
    &[],
    &[],
];

machine!(IsoBuildState);

type Outcome = Result<StepOutcome<State>, StepError>;

/// One step of the machine: look, start what does not run, look again.
///
/// # Errors
/// A [`StepError`] that the engine turns into a retry (transient) or into the failure of the job.
pub async fn step(
    plan: &IsoBuildPlan,
    state: &State,
    cx: &BuildContext<'_, dyn IsoTool>,
) -> Outcome {
    match state {
        State::Queued => Ok(StepOutcome::Advance(State::CheckingInputs)),
        State::CheckingInputs => steps::check(plan, cx).await,
        State::FetchingBase => steps::fetch_base(plan, cx).await,
        State::FetchingImage => steps::fetch_image(plan, cx).await,
        State::Writing => steps::write(plan, cx).await,
        State::Verifying { written } => steps::verify(plan, written, cx).await,
        State::AddingToLibrary { written, sha256 } => steps::add(plan, written, sha256, cx).await,
        State::CleaningUp { then } => steps::clean_up(plan, then, cx).await,
        State::Succeeded { .. } | State::Failed { .. } | State::Cancelled { .. } => {
            Ok(StepOutcome::Fail(super::step::ended()))
        }
    }
}
