//! Jobs, their events and the engine's lease: core's `JobStore`.
//!
//! `active` is taken from the state itself at every write. The partial unique index on it is what
//! keeps a subject to one active job; the look before the insert only gives the refusal its name.

use async_trait::async_trait;
use slipway_core::{
    ids::JobId,
    job::{EventKind, Job, JobEvent, JobFilter, JobStore, JobStoreError, NewEvent},
    time::Timestamp,
};
use sqlx::{AssertSqlSafe, Sqlite, Transaction, sqlite::SqliteRow};

use crate::{
    Store, StoreError,
    columns::{Columns, from_json, from_word, json, word},
};

/// The one lease there is: the right to run jobs.
const ENGINE: &str = "engine";
/// What a filter's limit of 0 means.
const DEFAULT_LIMIT: u32 = 200;

fn broken(error: impl Into<StoreError>) -> JobStoreError {
    JobStoreError::Database(Box::new(error.into()))
}

/// Reads a row with the columns of `job`, the job's id under the given name.
fn job_of(row: &SqliteRow, id: &'static str) -> Result<Job, StoreError> {
    let wait = row.maybe_text("wait")?;
    let ended_at = row.maybe_text("ended_at")?;
    Ok(Job {
        id: row.parsed(id)?,
        subject: row.parsed("subject")?,
        spec: Columns::json(row, "spec")?,
        state: Columns::json(row, "state")?,
        facts: Columns::json(row, "facts")?,
        state_since: row.moment("state_since")?,
        wait: wait
            .as_deref()
            .map(|wait| from_json("wait", wait))
            .transpose()?,
        attempt: row.number("attempt")?,
        version: row.number("version")?,
        wake_at: row.moment("wake_at")?,
        created_at: row.moment("created_at")?,
        ended_at: ended_at
            .as_deref()
            .map(|at| crate::columns::parse("ended_at", at))
            .transpose()?,
        cancel_requested: row.truth("cancel_requested")?,
        seen: row.truth("seen")?,
    })
}

/// One job that can't be read (another version wrote it) must not keep the others from running.
pub(crate) fn readable(row: &SqliteRow) -> Option<Job> {
    readable_as(row, "id")
}

/// The same where another table's `id` is in the row too.
pub(crate) fn readable_as(row: &SqliteRow, id: &'static str) -> Option<Job> {
    job_of(row, id)
        .inspect_err(|error| {
            let job = row.text(id).unwrap_or_default();
            let error = slipway_core::failure::chain(error).join(": ");
            tracing::error!(job, error, "a stored job is left out");
        })
        .ok()
}

pub(crate) async fn append(
    tx: &mut Transaction<'static, Sqlite>,
    job: &JobId,
    event: &NewEvent,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO job_event (job, at, kind, step, text) VALUES ($1, $2, $3, $4, $5)")
        .bind(job.as_str())
        .bind(event.at.to_string())
        .bind(word("event kind", &event.kind)?)
        .bind(&event.step)
        .bind(&event.text)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Adds a job with its first event; answers with the job that its subject has already, and adds
/// nothing then.
pub(crate) async fn insert_job(
    tx: &mut Transaction<'static, Sqlite>,
    job: &Job,
    text: &str,
) -> Result<Option<JobId>, StoreError> {
    let active = sqlx::query("SELECT id FROM job WHERE subject = $1 AND active = 1")
        .bind(job.subject.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    if let Some(active) = active {
        return Ok(Some(active.parsed("id")?));
    }
    let wait = job
        .wait
        .as_ref()
        .map(|wait| json("wait", wait))
        .transpose()?;
    sqlx::query(
        "INSERT INTO job (id, subject, spec, state, active, facts, state_since, wait, attempt,
                              version, wake_at, created_at, ended_at, cancel_requested, seen)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(job.id.as_str())
    .bind(job.subject.to_string())
    .bind(json("spec", &job.spec)?)
    .bind(json("state", &job.state)?)
    .bind(i64::from(!job.state.is_terminal()))
    .bind(json("facts", &job.facts)?)
    .bind(job.state_since.to_string())
    .bind(wait)
    .bind(i64::from(job.attempt))
    .bind(job.version.cast_signed())
    .bind(job.wake_at.to_string())
    .bind(job.created_at.to_string())
    .bind(job.ended_at.map(|at| at.to_string()))
    .bind(i64::from(job.cancel_requested))
    .bind(i64::from(job.seen))
    .execute(&mut **tx)
    .await?;
    let submitted = NewEvent {
        kind: EventKind::Submitted,
        step: job.state.name().to_owned(),
        text: text.to_owned(),
        at: job.created_at,
    };
    append(tx, &job.id, &submitted).await?;
    Ok(None)
}

impl Store {
    /// The number of the newest event, 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn latest_seq(&self) -> Result<i64, StoreError> {
        sqlx::query("SELECT COALESCE(MAX(seq), 0) AS seq FROM job_event")
            .fetch_one(&self.read)
            .await?
            .number("seq")
    }

    async fn add_job(&self, job: &Job, text: &str) -> Result<Option<JobId>, StoreError> {
        let mut tx = self.begin().await?;
        let active = insert_job(&mut tx, job, text).await?;
        if active.is_none() {
            tx.commit().await?;
        }
        Ok(active)
    }

    async fn job_row(&self, id: &JobId) -> Result<Option<Job>, StoreError> {
        let row = sqlx::query("SELECT * FROM job WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(|row| job_of(row, "id")).transpose()
    }

    async fn wish_to_cancel(&self, id: &JobId, now: Timestamp) -> Result<Option<bool>, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query("SELECT state, active, cancel_requested FROM job WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        if !row.truth("active")? {
            return Ok(Some(false));
        }
        if row.truth("cancel_requested")? {
            return Ok(Some(true));
        }
        sqlx::query(
            "UPDATE job SET cancel_requested = 1,
                 wake_at = CASE WHEN wake_at < $2 THEN wake_at ELSE $2 END
             WHERE id = $1",
        )
        .bind(id.as_str())
        .bind(now.to_string())
        .execute(&mut *tx)
        .await?;
        let state: slipway_core::job::JobState = Columns::json(&row, "state")?;
        let wished = NewEvent {
            kind: EventKind::CancelRequested,
            step: state.name().to_owned(),
            text: "somebody asked to cancel".to_owned(),
            at: now,
        };
        append(&mut tx, id, &wished).await?;
        tx.commit().await?;
        Ok(Some(true))
    }

    async fn list_jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, StoreError> {
        let mut sql = String::from("SELECT * FROM job WHERE 1 = 1");
        if filter.subject.is_some() {
            sql.push_str(" AND subject = $2");
        }
        if filter.active_only {
            sql.push_str(" AND active = 1");
        }
        sql.push_str(" ORDER BY created_at DESC, id DESC LIMIT $1");
        let limit = match filter.limit {
            0 => DEFAULT_LIMIT,
            limit => limit,
        };
        // Only the fragments above are in the text.
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(i64::from(limit));
        if let Some(subject) = &filter.subject {
            query = query.bind(subject.to_string());
        }
        let rows = query.fetch_all(&self.read).await?;
        Ok(rows.iter().filter_map(readable).collect())
    }

    async fn list_events(
        &self,
        job: Option<&JobId>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JobEvent>, StoreError> {
        let query = match job {
            Some(job) => sqlx::query(
                "SELECT * FROM job_event WHERE seq > $1 AND job = $3 ORDER BY seq LIMIT $2",
            )
            .bind(after)
            .bind(i64::from(limit))
            .bind(job.as_str()),
            None => sqlx::query("SELECT * FROM job_event WHERE seq > $1 ORDER BY seq LIMIT $2")
                .bind(after)
                .bind(i64::from(limit)),
        };
        let rows = query.fetch_all(&self.read).await?;
        rows.iter()
            .map(|row| {
                Ok(JobEvent {
                    seq: row.number("seq")?,
                    job: row.parsed("job")?,
                    kind: from_word("event kind", row.text("kind")?)?,
                    step: row.text("step")?,
                    text: row.text("text")?,
                    at: row.moment("at")?,
                })
            })
            .collect()
    }
}

#[async_trait]
impl JobStore for Store {
    async fn submit(&self, job: &Job, text: &str) -> Result<(), JobStoreError> {
        match self.add_job(job, text).await.map_err(broken)? {
            None => Ok(()),
            Some(active) => Err(JobStoreError::Busy {
                this: job.subject.this(),
                active,
            }),
        }
    }

    // A wish to cancel moves `wake_at`, so the index is all there is to ask. A job that cleans up
    // after a cancel waits as any other, or it would be due without a pause.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Job>, JobStoreError> {
        let rows = sqlx::query(
            "SELECT * FROM job WHERE active = 1 AND wake_at <= $1 ORDER BY wake_at, id LIMIT $2",
        )
        .bind(now.to_string())
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await
        .map_err(broken)?;
        Ok(rows.iter().filter_map(readable).collect())
    }

    async fn next_wake(&self) -> Result<Option<Timestamp>, JobStoreError> {
        let row = sqlx::query("SELECT MIN(wake_at) AS wake_at FROM job WHERE active = 1")
            .fetch_one(&self.read)
            .await
            .map_err(broken)?;
        match row.maybe_text("wake_at").map_err(broken)? {
            None => Ok(None),
            Some(at) => crate::columns::parse("wake_at", &at)
                .map(Some)
                .map_err(broken),
        }
    }

    async fn save(&self, job: &Job, events: &[NewEvent]) -> Result<u64, JobStoreError> {
        if self.save_job(job, events).await.map_err(broken)? {
            return Ok(job.version + 1);
        }
        self.job(&job.id).await?;
        Err(JobStoreError::Stale(job.id.clone()))
    }

    async fn job(&self, id: &JobId) -> Result<Job, JobStoreError> {
        self.job_row(id)
            .await
            .map_err(broken)?
            .ok_or_else(|| JobStoreError::Missing(id.clone()))
    }

    async fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, JobStoreError> {
        self.list_jobs(filter).await.map_err(broken)
    }

    async fn events(
        &self,
        job: Option<&JobId>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JobEvent>, JobStoreError> {
        self.list_events(job, after, limit).await.map_err(broken)
    }

    async fn request_cancel(&self, id: &JobId, now: Timestamp) -> Result<bool, JobStoreError> {
        self.wish_to_cancel(id, now)
            .await
            .map_err(broken)?
            .ok_or_else(|| JobStoreError::Missing(id.clone()))
    }

    async fn mark_seen(&self, id: &JobId) -> Result<(), JobStoreError> {
        let seen = async {
            let mut tx = self.begin().await?;
            let done = sqlx::query("UPDATE job SET seen = 1 WHERE id = $1")
                .bind(id.as_str())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok::<_, StoreError>(done.rows_affected() > 0)
        };
        match seen.await.map_err(broken)? {
            true => Ok(()),
            false => Err(JobStoreError::Missing(id.clone())),
        }
    }

    async fn hold_lease(
        &self,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, JobStoreError> {
        let held = async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "INSERT INTO lease (name, owner, held_until) VALUES ($1, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET
                     owner = excluded.owner, held_until = excluded.held_until
                 WHERE lease.owner = excluded.owner OR lease.held_until <= $4",
            )
            .bind(ENGINE)
            .bind(owner)
            .bind(until.to_string())
            .bind(now.to_string())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok::<_, StoreError>(done.rows_affected() > 0)
        };
        held.await.map_err(broken)
    }

    async fn release_lease(&self, owner: &str) -> Result<(), JobStoreError> {
        let released = async {
            let mut tx = self.begin().await?;
            sqlx::query("DELETE FROM lease WHERE name = $1 AND owner = $2")
                .bind(ENGINE)
                .bind(owner)
                .execute(&mut *tx)
                .await?;
            Ok::<_, StoreError>(tx.commit().await?)
        };
        released.await.map_err(broken)
    }
}
