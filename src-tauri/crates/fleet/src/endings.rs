//! What has ended, in the few words that a person is told who does not look at the window.
//!
//! Names of cards, of steps, and a failure's own sentence: no secret is in any of them.

use std::collections::HashSet;

use slipway_core::{
    batch::BatchState,
    dpu::JobOutcome,
    ids::{BatchId, JobId},
    job::{Begun, Job, JobFilter, JobStore},
};

use crate::{
    AppError, Fleet,
    jobs::begun,
    views::{BatchCardView, BatchView, JobRow},
};

/// More names are counted.
const NAMED: usize = 4;
/// More jobs than ever run at once.
const ALL: u32 = 100_000;

/// Something that ended, as a person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// A batch, or a job by itself.
    pub of: Begun,
    pub title: String,
    pub body: String,
    /// Nobody is needed.
    pub well: bool,
}

/// Looks what has ended since it looked last.
pub struct Endings {
    fleet: Fleet,
    /// Those that moved by themselves.
    batches: HashSet<BatchId>,
    jobs: HashSet<JobId>,
    /// Whether it has looked what ran before.
    began: bool,
}

impl Endings {
    #[must_use]
    pub fn new(fleet: Fleet) -> Self {
        Self {
            fleet,
            batches: HashSet::new(),
            jobs: HashSet::new(),
            began: false,
        }
    }

    /// Tells of this job too, when it ends. Batches are told of without it, and so are jobs that run
    /// at the first look: they were begun before, in an earlier life of this process or elsewhere.
    pub fn expect(&mut self, job: JobId) {
        self.jobs.insert(job);
    }

    /// What ended, or stopped by itself, since the last look. A batch that a person paused has not.
    ///
    /// # Errors
    /// The database; the next look tells what this one could not.
    pub async fn look(&mut self) -> Result<Vec<Ending>, AppError> {
        if !self.began {
            let running = self.running_jobs().await?;
            self.jobs.extend(running);
            self.began = true;
        }
        let mut endings = Vec::new();
        let moving: HashSet<BatchId> = self.fleet.moving_batches().await?.into_iter().collect();
        for id in self.batches.difference(&moving) {
            endings.extend(of_batch(&self.fleet.batch(id).await?));
        }
        self.batches = moving;
        for id in self.jobs.clone() {
            let job = self.fleet.store().job(&id).await?;
            // What it began is what a person waits for; a batch is told of anyway.
            if let Some(begun) = begun(&job.state) {
                self.jobs.remove(&id);
                if let Begun::Job(next) = begun {
                    self.jobs.insert(next);
                }
            } else if job.state.is_terminal() {
                endings.push(self.of_job(&job).await?);
                self.jobs.remove(&id);
            }
        }
        Ok(endings)
    }

    /// Those that run by themselves: a batch tells of its own.
    async fn running_jobs(&self) -> Result<Vec<JobId>, AppError> {
        let store = self.fleet.store();
        let active = JobFilter {
            active_only: true,
            limit: ALL,
            ..JobFilter::default()
        };
        let jobs = store.jobs(&active).await?;
        let mut of_batches: HashSet<JobId> = HashSet::new();
        for batch in store.active_batches().await? {
            of_batches.extend(store.batch_jobs(&batch.id).await?.into_keys());
        }
        let alone = jobs.into_iter().map(|job| job.id);
        Ok(alone.filter(|id| !of_batches.contains(id)).collect())
    }

    async fn of_job(&self, job: &Job) -> Result<Ending, AppError> {
        let names = self.fleet.store().dpu_names().await?;
        let row = self.fleet.job_row(job, &names);
        let step = job.state.failure().map(|failure| failure.step.as_str());
        Ok(of_job(&row, step))
    }
}

fn of_job(row: &JobRow, failed_in: Option<&str>) -> Ending {
    let message = row.message.as_deref().unwrap_or_default();
    let (how, body) = match row.outcome {
        JobOutcome::Succeeded if row.dpu.is_some() => {
            ("succeeded", format!("{}: booted and verified", row.what))
        }
        JobOutcome::Succeeded => ("succeeded", row.what.clone()),
        JobOutcome::Running => ("runs", row.what.clone()),
        JobOutcome::Failed => (
            "failed",
            format!("{}: {message}", failed_in.unwrap_or(&row.step)),
        ),
        JobOutcome::Cancelled => ("was cancelled", row.what.clone()),
    };
    Ending {
        of: Begun::Job(row.id.clone()),
        title: format!("{} of {} {how}", row.kind, row.subject),
        body,
        well: row.outcome == JobOutcome::Succeeded,
    }
}

/// `None`: it waits for a person who knows, because it was paused; or it runs again already.
fn of_batch(view: &BatchView) -> Option<Ending> {
    let row = &view.row;
    let how = match &row.state {
        BatchState::Ended => "ended".to_owned(),
        BatchState::Cancelled => "was cancelled".to_owned(),
        BatchState::Stopped { because, .. } => format!("stopped, {}", because.text()),
        BatchState::Paused { .. }
        | BatchState::Waiting
        | BatchState::Running { .. }
        | BatchState::Cancelling { .. } => return None,
    };
    let counts = row.counts;
    let mut body = vec![format!(
        "{} of {} verified",
        counts.succeeded,
        cards(counts.cards)
    )];
    let failed: Vec<String> = view.cards.iter().filter_map(failed_card).collect();
    if !failed.is_empty() {
        body.push(format!("failed: {}", named(&failed)));
    }
    for (count, word) in [
        (counts.cancelled, "cancelled"),
        (counts.not_started, "not started"),
        (counts.waiting, "waiting"),
    ] {
        if count > 0 {
            body.push(format!("{count} {word}"));
        }
    }
    Some(Ending {
        of: Begun::Batch(row.id.clone()),
        title: format!("{}: {how}", row.name),
        body: body.join("; "),
        well: counts.succeeded == counts.cards,
    })
}

fn cards(count: u32) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} card{s}")
}

/// "dpu-03 (Insert the ISO)".
fn failed_card(card: &BatchCardView) -> Option<String> {
    let failure = card.failure.as_ref()?;
    Some(format!("{} ({})", card.name, failure.step))
}

fn named(names: &[String]) -> String {
    match names.len().checked_sub(NAMED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_names_are_named_and_the_rest_is_counted() {
        let names: Vec<String> = (1..=6).map(|at| format!("dpu-0{at}")).collect();
        assert_eq!(named(&names[..1]), "dpu-01");
        assert_eq!(named(&names[..4]), "dpu-01, dpu-02, dpu-03, dpu-04");
        assert_eq!(named(&names), "dpu-01, dpu-02, dpu-03, dpu-04 and 2 more");
    }
}
