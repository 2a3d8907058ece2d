//! `slipctl job again`, and `job retry --from`.

use std::process::ExitCode;

use slipway_core::ids::JobId;
use slipway_fleet::{
    AppError, Begun, Fleet,
    views::{AgainPlan, JobView},
};

use crate::{
    args::Go,
    change::{show_planned, submitted},
    exit::Failed,
    output::Output,
};

pub async fn run(fleet: &Fleet, job: &JobId, go: &Go, output: Output) -> Result<ExitCode, Failed> {
    let plan = fleet.plan_again(job).await?;
    if go.plan {
        output.show(&plan, || show(&plan, output));
        return Ok(ExitCode::SUCCESS);
    }
    if plan.problems.is_empty() && !go.yes {
        show(&plan, output);
        if !output.confirm(&format!("{}?", plan.title))? {
            output.note("nothing was done");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let since = fleet.latest_event().await?;
    let id = fleet.deploy_again(job).await?;
    submitted(fleet, Begun::Job(id), since, go, output).await
}

fn show(plan: &AgainPlan, output: Output) {
    output.line(&plan.title);
    for problem in &plan.problems {
        output.line(format!("  problem: {problem}"));
    }
    for warning in &plan.warnings {
        output.line(format!("  warning: {warning}"));
    }
    show_planned(&plan.steps, output);
}

/// Goes on from a step, named as in the plan (in any case) or by its number there.
pub async fn retry_from(fleet: &Fleet, job: &JobId, step: &str) -> Result<JobId, Failed> {
    let view = fleet.job(job).await?;
    let number = step.parse::<usize>().ok();
    let named = view.steps.iter().enumerate().find(|(at, known)| {
        number == Some(at + 1) || known.plan.name.eq_ignore_ascii_case(step.trim())
    });
    let Some((_, named)) = named else {
        let names: Vec<&str> = view.steps.iter().map(|s| s.plan.name.as_str()).collect();
        return Err(
            AppError::not_found(format!("this job has no step `{step}`"))
                .hint(format!("its steps are: {}", names.join(", ")))
                .into(),
        );
    };
    Ok(fleet.retry_job_from(job, &named.plan.name).await?)
}

/// From where a failed job may go on, below what became of it.
pub fn show_steps(view: &JobView, output: Output) {
    let may = view
        .retry_steps
        .iter()
        .filter(|step| step.why_not.is_none());
    let may: Vec<&str> = may.map(|step| step.name.as_str()).collect();
    // The first is what `job retry` does anyway.
    if may.len() > 1 && view.why_not_retry.is_none() {
        output.line(format!(
            "may go on from: {} (`slipctl job retry {} --from STEP`)",
            may.join(", "),
            view.row.id.short()
        ));
    }
}
