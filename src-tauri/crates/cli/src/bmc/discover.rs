//! `slipctl bmc discover`: a list of addresses, what each of them is, and adding what was found.

use std::{
    io::{IsTerminal, Read},
    path::Path,
    process::ExitCode,
};

use indicatif::{ProgressBar, ProgressStyle};
use slipway_fleet::{
    Fleet,
    views::{
        AddDiscovered, AddedRow, DiscoveryAnswer, DiscoveryRequest, DiscoveryRow, DiscoveryStage,
        DiscoveryView, ProbeTrust,
    },
};

use crate::{args::DiscoverArgs, exit::Failed, output::Output};

pub async fn run(args: DiscoverArgs, fleet: &Fleet, output: Output) -> Result<ExitCode, Failed> {
    let mut profiles = Vec::new();
    for name in &args.profiles {
        profiles.push(fleet.find_credential(name).await?.id);
    }
    let request = DiscoveryRequest {
        text: read(&args.list)?,
        profiles,
        trust_on_first_use: args.trust_on_first_use,
        most_refusals: Some(args.most_refusals),
    };
    let mut changes = fleet.changes();
    let id = fleet.start_discovery(request).await?;
    let bar = count_bar(output);
    let view = loop {
        let view = fleet.discovery(&id)?;
        bar.set_length(u64::from(view.total));
        bar.set_position(u64::from(view.done));
        if view.stage != DiscoveryStage::Running {
            break view;
        }
        // Lagging behind is fine: the view is asked again.
        let _ = changes.recv().await;
    };
    bar.finish_and_clear();
    let added = if args.add {
        let chosen = chosen(&view, &args.labels);
        fleet.add_discovered(&id, chosen).await?
    } else {
        Vec::new()
    };
    let whole = serde_json::json!({ "discovery": view, "added": added });
    output.show(&whole, || {
        table(&view, output);
        for row in &added {
            match &row.error {
                None => output.line(format!("added {}", row.name)),
                Some(error) => output.line(format!("not added {}: {error}", row.name)),
            }
        }
    });
    Ok(ExitCode::from(code(&view, &added)))
}

/// How many of the addresses have answered, or finally have not.
fn count_bar(output: Output) -> ProgressBar {
    if output.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0).with_prefix("asking");
    match ProgressStyle::with_template("{prefix} {wide_bar} {pos} of {len} addresses") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn read(list: &Path) -> Result<String, Failed> {
    let read = if list == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(list)
    };
    read.map_err(|error| Failed::local(format!("{} could not be read", list.display()), &error))
}

fn chosen(view: &DiscoveryView, labels: &[String]) -> Vec<AddDiscovered> {
    view.rows
        .iter()
        .filter(|row| row.why_not_add.is_none())
        .map(|row| {
            let mut all = row.candidate.labels.clone();
            all.extend(
                labels
                    .iter()
                    .filter(|l| !row.candidate.labels.contains(*l))
                    .cloned(),
            );
            AddDiscovered {
                row: row.index,
                name: row.name.clone(),
                labels: all,
            }
        })
        .collect()
}

/// 0 where every address is known or was found, and was added where that was asked; 5 or 6 where
/// all that is left waits for trust or for a credential; else 1.
fn code(view: &DiscoveryView, added: &[AddedRow]) -> u8 {
    let mut codes: Vec<u8> = view
        .rows
        .iter()
        .filter_map(|row| match &row.answer {
            DiscoveryAnswer::Found { .. } | DiscoveryAnswer::ImcWithoutRedfish { .. } => None,
            DiscoveryAnswer::UntrustedCertificate | DiscoveryAnswer::ChangedCertificate => Some(5),
            DiscoveryAnswer::WrongCredentials { .. }
            | DiscoveryAnswer::NeedsCredential { .. }
            | DiscoveryAnswer::HeldBack { .. } => Some(6),
            DiscoveryAnswer::Unreachable { .. } if waits_by_ssh(row) => Some(5),
            DiscoveryAnswer::Unreachable { .. } => Some(7),
            DiscoveryAnswer::Waiting | DiscoveryAnswer::NoRedfish => Some(1),
        })
        .collect();
    codes.extend(added.iter().filter_map(|row| row.error.as_ref()).map(|_| 1));
    codes.extend(view.problems.iter().map(|_| 1));
    codes.sort_unstable();
    codes.dedup();
    match codes.as_slice() {
        [] => 0,
        [one] => *one,
        [_, _, ..] => 1,
    }
}

fn table(view: &DiscoveryView, output: Output) {
    let rows = view
        .rows
        .iter()
        .map(|row| {
            vec![
                row.redfish
                    .as_ref()
                    .map_or_else(|| row.candidate.address.clone(), ToString::to_string),
                row.name.clone(),
                answer(row),
                row.firmware.clone().unwrap_or_else(|| "–".into()),
                trust(row),
            ]
        })
        .collect();
    output.table(&["Address", "Name", "Answer", "Firmware", "Trust"], rows);
    for row in &view.rows {
        if matches!(row.answer, DiscoveryAnswer::ImcWithoutRedfish { .. })
            && let Some(next) = &row.why_not_add
        {
            output.line(format!("{}: {next}", row.name));
        }
    }
    for problem in &view.problems {
        output.line(format!("line {}: {}", problem.line, problem.reason));
    }
    output.line(&view.sentence);
}

fn answer(row: &DiscoveryRow) -> String {
    let word = match &row.answer {
        DiscoveryAnswer::Found { .. } if row.known.is_some() => {
            return format!("{} (known)", row.sentence);
        }
        DiscoveryAnswer::Found { .. } => return row.sentence.clone(),
        DiscoveryAnswer::Waiting => "not asked",
        DiscoveryAnswer::UntrustedCertificate => "untrusted certificate",
        DiscoveryAnswer::ChangedCertificate => "CHANGED CERTIFICATE",
        DiscoveryAnswer::WrongCredentials { .. } => "wrong credentials",
        DiscoveryAnswer::NeedsCredential { .. } => "no credential for it",
        DiscoveryAnswer::HeldBack { .. } => "held back",
        DiscoveryAnswer::ImcWithoutRedfish { .. } => "IMC without Redfish",
        DiscoveryAnswer::NoRedfish => "no Redfish",
        DiscoveryAnswer::Unreachable { stage } => {
            return format!("unreachable ({}): {}", super::word(stage), row.sentence);
        }
    };
    format!("{word}: {}", row.sentence)
}

fn trust(row: &DiscoveryRow) -> String {
    match &row.certificate {
        Some(ProbeTrust::New { seen }) => format!("{seen} (new)"),
        Some(ProbeTrust::Pinned { seen }) => format!("{seen} (pinned)"),
        Some(ProbeTrust::Changed { pinned, seen }) => {
            format!("{seen} (CHANGED, pinned is {pinned})")
        }
        Some(ProbeTrust::Silent { .. }) | None => match &row.host_key {
            Some(ProbeTrust::New { seen }) => format!("SSH {seen} (new)"),
            Some(ProbeTrust::Pinned { seen }) => format!("SSH {seen} (pinned)"),
            Some(ProbeTrust::Changed { pinned, seen }) => {
                format!("SSH {seen} (CHANGED, pinned is {pinned})")
            }
            Some(ProbeTrust::Silent { .. }) | None => "–".to_owned(),
        },
    }
}

/// No Redfish, and an SSH whose host key is to be accepted before it is asked what it is.
fn waits_by_ssh(row: &DiscoveryRow) -> bool {
    matches!(
        row.host_key,
        Some(ProbeTrust::New { .. } | ProbeTrust::Changed { .. })
    )
}
