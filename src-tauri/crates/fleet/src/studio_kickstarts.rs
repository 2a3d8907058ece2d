//! The kickstarts of builds, in the secret store: from the submission until the build has succeeded
//! or was cancelled. A build that failed keeps its own, so that it can be started again, until
//! somebody forgets it, the same ISO is built by another job, or the next build after a week.

use std::time::Duration;

use slipway_core::{
    dpu::JobOutcome,
    ids::JobId,
    job::{IsoBuildPlan, Job, JobFilter, JobSpec, JobStore as _, Subject},
    secret::Password,
};

use crate::{AppError, ErrorCode, Fleet};

/// How long a failed build can be started again.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Where the kickstart of a build lies in the secret store.
pub(crate) fn kickstart_key(job: &JobId) -> String {
    format!("iso-build/{job}")
}

impl Fleet {
    pub(crate) async fn submit_build(
        &self,
        plan: IsoBuildPlan,
        kickstart: Password,
        text: &str,
    ) -> Result<JobId, AppError> {
        let subject = Subject::Iso(plan.output.clone());
        let job = Job::new(subject.clone(), JobSpec::IsoBuild(plan), self.now());
        let key = kickstart_key(&job.id);
        self.inner.secrets.put(&key, &kickstart).await?;
        let submitted = self.submit_for(job, text).await;
        if submitted.is_err() {
            self.inner.secrets.delete(&key).await?;
        } else if let Err(error) = self.forget_old_kickstarts(&subject).await {
            tracing::warn!(%error, "an old kickstart could not be forgotten");
        }
        submitted
    }

    /// The same build as a new job, with the kickstart of the one that failed.
    pub(crate) async fn build_again(
        &self,
        before: &JobId,
        plan: IsoBuildPlan,
    ) -> Result<JobId, AppError> {
        let kickstart = self.inner.secrets.get(&kickstart_key(before)).await;
        let kickstart = kickstart.map_err(|error| {
            AppError::from_chain(ErrorCode::Precondition, &error)
                .hint("the kickstart of that build was forgotten: build it anew from the form")
        })?;
        let text = format!("again, after job {}", before.short());
        self.submit_build(plan, kickstart, &text).await
    }

    /// Forgets the kickstart of a build that failed: it can't be started again then.
    ///
    /// # Errors
    /// It is no ISO build, or it still runs; the secret store.
    pub async fn forget_build(&self, id: &JobId) -> Result<(), AppError> {
        let job = self.store().job(id).await?;
        if !matches!(job.spec, JobSpec::IsoBuild(_)) {
            return Err(AppError::invalid(format!(
                "job {} builds no ISO: there is nothing to forget",
                id.short()
            )));
        }
        if !job.state.is_terminal() {
            return Err(
                AppError::refused("this build still runs").hint("cancel it, or wait for it")
            );
        }
        Ok(self.inner.secrets.delete(&kickstart_key(id)).await?)
    }

    /// Those of failed builds which a new one of the same ISO takes the place of, and those that
    /// nobody came back for.
    async fn forget_old_kickstarts(&self, subject: &Subject) -> Result<(), AppError> {
        let now = self.now();
        let all = JobFilter {
            limit: 10_000,
            ..JobFilter::default()
        };
        for job in self.store().jobs(&all).await? {
            let failed = job.state.outcome() == JobOutcome::Failed;
            let old = job.ended_at.is_some_and(|at| now.since(at) > KEPT);
            if matches!(job.spec, JobSpec::IsoBuild(_))
                && failed
                && (old || job.subject == *subject)
            {
                self.inner.secrets.delete(&kickstart_key(&job.id)).await?;
            }
        }
        Ok(())
    }
}
