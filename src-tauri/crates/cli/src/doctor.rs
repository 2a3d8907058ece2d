//! `slipctl doctor`: everything that a deployment could stumble over, before it.

use std::{path::Path, process::ExitCode};

use slipway_core::doctor::{CheckOutcome, DoctorCheck};
use slipway_fleet::{AppError, DoctorRun, views::DoctorReport};

use crate::{
    args::DoctorArgs,
    cluster,
    exit::{Failed, INTERRUPTED},
    lab::interrupted,
    open::Desk,
    output::Output,
};

/// A check failed: a deployment would be refused, or fail.
const CHECK_FAILED: u8 = 4;

pub async fn run(args: DoctorArgs, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let asked = tokio::select! {
        asked = ask(&args, desk, output) => asked?,
        // Everything that was asked ends with the future; nothing was changed.
        () = interrupted() => return Ok(ExitCode::from(INTERRUPTED)),
    };
    output.show(&asked, || show(&asked, output));
    let failed = asked.cards.iter().any(|card| card.tally.failed > 0);
    Ok(if failed {
        ExitCode::from(CHECK_FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

async fn ask(args: &DoctorArgs, desk: &Desk, output: Output) -> Result<DoctorRun, Failed> {
    if let Some(file) = cluster::file_among(&args.cards)? {
        return ask_cluster(&file, args, desk, output).await;
    }
    if !args.cluster.is_nothing() {
        return Err(Failed::invalid(crate::args::ONLY_OF_A_FILE));
    }
    let fleet = desk.fleet().await?;
    let iso = match &args.iso {
        Some(iso) => Some(fleet.find_iso(iso).await?.id),
        None => None,
    };
    let mut dpus = Vec::new();
    for card in &args.cards {
        dpus.push(fleet.find_dpu(card).await?.id);
    }
    Ok(fleet.doctor_all(&dpus, iso.as_ref()).await?)
}

async fn ask_cluster(
    file: &Path,
    args: &DoctorArgs,
    desk: &Desk,
    output: Output,
) -> Result<DoctorRun, Failed> {
    let fleet = desk.fleet().await?;
    let mut request = cluster::request(file, &args.cluster).await?;
    request.iso.clone_from(&args.iso);
    let import = cluster::read(file, &args.cluster, &request, Some(&fleet), output).await?;
    cluster::refuse_errors(&import, &request, output)?;
    let asked = fleet.doctor_cluster(&import, &request).await?;
    if asked.cards.is_empty() {
        let mut error = AppError::refused("no card of this file could be asked");
        error.causes = asked.not_asked;
        return Err(error.hint("add them: `slipctl import FILE --add`").into());
    }
    Ok(asked)
}

fn show(asked: &DoctorRun, output: Output) {
    for (number, card) in asked.cards.iter().enumerate() {
        if number > 0 {
            output.line("");
        }
        show_card(card, output);
    }
    for why in &asked.not_asked {
        output.line(format!("not asked: {why}"));
    }
}

fn show_card(card: &DoctorReport, output: Output) {
    let tally = card.tally;
    let of = card.iso.as_ref();
    output.line(format!(
        "{}{}: {} passed, {} warned, {} failed, {} skipped",
        card.name,
        of.map_or(String::new(), |iso| format!(" with {iso}")),
        tally.passed,
        tally.warned,
        tally.failed,
        tally.skipped
    ));
    let row = |check: &DoctorCheck| {
        vec![
            mark(&check.outcome).to_owned(),
            check.title.clone(),
            check.outcome.text().to_owned(),
        ]
    };
    output.table(
        &["", "check", "seen"],
        card.checks.iter().map(row).collect(),
    );
    for check in &card.checks {
        let Some(fix) = check.outcome.fix() else {
            continue;
        };
        let mark = mark(&check.outcome);
        output.line(format!("{mark} {}: {}", check.title, fix.text));
        if let Some(command) = &fix.command {
            output.line(format!("    $ {command}"));
        }
    }
}

fn mark(outcome: &CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Pass { .. } => "✓",
        CheckOutcome::Warn { .. } => "!",
        CheckOutcome::Fail { .. } => "✗",
        CheckOutcome::Skipped { .. } => "–",
    }
}
