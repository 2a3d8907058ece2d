//! What a step is given, and what it answers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{DeploymentPlan, JobFacts, Policy, deployment::PostSecret};
use crate::{
    address::Address,
    bootc::{BootcStatus, Greenboot, Progress},
    containers::Containers,
    failure::{FailureKind, StepError},
    ids::JobId,
    image::ImageReference,
    ports::{
        Bmc, Controller, LocalNetworks, MediaServer, RedfishSetup, RegistryError, Remote,
        ResolvedImage,
    },
    secret::Password,
    time::{ByteCount, Timestamp},
    trust::Fingerprint,
};

/// What one run of a step led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome<S> {
    Advance(S),
    Wait(Wait),
    /// Not a `Result`'s error: the step looked, and knows that it can't go on.
    Fail(StepError),
}

/// A typed reason for which nothing happens, shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "on")]
pub enum WaitReason {
    ImcDownloads {
        read: ByteCount,
        total: ByteCount,
    },
    ImcRestarts,
    OldSystemAnswers,
    InstallerRuns,
    AccBoots,
    UpdateRuns {
        progress: Option<Progress>,
    },
    HealthChecks,
    EffectToShow {
        what: String,
    },
    /// Something was started on the card or its host, and is not there yet.
    Settles {
        what: String,
    },
    /// Something is made on this machine.
    Builds {
        what: String,
        bytes: Option<(ByteCount, ByteCount)>,
    },
    Retrying {
        attempt: u32,
        error: String,
    },
}

impl WaitReason {
    /// The sentence under a running step.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::ImcDownloads { read, total } => {
                format!("The IMC is downloading the ISO, {read} of {total}")
            }
            Self::ImcRestarts => "The IMC is restarting".into(),
            Self::OldSystemAnswers => {
                "The old system still answers; waiting for the installer".into()
            }
            Self::InstallerRuns => "The installer is running".into(),
            Self::AccBoots => "The ACC is booting".into(),
            Self::UpdateRuns { progress: None } => "bootc is starting".into(),
            Self::UpdateRuns {
                progress: Some(progress),
            } => match progress.bytes {
                Some((done, total)) => {
                    format!("{}, {done} of {total}", short(&progress.description))
                }
                None => {
                    let (done, total) = progress.steps;
                    format!("{}, step {done} of {total}", short(&progress.description))
                }
            },
            Self::HealthChecks => "greenboot's checks are running".into(),
            Self::EffectToShow { what } => format!("Looking whether {what} had its effect"),
            Self::Builds { what, bytes: None } | Self::Settles { what } => capitalised(what),
            Self::Builds {
                what,
                bytes: Some((done, total)),
            } => format!("{}, {done} of {total}", capitalised(what)),
            Self::Retrying { attempt, error } => {
                format!("Trying again (attempt {attempt}): {error}")
            }
        }
    }

    /// Done and total, where there is such a thing.
    #[must_use]
    pub fn fraction(&self) -> Option<(ByteCount, ByteCount)> {
        match self {
            Self::ImcDownloads { read, total } => Some((*read, *total)),
            Self::UpdateRuns {
                progress: Some(progress),
            } => progress.bytes,
            Self::Builds { bytes, .. } => *bytes,
            Self::UpdateRuns { progress: None }
            | Self::ImcRestarts
            | Self::OldSystemAnswers
            | Self::InstallerRuns
            | Self::AccBoots
            | Self::HealthChecks
            | Self::EffectToShow { .. }
            | Self::Settles { .. }
            | Self::Retrying { .. } => None,
        }
    }
}

/// "the image is copied" → "The image is copied".
fn capitalised(what: &str) -> String {
    let mut letters = what.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// bootc's own words with the digest shortened: "Pulling Image: sha256:5d1acbf6013d".
fn short(description: &str) -> String {
    match description.split_once("sha256:") {
        Some((before, digest)) if digest.len() > 12 => format!("{before}{}", &digest[..12]),
        _ => description.to_owned(),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Wait {
    pub reason: WaitReason,
    pub until: Timestamp,
}

/// What the media server serves for a deployment. The overlay itself holds a secret and is made
/// again from the secret store whenever it is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    pub token: String,
    /// The last path component of the URL; tells the ISO's and the overlay's digests.
    pub file_name: String,
    pub url: url::Url,
    /// What the installed system will show.
    pub host_key: Fingerprint,
}

/// One card, as the engine may touch it. Made anew for every step from the stored card, so that a
/// corrected credential counts at once.
#[async_trait]
pub trait CardAccess: Send + Sync {
    fn imc(&self) -> &dyn Bmc;
    fn imc_shell(&self) -> &dyn Remote;
    fn redfish_setup(&self) -> &dyn RedfishSetup;
    /// The ACC under the host key that is pinned for it.
    fn acc(&self) -> &dyn Remote;
    /// The ACC where it shows this key, which a deployment predicted.
    fn acc_showing(&self, key: &Fingerprint) -> Arc<dyn Remote>;
    /// Replaces the ACC's pin: only for a key that this deployment made.
    async fn accept_acc_key(&self, key: &Fingerprint, because: &str) -> Result<(), StepError>;
    /// The DPU host that a plan names, under the host key that is pinned for it.
    async fn host(&self, address: &Address) -> Result<Arc<dyn Remote>, StepError>;
    /// The BMC of the server that the card is in, which a plan names: one that this desk knows.
    async fn host_bmc(&self, address: &Address) -> Result<Arc<dyn Controller>, StepError>;
    /// Jobs that run on other cards of that server, each with its words: "Upgrade on dpu-02".
    async fn others_in_server(&self, address: &Address) -> Result<Vec<(JobId, String)>, StepError>;
    /// On this machine.
    fn containers(&self) -> &dyn Containers;
    /// What a post step of this card needs and a database must not hold.
    async fn post_secret(&self, which: PostSecret) -> Result<Password, StepError>;
    async fn forget_post_secrets(&self) -> Result<(), StepError>;
    /// Writes a kubeconfig where the plan says, for its owner alone. The same again changes nothing.
    async fn keep_kubeconfig(&self, path: &str, text: &Password) -> Result<(), StepError>;
    fn media(&self) -> &dyn MediaServer;
    /// This machine's ports to its cards.
    fn networks(&self) -> &dyn LocalNetworks;
    /// Makes what a card is served and publishes it. The same job gets the same answer again.
    async fn publish(&self, job: &JobId, plan: &DeploymentPlan) -> Result<Prepared, StepError>;
    /// Takes it down and forgets its secrets.
    async fn unpublish(&self, job: &JobId, prepared: &Prepared) -> Result<(), StepError>;
    async fn resolve(
        &self,
        image: &ImageReference,
        arch: &str,
    ) -> Result<ResolvedImage, RegistryError>;
    /// Keeps what was seen on the way, so that the fleet's table is fresh too.
    async fn saw_acc(&self, status: &BootcStatus, greenboot: Greenboot, boot_id: &str);
}

/// Everything around a step.
pub struct StepContext<'a> {
    pub job: &'a JobId,
    pub card: &'a dyn CardAccess,
    pub now: Timestamp,
    /// The first step after Slipway started or took the job over: what this process had running
    /// for the job (a publication) is gone.
    pub resumed: bool,
    /// Since it was taken over, or since an error, the job has only waited: the last effect may or
    /// may not have happened. Look before it is asked for again.
    pub uncertain: bool,
    pub state_since: Timestamp,
    pub policy: &'a Policy,
    /// Grows as the step learns; saved with the state.
    pub facts: &'a mut JobFacts,
    pub notes: &'a Mutex<Vec<String>>,
}

/// What a step needs of a job, for one that is done by itself, on a person's word.
pub(super) struct Alone {
    job: JobId,
    facts: JobFacts,
    notes: Mutex<Vec<String>>,
}

impl Alone {
    pub(super) fn new() -> Self {
        Self {
            job: JobId::new(),
            facts: JobFacts::default(),
            notes: Mutex::default(),
        }
    }

    /// What was seen and done.
    pub(super) fn notes(self) -> Vec<String> {
        self.notes.into_inner().unwrap_or_default()
    }

    pub(super) fn context<'a>(
        &'a mut self,
        card: &'a dyn CardAccess,
        now: Timestamp,
        policy: &'a Policy,
    ) -> StepContext<'a> {
        StepContext {
            job: &self.job,
            card,
            now,
            resumed: false,
            uncertain: false,
            state_since: now,
            policy,
            facts: &mut self.facts,
            notes: &self.notes,
        }
    }
}

impl StepContext<'_> {
    /// A line of the job's history: something was done to the card, or seen on it.
    pub fn note(&self, text: impl Into<String>) {
        if let Ok(mut notes) = self.notes.lock() {
            notes.push(text.into());
        }
    }

    /// Look again after one poll interval.
    #[must_use]
    pub fn wait<S>(&self, reason: WaitReason) -> StepOutcome<S> {
        StepOutcome::Wait(Wait {
            reason,
            until: self.now.plus(self.policy.poll()),
        })
    }
}

/// Everything around a step of a build. `T` is what makes it: an ISO tool, a container engine.
pub struct BuildContext<'a, T: ?Sized> {
    pub job: &'a JobId,
    pub tool: &'a T,
    pub now: Timestamp,
    pub policy: &'a Policy,
    pub notes: &'a Mutex<Vec<String>>,
}

impl<T: ?Sized> BuildContext<'_, T> {
    /// A line of the job's history.
    pub fn note(&self, text: impl Into<String>) {
        if let Ok(mut notes) = self.notes.lock() {
            notes.push(text.into());
        }
    }

    /// Look again after one poll interval.
    #[must_use]
    pub fn wait<S>(&self, reason: WaitReason) -> StepOutcome<S> {
        StepOutcome::Wait(Wait {
            reason,
            until: self.now.plus(self.policy.build_poll()),
        })
    }
}

/// What the step of a job that has ended answers.
pub(super) fn ended() -> StepError {
    StepError::new(FailureKind::Precondition, "this job has ended")
}
