//! What the engine asks of whoever builds images.

use async_trait::async_trait;

use super::BuiltImage;
use crate::{
    failure::StepError,
    ids::JobId,
    image::{ImageDigest, ImageReference},
    image_build::{BuildStep, ImageBuildPlan, LocalImage},
    job::Residue,
};

/// A piece of long work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageWork {
    Build,
    Push,
}

/// What a piece of work led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageWorkDone {
    /// podman's id of an image that has no name yet.
    Built { id: String },
    /// What the registry knows it by.
    Pushed { digest: ImageDigest },
}

/// How a piece of work stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageProgress {
    /// It does not run, and nothing has ended: it was not started, or it was stopped from outside.
    Idle,
    Running(Option<BuildStep>),
    Done(ImageWorkDone),
    Failed(StepError),
}

/// Builds and pushes images. One job has at most one piece of work at a time.
#[async_trait]
pub trait ImageTool: Send + Sync {
    /// Everything that can be found wrong before the long work. Answers with what it found.
    async fn check(&self, plan: &ImageBuildPlan) -> Result<Vec<String>, StepError>;
    /// Starts a piece of work in the background; what an earlier piece of this job left is
    /// forgotten, but for the log.
    async fn start(
        &self,
        job: &JobId,
        plan: &ImageBuildPlan,
        work: ImageWork,
    ) -> Result<(), StepError>;
    /// How this piece of work of the job stands. It may run in a process that another Slipway
    /// started.
    async fn progress(&self, job: &JobId, work: ImageWork) -> Result<ImageProgress, StepError>;
    /// An image that podman has; `None` where it has none of that name or id.
    async fn inspect(&self, image: &str) -> Result<Option<LocalImage>, StepError>;
    /// Gives an image a name.
    async fn tag(&self, image: &str, reference: &ImageReference) -> Result<(), StepError>;
    /// What the registry has under the reference now, for the plan's architecture.
    async fn in_registry(&self, plan: &ImageBuildPlan) -> Result<ImageDigest, StepError>;
    /// Stops the job's work and everything it started; answers when nothing runs any more.
    async fn cancel(&self, job: &JobId) -> Vec<Residue>;
    /// Removes what the job kept beside its log: an auth file, above all.
    async fn clean(&self, job: &JobId, built: Option<&BuiltImage>) -> Result<(), StepError>;
}
