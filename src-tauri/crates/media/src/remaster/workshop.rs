//! Builds in the background, by job: start, look, stop.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use slipway_core::{
    failure::{FailureKind, StepError},
    ids::JobId,
    image::ImageDigest,
    job::iso_build::{
        BuildProgress, IsoBase, IsoBuildPlan, IsoImage, IsoWork, IsoWorkDone, WrittenIso,
    },
    secret::Password,
    time::ByteCount,
};
use tokio::task::JoinHandle;

use crate::podman::PodmanCli;

use super::{ImageAccess, base::Base, builder, fetch, image, paths, room, verify, write};

/// Makes ISOs. One piece of work per job at a time.
#[derive(Debug)]
pub struct Workshop {
    cache: PathBuf,
    podman: PodmanCli,
    works: Mutex<HashMap<JobId, Work>>,
}

/// A piece of work of a job.
#[derive(Debug)]
struct Work {
    what: IsoWork,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    total: Arc<AtomicU64>,
    ended: Arc<Mutex<Option<Result<IsoWorkDone, StepError>>>>,
    task: JoinHandle<()>,
    /// What an earlier piece of the same job learned.
    source_digest: Option<ImageDigest>,
}

/// What a piece of work is given.
#[derive(Clone)]
struct Bench {
    cache: PathBuf,
    podman: PodmanCli,
    job: JobId,
    plan: IsoBuildPlan,
    kickstart: Option<Password>,
    access: ImageAccess,
    source_digest: Option<ImageDigest>,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    total: Arc<AtomicU64>,
}

impl Workshop {
    /// `cache` is for downloads.
    #[must_use]
    pub fn new(cache: PathBuf) -> Self {
        Self {
            cache,
            podman: PodmanCli::new(),
            works: Mutex::default(),
        }
    }

    fn works(&self) -> MutexGuard<'_, HashMap<JobId, Work>> {
        self.works.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that can be found wrong before the long work, and what was seen. Changes nothing.
    /// The network is not asked: what a registry has is in `access`, where somebody asked it.
    ///
    /// # Errors
    /// The first thing that is wrong, with what to do.
    pub async fn check(
        &self,
        plan: &IsoBuildPlan,
        access: &ImageAccess,
    ) -> Result<Vec<String>, StepError> {
        if let Some(missing) = super::missing_programs().into_iter().find(|missing| {
            // An OCI directory is taken as it is.
            !missing.reason.starts_with("skopeo") || !matches!(plan.image, IsoImage::OciDir { .. })
        }) {
            return Err(StepError::new(FailureKind::Local, missing.reason).hint(missing.fix));
        }
        let refused = |message: String, hint: &str| {
            StepError::new(FailureKind::Precondition, message).hint(hint)
        };
        let output = Path::new(&plan.output);
        if output.is_dir() {
            return Err(refused(
                format!("{} is a folder", plan.output),
                "name a file",
            ));
        }
        if output.exists() && !plan.overwrite {
            return Err(refused(
                format!("{} is there already", plan.output),
                "give another name, or say that it may be replaced (`--overwrite`)",
            ));
        }
        if builder::is_wanted(plan) {
            let podman = builder::check(&self.podman).await?;
            let room = room::ask(output, builder::needed(access))?;
            return Ok(vec![podman, room]);
        }
        let mut seen = Vec::new();
        let base = match &plan.base {
            IsoBase::ImageBuilder { .. } => None,
            IsoBase::File { path } => Some(PathBuf::from(path)),
            IsoBase::Url { url, sha256 } => {
                fetch::check(url, sha256)?;
                let cached = fetch::cached(&self.cache, sha256);
                cached.is_file().then_some(cached)
            }
        };
        let mut needed = 0;
        if let Some(path) = &base {
            let base = Base::read(path, &plan.architecture).await?;
            if base.path() == output {
                return Err(refused(
                    "the ISO would be written over its base".into(),
                    "give another name",
                ));
            }
            seen.push(format!(
                "base ISO {}, {}, {}",
                base.volume_id(),
                base.architecture,
                ByteCount(base.size())
            ));
            needed += base.size();
        }
        needed += match &plan.image {
            IsoImage::OciDir { path } => {
                let found = image::read(Path::new(path), &plan.architecture)?;
                seen.push(format!("image {}", found.digest));
                image::size(Path::new(path)).map_err(|error| {
                    refused(format!("{path} can't be read: {error}"), "check the folder")
                })?
            }
            IsoImage::OciArchive { path } => match std::fs::metadata(path) {
                // Once in the work folder, once in the ISO.
                Ok(found) => found.len() * 2,
                Err(error) => {
                    return Err(refused(
                        format!("there is no image in {path}: {error}"),
                        "give the file that `podman save --format oci-archive` wrote",
                    ));
                }
            },
            // Once in the work folder, once in the ISO.
            IsoImage::Registry { .. } | IsoImage::LocalStorage { .. } => {
                access.size.map_or(0, |size| size.0.saturating_mul(2))
            }
        };
        seen.push(room::ask(output, needed)?);
        Ok(seen)
    }

    /// Starts a piece of work in the background.
    ///
    /// # Errors
    /// The kickstart is missing where it is needed: a bug of the caller.
    pub fn start(
        &self,
        job: &JobId,
        plan: &IsoBuildPlan,
        kickstart: Option<Password>,
        access: ImageAccess,
        what: IsoWork,
    ) -> Result<(), StepError> {
        let mut works = self.works();
        let source_digest = works.remove(job).and_then(|before| {
            before.stop.store(true, Ordering::Relaxed);
            before.task.abort();
            before.learned()
        });
        let (stop, done, total) = Default::default();
        let bench = Bench {
            cache: self.cache.clone(),
            podman: self.podman.clone(),
            job: job.clone(),
            plan: plan.clone(),
            kickstart,
            access,
            source_digest: source_digest.clone(),
            stop,
            done,
            total,
        };
        let ended: Arc<Mutex<Option<Result<IsoWorkDone, StepError>>>> = Arc::default();
        let work = Work {
            what: what.clone(),
            stop: bench.stop.clone(),
            done: bench.done.clone(),
            total: bench.total.clone(),
            ended: ended.clone(),
            task: tokio::spawn(async move {
                let result = bench.run(what).await;
                *ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            }),
            source_digest,
        };
        works.insert(job.clone(), work);
        Ok(())
    }

    /// How this piece of work stands.
    #[must_use]
    pub fn progress(&self, job: &JobId, what: &IsoWork) -> BuildProgress<IsoWorkDone> {
        let works = self.works();
        let Some(work) = works.get(job).filter(|work| work.what == *what) else {
            return BuildProgress::Idle;
        };
        let ended = work.ended.lock().unwrap_or_else(PoisonError::into_inner);
        match &*ended {
            Some(Ok(done)) => BuildProgress::Done(done.clone()),
            Some(Err(error)) => BuildProgress::Failed(error.clone()),
            None => BuildProgress::Running {
                done: ByteCount(work.done.load(Ordering::Relaxed)),
                total: ByteCount(work.total.load(Ordering::Relaxed)),
            },
        }
    }

    /// Stops the job's work; answers when it has ended.
    pub async fn cancel(&self, job: &JobId) {
        let work = self.works().remove(job);
        if let Some(work) = work {
            work.stop.store(true, Ordering::Relaxed);
            // What waits for a program or the network is dropped, which stops both; what reads or
            // writes looks at `stop`.
            if !work.what.blocks() {
                work.task.abort();
            }
            let _ = work.task.await;
        }
    }

    /// Removes the image builder's container of a job, where there is one: when the process that
    /// started it is gone, it runs on by itself.
    ///
    /// # Errors
    /// podman does not answer.
    pub async fn remove_container(
        &self,
        job: &JobId,
        plan: &IsoBuildPlan,
    ) -> Result<(), StepError> {
        if builder::is_wanted(plan) {
            builder::remove(&self.podman, job).await?;
        }
        Ok(())
    }

    /// Removes what is not finished.
    ///
    /// # Errors
    /// The disk.
    pub async fn clean(&self, plan: &IsoBuildPlan) -> Result<(), StepError> {
        let output = PathBuf::from(&plan.output);
        let cleaned = tokio::task::spawn_blocking(move || {
            write::remove_if_there(&paths::part(&output))?;
            match std::fs::remove_dir_all(paths::work(&output)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                Ok(()) | Err(_) => Ok(()),
            }
        });
        let cleaned = cleaned.await.unwrap_or(Ok(()));
        cleaned.map_err(|error| {
            StepError::new(
                FailureKind::Local,
                format!("temporary files beside {} can't be removed", plan.output),
            )
            .because(error.to_string())
            .hint("remove them by hand")
        })
    }

    /// Whether the temporary ISO is there in the size that was written; or already in its place.
    #[must_use]
    pub fn written_is_there(&self, plan: &IsoBuildPlan, written: &WrittenIso) -> bool {
        let part = paths::part(Path::new(&plan.output));
        part.metadata()
            .is_ok_and(|found| found.len() == written.size.0)
    }

    /// Gives the verified ISO its name. Where that was done already, nothing is.
    ///
    /// # Errors
    /// The disk; the temporary ISO is gone.
    pub fn put_in_place(&self, plan: &IsoBuildPlan, written: &WrittenIso) -> Result<(), StepError> {
        let output = Path::new(&plan.output);
        let part = paths::part(output);
        let has_size = |path: &Path| {
            path.metadata()
                .is_ok_and(|found| found.len() == written.size.0)
        };
        if !part.exists() && has_size(output) {
            return Ok(());
        }
        let placed = std::fs::rename(&part, output).and_then(|()| {
            // The name is on the disk only when its folder is.
            std::fs::File::open(output.parent().unwrap_or(Path::new("/")))?.sync_all()
        });
        placed.map_err(|error| {
            StepError::new(
                FailureKind::Local,
                format!("{} can't be put in its place", plan.output),
            )
            .because(error.to_string())
            .hint("check the folder's permissions, then retry")
        })
    }
}

impl Work {
    /// What the image's digest was before it was converted.
    fn learned(&self) -> Option<ImageDigest> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        match &*ended {
            Some(Ok(IsoWorkDone::Image { source_digest, .. })) => source_digest.clone(),
            Some(_) | None => self.source_digest.clone(),
        }
    }
}

trait Blocks {
    fn blocks(&self) -> bool;
}

impl Blocks for IsoWork {
    fn blocks(&self) -> bool {
        match self {
            Self::FetchBase | Self::FetchImage => false,
            Self::Write | Self::Verify(_) => true,
        }
    }
}

impl Bench {
    async fn run(self, what: IsoWork) -> Result<IsoWorkDone, StepError> {
        match what {
            IsoWork::FetchBase => match &self.plan.base {
                IsoBase::File { .. } | IsoBase::ImageBuilder { .. } => Ok(IsoWorkDone::Base),
                IsoBase::Url { url, sha256 } => {
                    fetch::fetch(&self.cache, url, sha256, &self.done, &self.total).await?;
                    Ok(IsoWorkDone::Base)
                }
            },
            IsoWork::FetchImage => self.fetch_image().await,
            IsoWork::Write => self.write().await,
            IsoWork::Verify(written) => self.verify(written).await,
        }
    }

    async fn fetch_image(self) -> Result<IsoWorkDone, StepError> {
        if builder::is_wanted(&self.plan) {
            let digest = builder::pull(&self.podman, &self.plan, &self.access).await?;
            return Ok(IsoWorkDone::Image {
                // The builder may convert it as it puts it on the ISO; then both are recorded.
                source_digest: Some(digest.clone()),
                digest,
            });
        }
        if let IsoImage::OciDir { path } = &self.plan.image {
            let found = image::read(Path::new(path), &self.plan.architecture)?;
            return Ok(IsoWorkDone::Image {
                digest: found.digest,
                source_digest: None,
            });
        }
        let copied = image::copy(&self.plan, &self.access).await?;
        Ok(IsoWorkDone::Image {
            digest: copied.digest,
            source_digest: copied.source_digest,
        })
    }

    fn base_path(&self) -> PathBuf {
        match &self.plan.base {
            IsoBase::File { path } => path.into(),
            IsoBase::Url { sha256, .. } => fetch::cached(&self.cache, sha256),
            // Asked by nobody: nothing is remastered.
            IsoBase::ImageBuilder { .. } => PathBuf::new(),
        }
    }

    async fn write(self) -> Result<IsoWorkDone, StepError> {
        if builder::is_wanted(&self.plan) {
            let kickstart = self.kickstart.unwrap_or_else(|| Password::new(""));
            let (cli, source) = (&self.podman, self.source_digest);
            let written =
                builder::run(cli, &self.job, &self.plan, kickstart, source, &self.stop).await?;
            return Ok(IsoWorkDone::Written(written));
        }
        let base = Base::read(&self.base_path(), &self.plan.architecture).await?;
        let kickstart = self.kickstart.clone().ok_or_else(|| {
            StepError::new(FailureKind::Local, "a bug: an ISO without its kickstart")
        })?;
        let container = image::size(&image::folder(&self.plan)).unwrap_or(0);
        let total = base.size() + container;
        self.total.store(total, Ordering::Relaxed);
        let output = PathBuf::from(&self.plan.output);
        room::ask(&output, total)?;
        let written = tokio::task::spawn_blocking(move || {
            let bench = self;
            write::write(
                &bench.plan,
                &base,
                &kickstart,
                bench.source_digest,
                &bench.stop,
                &bench.done,
            )
        });
        let written = written.await.map_err(|error| gave_up(&error))??;
        Ok(IsoWorkDone::Written(written))
    }

    async fn verify(self, written: WrittenIso) -> Result<IsoWorkDone, StepError> {
        let part = paths::part(Path::new(&self.plan.output));
        let (done, total) = (self.done.clone(), self.total.clone());
        let looked = verify::verify(&part, move |read, of| {
            total.store(of.0, Ordering::Relaxed);
            done.store(read.0, Ordering::Relaxed);
        });
        let stopped = async {
            while !self.stop.load(Ordering::Relaxed) {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let report = tokio::select! {
            report = looked => report?,
            () = stopped => return Err(StepError::new(FailureKind::Precondition, "it was cancelled")),
        };
        verify::as_planned(&report, &self.plan, &written).map_err(|difference| {
            StepError::new(
                FailureKind::Local,
                "the ISO on the disk is not what was planned",
            )
            .because(difference)
            .hint("retry; if it happens again, check the disk and the base ISO")
        })?;
        Ok(IsoWorkDone::Verified {
            sha256: report.facts.sha256,
        })
    }
}

fn gave_up(error: &tokio::task::JoinError) -> StepError {
    StepError::new(FailureKind::Local, "the ISO was not written to its end")
        .because(error.to_string())
        .hint("retry")
}
