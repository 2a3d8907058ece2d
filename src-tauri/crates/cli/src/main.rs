//! `slipctl`: Slipway without a window. The same use cases, tables for people, `--json` for
//! programs.

mod again;
mod args;
mod batch;
mod batch_wait;
mod bmc;
mod change;
mod cluster;
mod cluster_add;
mod cluster_show;
mod credential;
mod doctor;
mod exit;
mod image;
mod iso;
mod iso_transfer;
mod jobs;
mod kickstart;
mod lab;
mod network;
mod open;
mod output;
mod registry_trust;
mod status;
mod trust;
mod wait;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::Failed;
use output::Output;

fn main() -> ExitCode {
    slipway_fleet::room_for_connections();
    let cli = Cli::parse();
    let output = Output { json: cli.json };
    open::logging(cli.verbose);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return output.failed(&Failed::local(
                "the async runtime could not be started",
                &error,
            ));
        }
    };
    runtime.block_on(async {
        let code = match dispatch(cli, output).await {
            Ok(code) => code,
            Err(failed) => output.failed(&failed),
        };
        // All is said; our sessions at BMCs, which have room for few, end before we do.
        slipway_fleet::goodbyes().await;
        code
    })
}

async fn dispatch(cli: Cli, output: Output) -> Result<ExitCode, Failed> {
    let desk = open::Desk::new(&cli)?;
    match cli.command {
        Command::Lab { command } => lab::run(command, &desk, output).await,
        Command::Bmc { command } => bmc::run(command, &desk, output).await,
        Command::Credential { command } => credential::run(command, &desk, output).await,
        Command::Iso { command } => iso::run(command, &desk, output).await,
        Command::Import(args) => cluster::import(args, &desk, output).await,
        Command::Plan(args) => cluster::plan(args, &desk, output).await,
        Command::Doctor(args) => doctor::run(args, &desk, output).await,
        Command::Network { command } => network::run(command, &desk, output).await,
        Command::Image { command } => image::run(command, &desk, output).await,
        Command::Kickstart { command } => kickstart::run(command, &desk, output).await,
        Command::Deploy(args) => change::deploy(args, &desk, output).await,
        Command::Status(args) => status::run(args, &desk, output).await,
        Command::Upgrade(args) => change::upgrade(args, &desk, output).await,
        Command::Switch(args) => change::switch(args, &desk, output).await,
        Command::Rollback(args) => change::rollback(args, &desk, output).await,
        Command::Job { command } => jobs::run(command, &desk, output).await,
        Command::Batch { command } => batch::run(command, &desk, output).await,
        Command::Trust { command } => trust::run(command, &desk, output).await,
        Command::Info => status::info(&desk, output).await,
        Command::Completions { shell } => Ok(output.completions(shell)),
        Command::BenchList { rounds } => status::bench_list(rounds, &desk).await,
        Command::BenchFill { cards } => status::bench_fill(cards, &desk).await,
        Command::BenchQueue { jobs } => status::bench_queue(jobs, &desk).await,
    }
}
