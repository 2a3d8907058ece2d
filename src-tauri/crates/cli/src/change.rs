//! `slipctl deploy`, `upgrade`, `switch`, `rollback`: plan, ask, submit, wait.

use std::{path::Path, process::ExitCode};

use slipway_core::{
    dpu::Dpu,
    ids::JobId,
    job::{BootChange, PlannedStep},
};
use slipway_fleet::{
    AppError, Begun, Fleet,
    views::{
        BatchChange, BatchChangeCard, BatchRequest, BatchWhat, BootChangeRequest, DeployRequest,
        PlanView,
    },
};

use crate::{
    args::{ChangeArgs, ChangeManyArgs, DeployArgs, Go, Many, SwitchArgs},
    batch_wait::wait_for_batch,
    exit::Failed,
    open::Desk,
    output::Output,
    wait::wait_for,
};

pub async fn deploy(args: DeployArgs, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    if let Some(file) = crate::cluster::file_among(&args.cards)? {
        return crate::cluster::deploy(&file, args, desk, output).await;
    }
    if !args.cluster.is_nothing() {
        return Err(Failed::invalid(crate::args::ONLY_OF_A_FILE));
    }
    let Some(iso) = &args.iso else {
        return Err(Failed::invalid("give the ISO: --iso"));
    };
    let fleet = desk.fleet().await?;
    let mut dpus = Vec::new();
    for card in &args.cards {
        dpus.push(fleet.find_dpu(card).await?.id);
    }
    let authorized_keys = public_keys(args.keys.as_deref())?;
    let request = DeployRequest {
        dpus,
        iso: fleet.find_iso(iso).await?.id,
        domain: args.domain,
        authorized_keys,
        allow_release: args.allow_firmware,
        imc_certificate: args.imc_certificate,
    };
    let request = BatchRequest {
        what: BatchWhat::Deploy(request),
        rules: args.many.rules(),
    };
    many(&fleet, request, &args.go, output).await
}

/// Shows the plan, asks, and starts: one card's job, or a batch.
async fn many(
    fleet: &Fleet,
    request: BatchRequest,
    go: &Go,
    output: Output,
) -> Result<ExitCode, Failed> {
    check(&request.rules)?;
    let plan = fleet.plan_batch(&request.what).await?;
    if !agreed(&plan, go, output)? {
        return Ok(ExitCode::SUCCESS);
    }
    let since = fleet.latest_event().await?;
    let begun = fleet.start_cards(&request).await?;
    submitted(fleet, begun, since, go, output).await
}

/// Before anything is read or shown: rules that can't be meant are a wrong command line.
pub fn check(rules: &slipway_core::batch::BatchRules) -> Result<(), Failed> {
    rules.check().map_err(|error| {
        Failed::unusable(
            &error,
            "see --at-once, --waves and --stop-after in the help",
        )
    })
}

/// The lines of a file with public keys.
pub fn public_keys(path: Option<&Path>) -> Result<Vec<String>, Failed> {
    let Some(path) = path else {
        return Ok(vec![]);
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failed::local(format!("reading {}", path.display()), &error))?;
    let lines = text.lines();
    Ok(lines
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

pub async fn upgrade(
    args: ChangeManyArgs,
    desk: &Desk,
    output: Output,
) -> Result<ExitCode, Failed> {
    let ChangeManyArgs {
        cards, many, go, ..
    } = args;
    change_many(&cards, BootChange::Upgrade, &many, &go, desk, output).await
}

pub async fn rollback(args: ChangeArgs, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    let dpu = fleet.find_dpu(&args.card).await?;
    change(&fleet, dpu, BootChange::Rollback, &args.go, output).await
}

pub async fn switch(args: SwitchArgs, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let image = args.image.parse().map_err(|error| {
        Failed::unusable(&error, "give an image reference: registry/repository:tag")
    })?;
    let to = BootChange::Switch(image);
    change_many(&args.cards, to, &args.many, &args.go, desk, output).await
}

async fn change_many(
    cards: &[String],
    to: BootChange,
    rules: &Many,
    go: &Go,
    desk: &Desk,
    output: Output,
) -> Result<ExitCode, Failed> {
    check(&rules.rules())?;
    let fleet = desk.fleet().await?;
    let mut dpus = Vec::new();
    for card in cards {
        dpus.push(fleet.find_dpu(card).await?);
    }
    if let [dpu] = dpus.as_slice() {
        return change(&fleet, dpu.clone(), to, go, output).await;
    }
    // The decision is made on what the cards say now; all are asked at the same time.
    let mut looks = tokio::task::JoinSet::new();
    for dpu in &dpus {
        let (fleet, id) = (fleet.clone(), dpu.id.clone());
        looks.spawn(async move { fleet.refresh_dpu(&id).await });
    }
    let mut seen = Vec::new();
    for view in looks.join_all().await {
        seen.push(view?.row);
    }
    let cards = dpus
        .into_iter()
        .map(|dpu| BatchChangeCard {
            expected_booted: seen
                .iter()
                .find(|row| row.id == dpu.id)
                .and_then(|row| row.digest.clone()),
            dpu: dpu.id,
        })
        .collect();
    let request = BatchRequest {
        what: BatchWhat::Change(BatchChange { change: to, cards }),
        rules: rules.rules(),
    };
    many(&fleet, request, go, output).await
}

async fn change(
    fleet: &Fleet,
    dpu: Dpu,
    change: BootChange,
    go: &Go,
    output: Output,
) -> Result<ExitCode, Failed> {
    // The decision is made on what the card says now.
    let seen = fleet.refresh_dpu(&dpu.id).await?;
    let request = BootChangeRequest {
        dpu: dpu.id,
        change,
        expected_booted: seen.row.digest,
    };
    let plan = fleet.plan_boot_change(&request).await?;
    if !agreed(&plan, go, output)? {
        return Ok(ExitCode::SUCCESS);
    }
    let job = fleet.start_boot_change(&request).await?;
    wait_unless_told(fleet, vec![job], go, output).await
}

/// Shows the plan; whether it is to be done.
fn agreed(plan: &PlanView, go: &Go, output: Output) -> Result<bool, Failed> {
    if go.plan {
        output.show(plan, || show(plan, output));
        return Ok(false);
    }
    let problems: Vec<String> = plan
        .cards
        .iter()
        .flat_map(|card| {
            card.problems
                .iter()
                .map(move |problem| format!("{}: {problem}", card.name))
        })
        .collect();
    if !problems.is_empty() {
        let mut error = AppError::refused("this can't be done; nothing was started");
        error.causes = problems;
        return Err(error
            .hint("mend what is named, or leave those cards out")
            .into());
    }
    if go.yes {
        return Ok(true);
    }
    show(plan, output);
    let agreed = output.confirm(&format!("{}?", plan.title))?;
    if !agreed {
        output.note("nothing was done");
    }
    Ok(agreed)
}

fn show(plan: &PlanView, output: Output) {
    output.line(&plan.title);
    for warning in &plan.warnings {
        output.line(format!("  warning: {warning}"));
    }
    for card in &plan.cards {
        let label = |label: &Option<slipway_fleet::views::ImageLabel>| {
            label.as_ref().map_or("nothing known".to_owned(), |label| {
                format!(
                    "{} ({})",
                    label.version.as_deref().unwrap_or("no version"),
                    label.digest.short()
                )
            })
        };
        output.line(format!(
            "{}: {} → {}",
            card.name,
            label(&card.from),
            label(&card.to)
        ));
        for problem in &card.problems {
            output.line(format!("  problem: {problem}"));
        }
        for warning in &card.warnings {
            output.line(format!("  warning: {warning}"));
        }
        show_planned(&card.steps, output);
    }
}

/// The steps of a plan with their commands.
pub fn show_planned(steps: &[PlannedStep], output: Output) {
    for (number, step) in steps.iter().enumerate() {
        output.line(format!(
            "  {:>2}. {}: {}",
            number + 1,
            step.name,
            step.effect
        ));
        for command in &step.commands {
            output.line(format!("      $ {command}"));
        }
    }
}

/// `since`: the newest event before.
pub async fn submitted(
    fleet: &Fleet,
    begun: Begun,
    since: i64,
    go: &Go,
    output: Output,
) -> Result<ExitCode, Failed> {
    match begun {
        Begun::Job(job) => wait_unless_told(fleet, vec![job], go, output).await,
        Begun::Batch(batch) if go.no_wait => {
            output.show(&serde_json::json!({ "batch": batch }), || {
                output.line(batch.as_str());
            });
            Ok(ExitCode::SUCCESS)
        }
        Begun::Batch(batch) => wait_for_batch(fleet, &batch, since, output).await,
    }
}

async fn wait_unless_told(
    fleet: &Fleet,
    jobs: Vec<JobId>,
    go: &Go,
    output: Output,
) -> Result<ExitCode, Failed> {
    if go.no_wait {
        output.show(&jobs, || {
            for job in &jobs {
                output.line(job.as_str());
            }
        });
        return Ok(ExitCode::SUCCESS);
    }
    wait_for(fleet, jobs, output).await
}
