//! Waiting for jobs: run them here unless another process does, and show how they go.

use std::{
    collections::{HashMap, HashSet},
    io::IsTerminal,
    process::ExitCode,
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use slipway_core::{
    dpu::JobOutcome,
    failure::{Failure, Retry},
    ids::{BatchId, JobId},
    job::{JobEvent, Residue},
};
use slipway_fleet::{
    Begun, Fleet,
    views::{JobRow, JobView},
};

use crate::{
    exit::{self, Failed, INTERRUPTED},
    jobs::outcome,
    lab::interrupted,
    output::{Output, now},
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
    show_residue(&view.residue, view.failure.as_ref(), "  ", output);
}

/// What is not told already with the failure.
pub fn show_residue(residue: &[Residue], failure: Option<&Failure>, indent: &str, output: Output) {
    let told = failure.map_or(&[][..], |failure| failure.causes.as_slice());
    for left in residue {
        let line = format!("left behind: {} ({})", left.what, left.why);
        if !told.contains(&line) {
            output.line(format!("{indent}{line}"));
        }
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
    let begun = now();
    let mut seen: HashMap<JobId, i64> = HashMap::new();
    let mut batches: Vec<BatchId> = Vec::new();
    let mut judged: HashSet<JobId> = HashSet::new();
    loop {
        let mut moving = false;
        match others {
            Others::AreNotOurs => {}
            Others::AreWatchedToo => {
                // A job of a batch may begin and end between two looks.
                for batch in fleet.moving_batches().await? {
                    moving = true;
                    if !batches.contains(&batch) {
                        batches.push(batch);
                    }
                }
                for batch in &batches {
                    for job in fleet.batch_job_ids(batch).await? {
                        // What ended before is none of ours.
                        if judged.insert(job.clone())
                            && !jobs.contains(&job)
                            && fleet.job(&job).await?.row.created_at >= begun
                        {
                            jobs.push(job);
                        }
                    }
                }
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
                bars.event(&view.row.subject, event, output);
            }
            *after = view.events.last().map_or(*after, |event| event.seq);
            bars.progress(&view.row);
            views.push(view);
        }
        // What a job waits for is watched with it.
        let builds = views.iter().flat_map(|view| &view.iso_builds);
        let new: Vec<JobId> = builds.filter(|id| !jobs.contains(id)).cloned().collect();
        moving |= !new.is_empty();
        jobs.extend(new);
        if let Others::AreWatchedToo = others {
            // What one of them began may have been too young for the look above.
            for begun in views.iter().filter_map(|view| view.begun.as_ref()) {
                match begun {
                    Begun::Job(job) if !jobs.contains(job) => jobs.push(job.clone()),
                    Begun::Batch(batch) if !batches.contains(batch) => batches.push(batch.clone()),
                    Begun::Job(_) | Begun::Batch(_) => continue,
                }
                moving = true;
            }
        }
        let ended = |view: &JobView| view.row.outcome != JobOutcome::Running;
        if !moving && views.iter().all(ended) {
            bars.clear();
            return Ok(views);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// One line per job on a terminal; lines of history elsewhere; JSON lines where asked for.
pub struct Bars {
    all: MultiProgress,
    bars: std::cell::RefCell<HashMap<JobId, ProgressBar>>,
    on_terminal: bool,
}

impl Bars {
    pub fn new(output: Output) -> Self {
        Self {
            all: MultiProgress::new(),
            bars: std::cell::RefCell::default(),
            on_terminal: !output.json && std::io::stderr().is_terminal(),
        }
    }

    /// What happened to a job of this subject.
    pub fn event(&self, subject: &str, event: &JobEvent, output: Output) {
        if output.json {
            output.json_line(event);
        } else {
            let line = format!("{subject}  {}  {}", event.step, event.text);
            self.line(line, output);
        }
    }

    /// Above the bars, where there are some.
    pub fn line(&self, line: String, output: Output) {
        if self.on_terminal {
            // A terminal that is gone is no reason to stop the job.
            let _ = self.all.println(line);
        } else {
            output.line(line);
        }
    }

    pub fn on_terminal(&self) -> bool {
        self.on_terminal
    }

    /// A bar of all, which stays below those of the jobs.
    pub fn total(&self, length: u64) -> ProgressBar {
        let bar = self.all.add(ProgressBar::new(length));
        styled(bar)
    }

    /// Takes away the bar of a job that has ended.
    pub fn done(&self, job: &JobId) {
        if let Some(bar) = self.bars.borrow_mut().remove(job) {
            self.all.remove(&bar);
        }
    }

    pub fn progress(&self, row: &JobRow) {
        if !self.on_terminal {
            return;
        }
        let mut bars = self.bars.borrow_mut();
        // Above the total, where there is one.
        let new = || styled(self.all.insert(0, ProgressBar::new(1)));
        let bar = bars.entry(row.id.clone()).or_insert_with(new);
        bar.set_prefix(row.subject.clone());
        match (row.done, row.total) {
            (Some(done), Some(total)) if total.0 > 0 => {
                bar.set_length(total.0);
                bar.set_position(done.0);
            }
            _ => {
                bar.set_length(u64::from(row.step_count));
                bar.set_position(u64::from(row.step_number));
            }
        }
        let words = row.waiting.clone().unwrap_or_else(|| row.step.clone());
        bar.set_message(format!(
            "{} of {}: {words}",
            row.step_number, row.step_count
        ));
    }

    pub fn clear(&self) {
        let _ = self.all.clear();
    }
}

fn styled(bar: ProgressBar) -> ProgressBar {
    match ProgressStyle::with_template("{prefix:<10} {bar:24} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
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
