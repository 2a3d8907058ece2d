//! Batches as people see them.

use std::collections::HashMap;

use slipway_core::{
    batch::{Batch, BatchAction, BatchCard, BatchCardState, BatchState, Tally},
    ids::{BatchId, DpuId, JobId},
    job::{Job, JobEvent, JobStore},
};

use crate::{
    AppError, Fleet,
    jobs::residue,
    views::{BatchActionView, BatchCardView, BatchCounts, BatchRow, BatchView},
};

/// As many as anybody looks through.
const LISTED: u32 = 200;

impl Fleet {
    /// Newest first, those that are not over before all.
    ///
    /// # Errors
    /// The database.
    pub async fn batches(&self) -> Result<Vec<BatchRow>, AppError> {
        let mut rows = Vec::new();
        for batch in self.store().batches(LISTED).await? {
            let cards = self.store().batch_cards(&batch.id).await?;
            rows.push(row(&batch, &cards));
        }
        rows.sort_by_key(|row| row.state.is_terminal());
        Ok(rows)
    }

    /// Everything about one batch.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`], the database.
    pub async fn batch(&self, id: &BatchId) -> Result<BatchView, AppError> {
        let batch = self.store().batch(id).await?;
        let cards = self.store().batch_cards(id).await?;
        let jobs = self.store().batch_jobs(id).await?;
        let names = self.store().dpu_names().await?;
        let row = row(&batch, &cards);
        let actions = BatchAction::ALL
            .into_iter()
            .map(|action| BatchActionView {
                action,
                why_not: action.why_not(&batch, &cards),
            })
            .collect();
        Ok(BatchView {
            at_rest: at_rest(&batch.state, row.counts),
            row,
            rules_text: batch.rules.text(),
            actions,
            cards: cards
                .iter()
                .map(|card| self.batch_card(&batch, card, &cards, &jobs, &names))
                .collect(),
            rules: batch.rules,
        })
    }

    fn batch_card(
        &self,
        batch: &Batch,
        card: &BatchCard,
        cards: &[BatchCard],
        jobs: &HashMap<JobId, Job>,
        names: &HashMap<DpuId, String>,
    ) -> BatchCardView {
        let job = card.state.job().and_then(|id| jobs.get(id));
        BatchCardView {
            dpu: card.dpu.clone(),
            name: names
                .get(&card.dpu)
                .map_or_else(|| "(removed)".to_owned(), Clone::clone),
            wave: card.wave + 1,
            state: card.state.clone(),
            job: job.map(|job| self.job_row(job, names)),
            earlier: card.earlier.clone(),
            failure: job.and_then(|job| job.state.failure().cloned()),
            residue: job.map(residue).unwrap_or_default(),
            why_no_job: why_no_job(batch, card, cards),
        }
    }

    /// Whether a batch has something to do that needs no person.
    ///
    /// # Errors
    /// The database.
    pub async fn moving_batches(&self) -> Result<Vec<BatchId>, AppError> {
        let mut moving = Vec::new();
        for batch in self.store().active_batches().await? {
            let cards = self.store().batch_cards(&batch.id).await?;
            if !at_rest(&batch.state, counts(&cards)) {
                moving.push(batch.id);
            }
        }
        Ok(moving)
    }

    /// Events of all jobs after this one; 0 gives the oldest.
    ///
    /// # Errors
    /// The database.
    pub async fn all_events(&self, after: i64) -> Result<Vec<JobEvent>, AppError> {
        Ok(self.store().events(None, after, 10_000).await?)
    }

    /// The number of the newest event of all jobs.
    ///
    /// # Errors
    /// The database.
    pub async fn latest_event(&self) -> Result<i64, AppError> {
        Ok(self.store().latest_seq().await?)
    }
}

fn counts(cards: &[BatchCard]) -> BatchCounts {
    let tally = Tally::of(cards.iter().map(|card| &card.state));
    BatchCounts {
        cards: tally.cards(),
        waiting: tally.waiting,
        running: tally.running,
        succeeded: tally.succeeded,
        failed: tally.failed,
        cancelled: tally.cancelled,
        not_started: tally.not_started,
    }
}

fn at_rest(state: &BatchState, counts: BatchCounts) -> bool {
    match state {
        BatchState::Cancelled | BatchState::Ended => true,
        BatchState::Paused { .. } | BatchState::Stopped { .. } => counts.running == 0,
        BatchState::Waiting | BatchState::Running { .. } | BatchState::Cancelling { .. } => false,
    }
}

fn row(batch: &Batch, cards: &[BatchCard]) -> BatchRow {
    let tally = Tally::of(cards.iter().map(|card| &card.state));
    let name = batch.state.name();
    let sentence = match &batch.state {
        BatchState::Stopped { because, .. } => {
            format!("{name}: {}. {}", because.text(), tally.text())
        }
        BatchState::Waiting
        | BatchState::Running { .. }
        | BatchState::Paused { .. }
        | BatchState::Cancelling { .. }
        | BatchState::Cancelled
        | BatchState::Ended => format!("{name}: {}", tally.text()),
    };
    BatchRow {
        id: batch.id.clone(),
        name: batch.name.clone(),
        state: batch.state.clone(),
        counts: counts(cards),
        sentence,
        created_at: batch.created_at,
        ended_at: batch.ended_at,
    }
}

fn why_no_job(batch: &Batch, card: &BatchCard, cards: &[BatchCard]) -> Option<String> {
    match &card.state {
        BatchCardState::Running { .. } | BatchCardState::Ended { .. } => None,
        BatchCardState::NotStarted { because } => Some(because.text().to_owned()),
        BatchCardState::Waiting => Some(match &batch.state {
            BatchState::Stopped { because, .. } => {
                format!("not started: {}", because.text())
            }
            BatchState::Paused { .. } => "not started: the batch is paused".to_owned(),
            BatchState::Waiting
            | BatchState::Running { .. }
            | BatchState::Cancelling { .. }
            | BatchState::Cancelled
            | BatchState::Ended => waits(card, cards),
        }),
    }
}

fn waits(card: &BatchCard, cards: &[BatchCard]) -> String {
    if let Some(job) = &card.seen.other_job {
        return format!("job {} runs on this card; it waits its turn", job.short());
    }
    let before = |other: &&BatchCard| other.wave < card.wave && !other.state.is_done();
    match cards.iter().find(before) {
        Some(other) => format!("waits for wave {}", other.wave + 1),
        None => "waits its turn".to_owned(),
    }
}
