//! `slipctl batch`.

use std::process::ExitCode;

use slipway_core::{batch::BatchAction, ids::BatchId};
use slipway_fleet::{AppError, Fleet, views::BatchView};

use crate::{
    args::{BatchArgs, BatchCommand},
    batch_wait::{result, wait_for_batch},
    exit::Failed,
    open::Desk,
    output::{Output, ago, now},
};

pub async fn run(command: BatchCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        BatchCommand::List => list(&fleet, output).await,
        BatchCommand::Show { batch } => {
            let view = fleet.batch(&find(&fleet, &batch).await?).await?;
            output.show(&view, || show(&view, output));
            Ok(ExitCode::SUCCESS)
        }
        BatchCommand::Pause { batch } => {
            let id = find(&fleet, &batch).await?;
            fleet.pause_batch(&id).await?;
            let view = fleet.batch(&id).await?;
            output.show(&view.row, || {
                output.line(&view.row.sentence);
                if view.row.counts.running > 0 {
                    output.line("what runs goes on; nothing more is started");
                }
            });
            Ok(ExitCode::SUCCESS)
        }
        BatchCommand::Resume(args) => ask(&fleet, BatchAction::Resume, &args, output).await,
        BatchCommand::Cancel(args) => ask(&fleet, BatchAction::Cancel, &args, output).await,
        BatchCommand::Retry(args) => ask(&fleet, BatchAction::Retry, &args, output).await,
    }
}

/// Asks it of a batch, and runs and watches it until it is at rest.
async fn ask(
    fleet: &Fleet,
    action: BatchAction,
    args: &BatchArgs,
    output: Output,
) -> Result<ExitCode, Failed> {
    let id = find(fleet, &args.batch).await?;
    let since = fleet.latest_event().await?;
    match action {
        BatchAction::Pause => fleet.pause_batch(&id).await?,
        BatchAction::Resume => fleet.resume_batch(&id).await?,
        BatchAction::Cancel => fleet.cancel_batch(&id).await?,
        BatchAction::Retry => fleet.retry_batch(&id).await?,
    }
    if !args.no_wait {
        return wait_for_batch(fleet, &id, since, output).await;
    }
    let view = fleet.batch(&id).await?;
    output.show(&view.row, || output.line(&view.row.sentence));
    Ok(ExitCode::SUCCESS)
}

async fn list(fleet: &Fleet, output: Output) -> Result<ExitCode, Failed> {
    let batches = fleet.batches().await?;
    output.show(&batches, || {
        let rows = batches
            .iter()
            .map(|batch| {
                vec![
                    batch.id.short().to_owned(),
                    batch.name.clone(),
                    batch.sentence.clone(),
                    ago(Some(batch.created_at), now()),
                ]
            })
            .collect();
        output.table(&["Batch", "What", "State", "Submitted"], rows);
    });
    Ok(ExitCode::SUCCESS)
}

fn show(view: &BatchView, output: Output) {
    result(view, output);
    output.line(format!("  {}", view.rules_text));
}

/// By id, or by its last digits as the table shows them.
async fn find(fleet: &Fleet, text: &str) -> Result<BatchId, Failed> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let batches = fleet.batches().await?.into_iter().map(|batch| batch.id);
    let mut found: Vec<BatchId> = batches
        .filter(|id| text.len() >= 4 && id.as_str().ends_with(text))
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(id), true) => Ok(id),
        (Some(_), false) => Err(Failed::invalid(format!(
            "`{text}` ends more than one batch's id"
        ))),
        (None, _) => Err(AppError::not_found(format!("there is no batch `{text}`"))
            .hint("`slipctl batch list` shows all")
            .into()),
    }
}
