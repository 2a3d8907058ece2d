//! What the engine works on at this desk, and what a job's end means for its card.

use std::sync::Arc;

use async_trait::async_trait;
use slipway_core::{
    address::Address,
    failure::{FailureKind, StepError},
    ids::DpuId,
    job::{CardAccess, ClusterTool, ImageTool, IsoTool, Job, JobSpec, engine::Subjects},
    ports::Remote,
};

use crate::{
    ChangeTag, Fleet, access::local, cluster::ClusterDesk, images_build::ImageDesk,
    studio_tool::DeskIsoTool,
};

/// The engine's way to cards, and to what makes ISOs.
pub struct DeskSubjects {
    pub fleet: Fleet,
}

#[async_trait]
impl Subjects for DeskSubjects {
    async fn card(&self, dpu: &DpuId) -> Result<Box<dyn CardAccess>, StepError> {
        let dpu = self.fleet.store().dpu(dpu).await.map_err(local)?;
        Ok(Box::new(self.fleet.open_card(dpu).await?))
    }

    async fn host(&self, address: &Address) -> Result<Arc<dyn Remote>, StepError> {
        let target = self.fleet.host_target(address, "core").await?;
        Ok(self.fleet.host_link(target))
    }

    fn iso_tool(&self) -> Arc<dyn IsoTool> {
        Arc::new(DeskIsoTool {
            fleet: self.fleet.clone(),
        })
    }

    fn image_tool(&self) -> Arc<dyn ImageTool> {
        Arc::new(ImageDesk {
            fleet: self.fleet.clone(),
        })
    }

    fn cluster_tool(&self) -> Arc<dyn ClusterTool> {
        Arc::new(ClusterDesk {
            fleet: self.fleet.clone(),
        })
    }

    async fn job_moved(&self, job: &Job) {
        if job.state.is_terminal()
            && let Some(dpu) = job.subject.card()
        {
            self.fleet.job_ended(job, dpu).await;
            // What the registry has now, and everything else that the job did not ask.
            let (fleet, dpu) = (self.fleet.clone(), dpu.clone());
            tokio::spawn(async move {
                if let Err(error) = fleet.refresh_dpu(&dpu).await {
                    tracing::warn!(%dpu, %error, "the look after a job");
                }
            });
        }
        if job.state.is_terminal() {
            self.fleet.look_at_batches();
        }
        self.fleet.changed(ChangeTag::Job, Some(job.id.to_string()));
        self.fleet.subject_changed(&job.subject).await;
    }
}

impl Fleet {
    /// What a job's end means for its card: what it should run from now on.
    async fn job_ended(&self, job: &Job, dpu: &DpuId) {
        let wanted = match &job.spec {
            JobSpec::Deployment(plan) => Some(plan.digest.clone()),
            JobSpec::BootChange(_) => job.facts.target.clone(),
            JobSpec::IsoBuild(_)
            | JobSpec::ImageBuild(_)
            | JobSpec::Marvell(_)
            | JobSpec::ClusterDeploy(_) => None,
        };
        let succeeded = job.state.outcome() == slipway_core::dpu::JobOutcome::Succeeded;
        let came_back = job
            .state
            .failure()
            .is_some_and(|f| matches!(f.kind, FailureKind::Unhealthy | FailureKind::WrongImage));
        if let Some(wanted) = wanted
            && (succeeded || came_back)
        {
            let hostname = match &job.spec {
                JobSpec::Deployment(plan) if succeeded => Some(plan.hostname.clone()),
                JobSpec::Deployment(_)
                | JobSpec::BootChange(_)
                | JobSpec::IsoBuild(_)
                | JobSpec::ImageBuild(_)
                | JobSpec::Marvell(_)
                | JobSpec::ClusterDeploy(_) => None,
            };
            self.update_facts(dpu, |facts| {
                facts.wanted = Some(wanted);
                if hostname.is_some() {
                    facts.hostname = hostname;
                }
            })
            .await;
        }
    }
}
