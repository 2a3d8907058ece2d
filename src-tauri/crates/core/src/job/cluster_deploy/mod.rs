//! "Build the ISO, then deploy": a cluster file whose `iso_builder` section makes its ISO goes on by
//! itself, whoever is killed in between.
//!
//! The builds, and what is deployed, are jobs and batches of their own. This one only waits for the
//! ones and begins the other, once: under an id that is chosen, and saved, before it is used. It has
//! succeeded when the deployment has been begun, and does not wait for the cards.

mod plan;
mod steps;
mod tool;

use serde::{Deserialize, Serialize};
use specta::Type;
use url::Url;

pub use plan::planned_steps;
pub use tool::{BuildStanding, ClusterTool};

use super::{BuildContext, JobFacts, Residue, StepOutcome, Terminal, machine::machine};
use crate::{
    batch::BatchRules,
    dpu::JobOutcome,
    failure::{Failure, StepError},
    ids::{BatchId, JobId},
    image::ImageReference,
};

/// What a deployment of cards was begun as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Begun {
    Job(JobId),
    Batch(BatchId),
}

/// A cluster file as a person confirmed it. Holds no secret: what was typed lies in the secret store
/// under the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDeployPlan {
    /// The whole path of the cluster file.
    pub file: String,
    /// The whole path of the variables file.
    pub variables: Option<String>,
    /// Of the bytes of both, as they were confirmed.
    pub seen: String,
    /// "Deploy 3 cards of cluster.yaml"
    pub title: String,
    /// The ISOs that are made first, by their names.
    pub isos: Vec<String>,
    /// Cluster and card, as the file names them.
    pub cards: Vec<(String, String)>,
    /// Several cards are one batch.
    pub rules: BatchRules,
    pub choices: ClusterDeployChoices,
}

/// What was decided about the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterDeployChoices {
    pub skip_steps: Vec<String>,
    pub accept_untried: Vec<String>,
    pub domain: Option<String>,
    /// Public keys.
    pub authorized_keys: Vec<String>,
    pub allow_release: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imc_certificate: bool,
    /// A pull secret was given.
    pub pull_secret: bool,
    /// The registry of the DPU operator's cluster, and its authority's certificate, PEM.
    pub operator_registry: Option<(String, String)>,
    pub marvell_tools: Option<String>,
    /// Of the tool that flashes cards, by its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware_image: Option<ImageReference>,
    /// Where the P4 components are, and their SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p4_components: Option<(Url, String)>,
    /// Where kubeconfigs go; else beside the file.
    pub kubeconfigs: Option<String>,
}

impl ClusterDeployPlan {
    /// Under which id it will be begun. Only once for a job: it is saved before it is used.
    fn new_id(&self) -> Begun {
        match self.cards.len() {
            0 | 1 => Begun::Job(JobId::new()),
            _ => Begun::Batch(BatchId::new()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum ClusterDeployState {
    Queued,
    CheckingFile,
    /// `None`: the builds have not been begun, or nobody has saved which they are.
    Building {
        builds: Option<Vec<JobId>>,
    },
    Deploying {
        /// Whether it is there already is looked at first.
        begun: Begun,
    },
    CleaningUp {
        then: Terminal<Begun>,
    },
    Succeeded {
        begun: Begun,
    },
    Failed {
        failure: Failure,
    },
    Cancelled {
        residue: Vec<Residue>,
    },
}

use ClusterDeployState as State;

impl State {
    pub const NAMES: [&str; 8] = [
        "Queued",
        "Check the file",
        "Build the ISO",
        "Begin the deployment",
        "Clean up",
        "Succeeded",
        "Failed",
        "Cancelled",
    ];

    fn index(&self) -> usize {
        match self {
            Self::Queued => 0,
            Self::CheckingFile => 1,
            Self::Building { .. } => 2,
            Self::Deploying { .. } => 3,
            Self::CleaningUp { .. } => 4,
            Self::Succeeded { .. } => 5,
            Self::Failed { .. } => 6,
            Self::Cancelled { .. } => 7,
        }
    }

    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        match self {
            Self::Succeeded { .. } => JobOutcome::Succeeded,
            Self::Failed { .. } => JobOutcome::Failed,
            Self::Cancelled { .. } => JobOutcome::Cancelled,
            Self::Queued
            | Self::CheckingFile
            | Self::Building { .. }
            | Self::Deploying { .. }
            | Self::CleaningUp { .. } => JobOutcome::Running,
        }
    }
}

/// Row: from; entries: to. Every working state may clean up (a failure, a cancel). Which builds it
/// waits for is a save of its own.
const CAN_BECOME: [&[usize]; 8] = [
    &[1, 4],
    &[2, 4],
    &[2, 3, 4],
    &[4],
    &[5, 6, 7],
    &[],
    &[],
    &[],
];

machine!(ClusterDeployState);

type Outcome = Result<StepOutcome<State>, StepError>;
type Context<'a> = BuildContext<'a, dyn ClusterTool>;

/// One step of the machine: observe, act, observe.
///
/// # Errors
/// A [`StepError`] that the engine turns into a retry (transient) or into the failure of the job.
pub async fn step(
    plan: &ClusterDeployPlan,
    state: &State,
    facts: &mut JobFacts,
    cx: &Context<'_>,
) -> Outcome {
    match state {
        State::Queued => Ok(StepOutcome::Advance(State::CheckingFile)),
        State::CheckingFile => steps::check(plan, cx).await,
        State::Building { builds: None } => steps::begin_builds(plan, facts, cx).await,
        State::Building {
            builds: Some(builds),
        } => steps::await_builds(plan, builds, facts, cx).await,
        State::Deploying { begun } => steps::deploy(plan, begun, cx).await,
        State::CleaningUp { then } => steps::clean_up(then, facts, cx).await,
        State::Succeeded { .. } | State::Failed { .. } | State::Cancelled { .. } => {
            Ok(StepOutcome::Fail(super::step::ended()))
        }
    }
}
