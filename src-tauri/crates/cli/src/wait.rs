//! Waiting for jobs: run them here unless another process does, and show how they go.

use std::{collections::HashMap, io::IsTerminal, process::ExitCode, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use slipway_core::{
    dpu::JobOutcome,
    failure::{Failure, Retry},
    ids::JobId,
    job::JobEvent,
};
use slipway_fleet::{Fleet, views::JobView};

use crate::{
    exit::{self, Failed, INTERRUPTED},
    jobs::outcome,
    lab::interrupted,
    output::Output,
};

const LOOK: Duration = Duration::from_millis(200);

/// Runs and watches jobs until all of them have ended.
pub async fn wait_for(fleet: &Fleet, jobs: Vec<JobId>, output: Output) -> Result<ExitCode, Failed> {
    run_and_watch(fleet, jobs, Others::AreNotOurs, output).await
}

/// Runs and watches jobs, and those that are submitted meanwhile, until nothing is left.
pub async fn until_none_is_left(
    fleet: &Fleet,
    jobs: Vec<JobId>,
    output: Output,
) -> Result<ExitCode, Failed> {
    run_and_watch(fleet, jobs, Others::AreWatchedToo, output).await
}

/// Jobs that nobody named.
#[derive(Clone, Copy)]
enum Others {
    AreNotOurs,
    AreWatchedToo,
}

async fn run_and_watch(
    fleet: &Fleet,
    jobs: Vec<JobId>,
    others: Others,
    output: Output,
) -> Result<ExitCode, Failed> {
    let interrupted = interrupted();
    let runner = fleet.start_running();
    let watched = tokio::select! {
        watched = watch(fleet, jobs, others, output) => Some(watched),
        () = interrupted => None,
    };
    runner.stop().await?;
    let Some(views) = watched else {
        output.note("interrupted; the jobs go on when Slipway or `slipctl job run` runs again");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let views = views?;
    if output.json {
        output.json_line(
            &serde_json::json!({ "jobs": views.iter().map(|view| &view.row).collect::<Vec<_>>() }),
        );
    } else {
        for view in &views {
            summary(view, output);
        }
    }
    Ok(ExitCode::from(exit::jobs(views.iter())))
}

fn summary(view: &JobView, output: Output) {
    output.line(format!(
        "{} of {}: {}",
        view.row.kind,
        view.row.subject,
        outcome(view.row.outcome)
    ));
    if let Some(failure) = &view.failure {
        show_failure(failure, output);
    }
    for left in &view.residue {
        output.line(format!("  left behind: {} ({})", left.what, left.why));
    }
}

/// What happened, the evidence, the next action.
pub fn show_failure(failure: &Failure, output: Output) {
    output.line(format!("  {}: {}", failure.step, failure.message));
    for cause in &failure.causes {
        output.line(format!("    because: {cause}"));
    }
    match &failure.retry {
        Retry::Now => output.line("    next: try again"),
        Retry::AfterFix(hint) => output.line(format!("    next: {hint}")),
        Retry::No => {}
    }
}

async fn watch(
    fleet: &Fleet,
    mut jobs: Vec<JobId>,
    others: Others,
    output: Output,
) -> Result<Vec<JobView>, Failed> {
    let bars = Bars::new(output);
    let mut seen: HashMap<JobId, i64> = HashMap::new();
    loop {
        match others {
            Others::AreNotOurs => {}
            Others::AreWatchedToo => {
                let active = fleet.jobs(None, true).await?.into_iter().map(|job| job.id);
                let new: Vec<JobId> = active.filter(|id| !jobs.contains(id)).collect();
                jobs.extend(new);
            }
        }
        let mut views = Vec::new();
        for id in &jobs {
            let view = fleet.job(id).await?;
            let after = seen.entry(id.clone()).or_insert(0);
            for event in view.events.iter().filter(|event| event.seq > *after) {
                bars.event(&view, event, output);
            }
            *after = view.events.last().map_or(*after, |event| event.seq);
            bars.progress(&view);
            views.push(view);
        }
        if views
            .iter()
            .all(|view| view.row.outcome != JobOutcome::Running)
        {
            bars.clear();
            return Ok(views);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// One line per job on a terminal; lines of history elsewhere; JSON lines where asked for.
struct Bars {
    all: MultiProgress,
    bars: std::cell::RefCell<HashMap<JobId, ProgressBar>>,
    on_terminal: bool,
}

impl Bars {
    fn new(output: Output) -> Self {
        Self {
            all: MultiProgress::new(),
            bars: std::cell::RefCell::default(),
            on_terminal: !output.json && std::io::stderr().is_terminal(),
        }
    }

    fn event(&self, view: &JobView, event: &JobEvent, output: Output) {
        if output.json {
            output.json_line(event);
        } else {
            let line = format!("{}  {}  {}", view.row.subject, event.step, event.text);
            if self.on_terminal {
                // A terminal that is gone is no reason to stop the job.
                let _ = self.all.println(line);
            } else {
                output.line(line);
            }
        }
    }

    fn progress(&self, view: &JobView) {
        if !self.on_terminal {
            return;
        }
        let mut bars = self.bars.borrow_mut();
        let bar = bars.entry(view.row.id.clone()).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new(1));
            match ProgressStyle::with_template("{prefix:<10} {bar:24} {msg}") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        bar.set_prefix(view.row.subject.clone());
        match (view.row.done, view.row.total) {
            (Some(done), Some(total)) if total.0 > 0 => {
                bar.set_length(total.0);
                bar.set_position(done.0);
            }
            _ => {
                bar.set_length(u64::from(view.row.step_count));
                bar.set_position(u64::from(view.row.step_number));
            }
        }
        let words = view
            .row
            .waiting
            .clone()
            .unwrap_or_else(|| view.row.step.clone());
        bar.set_message(format!(
            "{} of {}: {words}",
            view.row.step_number, view.row.step_count
        ));
    }

    fn clear(&self) {
        let _ = self.all.clear();
    }
}

/// The history of a job; with `follow` until it ends.
pub async fn logs(
    fleet: &Fleet,
    id: &JobId,
    follow: bool,
    output: Output,
) -> Result<ExitCode, Failed> {
    let interrupted = interrupted();
    tokio::pin!(interrupted);
    let mut after = 0;
    loop {
        let ended = fleet.job(id).await?.row.outcome != JobOutcome::Running;
        for event in fleet.job_events(id, after).await? {
            after = event.seq;
            if output.json {
                output.json_line(&event);
            } else {
                output.line(format!("{}  {}  {}", event.at, event.step, event.text));
            }
        }
        if !follow || ended {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::select! {
            () = &mut interrupted => return Ok(ExitCode::from(INTERRUPTED)),
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
