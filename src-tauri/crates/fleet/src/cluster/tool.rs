//! The engine's way to cluster files: read again at every step, and refused where they are not what
//! was confirmed.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use slipway_core::{
    cluster::Import,
    dpu::JobOutcome,
    failure::{FailureKind, StepError},
    ids::JobId,
    job::{
        Begun, ClusterDeployPlan, ClusterTool, JobStore as _, JobStoreError,
        cluster_deploy::{BuildStanding, ClusterDeployChoices},
    },
    ports::SecretsError,
};
use slipway_store::StoreError;

use super::{ClusterRequest, ClusterTexts};
use crate::{AppError, ErrorCode, Fleet, access::local, jobs::file_name};

pub(crate) struct ClusterDesk {
    pub fleet: Fleet,
}

impl ClusterDesk {
    /// The file as it was confirmed.
    async fn opened(
        &self,
        job: &JobId,
        plan: &ClusterDeployPlan,
    ) -> Result<(Import, ClusterRequest), StepError> {
        let variables = plan.variables.as_deref().map(Path::new);
        let texts = ClusterTexts::read(Path::new(&plan.file), variables).await;
        let texts = texts.map_err(refused)?.by_file_name();
        if texts.seen() != plan.seen {
            let or_variables = plan.variables.as_ref().map(|path| file_name(path));
            let or_variables = or_variables.map(|name| format!(" or {name}"));
            return Err(StepError::new(
                FailureKind::Precondition,
                format!(
                    "{}{} was changed since it was confirmed; nothing was deployed",
                    file_name(&plan.file),
                    or_variables.unwrap_or_default()
                ),
            )
            .hint("look at its plan, and deploy it again"));
        }
        let secret = self.fleet.cluster_secret(job).await.map_err(locked)?;
        let around = self.fleet.cluster_surroundings().await.map_err(refused)?;
        let ClusterDeployChoices {
            skip_steps,
            accept_untried,
            domain,
            authorized_keys,
            allow_release,
            imc_certificate,
            pull_secret: _,
            operator_registry,
            marvell_tools,
            firmware_image,
            p4_components,
            kubeconfigs,
        } = plan.choices.clone();
        let request = ClusterRequest {
            cards: vec![],
            exactly: Some(plan.cards.iter().cloned().collect()),
            skip_steps,
            iso: None,
            folder: texts.folder().to_owned(),
            domain,
            authorized_keys,
            allow_release,
            imc_certificate,
            accept_untried,
            pull_secret: secret.pull_secret(),
            operator_registry,
            marvell_tools,
            firmware_image,
            p4_components,
            kubeconfigs: kubeconfigs.map(PathBuf::from),
        };
        Ok((texts.import(&secret.values(), &around), request))
    }
}

#[async_trait]
impl ClusterTool for ClusterDesk {
    async fn check(&self, job: &JobId, plan: &ClusterDeployPlan) -> Result<(), StepError> {
        self.opened(job, plan).await.map(drop)
    }

    async fn begin_builds(
        &self,
        job: &JobId,
        plan: &ClusterDeployPlan,
    ) -> Result<Vec<JobId>, StepError> {
        let (import, request) = self.opened(job, plan).await?;
        let begun = self.fleet.build_cluster_isos(&import, &request).await;
        begun.map_err(refused)
    }

    async fn build(&self, build: &JobId) -> Result<BuildStanding, StepError> {
        let job = self.fleet.store().job(build).await.map_err(local)?;
        let names = std::collections::HashMap::new();
        let row = self.fleet.job_row(&job, &names);
        Ok(match (row.outcome, job.state.failure()) {
            (JobOutcome::Succeeded, _) => BuildStanding::Succeeded,
            (JobOutcome::Failed, Some(failure)) => BuildStanding::Failed(failure.clone()),
            (JobOutcome::Failed | JobOutcome::Cancelled, _) => BuildStanding::Cancelled,
            (JobOutcome::Running, _) => BuildStanding::Runs {
                what: format!("{}: {}", row.subject, row.waiting.unwrap_or(row.step)),
                bytes: row.done.zip(row.total),
            },
        })
    }

    async fn cancel_build(&self, build: &JobId) -> Result<(), StepError> {
        match self.fleet.cancel_job(build).await {
            Ok(()) => Ok(()),
            // It has ended, which is looked at again.
            Err(error) if error.code == ErrorCode::Precondition => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }

    async fn has_begun(&self, begun: &Begun) -> Result<bool, StepError> {
        match begun {
            Begun::Job(job) => match self.fleet.store().job(job).await {
                Ok(_) => Ok(true),
                Err(JobStoreError::Missing(_)) => Ok(false),
                Err(error) => Err(local(error)),
            },
            Begun::Batch(batch) => match self.fleet.store().batch(batch).await {
                Ok(_) => Ok(true),
                Err(StoreError::Missing { .. }) => Ok(false),
                Err(error) => Err(local(error)),
            },
        }
    }

    async fn begin(
        &self,
        job: &JobId,
        plan: &ClusterDeployPlan,
        begun: &Begun,
    ) -> Result<(), StepError> {
        let (import, request) = self.opened(job, plan).await?;
        let rules = &plan.rules;
        let deployed = self
            .fleet
            .deploy_cluster(&import, &request, rules, Some(begun));
        deployed.await.map(drop).map_err(refused)
    }

    async fn forget(&self, job: &JobId) -> Result<(), StepError> {
        let forgotten = self.fleet.forget_cluster_secret(job).await;
        forgotten.map_err(local)
    }
}

/// It waits for a store that somebody can open.
fn locked(error: SecretsError) -> StepError {
    match error {
        SecretsError::Missing(_) => StepError::new(
            FailureKind::Precondition,
            "what was typed for the file is not kept here; nothing was deployed",
        )
        .because(error.to_string())
        .hint("deploy the file again"),
        SecretsError::Unusable(_) | SecretsError::Locked | SecretsError::WrongPassphrase => {
            StepError::new(FailureKind::Local, error.to_string())
                .hint("start the keyring, or open the secret file; then deploy the file again")
                .transient()
        }
    }
}

fn refused(error: AppError) -> StepError {
    let kind = match error.code {
        ErrorCode::Invalid | ErrorCode::NotFound | ErrorCode::Precondition => {
            FailureKind::Precondition
        }
        ErrorCode::TrustUnknown => FailureKind::TrustUnknown,
        ErrorCode::TrustChanged => FailureKind::TrustChanged,
        ErrorCode::Authentication => FailureKind::Authentication,
        ErrorCode::Unreachable => FailureKind::Unreachable,
        ErrorCode::SecretsLocked
        | ErrorCode::NewerDatabase
        | ErrorCode::Cancelled
        | ErrorCode::Other => FailureKind::Local,
    };
    StepError {
        kind,
        message: error.message,
        causes: error.causes,
        hint: error.hint,
        transient: error.retryable,
    }
}
