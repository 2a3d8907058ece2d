//! Jobs as people see them: rows, pages, cancel, retry.

use slipway_core::{
    dpu::JobOutcome,
    ids::{DpuId, JobId},
    job::{
        BootChange, BootChangeState, DeploymentState, Job, JobEvent, JobFilter, JobSpec, JobState,
        JobStore, Residue, engine, planned_steps, step_position, step_statuses,
    },
};

use crate::{
    AppError, ChangeTag, Fleet,
    views::{JobRow, JobStep, JobView},
};

impl Fleet {
    pub(crate) async fn active_job(&self, dpu: &DpuId) -> Result<Option<Job>, AppError> {
        let filter = JobFilter {
            dpu: Some(dpu.clone()),
            active_only: true,
            limit: 1,
        };
        Ok(self.store().jobs(&filter).await?.into_iter().next())
    }

    pub(crate) fn job_row(&self, job: &Job, dpu_name: &str) -> JobRow {
        let (step_number, step_count) = step_position(job);
        let fraction = job.wait.as_ref().and_then(|wait| wait.reason.fraction());
        JobRow {
            id: job.id.clone(),
            kind: job.kind_name().to_owned(),
            dpu: job.dpu.clone(),
            dpu_name: dpu_name.to_owned(),
            what: what(job),
            outcome: job.state.outcome(),
            step: job.state.name().to_owned(),
            step_number,
            step_count,
            waiting: job.wait.as_ref().map(|wait| wait.reason.text()),
            done: fraction.map(|(done, _)| done),
            total: fraction.map(|(_, total)| total),
            message: job.state.failure().map(|failure| failure.message.clone()),
            created_at: job.created_at,
            ended_at: job.ended_at,
            cancel_requested: job.cancel_requested,
        }
    }

    /// Newest first, running ones before all.
    ///
    /// # Errors
    /// The database.
    pub async fn jobs(
        &self,
        dpu: Option<&DpuId>,
        active_only: bool,
    ) -> Result<Vec<JobRow>, AppError> {
        let filter = JobFilter {
            dpu: dpu.cloned(),
            active_only,
            limit: 0,
        };
        let names = self.store().dpu_names().await?;
        let mut jobs = self.store().jobs(&filter).await?;
        jobs.sort_by_key(|job| job.state.is_terminal());
        Ok(jobs
            .iter()
            .map(|job| self.job_row(job, names.get(&job.dpu).map_or("(removed)", String::as_str)))
            .collect())
    }

    /// Everything about one job, with its whole history.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`], the database.
    pub async fn job(&self, id: &JobId) -> Result<JobView, AppError> {
        let job = self.store().job(id).await?;
        let events = self.store().events(Some(id), 0, 10_000).await?;
        let dpu = self.store().dpu(&job.dpu).await.ok();
        let plans = dpu
            .as_ref()
            .map(|dpu| planned_steps(&job.spec, dpu))
            .unwrap_or_default();
        let steps = plans
            .into_iter()
            .zip(step_statuses(&job, &events))
            .map(|(plan, (status, entered_at))| JobStep {
                plan,
                status,
                entered_at,
            })
            .collect();
        let readers = job
            .facts
            .prepared
            .as_ref()
            .map(|p| self.inner.media.readers(&p.token))
            .unwrap_or_default();
        let running = job.state.outcome() == JobOutcome::Running;
        let config = &self.inner.config;
        let policy = if self.is_lab_card(&job.dpu).await {
            &config.lab_policy
        } else {
            &config.policy
        };
        Ok(JobView {
            row: self.job_row(&job, dpu.as_ref().map_or("(removed)", |dpu| &dpu.name)),
            steps,
            deadline: engine::deadline(&job.state, policy).map(|d| job.state_since.plus(d)),
            state_since: job.state_since,
            failure: job.state.failure().cloned(),
            residue: residue(&job),
            events,
            can_cancel: running && !job.cancel_requested && !is_cleaning_up(&job.state),
            why_not_retry: self.why_not_retry(&job).await?,
            readers,
            wait: job.wait.map(|wait| wait.reason),
        })
    }

    /// What came after an event.
    ///
    /// # Errors
    /// The database.
    pub async fn job_events(&self, id: &JobId, after: i64) -> Result<Vec<JobEvent>, AppError> {
        Ok(self.store().events(Some(id), after, 10_000).await?)
    }

    async fn why_not_retry(&self, job: &Job) -> Result<Option<String>, AppError> {
        if !job.state.is_terminal() {
            return Ok(Some("it still runs".into()));
        }
        if job.state.outcome() == JobOutcome::Succeeded {
            return Ok(Some("it has succeeded".into()));
        }
        if self.store().dpu(&job.dpu).await.is_err() {
            return Ok(Some("its card was removed".into()));
        }
        Ok(self
            .active_job(&job.dpu)
            .await?
            .map(|active| format!("{} runs on this card", active.kind_name())))
    }

    /// Asks a job to stop; it ends by way of its clean-up.
    ///
    /// # Errors
    /// Refused where it has ended already.
    pub async fn cancel_job(&self, id: &JobId) -> Result<(), AppError> {
        if !self.store().request_cancel(id, self.now()).await? {
            return Err(AppError::refused("this job has ended already"));
        }
        self.changed(ChangeTag::Job, Some(id.to_string()));
        self.inner.wake.notify_one();
        Ok(())
    }

    /// The same again, as a new job, from the start: what is done already is seen and not repeated.
    ///
    /// # Errors
    /// Refused with the reason.
    pub async fn retry_job(&self, id: &JobId) -> Result<JobId, AppError> {
        let job = self.store().job(id).await?;
        if let Some(why) = self.why_not_retry(&job).await? {
            return Err(AppError::refused(format!(
                "this job can't be started again: {why}"
            )));
        }
        let dpu = self.store().dpu(&job.dpu).await?;
        let spec = match job.spec {
            JobSpec::BootChange(mut plan) => {
                // What was booted when the first one was planned may not be what is booted now.
                plan.expected_booted = None;
                JobSpec::BootChange(plan)
            }
            JobSpec::Deployment(plan) => JobSpec::Deployment(plan),
        };
        self.submit(
            &dpu,
            spec,
            &format!("{} again, after job {}", job.id.short(), id.short()),
        )
        .await
    }

    /// Somebody has looked at how it ended.
    ///
    /// # Errors
    /// The database.
    pub async fn mark_job_seen(&self, id: &JobId) -> Result<(), AppError> {
        let job = self.store().job(id).await?;
        if job.state.is_terminal() && !job.seen {
            self.store().mark_seen(id).await?;
            self.refresh_headline(&job.dpu).await;
            self.changed(ChangeTag::Dpu, Some(job.dpu.to_string()));
        }
        Ok(())
    }
}

fn is_cleaning_up(state: &JobState) -> bool {
    matches!(
        state,
        JobState::Deployment(DeploymentState::CleaningUp { .. })
            | JobState::BootChange(BootChangeState::CleaningUp { .. })
    )
}

fn residue(job: &Job) -> Vec<Residue> {
    match &job.state {
        JobState::Deployment(DeploymentState::Cancelled { residue })
        | JobState::BootChange(BootChangeState::Cancelled { residue }) => residue.clone(),
        JobState::Deployment(_) | JobState::BootChange(_) => job.facts.residue.clone(),
    }
}

/// What a job is about, in a few words.
fn what(job: &Job) -> String {
    let short = |digest: &Option<slipway_core::image::ImageDigest>| {
        digest
            .as_ref()
            .map_or("…".to_owned(), |d| d.short().to_owned())
    };
    match &job.spec {
        JobSpec::Deployment(plan) => match &plan.version {
            Some(version) => format!("{} ({version})", plan.iso_name),
            None => plan.iso_name.clone(),
        },
        JobSpec::BootChange(plan) => match &plan.change {
            BootChange::Switch(to) => format!("to {to}"),
            BootChange::Upgrade | BootChange::Rollback => {
                format!(
                    "{} → {}",
                    short(&job.facts.booted_before),
                    short(&job.facts.target)
                )
            }
        },
    }
}
