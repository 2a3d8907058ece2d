//! `slipctl network`: this machine's port to cards, set up by hand.

use std::process::ExitCode;

use slipway_fleet::{Fleet, NetworkCard, PortReport};

use crate::{
    args::{ClusterArgs, NetworkArgs, NetworkCommand},
    cluster,
    exit::Failed,
    open::Desk,
    output::Output,
};

/// A preview of what would be refused.
const REFUSED: u8 = 4;
/// Something that was set up does not stand any more.
const NOT_WHOLE: u8 = 1;

pub async fn run(command: NetworkCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        NetworkCommand::Preview(args) => preview(&fleet, &args, output).await,
        NetworkCommand::Up { network, yes } => up(&fleet, &network, yes, output).await,
        NetworkCommand::Down { port } => {
            let done = fleet.network_down(&port).await?;
            tell(&done, output);
            Ok(ExitCode::SUCCESS)
        }
        NetworkCommand::Status => status(&fleet, output).await,
    }
}

async fn planned(
    fleet: &Fleet,
    args: &NetworkArgs,
    output: Output,
) -> Result<Vec<NetworkCard>, Failed> {
    let of_file = ClusterArgs {
        vars: args.vars.clone(),
        only: args.cards.clone(),
        skip_steps: vec![],
        accept_untried: vec![],
        pull_secret: None,
        operator_registry: None,
        operator_registry_ca: None,
        marvell_tools: None,
        firmware_image: None,
        p4_components: None,
        p4_sha256: None,
        kubeconfigs: None,
    };
    let request = cluster::request(&args.file, &of_file).await?;
    let import = cluster::read(&args.file, &of_file, &request, Some(fleet), output).await?;
    cluster::refuse_errors(&import, &request, output)?;
    Ok(fleet.plan_network(&import, &request).await?)
}

async fn preview(fleet: &Fleet, args: &NetworkArgs, output: Output) -> Result<ExitCode, Failed> {
    let cards = planned(fleet, args, output).await?;
    output.show(&cards, || show(&cards, output));
    let refused = cards.iter().any(|card| card.problem.is_some());
    Ok(if refused {
        ExitCode::from(REFUSED)
    } else {
        ExitCode::SUCCESS
    })
}

fn show(cards: &[NetworkCard], output: Output) {
    for card in cards {
        output.line(format!(
            "{} of {} on {}",
            card.card, card.cluster, card.port
        ));
        if !card.effect.is_empty() {
            output.line(format!("  {}", card.effect));
        }
        for command in &card.commands {
            output.line(format!("  $ {command}"));
        }
        for seen in &card.seen {
            output.line(format!("  ✓ {seen}"));
        }
        if let Some(problem) = &card.problem {
            output.line(format!("  ✗ {}", problem.message));
            for cause in &problem.causes {
                output.line(format!("    because: {cause}"));
            }
            if let Some(hint) = &problem.hint {
                output.line(format!("    next: {hint}"));
            }
        }
    }
}

async fn up(
    fleet: &Fleet,
    args: &NetworkArgs,
    yes: bool,
    output: Output,
) -> Result<ExitCode, Failed> {
    let cards = planned(fleet, args, output).await?;
    let refused = cards.iter().any(|card| card.problem.is_some());
    if !yes && !refused {
        show(&cards, output);
        if !output.confirm("Set this up?")? {
            output.note("nothing was done");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let done = fleet.network_up(&cards).await?;
    tell(&done, output);
    Ok(ExitCode::SUCCESS)
}

fn tell(done: &[String], output: Output) {
    output.show(&serde_json::json!({ "done": done }), || {
        for line in done {
            output.line(line);
        }
        if done.is_empty() {
            output.line("nothing had to be done");
        }
    });
}

async fn status(fleet: &Fleet, output: Output) -> Result<ExitCode, Failed> {
    let ports = fleet.networks().await?;
    output.show(&ports, || {
        for port in &ports {
            show_port(port, output);
        }
        if ports.is_empty() {
            output.line("Slipway has set up no port");
        }
    });
    Ok(if ports.iter().all(|port| port.whole) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_WHOLE)
    })
}

fn show_port(port: &PortReport, output: Output) {
    let pid = port
        .pid
        .map_or("no DHCP server".into(), |pid| format!("DHCP server {pid}"));
    output.line(format!(
        "{}: {}, {pid}",
        port.port,
        port.addresses.join(", ")
    ));
    for holder in &port.holders {
        output.line(format!(
            "  {} gets {} ({}), {}",
            holder.card,
            holder.ip,
            holder.macs.join(", "),
            match holder.holder.starts_with("by hand") {
                true => "by hand".into(),
                false => format!("for job {}", holder.holder),
            }
        ));
    }
    for given in &port.given {
        output.line(format!("  ✓ given: {given}"));
    }
    for missing in &port.missing {
        output.line(format!("  ✗ {missing}"));
    }
}
