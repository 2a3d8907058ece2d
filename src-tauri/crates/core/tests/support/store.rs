//! Jobs in memory, as the store's documentation says; and a store whose save fails once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use slipway_core::{
    dpu::JobOutcome,
    ids::JobId,
    job::{EventKind, Job, JobEvent, JobFilter, JobStore, JobStoreError, NewEvent},
    time::Timestamp,
};

#[derive(Default)]
struct Tables {
    jobs: BTreeMap<JobId, Job>,
    events: Vec<JobEvent>,
    lease: Option<(String, Timestamp)>,
}

#[derive(Default)]
pub struct MemoryStore(Mutex<Tables>);

impl MemoryStore {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap()
    }

    pub fn stored(&self, id: &JobId) -> Job {
        self.tables().jobs[id].clone()
    }

    /// Every event of one job.
    pub fn history(&self, id: &JobId) -> Vec<JobEvent> {
        self.tables()
            .events
            .iter()
            .filter(|e| e.job == *id)
            .cloned()
            .collect()
    }
}

impl Tables {
    fn append(&mut self, job: &JobId, event: NewEvent) {
        let seq = i64::try_from(self.events.len()).unwrap() + 1;
        let NewEvent {
            kind,
            step,
            text,
            at,
        } = event;
        self.events.push(JobEvent {
            seq,
            job: job.clone(),
            kind,
            step,
            text,
            at,
        });
    }

    fn active(&self) -> impl Iterator<Item = &Job> {
        self.jobs
            .values()
            .filter(|job| job.state.outcome() == JobOutcome::Running)
    }
}

#[async_trait]
impl JobStore for MemoryStore {
    async fn submit(&self, job: &Job, text: &str) -> Result<(), JobStoreError> {
        let mut tables = self.tables();
        if let Some(active) = tables.active().find(|other| other.subject == job.subject) {
            return Err(JobStoreError::Busy {
                this: job.subject.this(),
                active: active.id.clone(),
            });
        }
        tables.jobs.insert(job.id.clone(), job.clone());
        let (step, text) = (job.state.name().to_owned(), text.to_owned());
        let at = job.created_at;
        tables.append(
            &job.id,
            NewEvent {
                kind: EventKind::Submitted,
                step,
                text,
                at,
            },
        );
        Ok(())
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Job>, JobStoreError> {
        let tables = self.tables();
        let is_due = |job: &&Job| job.wake_at <= now || job.cancel_requested;
        let mut due: Vec<Job> = tables.active().filter(is_due).cloned().collect();
        due.sort_by_key(|job| job.wake_at);
        due.truncate(limit as usize);
        Ok(due)
    }

    async fn next_wake(&self) -> Result<Option<Timestamp>, JobStoreError> {
        Ok(self.tables().active().map(|job| job.wake_at).min())
    }

    async fn save(&self, job: &Job, events: &[NewEvent]) -> Result<u64, JobStoreError> {
        let mut tables = self.tables();
        let stored = tables
            .jobs
            .get_mut(&job.id)
            .ok_or_else(|| JobStoreError::Missing(job.id.clone()))?;
        if stored.version != job.version {
            return Err(JobStoreError::Stale(job.id.clone()));
        }
        let version = job.version + 1;
        let (cancel_requested, seen) = (stored.cancel_requested, stored.seen);
        *stored = Job {
            version,
            cancel_requested,
            seen,
            ..job.clone()
        };
        for event in events {
            tables.append(&job.id, event.clone());
        }
        Ok(version)
    }

    async fn job(&self, id: &JobId) -> Result<Job, JobStoreError> {
        self.tables()
            .jobs
            .get(id)
            .cloned()
            .ok_or_else(|| JobStoreError::Missing(id.clone()))
    }

    async fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, JobStoreError> {
        let limit = if filter.limit == 0 { 200 } else { filter.limit };
        let tables = self.tables();
        let wanted = tables.jobs.values().rev().filter(|job| {
            filter
                .subject
                .as_ref()
                .is_none_or(|subject| job.subject == *subject)
                && (!filter.active_only || !job.state.is_terminal())
        });
        Ok(wanted.take(limit as usize).cloned().collect())
    }

    async fn events(
        &self,
        job: Option<&JobId>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JobEvent>, JobStoreError> {
        let tables = self.tables();
        let wanted = |e: &&JobEvent| e.seq > after && job.is_none_or(|job| e.job == *job);
        Ok(tables
            .events
            .iter()
            .filter(wanted)
            .take(limit as usize)
            .cloned()
            .collect())
    }

    async fn request_cancel(&self, id: &JobId, now: Timestamp) -> Result<bool, JobStoreError> {
        let mut tables = self.tables();
        let job = tables
            .jobs
            .get_mut(id)
            .ok_or_else(|| JobStoreError::Missing(id.clone()))?;
        if job.state.is_terminal() {
            return Ok(false);
        }
        job.cancel_requested = true;
        job.wake_at = now;
        let (step, text) = (job.state.name().to_owned(), "cancel".to_owned());
        tables.append(
            id,
            NewEvent {
                kind: EventKind::CancelRequested,
                step,
                text,
                at: now,
            },
        );
        Ok(true)
    }

    async fn mark_seen(&self, id: &JobId) -> Result<(), JobStoreError> {
        let mut tables = self.tables();
        tables
            .jobs
            .get_mut(id)
            .ok_or_else(|| JobStoreError::Missing(id.clone()))?
            .seen = true;
        Ok(())
    }

    async fn hold_lease(
        &self,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, JobStoreError> {
        let mut tables = self.tables();
        let free = tables
            .lease
            .as_ref()
            .is_none_or(|(holder, end)| holder == owner || *end <= now);
        if free {
            tables.lease = Some((owner.to_owned(), until));
        }
        Ok(free)
    }

    async fn release_lease(&self, owner: &str) -> Result<(), JobStoreError> {
        let mut tables = self.tables();
        if tables
            .lease
            .as_ref()
            .is_some_and(|(holder, _)| holder == owner)
        {
            tables.lease = None;
        }
        Ok(())
    }
}

/// How the one save goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Nothing was written.
    Save,
    /// It was written, and the answer got lost.
    Answer,
}

/// A store whose n-th save (from 1) fails once.
pub struct FlakyStore {
    pub inner: Arc<MemoryStore>,
    pub plan: Mutex<Option<(u32, Broken)>>,
}

impl FlakyStore {
    /// What happens to this save.
    fn next(&self) -> Option<Broken> {
        let mut plan = self.plan.lock().unwrap();
        let (left, broken) = plan.as_mut()?;
        *left -= 1;
        if *left > 0 {
            return None;
        }
        let broken = *broken;
        *plan = None;
        Some(broken)
    }
}

fn disk_trouble() -> JobStoreError {
    JobStoreError::Database("the disk did not write".into())
}

#[async_trait]
impl JobStore for FlakyStore {
    async fn save(&self, job: &Job, events: &[NewEvent]) -> Result<u64, JobStoreError> {
        match self.next() {
            Some(Broken::Save) => Err(disk_trouble()),
            Some(Broken::Answer) => {
                self.inner.save(job, events).await?;
                Err(disk_trouble())
            }
            None => self.inner.save(job, events).await,
        }
    }
    async fn submit(&self, job: &Job, text: &str) -> Result<(), JobStoreError> {
        self.inner.submit(job, text).await
    }
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Job>, JobStoreError> {
        self.inner.due(now, limit).await
    }
    async fn next_wake(&self) -> Result<Option<Timestamp>, JobStoreError> {
        self.inner.next_wake().await
    }
    async fn job(&self, id: &JobId) -> Result<Job, JobStoreError> {
        self.inner.job(id).await
    }
    async fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, JobStoreError> {
        self.inner.jobs(filter).await
    }
    async fn events(
        &self,
        job: Option<&JobId>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JobEvent>, JobStoreError> {
        self.inner.events(job, after, limit).await
    }
    async fn request_cancel(&self, id: &JobId, now: Timestamp) -> Result<bool, JobStoreError> {
        self.inner.request_cancel(id, now).await
    }
    async fn mark_seen(&self, id: &JobId) -> Result<(), JobStoreError> {
        self.inner.mark_seen(id).await
    }
    async fn hold_lease(
        &self,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, JobStoreError> {
        self.inner.hold_lease(owner, now, until).await
    }
    async fn release_lease(&self, owner: &str) -> Result<(), JobStoreError> {
        self.inner.release_lease(owner).await
    }
}
