//! What was done once, done again: a job retried from its start or from one of its steps, and a
//! deployment made anew.

use slipway_core::{
    dpu::{Dpu, JobOutcome},
    ids::JobId,
    job::{
        DeploymentPlan, Job, JobFilter, JobSpec, JobStore, RetryStep, build_steps,
        deployment::PostStep, planned_steps, retry_from, retry_steps,
    },
};

use crate::{
    AppError, ErrorCode, Fleet,
    isos::{check_file, why_not_deployable},
    views::{Again, AgainPlan},
};

impl Fleet {
    /// Why the same can't be begun anew, whatever came of it.
    async fn why_not_anew(&self, job: &Job) -> Result<Option<String>, AppError> {
        if !job.state.is_terminal() {
            return Ok(Some("it still runs".into()));
        }
        if let Some(dpu) = job.subject.card()
            && self.store().dpu(dpu).await.is_err()
        {
            return Ok(Some("its card was removed".into()));
        }
        Ok(self
            .active_job_of(&job.subject)
            .await?
            .map(|active| format!("{} runs on {}", active.kind_name(), job.subject.this())))
    }

    pub(crate) async fn why_not_retry(&self, job: &Job) -> Result<Option<String>, AppError> {
        if job.state.outcome() == JobOutcome::Succeeded {
            return Ok(Some("it has succeeded".into()));
        }
        if let JobSpec::ClusterDeploy(_) = &job.spec
            && job.state.is_terminal()
        {
            let why =
                "what was typed for the file was forgotten when it ended: deploy the file again";
            return Ok(Some(why.into()));
        }
        self.why_not_anew(job).await
    }

    /// The steps from which a failed job may go on, and why not from the others.
    pub(crate) async fn retry_steps_of(&self, job: &Job) -> Result<Vec<RetryStep>, AppError> {
        let mut steps = retry_steps(job);
        if steps.iter().skip(1).any(|step| step.why_not.is_none())
            && let Some(why) = self.came_after(job).await?
        {
            for step in steps.iter_mut().skip(1) {
                step.why_not.get_or_insert_with(|| why.clone());
            }
        }
        Ok(steps)
    }

    /// What was done to its card since: then it is no longer as the job left it.
    async fn came_after(&self, job: &Job) -> Result<Option<String>, AppError> {
        let filter = JobFilter {
            subject: Some(job.subject.clone()),
            active_only: false,
            limit: 1,
        };
        let newest = self.store().jobs(&filter).await?.into_iter().next();
        let later = newest.filter(|newest| newest.id != job.id);
        Ok(later.map(|later| {
            format!(
                "job {} ({}) came after it",
                later.id.short(),
                later.kind_name()
            )
        }))
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
        let spec = match job.spec {
            JobSpec::BootChange(mut plan) => {
                // What was booted when the first one was planned may not be what is booted now.
                plan.expected_booted = None;
                JobSpec::BootChange(plan)
            }
            JobSpec::Deployment(plan) => JobSpec::Deployment(plan),
            JobSpec::IsoBuild(plan) => return self.build_again(id, plan).await,
            JobSpec::ImageBuild(plan) => JobSpec::ImageBuild(plan),
            JobSpec::Marvell(plan) => JobSpec::Marvell(plan),
            JobSpec::ClusterDeploy(plan) => JobSpec::ClusterDeploy(plan),
        };
        let mut again = Job::new(job.subject, spec, self.now());
        again.facts.flash = job.facts.flash.kept();
        self.submit_for(again, &after(id)).await
    }

    /// Goes on from this step of a failed job, as a new job. The first one is the whole job again.
    ///
    /// # Errors
    /// Refused with the reason: the step needs what the job's end took away, it comes after the one
    /// that failed, or something was done to the card since.
    pub async fn retry_job_from(&self, id: &JobId, step: &str) -> Result<JobId, AppError> {
        let job = self.store().job(id).await?;
        let refused = |why: String| {
            AppError::refused(format!("this job can't go on from `{step}`: {why}"))
                .hint("`slipctl job show` names the steps from which a failed job may go on")
        };
        if let Some(why) = self.why_not_retry(&job).await? {
            return Err(refused(why));
        }
        let Some(next) = retry_from(&job, step, self.now()).map_err(refused)? else {
            return self.retry_job(id).await;
        };
        if let Some(why) = self.came_after(&job).await? {
            return Err(refused(why).hint("look at that one, or deploy again"));
        }
        let text = format!("goes on from `{step}`, {}", after(id));
        self.submit_for(next, &text).await
    }

    /// Whether the same deployment can be made anew; `None` for what is no deployment.
    pub(crate) async fn again(&self, job: &Job) -> Result<Option<Again>, AppError> {
        match &job.spec {
            JobSpec::Deployment(_) | JobSpec::Marvell(_) => Ok(Some(Again {
                why_not: self.why_not_anew(job).await?,
            })),
            JobSpec::BootChange(_)
            | JobSpec::IsoBuild(_)
            | JobSpec::ImageBuild(_)
            | JobSpec::ClusterDeploy(_) => Ok(None),
        }
    }

    /// What the same deployment would do, made anew, with everything that can be found wrong
    /// without touching the card.
    ///
    /// # Errors
    /// What is no deployment; the database. What is wrong with it is in the plan.
    pub async fn plan_again(&self, id: &JobId) -> Result<AgainPlan, AppError> {
        let job = self.store().job(id).await?;
        let mut problems: Vec<String> = self.why_not_anew(&job).await?.into_iter().collect();
        match &job.spec {
            JobSpec::Deployment(plan) => {
                let dpu = match job.subject.card() {
                    Some(card) => self.store().dpu(card).await.ok(),
                    None => None,
                };
                let name = dpu.as_ref().map_or("(removed)", |dpu| dpu.name.as_str());
                let title = format!("Deploy {} to {name} again", plan.iso_name);
                let mut warnings = vec!["everything on the card's disk is lost".to_owned()];
                if plan.beside.flash.is_some() {
                    warnings.push("the card is flashed as the plan says, and its host cold-booted; neither was yet run on real hardware".into());
                }
                warnings.extend(plan.beside.after.iter().map(post_words));
                if let Some(dpu) = &dpu {
                    problems.extend(self.against_again(dpu, plan).await?);
                }
                Ok(AgainPlan {
                    title,
                    hostname: plan.hostname.clone(),
                    steps: dpu.map_or_else(Vec::new, |dpu| planned_steps(&job.spec, &dpu)),
                    warnings,
                    problems,
                })
            }
            JobSpec::Marvell(plan) => Ok(AgainPlan {
                title: format!("Deploy {} to {} again", plan.iso, plan.name),
                hostname: plan.name.clone(),
                steps: build_steps(&job.spec),
                warnings: vec![format!(
                    "everything on the card's disk is lost; pxeboot on {} was not yet run on real hardware",
                    plan.host
                )],
                problems,
            }),
            JobSpec::BootChange(_)
            | JobSpec::IsoBuild(_)
            | JobSpec::ImageBuild(_)
            | JobSpec::ClusterDeploy(_) => Err(AppError::refused(format!(
                "this job is no deployment, but `{}`",
                job.kind_name()
            ))
            .hint("a job that failed is retried: `slipctl job retry`")),
        }
    }

    /// What stands against it on this desk: the ISO and its file, the IMC, what post steps need.
    async fn against_again(
        &self,
        dpu: &Dpu,
        plan: &DeploymentPlan,
    ) -> Result<Vec<String>, AppError> {
        let mut problems = Vec::new();
        match self.store().iso(&plan.iso).await {
            Ok(iso) if iso.facts.sha256 == plan.iso_sha256 => {
                problems.extend(why_not_deployable(&iso));
                if let Err(error) = check_file(&iso).await {
                    problems.push(format!("{} ({})", error.message, error.causes.join(", ")));
                }
            }
            Ok(_) => problems.push(format!("{} was made anew since", plan.iso_name)),
            Err(error) => match AppError::from(error) {
                gone if gone.code == ErrorCode::NotFound => {
                    problems.push(format!("{} is not in the library any more", plan.iso_name));
                }
                error => return Err(error),
            },
        }
        problems.extend(self.silence_in_the_way(dpu, &plan.beside).await?);
        // They were forgotten when a deployment succeeded.
        for which in plan.beside.after.iter().filter_map(PostStep::secret) {
            if let Err(error) = self.post_secret(&dpu.id, which).await {
                problems.push(format!(
                    "{}: deploy the cluster file, which gives it",
                    error.message
                ));
            }
        }
        Ok(problems)
    }

    /// The same deployment anew, whatever came of it: a new job with the same request and a nonce of
    /// its own.
    ///
    /// # Errors
    /// What is no deployment; refused with everything that stands against it.
    pub async fn deploy_again(&self, id: &JobId) -> Result<JobId, AppError> {
        let plan = self.plan_again(id).await?;
        if !plan.problems.is_empty() {
            let mut error = AppError::refused("this can't be deployed again; nothing was started");
            error.causes = plan.problems;
            return Err(error.hint("mend what is named, or make a new deployment"));
        }
        let job = self.store().job(id).await?;
        self.submit_for(Job::new(job.subject, job.spec, self.now()), &after(id))
            .await
    }
}

fn after(id: &JobId) -> String {
    format!("again, after job {}", id.short())
}

fn post_words(step: &PostStep) -> String {
    format!(
        "the step {} is done again; it was not yet run on real hardware",
        step.name()
    )
}
