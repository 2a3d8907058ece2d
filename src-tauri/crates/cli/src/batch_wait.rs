//! Waiting for a batch: run it here unless another process does, and show how it goes.

use std::{process::ExitCode, time::Duration};

use indicatif::ProgressBar;
use slipway_core::{
    batch::{BatchCardState, BatchState},
    ids::BatchId,
};
use slipway_fleet::{
    Fleet,
    views::{BatchCardView, BatchCounts, BatchView},
};

use crate::{
    exit::{self, Failed, INTERRUPTED},
    lab::interrupted,
    output::Output,
    wait::{Bars, show_failure, show_residue},
};

const LOOK: Duration = Duration::from_millis(200);

/// Runs and watches a batch until it has ended, or nothing happens any more without a person.
/// Tells the events after `since`.
pub async fn wait_for_batch(
    fleet: &Fleet,
    id: &BatchId,
    since: i64,
    output: Output,
) -> Result<ExitCode, Failed> {
    let interrupted = interrupted();
    let runner = fleet.start_running();
    let watched = tokio::select! {
        watched = watch(fleet, id, since, output) => Some(watched),
        () = interrupted => None,
    };
    runner.stop().await?;
    let Some(view) = watched else {
        output.note("interrupted; the batch goes on when Slipway or `slipctl job run` runs again");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let view = view?;
    if output.json {
        let jobs: Vec<_> = view
            .cards
            .iter()
            .filter_map(|card| card.job.as_ref())
            .collect();
        output.json_line(&serde_json::json!({ "jobs": jobs, "batch": view }));
    } else {
        result(&view, output);
    }
    Ok(ExitCode::from(exit::batch(&view)))
}

async fn watch(
    fleet: &Fleet,
    id: &BatchId,
    mut since: i64,
    output: Output,
) -> Result<BatchView, Failed> {
    let bars = Bars::new(output);
    let mut total: Option<ProgressBar> = None;
    let mut told: Option<(BatchState, BatchCounts)> = None;
    loop {
        // The events first: a job that tells something is in the batch that is read after.
        let events = fleet.all_events(since).await?;
        let view = fleet.batch(id).await?;
        for event in &events {
            since = event.seq;
            let of = |card: &&BatchCardView| card.state.job() == Some(&event.job);
            if let Some(card) = view.cards.iter().find(of) {
                bars.event(&card.name, event, output);
            }
        }
        tell(&view, &mut told, &bars, output);
        if bars.on_terminal() {
            progress(&view, &bars, &mut total);
        }
        if view.at_rest {
            bars.clear();
            return Ok(view);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What moved, as a line: to a program every change of the counts, to people that of the state.
fn tell(
    view: &BatchView,
    told: &mut Option<(BatchState, BatchCounts)>,
    bars: &Bars,
    output: Output,
) {
    let row = &view.row;
    let new_state = told.as_ref().is_none_or(|(state, _)| *state != row.state);
    let new_counts = told
        .as_ref()
        .is_none_or(|(_, counts)| *counts != row.counts);
    if output.json && (new_state || new_counts) {
        output.json_line(&serde_json::json!({
            "batch": row.id, "state": row.state, "counts": row.counts,
        }));
    } else if !output.json && new_state {
        bars.line(
            format!("batch {}  {}", row.id.short(), row.sentence),
            output,
        );
    }
    *told = Some((row.state.clone(), row.counts));
}

/// A bar for each card that runs, and one for all.
fn progress(view: &BatchView, bars: &Bars, total: &mut Option<ProgressBar>) {
    let counts = view.row.counts;
    let total = total.get_or_insert_with(|| bars.total(u64::from(counts.cards)));
    total.set_prefix("total");
    total.set_position(u64::from(counts.cards - counts.waiting - counts.running));
    total.set_message(view.row.sentence.clone());
    for card in &view.cards {
        let Some(job) = &card.job else { continue };
        match &card.state {
            BatchCardState::Running { .. } => bars.progress(job),
            BatchCardState::Waiting
            | BatchCardState::Ended { .. }
            | BatchCardState::NotStarted { .. } => bars.done(&job.id),
        }
    }
}

/// Who, and why.
pub fn result(view: &BatchView, output: Output) {
    output.line(format!("{}: {}", view.row.name, view.row.sentence));
    for card in &view.cards {
        let how = match (&card.job, &card.why_no_job) {
            (Some(job), _) => crate::jobs::outcome(job.outcome),
            (None, Some(why)) => why,
            (None, None) => "waiting",
        };
        output.line(format!("  {}: {how}", card.name));
        if let Some(failure) = &card.failure {
            show_failure(failure, output);
        }
        show_residue(&card.residue, card.failure.as_ref(), "    ", output);
    }
    let short = view.row.id.short();
    match &view.row.state {
        BatchState::Stopped { .. } => output.line(format!(
            "next: `slipctl batch retry {short}` tries the failed ones again, \
             `batch resume {short}` goes on without them, `batch cancel {short}` ends it"
        )),
        BatchState::Paused { .. } => {
            output.line(format!("next: `slipctl batch resume {short}` goes on"));
        }
        BatchState::Ended if view.row.counts.failed > 0 => output.line(format!(
            "next: `slipctl batch retry {short}` tries the failed ones again"
        )),
        BatchState::Waiting
        | BatchState::Running { .. }
        | BatchState::Cancelling { .. }
        | BatchState::Cancelled
        | BatchState::Ended => {}
    }
}
