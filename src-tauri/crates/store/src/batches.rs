//! Batches and their cards. What a batch does next is decided by `slipway-core`; here it is kept.
//!
//! Every write names the version that was read. A card gets its job in the transaction that says
//! so: whoever looks after a kill sees both or neither.

use std::collections::HashMap;

use slipway_core::{
    batch::{Batch, BatchCard, BatchCardState, Seen},
    dpu::JobOutcome,
    ids::{BatchId, DpuId, JobId},
    job::{Job, JobSpec, JobState},
};
use sqlx::{Sqlite, Transaction, sqlite::SqliteRow};

use crate::{
    Store, StoreError,
    columns::{Columns, json},
    jobs::{insert_job, readable},
};

/// A card of a new batch, and what its job is to do.
#[derive(Debug, Clone)]
pub struct NewBatchCard {
    pub dpu: DpuId,
    pub spec: JobSpec,
}

/// What became of giving a card its job.
#[derive(Debug, PartialEq, Eq)]
pub enum CardStart {
    /// And the batch has this version now.
    Started { version: u64 },
    /// Another job runs on the card; nothing was written.
    Busy(JobId),
    /// Somebody else moved the batch meanwhile; nothing was written.
    Stale,
}

fn batch_of(row: &SqliteRow) -> Result<Batch, StoreError> {
    let ended_at = row.maybe_text("ended_at")?;
    Ok(Batch {
        id: row.parsed("id")?,
        name: row.text("name")?,
        rules: Columns::json(row, "rules")?,
        state: Columns::json(row, "state")?,
        version: row.number("version")?,
        created_at: row.moment("created_at")?,
        ended_at: ended_at
            .as_deref()
            .map(|at| crate::columns::parse("ended_at", at))
            .transpose()?,
    })
}

/// As with jobs: one that another version wrote must not keep the others from running.
fn readable_batch(row: &SqliteRow) -> Option<Batch> {
    batch_of(row)
        .inspect_err(|error| {
            let batch = row.text("id").unwrap_or_default();
            let error = slipway_core::failure::chain(error).join(": ");
            tracing::error!(batch, error, "a stored batch is left out");
        })
        .ok()
}

fn card_of(row: &SqliteRow) -> Result<BatchCard, StoreError> {
    let state: BatchCardState = Columns::json(row, "state")?;
    let other = row.maybe_text("other_job")?;
    let outcome = match row.maybe_text("job_state")? {
        // What has ended is written already: its job's state is not read again.
        None => None,
        Some(_) if state.is_done() => None,
        Some(_) if row.truth("job_active")? => Some(JobOutcome::Running),
        Some(text) => {
            let state: JobState = crate::columns::from_json("state", &text)?;
            Some(state.outcome())
        }
    };
    Ok(BatchCard {
        dpu: row.parsed("dpu")?,
        wave: row.number("wave")?,
        earlier: Columns::json(row, "earlier")?,
        seen: Seen {
            outcome,
            cancel_requested: row.maybe_text("cancelled_job")?.is_some(),
            other_job: other
                .as_deref()
                .map(|job| crate::columns::parse("other_job", job))
                .transpose()?,
            in_inventory: row.maybe_text("known")?.is_some(),
        },
        state,
    })
}

async fn write_batch(
    tx: &mut Transaction<'static, Sqlite>,
    batch: &Batch,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE batch SET state = $3, active = $4, ended_at = $5, version = version + 1
         WHERE id = $1 AND version = $2",
    )
    .bind(batch.id.as_str())
    .bind(batch.version.cast_signed())
    .bind(json("state", &batch.state)?)
    .bind(i64::from(!batch.state.is_terminal()))
    .bind(batch.ended_at.map(|at| at.to_string()))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

async fn write_card(
    tx: &mut Transaction<'static, Sqlite>,
    batch: &BatchId,
    card: &BatchCard,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE batch_card SET state = $3, job = $4, earlier = $5 WHERE batch = $1 AND dpu = $2",
    )
    .bind(batch.as_str())
    .bind(card.dpu.as_str())
    .bind(json("state", &card.state)?)
    .bind(card.state.job().map(JobId::as_str))
    .bind(json("earlier", &card.earlier)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl Store {
    /// Adds a batch, its cards in the order in which they come to their turn.
    ///
    /// # Errors
    /// [`StoreError`]; a card that is in it twice.
    pub async fn add_batch(&self, batch: &Batch, cards: &[NewBatchCard]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO batch (id, name, rules, state, active, version, created_at, ended_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(batch.id.as_str())
        .bind(&batch.name)
        .bind(json("rules", &batch.rules)?)
        .bind(json("state", &batch.state)?)
        .bind(i64::from(!batch.state.is_terminal()))
        .bind(batch.version.cast_signed())
        .bind(batch.created_at.to_string())
        .bind(batch.ended_at.map(|at| at.to_string()))
        .execute(&mut *tx)
        .await?;
        for (position, card) in cards.iter().enumerate() {
            sqlx::query(
                "INSERT INTO batch_card (batch, dpu, position, wave, spec, state, job, earlier)
                 VALUES ($1, $2, $3, $4, $5, $6, NULL, '[]')",
            )
            .bind(batch.id.as_str())
            .bind(card.dpu.as_str())
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(i64::from(batch.rules.waves.wave_of(position)))
            .bind(json("spec", &card.spec)?)
            .bind(json("state", &BatchCardState::Waiting)?)
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }

    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn batch(&self, id: &BatchId) -> Result<Batch, StoreError> {
        let row = sqlx::query("SELECT * FROM batch WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        match row {
            Some(row) => batch_of(&row),
            None => Err(StoreError::missing("batch", id)),
        }
    }

    /// The newest, at most this many.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn batches(&self, limit: u32) -> Result<Vec<Batch>, StoreError> {
        let rows = sqlx::query("SELECT * FROM batch ORDER BY created_at DESC, id DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await?;
        Ok(rows.iter().filter_map(readable_batch).collect())
    }

    /// Those that are not over, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn active_batches(&self) -> Result<Vec<Batch>, StoreError> {
        let rows = sqlx::query("SELECT * FROM batch WHERE active = 1 ORDER BY created_at, id")
            .fetch_all(&self.read)
            .await?;
        Ok(rows.iter().filter_map(readable_batch).collect())
    }

    /// Grows with every change of any batch: for those who watch what other processes do.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn batches_stamp(&self) -> Result<i64, StoreError> {
        sqlx::query("SELECT COALESCE(SUM(version + 1), 0) AS stamp FROM batch")
            .fetch_one(&self.read)
            .await?
            .number("stamp")
    }

    /// The cards of a batch in their order, with what is seen of them now.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn batch_cards(&self, id: &BatchId) -> Result<Vec<BatchCard>, StoreError> {
        let rows = sqlx::query(
            "SELECT c.dpu, c.wave, c.state, c.earlier,
                    j.state AS job_state, j.active AS job_active,
                    CASE WHEN j.cancel_requested = 1 THEN j.id END AS cancelled_job,
                    o.id AS other_job, d.id AS known
             FROM batch_card c
             LEFT JOIN job j ON j.id = c.job
             LEFT JOIN job o ON o.subject = c.dpu AND o.active = 1
                            AND (c.job IS NULL OR o.id <> c.job)
             LEFT JOIN dpu d ON d.id = c.dpu
             WHERE c.batch = $1 ORDER BY c.position",
        )
        .bind(id.as_str())
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(card_of).collect()
    }

    /// What the job of a card is to do.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where the card is not in the batch.
    pub async fn batch_spec(&self, id: &BatchId, dpu: &DpuId) -> Result<JobSpec, StoreError> {
        let row = sqlx::query("SELECT spec FROM batch_card WHERE batch = $1 AND dpu = $2")
            .bind(id.as_str())
            .bind(dpu.as_str())
            .fetch_optional(&self.read)
            .await?;
        match row {
            Some(row) => Columns::json(&row, "spec"),
            None => Err(StoreError::missing("card of this batch", dpu)),
        }
    }

    /// What the cards that still wait are to get, in batches that are not over.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn waiting_specs(&self) -> Result<Vec<JobSpec>, StoreError> {
        let rows = sqlx::query(
            "SELECT c.spec FROM batch_card c JOIN batch b ON b.id = c.batch
             WHERE b.active = 1 AND c.job IS NULL",
        )
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| Columns::json(row, "spec")).collect()
    }

    /// The jobs that the cards of a batch have, or had last, by their ids.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn batch_jobs(&self, id: &BatchId) -> Result<HashMap<JobId, Job>, StoreError> {
        let rows = sqlx::query(
            "SELECT job.* FROM batch_card c JOIN job ON job.id = c.job WHERE c.batch = $1",
        )
        .bind(id.as_str())
        .fetch_all(&self.read)
        .await?;
        let jobs = rows.iter().filter_map(readable);
        Ok(jobs.map(|job| (job.id.clone(), job)).collect())
    }

    /// Saves the state, and cards that moved, where the stored version is still the batch's.
    /// Answers with the new version; `None`: somebody else moved it, and nothing was written.
    ///
    /// # Errors
    /// [`StoreError`] where the database refused.
    pub async fn save_batch(
        &self,
        batch: &Batch,
        moved: &[BatchCard],
    ) -> Result<Option<u64>, StoreError> {
        let mut tx = self.begin().await?;
        if !write_batch(&mut tx, batch).await? {
            return Ok(None);
        }
        for card in moved {
            write_card(&mut tx, &batch.id, card).await?;
        }
        tx.commit().await?;
        Ok(Some(batch.version + 1))
    }

    /// Gives a card its job: both are written, or neither. A card that has one gets none.
    ///
    /// # Errors
    /// [`StoreError`] where the database refused.
    pub async fn start_batch_card(
        &self,
        batch: &Batch,
        job: &Job,
        text: &str,
    ) -> Result<CardStart, StoreError> {
        let mut tx = self.begin().await?;
        if !write_batch(&mut tx, batch).await? {
            return Ok(CardStart::Stale);
        }
        if let Some(active) = insert_job(&mut tx, job, text).await? {
            return Ok(CardStart::Busy(active));
        }
        let state = BatchCardState::Running {
            job: job.id.clone(),
        };
        let done = sqlx::query(
            "UPDATE batch_card SET state = $3, job = $4
             WHERE batch = $1 AND dpu = $2 AND job IS NULL",
        )
        .bind(batch.id.as_str())
        .bind(job.subject.to_string())
        .bind(json("state", &state)?)
        .bind(job.id.as_str())
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(CardStart::Stale);
        }
        tx.commit().await?;
        Ok(CardStart::Started {
            version: batch.version + 1,
        })
    }
}
