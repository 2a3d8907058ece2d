//! `slipctl status`, `info`, and what the benchmark asks.

use std::{process::ExitCode, time::Instant};

use slipway_fleet::views::{DpuQuery, DpuRow};

use crate::{
    args::StatusArgs,
    bmc::{show, table},
    exit::Failed,
    open::Desk,
    output::Output,
};

pub async fn run(args: StatusArgs, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    if args.cards.is_empty() {
        if !args.cached {
            fleet.refresh_fleet().await?;
        }
        let overview = fleet.overview().await?;
        let mut rows: Vec<DpuRow> = Vec::new();
        while rows.len() < overview.total as usize {
            let offset = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let page = fleet
                .dpus(&DpuQuery {
                    offset,
                    limit: 500,
                    ..DpuQuery::default()
                })
                .await?;
            if page.rows.is_empty() {
                break;
            }
            rows.extend(page.rows);
        }
        output.show(&rows, || {
            table(&rows, output);
            output.line(&overview.sentence);
        });
        return Ok(ExitCode::SUCCESS);
    }
    let mut views = Vec::new();
    for card in &args.cards {
        let dpu = fleet.find_dpu(card).await?;
        views.push(if args.cached {
            fleet.dpu(&dpu.id).await?
        } else {
            fleet.refresh_dpu(&dpu.id).await?
        });
    }
    output.show(&views, || {
        for view in &views {
            show(view, output);
        }
    });
    Ok(ExitCode::SUCCESS)
}

pub async fn info(desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let info = desk.fleet().await?.info().await?;
    output.show(&info, || {
        output.line(format!("Slipway    {}", info.version));
        output.line(format!("data       {}", info.data_dir));
        output.line(format!("secrets    {}", info.secrets));
        output.line(format!("CA         {}", info.ca_fingerprint));
        output.line(format!("fleet key  {}", info.fleet_key));
    });
    Ok(ExitCode::SUCCESS)
}

/// A page of 100 from changing places of the list, as the window asks for it.
pub async fn bench_list(rounds: u32, desk: &Desk) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    let total = fleet
        .dpus(&DpuQuery {
            limit: 1,
            ..DpuQuery::default()
        })
        .await?
        .total;
    let output = Output { json: true };
    for round in 0..rounds {
        let offset = (round * 997) % total.max(1);
        let query = DpuQuery {
            offset,
            limit: 100,
            ..DpuQuery::default()
        };
        let start = Instant::now();
        fleet.dpus(&query).await?;
        output.line(format!("{:.3}", start.elapsed().as_secs_f64() * 1000.0));
    }
    Ok(ExitCode::SUCCESS)
}

/// What the engine does for one transition, with this many jobs in the queue.
pub async fn bench_queue(jobs: u32, desk: &Desk) -> Result<ExitCode, Failed> {
    let output = Output { json: true };
    for spent in desk.fleet().await?.bench_queue(jobs).await? {
        output.line(format!("{:.3}", spent.as_secs_f64() * 1000.0));
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn bench_fill(cards: u32, desk: &Desk) -> Result<ExitCode, Failed> {
    desk.fleet().await?.fill_for_bench(cards).await?;
    Ok(ExitCode::SUCCESS)
}
