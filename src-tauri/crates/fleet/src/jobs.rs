//! Jobs as people see them: rows, pages, cancel.

use std::collections::HashMap;

use slipway_core::{
    dpu::JobOutcome,
    ids::{DpuId, JobId},
    job::{
        Begun, BootChange, ClusterDeployState, Job, JobEvent, JobFilter, JobSpec, JobState,
        JobStore, Residue, Subject, build_steps, engine, planned_steps, step_position,
        step_statuses,
    },
};

use crate::{
    AppError, ChangeTag, Fleet,
    deployments::counted,
    views::{JobRow, JobStep, JobView},
};

impl Fleet {
    pub(crate) async fn active_job(&self, dpu: &DpuId) -> Result<Option<Job>, AppError> {
        self.active_job_of(&Subject::Card(dpu.clone())).await
    }

    pub(crate) async fn active_job_of(&self, subject: &Subject) -> Result<Option<Job>, AppError> {
        let filter = JobFilter {
            subject: Some(subject.clone()),
            active_only: true,
            limit: 1,
        };
        Ok(self.store().jobs(&filter).await?.into_iter().next())
    }

    /// `names` are those of the cards.
    pub(crate) fn job_row(&self, job: &Job, names: &HashMap<DpuId, String>) -> JobRow {
        let subject = match &job.subject {
            Subject::Card(dpu) => names
                .get(dpu)
                .map_or_else(|| "(removed)".to_owned(), Clone::clone),
            Subject::Iso(path) | Subject::Cluster(path) => file_name(path),
            Subject::Image(reference) => reference.to_string(),
            Subject::Host(address) => address.to_string(),
        };
        let (step_number, step_count) = step_position(job);
        let fraction = job.wait.as_ref().and_then(|wait| wait.reason.fraction());
        JobRow {
            id: job.id.clone(),
            kind: job.kind_name().to_owned(),
            dpu: job.subject.card().cloned(),
            subject,
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
            subject: dpu.cloned().map(Subject::Card),
            active_only,
            limit: 0,
        };
        let names = self.store().dpu_names().await?;
        let mut jobs = self.store().jobs(&filter).await?;
        jobs.sort_by_key(|job| job.state.is_terminal());
        Ok(jobs.iter().map(|job| self.job_row(job, &names)).collect())
    }

    /// Everything about one job, with its whole history.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`], the database.
    pub async fn job(&self, id: &JobId) -> Result<JobView, AppError> {
        let job = self.store().job(id).await?;
        let events = self.store().events(Some(id), 0, 10_000).await?;
        let dpu = match job.subject.card() {
            Some(dpu) => self.store().dpu(dpu).await.ok(),
            None => None,
        };
        let plans = match (&job.subject, &dpu) {
            (Subject::Card(_), Some(dpu)) => planned_steps(&job.spec, dpu),
            (Subject::Card(_), None) => Vec::new(),
            (Subject::Iso(_) | Subject::Image(_) | Subject::Host(_) | Subject::Cluster(_), _) => {
                build_steps(&job.spec)
            }
        };
        let names = dpu.map(|dpu| (dpu.id, dpu.name)).into_iter().collect();
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
        let policy = if self.is_of_the_lab(&job.subject).await {
            &config.lab_policy
        } else {
            &config.policy
        };
        Ok(JobView {
            row: self.job_row(&job, &names),
            steps,
            deadline: engine::deadline(&job.state, policy).map(|d| job.state_since.plus(d)),
            state_since: job.state_since,
            failure: job.state.failure().cloned(),
            residue: residue(&job),
            events,
            can_cancel: running && !job.cancel_requested && job.state.cleaning_up().is_none(),
            why_not_retry: self.why_not_retry(&job).await?,
            retry_steps: self.retry_steps_of(&job).await?,
            again: self.again(&job).await?,
            goes_on_after: job.facts.installed_by,
            iso_builds: job.facts.iso_builds,
            begun: begun(&job.state),
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

    /// Somebody has looked at how it ended.
    ///
    /// # Errors
    /// The database.
    pub async fn mark_job_seen(&self, id: &JobId) -> Result<(), AppError> {
        let job = self.store().job(id).await?;
        if job.state.is_terminal() && !job.seen {
            self.store().mark_seen(id).await?;
            self.subject_changed(&job.subject).await;
        }
        Ok(())
    }
}

/// What a deployment of a cluster file has begun.
pub(crate) fn begun(state: &JobState) -> Option<Begun> {
    match state {
        JobState::ClusterDeploy(ClusterDeployState::Succeeded { begun }) => Some(begun.clone()),
        JobState::ClusterDeploy(_)
        | JobState::Deployment(_)
        | JobState::BootChange(_)
        | JobState::IsoBuild(_)
        | JobState::ImageBuild(_)
        | JobState::Marvell(_) => None,
    }
}

pub(crate) fn residue(job: &Job) -> Vec<Residue> {
    let left = job.state.residue();
    left.map_or_else(|| job.facts.residue.clone(), <[Residue]>::to_vec)
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> String {
    std::path::Path::new(path).file_name().map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
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
        JobSpec::IsoBuild(plan) => plan.image.transport(),
        JobSpec::ImageBuild(plan) => match plan.folder() {
            Some(folder) => format!("{} for {}", folder.folder, plan.architecture),
            None => "from podman's storage".to_owned(),
        },
        JobSpec::Marvell(plan) => format!("{} as {}", plan.iso, plan.name),
        JobSpec::ClusterDeploy(plan) => format!(
            "{}, then {}",
            plan.isos.join(", "),
            counted(plan.cards.len())
        ),
    }
}
