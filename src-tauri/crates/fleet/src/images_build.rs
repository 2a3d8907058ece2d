//! Image builds: submitting them, their log, and podman as the engine sees it.
//!
//! podman itself is a process of its own, which goes on when this one ends; see
//! [`slipway_media::podman::Works`].

use async_trait::async_trait;
use slipway_core::{
    failure::{FailureKind, StepError},
    ids::JobId,
    image::{ImageDigest, ImageReference},
    image_build::{self, ImageBuildPlan, LocalImage, PrerequisiteState},
    job::{
        Job, JobSpec, JobStore as _, Residue, Subject,
        image_build::{BuiltImage, ImageProgress, ImageTool, ImageWork, ImageWorkDone},
    },
    ports::Registry as _,
    time::ByteCount,
};
use slipway_media::podman::{Work, WorkState};

use crate::{
    AppError, Fleet,
    image_views::{BuildLogPart, ImageBuildRequest},
    images::image_plan,
};

impl Fleet {
    /// Submits a build, or a push.
    ///
    /// # Errors
    /// Refused with the plan's problems, or because the same reference is being built.
    pub async fn build_image(&self, request: &ImageBuildRequest) -> Result<JobId, AppError> {
        let plan = image_plan(request)?;
        let shown = self.plan_image_build(request).await?;
        if !shown.problems.is_empty() {
            let mut error = AppError::refused("this can't be built yet; nothing was started");
            error.causes = shown.problems;
            return Err(error.hint("mend what is named; `slipctl image check` shows how"));
        }
        let subject = Subject::Image(plan.reference.clone());
        let job = Job::new(subject, JobSpec::ImageBuild(plan), self.now());
        self.submit_for(job, &shown.title).await
    }

    /// The log of a build, from a position on.
    ///
    /// # Errors
    /// The disk.
    pub async fn image_build_log(
        &self,
        job: &JobId,
        after: ByteCount,
    ) -> Result<BuildLogPart, AppError> {
        // Asked first: what is written before the end is in the part.
        let running = !self.store().job(job).await?.state.is_terminal();
        let (text, next) = self.inner.works.log_part(job, after.0)?;
        Ok(BuildLogPart {
            ended: !running && text.is_empty(),
            text,
            next: ByteCount(next),
        })
    }
}

/// The engine's view of podman on this desk.
pub(crate) struct ImageDesk {
    pub fleet: Fleet,
}

fn work_of(work: ImageWork) -> Work {
    match work {
        ImageWork::Build => Work::Build,
        ImageWork::Push => Work::Push,
    }
}

#[async_trait]
impl ImageTool for ImageDesk {
    async fn check(&self, plan: &ImageBuildPlan) -> Result<Vec<String>, StepError> {
        let mut problems = image_build::problems(plan);
        let mut seen = Vec::new();
        for line in self.fleet.image_prerequisites(plan.architecture).await {
            match line.state {
                PrerequisiteState::Missing => {
                    problems.push(format!("{}: {}", line.title, line.found))
                }
                PrerequisiteState::Warning => seen.push(format!("{}: {}", line.title, line.found)),
                PrerequisiteState::Met | PrerequisiteState::NotNeeded => {}
            }
        }
        if let Some(folder) = plan.folder() {
            let path = folder.containerfile_path();
            if let Err(error) = std::fs::File::open(&path) {
                problems.push(format!("{path} can't be read: {error}"));
            }
        }
        if problems.is_empty() {
            return Ok(seen);
        }
        let mut error = StepError::new(
            FailureKind::Precondition,
            "something is missing to build it",
        );
        error.causes = problems;
        Err(error.hint("mend what is named; `slipctl image check` shows how"))
    }

    async fn start(
        &self,
        job: &JobId,
        plan: &ImageBuildPlan,
        work: ImageWork,
    ) -> Result<(), StepError> {
        let works = &self.fleet.inner.works;
        let mut podman = self.fleet.podman_options(plan).await;
        let auth = self.fleet.auth_for_podman(plan.auth_file.as_deref()).await;
        let auth = auth.map_err(|error| {
            let mut step = StepError::new(FailureKind::Local, error.message);
            step.causes = error.causes;
            step
        })?;
        if let Some(auth) = auth {
            works.write_auth(job, &auth)?;
            podman.auth_file = Some(works.auth_file(job).display().to_string());
        }
        let work = work_of(work);
        let result = works.result_file(job, work).display().to_string();
        let line = match (work, plan.folder()) {
            (Work::Build, Some(folder)) => podman.build(plan, folder, &result),
            (Work::Build, None) | (Work::Push, _) => podman.push(&plan.reference, Some(&result)),
        };
        works.start(job, work, &line)
    }

    async fn progress(&self, job: &JobId, work: ImageWork) -> Result<ImageProgress, StepError> {
        let works = self.fleet.inner.works.clone();
        let job = job.clone();
        let looked = tokio::task::spawn_blocking(move || works.look(&job, work_of(work))).await;
        let looked = looked.unwrap_or_else(|_| {
            Err(StepError::new(
                FailureKind::Local,
                "Slipway is shutting down",
            ))
        })?;
        Ok(match looked {
            WorkState::Idle => ImageProgress::Idle,
            WorkState::Running(log) => ImageProgress::Running(log.progress),
            WorkState::Failed(error) => ImageProgress::Failed(error),
            WorkState::Done(text) => ImageProgress::Done(match work {
                ImageWork::Build => ImageWorkDone::Built {
                    id: text.trim_start_matches("sha256:").to_owned(),
                },
                ImageWork::Push => ImageWorkDone::Pushed {
                    digest: text.parse().map_err(|_| {
                        StepError::new(FailureKind::Protocol, "podman wrote no digest")
                    })?,
                },
            }),
        })
    }

    async fn inspect(&self, image: &str) -> Result<Option<LocalImage>, StepError> {
        self.fleet.inner.podman.inspect(image).await
    }

    async fn tag(&self, image: &str, reference: &ImageReference) -> Result<(), StepError> {
        self.fleet.inner.podman.tag(image, reference).await
    }

    async fn in_registry(&self, plan: &ImageBuildPlan) -> Result<ImageDigest, StepError> {
        let registry = self.fleet.registry().await;
        match registry
            .resolve(&plan.reference, plan.architecture.oci())
            .await
        {
            Ok(found) => Ok(found.digest),
            Err(error) => {
                let away = matches!(
                    error,
                    slipway_core::ports::RegistryError::Unreachable { .. }
                );
                let mut step =
                    StepError::new(FailureKind::Unreachable, error.to_string()).hint(error.hint());
                step.transient = away;
                Err(step)
            }
        }
    }

    async fn cancel(&self, job: &JobId) -> Vec<Residue> {
        let left = self.fleet.inner.works.stop(job).await;
        left.into_iter()
            .map(|pid| Residue {
                what: format!("the process {pid} of the build still runs"),
                why: "it did not end when it was killed".into(),
            })
            .collect()
    }

    async fn clean(&self, job: &JobId, _built: Option<&BuiltImage>) -> Result<(), StepError> {
        self.fleet.inner.works.clean(job)
    }
}
