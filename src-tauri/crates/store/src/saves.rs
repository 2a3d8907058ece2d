//! The saves of the engine's steps, committed together where they come together.
//!
//! A commit waits for the disk, some milliseconds, and one connection writes: a rack whose jobs are
//! saved one after the other waits that long for each. So whoever gets the turn to write takes all
//! saves that have come in by then into its own transaction. Each is answered only after the
//! commit, as if it had been alone.

use std::sync::{Arc, Mutex, PoisonError};

use slipway_core::job::{Job, NewEvent};
use sqlx::{Sqlite, Transaction};
use tokio::sync::oneshot;

use crate::{Store, StoreError, columns::json, jobs::append};

/// How many saves share a commit at most: the other writers wait meanwhile.
const TOGETHER: usize = 64;

/// The saves that wait for their turn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Saves {
    waiting: Arc<Mutex<Vec<Waiting>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Waiting {
    save: Save,
    /// False where no job of this id and version is stored.
    answer: oneshot::Sender<Result<bool, StoreError>>,
}

impl Saves {
    fn add(&self, save: Save) -> oneshot::Receiver<Result<bool, StoreError>> {
        let (answer, answered) = oneshot::channel();
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Waiting { save, answer });
        answered
    }

    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(TOGETHER);
        waiting.drain(..count).collect()
    }
}

impl Store {
    /// False where no job of this id and version is stored: then nothing was saved.
    pub(crate) async fn save_job(
        &self,
        job: &Job,
        events: &[NewEvent],
    ) -> Result<bool, StoreError> {
        let mut answered = self.saves.add(Save::of(job, events)?);
        let _turn = self.saves.turn.lock().await;
        loop {
            match answered.try_recv() {
                // Another one's transaction may have had it while this waited for the turn.
                Ok(answer) => return answer,
                // It may be behind so many that it comes with the next.
                Err(oneshot::error::TryRecvError::Empty) => self.save_waiting().await,
                // Whoever had it was stopped in the middle. If it was committed all the same, this
                // is a save of an old version now, and is refused as one.
                Err(oneshot::error::TryRecvError::Closed) => {
                    answered = self.saves.add(Save::of(job, events)?);
                }
            }
        }
    }

    async fn save_waiting(&self) {
        let waiting = self.saves.take();
        if waiting.is_empty() {
            return;
        }
        let (saves, answers): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .map(|waiting| (waiting.save, waiting.answer))
            .unzip();
        match self.commit(&saves).await {
            Ok(done) => {
                for (answer, done) in answers.into_iter().zip(done) {
                    // Nobody waits for one whose step was given up meanwhile.
                    let _ = answer.send(Ok(done));
                }
            }
            // One of them may be at fault: each gets its own answer.
            Err(_) if saves.len() > 1 => {
                for (save, answer) in saves.iter().zip(answers) {
                    let done = self.commit(std::slice::from_ref(save)).await;
                    let _ = answer.send(done.map(|done| done.first() == Some(&true)));
                }
            }
            Err(error) => {
                if let Some(answer) = answers.into_iter().next() {
                    let _ = answer.send(Err(error));
                }
            }
        }
    }

    /// In one transaction; for each, whether its job was there.
    async fn commit(&self, saves: &[Save]) -> Result<Vec<bool>, StoreError> {
        let mut tx = self.begin().await?;
        let mut done = Vec::with_capacity(saves.len());
        for save in saves {
            done.push(save.write(&mut tx).await?);
        }
        tx.commit().await?;
        Ok(done)
    }
}

/// One job as it is to be stored.
#[derive(Debug)]
struct Save {
    job: Job,
    state: String,
    facts: String,
    wait: Option<String>,
    events: Vec<NewEvent>,
}

impl Save {
    fn of(job: &Job, events: &[NewEvent]) -> Result<Self, StoreError> {
        let wait = job.wait.as_ref().map(|wait| json("wait", wait));
        Ok(Self {
            state: json("state", &job.state)?,
            facts: json("facts", &job.facts)?,
            wait: wait.transpose()?,
            job: job.clone(),
            events: events.to_vec(),
        })
    }

    /// False where no job of this id and version is stored.
    async fn write(&self, tx: &mut Transaction<'static, Sqlite>) -> Result<bool, StoreError> {
        let job = &self.job;
        // A wish to cancel that came in since the job was read keeps its wake-up call.
        let done = sqlx::query(
            "UPDATE job SET
                 state = $3, active = $4, facts = $5, state_since = $6, wait = $7, attempt = $8,
                 wake_at = CASE WHEN cancel_requested = 1 AND $10 = 0 AND wake_at < $9
                                THEN wake_at ELSE $9 END,
                 ended_at = $11, version = version + 1
             WHERE id = $1 AND version = $2",
        )
        .bind(job.id.as_str())
        .bind(job.version.cast_signed())
        .bind(&self.state)
        .bind(i64::from(!job.state.is_terminal()))
        .bind(&self.facts)
        .bind(job.state_since.to_string())
        .bind(&self.wait)
        .bind(i64::from(job.attempt))
        .bind(job.wake_at.to_string())
        .bind(i64::from(job.cancel_requested))
        .bind(job.ended_at.map(|at| at.to_string()))
        .execute(&mut **tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        for event in &self.events {
            append(tx, &job.id, event).await?;
        }
        Ok(true)
    }
}
