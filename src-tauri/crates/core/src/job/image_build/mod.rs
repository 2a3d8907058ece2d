//! The building of an image: from a folder with a Containerfile to an image in its registry.
//!
//! The long work runs in a process of its own ([`ImageTool`]); a step only starts it and looks how
//! it goes. That process outlives a Slipway that dies: the next one finds it again by the job's id.
//! The image gets its name only when it is whole, so a build that fails or is cancelled leaves the
//! reference as it was.

mod plan;
mod steps;
mod tool;

use std::{sync::Mutex, time::Duration};

use serde::{Deserialize, Serialize};
use specta::Type;

pub use plan::planned_steps;
pub use tool::{ImageProgress, ImageTool, ImageWork, ImageWorkDone};

use super::{Residue, StepOutcome, Wait, WaitReason, boot_change};
use crate::{
    dpu::JobOutcome,
    failure::{Failure, FailureKind, StepError},
    ids::JobId,
    image::{ImageDigest, ImageReference},
    image_build::ImageBuildPlan,
    time::Timestamp,
};

/// Everything around a step.
pub struct ImageContext<'a> {
    pub job: &'a JobId,
    pub tool: &'a dyn ImageTool,
    pub now: Timestamp,
    /// How often to look while podman works.
    pub poll: Duration,
    pub notes: &'a Mutex<Vec<String>>,
}

impl ImageContext<'_> {
    /// A line of the job's history.
    pub fn note(&self, text: impl Into<String>) {
        if let Ok(mut notes) = self.notes.lock() {
            notes.push(text.into());
        }
    }

    /// Look again after one interval.
    #[must_use]
    pub fn wait<S>(&self, reason: WaitReason) -> StepOutcome<S> {
        StepOutcome::Wait(Wait {
            reason,
            until: self.now.plus(self.poll),
        })
    }
}

/// The end that clean-up leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "detail")]
pub enum Ending {
    Succeeded(BuiltImage),
    Failed(Failure),
    Cancelled,
}

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
        then: Ending,
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
    pub fn name(&self) -> &'static str {
        Self::NAMES[self.index()]
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

    #[must_use]
    pub fn can_become(&self, next: &Self) -> bool {
        CAN_BECOME[self.index()].contains(&next.index())
    }

    /// Where a state may go, by name; the diagram in `docs/states` is made of it.
    #[must_use]
    pub fn table() -> Vec<(&'static str, Vec<&'static str>)> {
        boot_change::table(&Self::NAMES, &CAN_BECOME)
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

impl State {
    /// Where a failure leads: clean-up first. A failure while cleaning up ends at once, and is the
    /// evidence beside the first one.
    #[must_use]
    pub fn failed(&self, error: StepError) -> Self {
        let failure = error.into_failure(self.name());
        match self {
            Self::CleaningUp {
                then: Ending::Failed(first),
            } => {
                let mut first = first.clone();
                first
                    .causes
                    .push(format!("cleaning up failed too: {}", failure.message));
                Self::Failed { failure: first }
            }
            Self::CleaningUp { .. } => Self::Failed { failure },
            Self::Queued
            | Self::Checking
            | Self::Building
            | Self::Naming { .. }
            | Self::Pushing { .. }
            | Self::Verifying { .. }
            | Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::Cancelled { .. } => Self::CleaningUp {
                then: Ending::Failed(failure),
            },
        }
    }

    /// Where a wish to cancel leads; what cleans up already is left to it.
    #[must_use]
    pub fn cancelled(&self) -> Option<Self> {
        match self {
            Self::Queued
            | Self::Checking
            | Self::Building
            | Self::Naming { .. }
            | Self::Pushing { .. }
            | Self::Verifying { .. } => Some(Self::CleaningUp {
                then: Ending::Cancelled,
            }),
            Self::CleaningUp { .. }
            | Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::Cancelled { .. } => None,
        }
    }
}

type Outcome = Result<StepOutcome<State>, StepError>;

/// One step of the machine: observe, act, observe.
///
/// # Errors
/// A [`StepError`] that the engine turns into a retry (transient) or into the failure of the job.
pub async fn step(plan: &ImageBuildPlan, state: &State, cx: &ImageContext<'_>) -> Outcome {
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
