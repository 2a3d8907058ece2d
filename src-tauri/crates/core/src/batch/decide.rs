//! What a batch does next. A plain function: asked twice, it answers the same.

use super::{Batch, BatchCard, BatchCardState, BatchState, NotStarted, StopReason, Tally};
use crate::{
    dpu::JobOutcome,
    ids::{DpuId, JobId},
    time::Timestamp,
};

/// What is to be done, in this order: write what was seen and the state, ask jobs to stop, start
/// cards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// Cards that stand otherwise than is written.
    pub moved: Vec<BatchCard>,
    /// Where the batch goes.
    pub state: Option<BatchState>,
    /// Jobs to be asked to stop.
    pub cancel: Vec<JobId>,
    /// Cards to be given a job, in this order.
    pub start: Vec<DpuId>,
}

impl Decision {
    /// Whether there is something to write.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.state.is_some() || !self.moved.is_empty()
    }
}

/// Decides by what is seen: a job that was submitted is never submitted again, because its card
/// says so since the same transaction.
#[must_use]
pub fn decide(batch: &Batch, cards: &[BatchCard], now: Timestamp) -> Decision {
    let mut decision = Decision::default();
    let cards: Vec<BatchCard> = cards
        .iter()
        .map(|card| {
            let state = standing(batch, card);
            if state == card.state {
                return card.clone();
            }
            let card = BatchCard {
                state,
                ..card.clone()
            };
            decision.moved.push(card.clone());
            card
        })
        .collect();
    let tally = Tally::of(cards.iter().map(|card| &card.state));
    match &batch.state {
        BatchState::Cancelled | BatchState::Ended => {}
        BatchState::Cancelling { .. } => {
            decision.cancel = cards.iter().filter_map(to_be_cancelled).collect();
            if tally.running == 0 {
                decision.state = Some(BatchState::Cancelled);
            }
        }
        BatchState::Paused { .. } | BatchState::Stopped { .. } => {
            if !tally.is_open() {
                decision.state = Some(BatchState::Ended);
            }
        }
        BatchState::Waiting => go_on(batch, &cards, tally, 0, now, &mut decision),
        BatchState::Running { forgiven } => {
            go_on(batch, &cards, tally, *forgiven, now, &mut decision);
        }
    }
    decision
}

/// How a card stands by what is seen of it.
fn standing(batch: &Batch, card: &BatchCard) -> BatchCardState {
    let cancelling = matches!(batch.state, BatchState::Cancelling { .. });
    match (&card.state, card.seen.outcome) {
        (BatchCardState::Running { job }, Some(outcome)) if outcome != JobOutcome::Running => {
            BatchCardState::Ended {
                job: job.clone(),
                outcome,
            }
        }
        (BatchCardState::Waiting, _) if cancelling => BatchCardState::NotStarted {
            because: NotStarted::BatchCancelled,
        },
        (BatchCardState::Waiting, _) if !card.seen.in_inventory => BatchCardState::NotStarted {
            because: NotStarted::CardRemoved,
        },
        (state, _) => state.clone(),
    }
}

fn to_be_cancelled(card: &BatchCard) -> Option<JobId> {
    match &card.state {
        BatchCardState::Running { job } if !card.seen.cancel_requested => Some(job.clone()),
        BatchCardState::Running { .. }
        | BatchCardState::Waiting
        | BatchCardState::Ended { .. }
        | BatchCardState::NotStarted { .. } => None,
    }
}

fn go_on(
    batch: &Batch,
    cards: &[BatchCard],
    tally: Tally,
    forgiven: u32,
    now: Timestamp,
    decision: &mut Decision,
) {
    if !tally.is_open() {
        decision.state = Some(BatchState::Ended);
        return;
    }
    let fresh = tally.failed.saturating_sub(forgiven);
    if tally.waiting > 0
        && let Some(because) = why_stop(batch, cards, fresh)
    {
        decision.state = Some(BatchState::Stopped {
            because,
            since: now,
        });
        return;
    }
    let free = batch.rules.at_once.saturating_sub(tally.running) as usize;
    let wave = current_wave(cards);
    decision.start = cards
        .iter()
        .filter(|card| Some(card.wave) == wave && card.state == BatchCardState::Waiting)
        // It waits its turn, and the others don't wait for it.
        .filter(|card| card.seen.other_job.is_none())
        .take(free)
        .map(|card| card.dpu.clone())
        .collect();
    if batch.state == BatchState::Waiting && !decision.start.is_empty() {
        decision.state = Some(BatchState::Running { forgiven });
    }
}

/// The first wave that has not ended.
fn current_wave(cards: &[BatchCard]) -> Option<u32> {
    let open = cards.iter().filter(|card| !card.state.is_done());
    open.map(|card| card.wave).min()
}

fn why_stop(batch: &Batch, cards: &[BatchCard], fresh: u32) -> Option<StopReason> {
    if fresh >= batch.rules.stop_after {
        return Some(StopReason::Failures { count: fresh });
    }
    // A canary's failure is one failure, and says more than one: judged before the next wave.
    let wave = current_wave(cards)?;
    let before = wave.checked_sub(1)?;
    let of = |wave: u32| cards.iter().filter(move |card| card.wave == wave);
    let begun = of(wave).any(|card| card.state.job().is_some() || !card.earlier.is_empty());
    if begun || fresh == 0 {
        return None;
    }
    let tally = Tally::of(of(before).map(|card| &card.state));
    (tally.failed > 0 && tally.succeeded == 0).then_some(StopReason::WholeWave { wave: before })
}
