//! Image builds that run in this process: started, watched, cancelled.
//!
//! podman itself is a process of its own, which goes on when this one ends; see
//! [`slipway_media::podman::Works`].

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use slipway_core::{
    dpu::JobOutcome,
    failure::{FailureKind, StepError},
    ids::JobId,
    image::{ImageDigest, ImageReference},
    image_build::{self, ImageBuildPlan, LocalImage, PrerequisiteState},
    job::{
        Residue, StepOutcome, WaitReason,
        image_build::{
            BuiltImage, ImageBuildState as State, ImageContext, ImageProgress, ImageTool,
            ImageWork, ImageWorkDone, step,
        },
    },
    ports::Registry as _,
    time::ByteCount,
};
use slipway_media::podman::{Work, WorkState};
use tokio_util::sync::CancellationToken;

use crate::{
    AppError, ErrorCode, Fleet,
    image_views::{BuildLogPart, ImageBuildRequest, ImageBuildView},
    images::image_plan,
};

const POLL: Duration = Duration::from_millis(300);
/// A registry that is away for a moment is asked again this often.
const TRIES: u32 = 5;

/// A build of this process.
#[derive(Clone)]
pub(crate) struct RunningBuild {
    view: Arc<Mutex<ImageBuildView>>,
    cancel: CancellationToken,
}

impl RunningBuild {
    fn view(&self) -> Option<ImageBuildView> {
        self.view.lock().ok().map(|view| view.clone())
    }

    fn change(&self, change: impl FnOnce(&mut ImageBuildView)) {
        if let Ok(mut view) = self.view.lock() {
            change(&mut view);
        }
    }
}

impl Fleet {
    /// Starts a build in the background of this process.
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
        let job = JobId::new();
        let running = RunningBuild {
            view: Arc::new(Mutex::new(ImageBuildView {
                job: job.clone(),
                reference: plan.reference.clone(),
                steps: shown.steps,
                state: State::Queued.name().to_owned(),
                outcome: JobOutcome::Running,
                waiting: None,
                step: None,
                notes: vec![],
                failure: None,
                residue: vec![],
                built: None,
            })),
            cancel: CancellationToken::new(),
        };
        {
            let mut builds = self.builds();
            let busy = builds.iter().find_map(|(other, build)| {
                let view = build.view()?;
                let same = view.reference == plan.reference && view.outcome == JobOutcome::Running;
                same.then(|| other.clone())
            });
            if let Some(other) = busy {
                return Err(AppError::refused(format!(
                    "{} is being built already ({other})",
                    plan.reference
                ))
                .hint("wait for it, or cancel it"));
            }
            builds.push((job.clone(), running.clone()));
        }
        let (fleet, id) = (self.clone(), job.clone());
        tokio::spawn(async move { fleet.run_build(&id, &plan, &running).await });
        Ok(job)
    }

    fn builds(&self) -> std::sync::MutexGuard<'_, Vec<(JobId, RunningBuild)>> {
        // What a thread that panicked left is whole: entries are only added.
        self.inner
            .builds
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn build(&self, job: &JobId) -> Result<RunningBuild, AppError> {
        let builds = self.builds();
        let found = builds.iter().find(|(other, _)| other == job);
        found.map(|(_, build)| build.clone()).ok_or_else(|| {
            AppError::not_found(format!("this process has no image build {job}"))
                .hint("builds are known to the process that started them")
        })
    }

    async fn run_build(&self, job: &JobId, plan: &ImageBuildPlan, running: &RunningBuild) {
        let tool = ImageDesk {
            fleet: self.clone(),
        };
        let notes = Mutex::new(Vec::new());
        let mut state = State::Queued;
        let mut tries = 0;
        while state.outcome() == JobOutcome::Running {
            running.change(|view| state.name().clone_into(&mut view.state));
            let cancelled = running
                .cancel
                .is_cancelled()
                .then(|| state.cancelled())
                .flatten();
            let next = if let Some(cancelled) = cancelled {
                Ok(StepOutcome::Advance(cancelled))
            } else {
                let cx = ImageContext {
                    job,
                    tool: &tool,
                    now: self.now(),
                    poll: POLL,
                    notes: &notes,
                };
                step(plan, &state, &cx).await
            };
            let told = notes
                .lock()
                .map(|mut n| std::mem::take(&mut *n))
                .unwrap_or_default();
            running.change(|view| view.notes.extend(told));
            match next {
                Ok(StepOutcome::Advance(next)) => {
                    tries = 0;
                    running.change(|view| {
                        view.waiting = None;
                        view.step = None;
                    });
                    state = self.moved(state, next);
                }
                Ok(StepOutcome::Wait(wait)) => {
                    running.change(|view| {
                        view.waiting = Some(wait.reason.text());
                        if let WaitReason::ImageBuilds { step: Some(at) } = &wait.reason {
                            view.step = Some(at.clone());
                        }
                    });
                    self.pause(POLL, &state, running).await;
                }
                Ok(StepOutcome::Fail(error)) => state = state.failed(error),
                Err(error) if error.transient && tries < TRIES => {
                    tries += 1;
                    let pause = POLL * 2u32.pow(tries);
                    running.change(|view| {
                        view.waiting =
                            Some(format!("Trying again (attempt {tries}): {}", error.message));
                    });
                    self.pause(pause, &state, running).await;
                }
                Err(error) => state = state.failed(error),
            }
        }
        running.change(|view| {
            state.name().clone_into(&mut view.state);
            view.outcome = state.outcome();
            view.waiting = None;
            match &state {
                State::Succeeded { built } => view.built = Some(built.clone()),
                State::Failed { failure } => view.failure = Some(failure.clone()),
                State::Cancelled { residue } => view.residue.clone_from(residue),
                State::Queued
                | State::Checking
                | State::Building
                | State::Naming { .. }
                | State::Pushing { .. }
                | State::Verifying { .. }
                | State::CleaningUp { .. } => {}
            }
        });
    }

    fn moved(&self, from: State, to: State) -> State {
        if from.can_become(&to) {
            return to;
        }
        let message = format!("a bug: `{}` must not become `{}`", from.name(), to.name());
        tracing::error!("{message}");
        from.failed(StepError::new(FailureKind::Local, message))
    }

    /// A wish to cancel is heard at once, where it is still of use.
    async fn pause(&self, span: Duration, state: &State, running: &RunningBuild) {
        if state.cancelled().is_none() {
            tokio::time::sleep(span).await;
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(span) => {}
            () = running.cancel.cancelled() => {}
        }
    }

    /// How a build of this process stands.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`].
    pub async fn image_build(&self, job: &JobId) -> Result<ImageBuildView, AppError> {
        let build = self.build(job)?;
        build
            .view()
            .ok_or_else(|| AppError::new(ErrorCode::Other, "the build's thread has panicked"))
    }

    /// Asks a build to stop; it ends when nothing of it runs any more.
    ///
    /// # Errors
    /// Refused where it has ended.
    pub async fn cancel_image_build(&self, job: &JobId) -> Result<(), AppError> {
        if self.image_build(job).await?.outcome != JobOutcome::Running {
            return Err(AppError::refused("this build has ended already"));
        }
        self.build(job)?.cancel.cancel();
        Ok(())
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
        let running = match self.build(job) {
            Ok(build) => build
                .view()
                .is_some_and(|view| view.outcome == JobOutcome::Running),
            Err(_) => false,
        };
        let (text, next) = self.inner.works.log_part(job, after.0)?;
        Ok(BuildLogPart {
            ended: !running && text.is_empty(),
            text,
            next: ByteCount(next),
        })
    }
}

/// The engine's view of podman on this desk.
struct ImageDesk {
    fleet: Fleet,
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
