//! What a person may ask of a batch, when, and what it leads to.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Batch, BatchCard, BatchCardState, BatchState, NotStarted, Tally};
use crate::{dpu::JobOutcome, time::Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum BatchAction {
    /// Start no more cards; what runs goes on.
    Pause,
    /// Go on, and count failures from here.
    Resume,
    /// Stop what runs, and start nothing more.
    Cancel,
    /// Give every card that did not succeed a new job.
    Retry,
}

impl BatchAction {
    pub const ALL: [Self; 4] = [Self::Pause, Self::Resume, Self::Cancel, Self::Retry];

    /// Why it can't be done now; `None`: it can.
    #[must_use]
    pub fn why_not(self, batch: &Batch, cards: &[BatchCard]) -> Option<String> {
        let tally = Tally::of(cards.iter().map(|card| &card.state));
        let why = match (self, &batch.state) {
            (Self::Pause, BatchState::Waiting | BatchState::Running { .. }) => {
                (tally.waiting == 0).then_some("every card of it was started already")
            }
            (Self::Pause, BatchState::Paused { .. } | BatchState::Stopped { .. }) => {
                Some("it starts no card as it is")
            }
            (Self::Resume, BatchState::Paused { .. } | BatchState::Stopped { .. }) => None,
            (Self::Resume, BatchState::Waiting | BatchState::Running { .. }) => {
                Some("it is not paused")
            }
            (
                Self::Cancel,
                BatchState::Waiting
                | BatchState::Running { .. }
                | BatchState::Paused { .. }
                | BatchState::Stopped { .. },
            ) => None,
            (
                Self::Retry,
                BatchState::Waiting
                | BatchState::Running { .. }
                | BatchState::Paused { .. }
                | BatchState::Stopped { .. }
                | BatchState::Cancelled
                | BatchState::Ended,
            ) => (!cards.iter().any(can_be_retried)).then_some("no card of it has failed"),
            (Self::Pause | Self::Resume | Self::Retry, BatchState::Cancelling { .. })
            | (Self::Cancel, BatchState::Cancelling { .. }) => Some("it is being cancelled"),
            (
                Self::Pause | Self::Resume | Self::Cancel,
                BatchState::Cancelled | BatchState::Ended,
            ) => Some("it is over"),
        };
        why.map(str::to_owned)
    }

    /// The state that it leads to, and the cards that it moves. To be asked only where there is
    /// nothing against it.
    #[must_use]
    pub fn leads_to(
        self,
        batch: &Batch,
        cards: &[BatchCard],
        now: Timestamp,
    ) -> (BatchState, Vec<BatchCard>) {
        let tally = Tally::of(cards.iter().map(|card| &card.state));
        match self {
            Self::Pause => {
                let forgiven = match &batch.state {
                    BatchState::Running { forgiven } | BatchState::Paused { forgiven, .. } => {
                        *forgiven
                    }
                    BatchState::Waiting
                    | BatchState::Stopped { .. }
                    | BatchState::Cancelling { .. }
                    | BatchState::Cancelled
                    | BatchState::Ended => 0,
                };
                let since = now;
                (BatchState::Paused { forgiven, since }, vec![])
            }
            // Whoever lets it go on has seen these.
            Self::Resume => {
                let forgiven = tally.failed;
                (BatchState::Running { forgiven }, vec![])
            }
            Self::Cancel => (BatchState::Cancelling { since: now }, vec![]),
            Self::Retry => {
                let again = cards.iter().filter(|card| can_be_retried(card));
                let moved: Vec<BatchCard> = again
                    .map(|card| {
                        let mut card = card.clone();
                        card.earlier.extend(card.state.job().cloned());
                        card.state = BatchCardState::Waiting;
                        card
                    })
                    .collect();
                // A card that failed and was removed since stays failed, and is no news.
                let again = |card: &&BatchCard| moved.iter().any(|moved| moved.dpu == card.dpu);
                let stay = cards.iter().filter(|card| !again(card));
                let forgiven = Tally::of(stay.map(|card| &card.state)).failed;
                (BatchState::Running { forgiven }, moved)
            }
        }
    }
}

fn can_be_retried(card: &BatchCard) -> bool {
    card.seen.in_inventory
        && match &card.state {
            BatchCardState::Ended { outcome, .. } => match outcome {
                JobOutcome::Failed | JobOutcome::Cancelled => true,
                JobOutcome::Running | JobOutcome::Succeeded => false,
            },
            BatchCardState::NotStarted { because } => match because {
                NotStarted::BatchCancelled => true,
                NotStarted::CardRemoved => false,
            },
            BatchCardState::Waiting | BatchCardState::Running { .. } => false,
        }
}
