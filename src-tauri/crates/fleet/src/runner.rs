//! Runs the jobs of the database while this process holds the engine's lease.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use slipway_core::{
    ids::JobId,
    job::{Job, JobStore, JobStoreError, engine::Engine},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{AppError, ChangeTag, Fleet};

/// A process that dies gives its jobs up after this long.
const LEASE: Duration = Duration::from_secs(6);
const RENEW: Duration = Duration::from_secs(2);
/// The longest pause between two looks at the queue: another process may have submitted.
const LOOK: Duration = Duration::from_millis(250);

/// Jobs that run in the background of a shell.
pub struct Running {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<Result<(), AppError>>,
}

impl Running {
    /// Lets the steps under way save what they did, and gives the lease back.
    ///
    /// # Errors
    /// What the runner met.
    pub async fn stop(self) -> Result<(), AppError> {
        self.stop.cancel();
        self.task
            .await
            .unwrap_or_else(|error| Err(AppError::from_chain(crate::ErrorCode::Other, &error)))
    }
}

impl Fleet {
    /// Starts running jobs in the background.
    #[must_use]
    pub fn start_running(&self) -> Running {
        let stop = CancellationToken::new();
        let (fleet, token) = (self.clone(), stop.clone());
        Running {
            stop,
            task: tokio::spawn(async move { fleet.run(token).await }),
        }
    }

    /// Runs jobs until cancelled. Where another process holds the lease, waits for it.
    ///
    /// # Errors
    /// The database can't be used any more.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), AppError> {
        let owner = format!("{}-{}", std::process::id(), JobId::new().short());
        let engines = Engines {
            hardware: Arc::new(self.engine(false)),
            lab: Arc::new(self.engine(true)),
        };
        let moving: Arc<Mutex<HashSet<JobId>>> = Arc::default();
        let mut steps = JoinSet::new();
        let mut renew = tokio::time::interval(RENEW);
        let mut holds = false;
        let mut batches_seen = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = renew.tick() => {
                    let now = self.now();
                    let held = holds;
                    holds = self.store().hold_lease(&owner, now, now.plus(LEASE)).await?;
                    if holds && !held {
                        // Whoever had it meanwhile may have done what it could not save.
                        engines.hardware.look_first();
                        engines.lab.look_first();
                    }
                    self.inner.runs_jobs.store(holds, Ordering::Relaxed);
                }
                () = self.inner.wake.notified() => {}
                Some(_) = steps.join_next() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            if holds {
                self.move_due_batches(&mut batches_seen).await?;
                self.start_due(&engines, &moving, &mut steps).await?;
            }
        }
        // Steps under way are given the time to save what they did.
        let ended = tokio::time::timeout(Duration::from_secs(5), async {
            while steps.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            steps.abort_all();
        }
        self.inner.runs_jobs.store(false, Ordering::Relaxed);
        if holds {
            self.store().release_lease(&owner).await?;
        }
        Ok(())
    }

    /// When a job has ended or somebody asked; and now and then, for what other processes did.
    async fn move_due_batches(&self, seen: &mut Option<Instant>) -> Result<(), AppError> {
        let due = self.inner.batches_due.swap(false, Ordering::Relaxed);
        if !due && seen.is_some_and(|at| at.elapsed() < LOOK) {
            return Ok(());
        }
        self.move_batches().await?;
        *seen = Some(Instant::now());
        Ok(())
    }

    async fn start_due(
        &self,
        engines: &Engines,
        moving: &Arc<Mutex<HashSet<JobId>>>,
        steps: &mut JoinSet<()>,
    ) -> Result<(), AppError> {
        let limit =
            u32::try_from(self.inner.config.concurrency.saturating_mul(2)).unwrap_or(u32::MAX);
        for job in engines.hardware.due(limit).await? {
            if steps.len() >= self.inner.config.concurrency {
                break;
            }
            let free = moving
                .lock()
                .is_ok_and(|mut moving| moving.insert(job.id.clone()));
            if free {
                let engine = if self.is_of_the_lab(&job.subject).await {
                    &engines.lab
                } else {
                    &engines.hardware
                };
                steps.spawn(step(engine.clone(), job, moving.clone()));
            }
        }
        Ok(())
    }

    /// Tells the shells of this process what other processes changed, until cancelled.
    pub async fn watch_others(&self, stop: CancellationToken) {
        let mut seen = self.store().latest_seq().await.unwrap_or(0);
        let mut batches = self.store().batches_stamp().await.unwrap_or(0);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
            }
            // Batches are paused and cancelled from anywhere.
            match self.store().batches_stamp().await {
                Ok(stamp) if stamp != batches => {
                    batches = stamp;
                    self.changed(ChangeTag::Batch, None);
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "looking for changes of batches"),
            }
            if self.inner.runs_jobs.load(Ordering::Relaxed) {
                continue;
            }
            match self.store().latest_seq().await {
                Ok(seq) if seq != seen => {
                    seen = seq;
                    self.changed(ChangeTag::All, None);
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "looking for changes of other processes"),
            }
        }
    }
}

/// Real cards and simulated ones have other patience.
struct Engines {
    hardware: Arc<Engine>,
    lab: Arc<Engine>,
}

async fn step(engine: Arc<Engine>, job: Job, moving: Arc<Mutex<HashSet<JobId>>>) {
    let id = job.id.clone();
    match engine.advance_until_waiting(job).await {
        Ok(_) => {}
        // Somebody cancelled it or moved it meanwhile; it comes up again as it is stored.
        Err(JobStoreError::Stale(_)) => {}
        Err(error) => {
            tracing::error!(job = %id, error = %slipway_core::failure::chain(&error).join(": "), "a job could not be moved")
        }
    }
    if let Ok(mut moving) = moving.lock() {
        moving.remove(&id);
    }
}
