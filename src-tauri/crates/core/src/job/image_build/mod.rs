//! The building of an image: from a folder with a Containerfile to an image in its registry.
//!
//! The long work runs in a process of its own ([`ImageTool`]); a step only starts it and looks how
//! it goes. That process outlives a Slipway that dies: the next one finds it again by the job's id.
//! The image gets its name only when it is whole, so a build that fails or is cancelled leaves the
//! reference as it was.

mod plan;
mod steps;
mod tool;

use serde::{Deserialize, Serialize};
use specta::Type;

pub use plan::planned_steps;
pub use tool::{ImageProgress, ImageTool, ImageWork, ImageWorkDone};

use super::{BuildContext, Residue, StepOutcome, Terminal, machine::machine};
use crate::{
    dpu::JobOutcome,
    failure::{Failure, FailureKind, StepError},
    image::{ImageDigest, ImageReference},
    image_build::ImageBuildPlan,
};

/// An image that was built, or pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BuiltImage {
    pub reference: ImageReference,
    /// podman's id.
    pub id: String,
    /// In the registry where it was pushed, else in podman's storage.
    pub digest: ImageDigest,
    pub pushed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum ImageBuildState {
    Queued,
    Checking,
    Building,
    /// It is whole, and has no name yet.
    Naming {
        id: String,
    },
    Pushing {
        built: BuiltImage,
    },
    /// The registry is asked what it has now.
    Verifying {
        built: BuiltImage,
    },
    CleaningUp {
        then: Terminal<BuiltImage>,
    },
    Succeeded {
        built: BuiltImage,
    },
    Failed {
        failure: Failure,
    },
    Cancelled {
        residue: Vec<Residue>,
    },
}

use ImageBuildState as State;

impl State {
    pub const NAMES: [&str; 10] = [
        "Queued",
        "Check what is needed",
        "Build the image",
        "Name the image",
        "Push the image",
        "Verify the registry",
        "Clean up",
        "Succeeded",
        "Failed",
        "Cancelled",
    ];

    fn index(&self) -> usize {
        match self {
            Self::Queued => 0,
            Self::Checking => 1,
            Self::Building => 2,
            Self::Naming { .. } => 3,
            Self::Pushing { .. } => 4,
            Self::Verifying { .. } => 5,
            Self::CleaningUp { .. } => 6,
            Self::Succeeded { .. } => 7,
            Self::Failed { .. } => 8,
            Self::Cancelled { .. } => 9,
        }
    }

    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        match self {
            Self::Succeeded { .. } => JobOutcome::Succeeded,
            Self::Failed { .. } => JobOutcome::Failed,
            Self::Cancelled { .. } => JobOutcome::Cancelled,
            Self::Queued
            | Self::Checking
            | Self::Building
            | Self::Naming { .. }
            | Self::Pushing { .. }
            | Self::Verifying { .. }
            | Self::CleaningUp { .. } => JobOutcome::Running,
        }
    }
}

/// Row: from; entries: to. A push of an image that is there already skips the building; an image
/// that has gone before it was named is built again.
const CAN_BECOME: [&[usize]; 10] = [
    &[1, 6],
    &[2, 3, 6],
    &[3, 6],
    &[2, 4, 6],
    &[5, 6],
    &[6],
    &[7, 8, 9],
    &[],
    &[],
    &[],
];

machine!(ImageBuildState);

type Outcome = Result<StepOutcome<State>, StepError>;

/// One step of the machine: observe, act, observe.
///
/// # Errors
/// A [`StepError`] that the engine turns into a retry (transient) or into the failure of the job.
pub async fn step(
    plan: &ImageBuildPlan,
    state: &State,
    cx: &BuildContext<'_, dyn ImageTool>,
) -> Outcome {
    match state {
        State::Queued => Ok(StepOutcome::Advance(State::Checking)),
        State::Checking => steps::check(plan, cx).await,
        State::Building => steps::build(plan, cx).await,
        State::Naming { id } => steps::name(plan, id, cx).await,
        State::Pushing { built } => steps::push(plan, built, cx).await,
        State::Verifying { built } => steps::verify(plan, built, cx).await,
        State::CleaningUp { then } => steps::clean_up(then, cx).await,
        State::Succeeded { .. } | State::Failed { .. } | State::Cancelled { .. } => {
            Ok(StepOutcome::Fail(StepError::new(
                FailureKind::Precondition,
                "this job has ended",
            )))
        }
    }
}
