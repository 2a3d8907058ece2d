//! `slipctl lab`: the simulated rack.

use std::{
    io::{Read, Write},
    path::Path,
    process::ExitCode,
};

use slipway_lab::{Fault, FleetMix, Lab, LabConfig, LabControl, Timings};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    args::{LabCommand, Machine, Mix, Speed},
    exit::Failed,
    open::Desk,
    output::Output,
};

pub async fn run(command: LabCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    match command {
        LabCommand::Start {
            cards,
            dir,
            fleet,
            speed,
            forget,
            read_rate,
        } => {
            let mut config = LabConfig::demo(cards, dir);
            config.fleet = match fleet {
                Mix::Fresh => FleetMix::Fresh,
                Mix::Installed => FleetMix::Installed,
                Mix::Mixed => FleetMix::Mixed,
            };
            config.timings = match speed {
                Speed::Instant => Timings::instant(),
                Speed::Demo => Timings::demo(),
                Speed::Realistic => Timings::realistic(),
            };
            if read_rate.is_some() {
                config.timings.fetch_bytes_per_second = read_rate;
            }
            config.persist = !forget;
            start(config, output).await
        }
        LabCommand::Add { dir } => {
            let fleet = desk.fleet().await?;
            let added = fleet.join_lab(&dir).await?;
            fleet.refresh_fleet().await?;
            output.show(&serde_json::json!({ "added": added }), || {
                output.line(format!("{added} cards of the lab were added"));
            });
            Ok(ExitCode::SUCCESS)
        }
        LabCommand::Fault {
            dir,
            card,
            fault,
            times,
        } => fault_command(&dir, card, &fault, times, output).await,
        LabCommand::Promote { dir, version } => {
            let control = control(&dir)?;
            control
                .promote(&version)
                .await
                .map_err(|e| Failed::local("the lab refused", &e))?;
            output.line(format!("`stable` is {version} now"));
            Ok(ExitCode::SUCCESS)
        }
        LabCommand::Exec { dir, card, on } => exec(&dir, card, on).await,
    }
}

async fn start(config: LabConfig, output: Output) -> Result<ExitCode, Failed> {
    let dir = config.dir.clone();
    let interrupted = interrupted();
    tokio::pin!(interrupted);
    let started = tokio::select! {
        started = Lab::start(config) => started,
        () = &mut interrupted => return Ok(ExitCode::SUCCESS),
    };
    let lab = started.map_err(|e| Failed::local("the lab could not be started", &e))?;
    let inventory = lab.inventory();
    output.show(&inventory, || {
        let rows = inventory
            .cards
            .iter()
            .map(|card| {
                vec![
                    card.name.clone(),
                    card.host.clone(),
                    card.imc_redfish.clone(),
                    card.imc_ssh.clone(),
                ]
            })
            .collect();
        output.table(&["Card", "Host", "IMC Redfish", "IMC SSH"], rows);
        output.line(format!("image    {}", inventory.image));
        output.line(format!("ISO      {}", inventory.demo_iso.display()));
        output.line(format!(
            "ready; add the cards with: slipctl lab add --dir {}",
            dir.display()
        ));
        output.line("Ctrl-C ends the lab");
    });
    interrupted.await;
    lab.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, or a polite kill. It listens from the call on, not from the first poll: make it once,
/// before there is something to interrupt.
pub fn interrupted() -> impl Future<Output = ()> {
    let (interrupt, terminate) = (
        heard(SignalKind::interrupt()),
        heard(SignalKind::terminate()),
    );
    async move {
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
}

fn heard(kind: SignalKind) -> impl Future<Output = ()> {
    let signal = signal(kind);
    async move {
        match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, ?kind, "a signal can't be heard");
                std::future::pending().await
            }
        }
    }
}

fn control(dir: &Path) -> Result<LabControl, Failed> {
    LabControl::of(dir).map_err(|e| Failed::local("there is no lab in that folder", &e))
}

async fn fault_command(
    dir: &Path,
    card: usize,
    fault: &str,
    times: u32,
    output: Output,
) -> Result<ExitCode, Failed> {
    if fault == "list" {
        let names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        output.show(&names, || {
            for name in &names {
                output.line(name);
            }
        });
        return Ok(ExitCode::SUCCESS);
    }
    let control = control(dir)?;
    let result = if fault == "none" {
        control.clear_faults(card).await
    } else {
        let fault = Fault::from_name(fault).ok_or_else(|| {
            Failed::invalid(format!("there is no fault `{fault}`; `list` shows all"))
        })?;
        control.inject(card, fault, times).await
    };
    result.map_err(|e| Failed::local("the lab refused", &e))?;
    Ok(ExitCode::SUCCESS)
}

/// What sshd runs instead of a shell: the client's command, on the simulated machine.
async fn exec(dir: &Path, card: usize, on: Machine) -> Result<ExitCode, Failed> {
    let command = std::env::var("SSH_ORIGINAL_COMMAND").map_err(|_| {
        Failed::invalid("there is no command; interactive shells are not simulated")
    })?;
    let mut stdin = Vec::new();
    std::io::stdin()
        .read_to_end(&mut stdin)
        .map_err(|e| Failed::local("standard input could not be read", &e))?;
    let control = control(dir)?;
    let out = match on {
        Machine::Imc => control.run_on_imc(card, &command, &stdin).await,
        Machine::Acc => control.run_on_acc(card, &command, &stdin).await,
    }
    .map_err(|e| Failed::local("the lab did not answer", &e))?;
    let _ = std::io::stdout().write_all(&out.stdout);
    let _ = std::io::stderr().write_all(&out.stderr);
    Ok(ExitCode::from(u8::try_from(out.exit).unwrap_or(255)))
}
