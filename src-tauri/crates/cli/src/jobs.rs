//! `slipctl job`.

use std::process::ExitCode;

use slipway_core::{dpu::JobOutcome, ids::JobId};
use slipway_fleet::{AppError, Begun, Fleet, views::JobView};

use crate::{
    again,
    args::JobCommand,
    exit::Failed,
    open::Desk,
    output::{Output, ago, now},
    wait::{self, until_none_is_left, wait_for},
};

pub async fn run(command: JobCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        JobCommand::List { active, card } => {
            let dpu = match card {
                Some(card) => Some(fleet.find_dpu(&card).await?.id),
                None => None,
            };
            let jobs = fleet.jobs(dpu.as_ref(), active).await?;
            output.show(&jobs, || {
                let rows = jobs
                    .iter()
                    .map(|job| {
                        vec![
                            job.id.as_str()[24..].to_owned(),
                            job.kind.clone(),
                            job.subject.clone(),
                            job.what.clone(),
                            outcome(job.outcome).into(),
                            format!("{} ({} of {})", job.step, job.step_number, job.step_count),
                            ago(Some(job.created_at), now()),
                        ]
                    })
                    .collect();
                output.table(
                    &[
                        "Job",
                        "Kind",
                        "Card",
                        "What",
                        "Outcome",
                        "Step",
                        "Submitted",
                    ],
                    rows,
                );
            });
        }
        JobCommand::Show { job } => {
            let view = fleet.job(&find(&fleet, &job).await?).await?;
            output.show(&view, || show(&view, output));
        }
        JobCommand::Cancel { job } => {
            let id = find(&fleet, &job).await?;
            fleet.cancel_job(&id).await?;
            output.show(&serde_json::json!({ "cancelling": id }), || {
                output.line(
                    "asked to stop; it cleans up where Slipway runs (`slipctl job run` does too)",
                );
            });
        }
        JobCommand::Again { job, go } => {
            let id = find(&fleet, &job).await?;
            return again::run(&fleet, &id, &go, output).await;
        }
        JobCommand::Retry { job, from, no_wait } => {
            let id = find(&fleet, &job).await?;
            let id = match from {
                Some(step) => again::retry_from(&fleet, &id, &step).await?,
                None => fleet.retry_job(&id).await?,
            };
            if !no_wait {
                return wait_for(&fleet, vec![id], output).await;
            }
            output.show(&serde_json::json!({ "job": id }), || {
                output.line(id.as_str())
            });
        }
        JobCommand::Logs { job, follow } => {
            let id = find(&fleet, &job).await?;
            return wait::logs(&fleet, &id, follow, output).await;
        }
        JobCommand::Bundle { job, file } => {
            let id = find(&fleet, &job).await?;
            let bundle = fleet.write_support_bundle(&id, &file).await?;
            output.show(&bundle, || {
                output.line(format!(
                    "{}: {}, {} secrets taken out; read it before you send it",
                    bundle.path, bundle.size, bundle.removed
                ));
            });
        }
        JobCommand::Run => {
            let ids: Vec<JobId> = fleet
                .jobs(None, true)
                .await?
                .into_iter()
                .map(|job| job.id)
                .collect();
            if ids.is_empty() && fleet.moving_batches().await?.is_empty() {
                output.note("nothing is queued");
                return Ok(ExitCode::SUCCESS);
            }
            return until_none_is_left(&fleet, ids, output).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// By id, or by its last digits as the table shows them.
async fn find(fleet: &Fleet, text: &str) -> Result<JobId, Failed> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let mut found: Vec<JobId> = fleet
        .jobs(None, false)
        .await?
        .into_iter()
        .map(|job| job.id)
        .filter(|id| text.len() >= 4 && id.as_str().ends_with(text))
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(id), true) => Ok(id),
        (Some(_), false) => Err(Failed::invalid(format!(
            "`{text}` ends more than one job's id"
        ))),
        (None, _) => Err(AppError::not_found(format!("there is no job `{text}`"))
            .hint("`slipctl job list` shows all")
            .into()),
    }
}

pub fn outcome(outcome: JobOutcome) -> &'static str {
    match outcome {
        JobOutcome::Running => "running",
        JobOutcome::Succeeded => "succeeded",
        JobOutcome::Failed => "failed",
        JobOutcome::Cancelled => "cancelled",
    }
}

fn show(view: &JobView, output: Output) {
    let row = &view.row;
    output.line(format!(
        "{} of {}: {} ({})",
        row.kind,
        row.subject,
        outcome(row.outcome),
        row.what
    ));
    if let Some(installed_by) = &view.goes_on_after {
        output.line(format!(
            "goes on with what job {} installed",
            installed_by.short()
        ));
    }
    for build in &view.iso_builds {
        output.line(format!("the ISO: job {}", build.short()));
    }
    match &view.begun {
        Some(Begun::Job(job)) => output.line(format!("began: job {}", job.short())),
        Some(Begun::Batch(batch)) => output.line(format!("began: batch {}", batch.short())),
        None => {}
    }
    for step in &view.steps {
        use slipway_core::job::StepStatus as S;
        let mark = match step.status {
            S::Pending => " ",
            S::Active => ">",
            S::Done => "+",
            S::Skipped => "-",
            S::Failed => "!",
        };
        output.line(format!(
            "  {mark} {:<24} {}",
            step.plan.name, step.plan.effect
        ));
    }
    if let Some(waiting) = &row.waiting {
        output.line(waiting);
    }
    if let Some(failure) = &view.failure {
        wait::show_failure(failure, output);
    }
    wait::show_residue(&view.residue, view.failure.as_ref(), "  ", output);
    again::show_steps(view, output);
}
