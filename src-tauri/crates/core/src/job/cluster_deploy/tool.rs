//! What the machine asks of a desk that has the file, the builds and the cards.

use async_trait::async_trait;

use super::{Begun, ClusterDeployPlan};
use crate::{
    failure::{Failure, StepError},
    ids::JobId,
    time::ByteCount,
};

/// How a build stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildStanding {
    Runs {
        /// "made.iso: xorriso writes the ISO"
        what: String,
        /// Done and in all, where that is known.
        bytes: Option<(ByteCount, ByteCount)>,
    },
    Succeeded,
    Failed(Failure),
    Cancelled,
}

/// A desk that deploys cluster files.
#[async_trait]
pub trait ClusterTool: Send + Sync {
    /// Only looks: the files are those that were confirmed, and what was typed for them is there.
    async fn check(&self, job: &JobId, plan: &ClusterDeployPlan) -> Result<(), StepError>;
    /// The builds that make the ISOs: begun now, or found to run. None for an ISO that is made.
    async fn begin_builds(
        &self,
        job: &JobId,
        plan: &ClusterDeployPlan,
    ) -> Result<Vec<JobId>, StepError>;
    async fn build(&self, build: &JobId) -> Result<BuildStanding, StepError>;
    /// Asks a build to stop. One that has ended is left as it is.
    async fn cancel_build(&self, build: &JobId) -> Result<(), StepError>;
    /// Whether the deployment of this id is there.
    async fn has_begun(&self, begun: &Begun) -> Result<bool, StepError>;
    /// Begins it under this id: all cards or none.
    async fn begin(
        &self,
        job: &JobId,
        plan: &ClusterDeployPlan,
        begun: &Begun,
    ) -> Result<(), StepError>;
    /// Forgets what was typed.
    async fn forget(&self, job: &JobId) -> Result<(), StepError>;
}
