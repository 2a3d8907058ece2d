//! `slipctl bmc` and `slipctl trust`.

use std::process::ExitCode;

use slipway_core::trust::{Fingerprint, PinKind};
use slipway_fleet::views::{AcceptPin, AddDpu, DpuQuery, DpuRow, DpuView, Probe, ProbeTrust};
use slipway_fleet::{AppError, ErrorCode};

use crate::{
    args::{AddArgs, BmcCommand, PinOf, TrustCommand},
    exit::Failed,
    open::{Desk, read_descriptor, read_secret_file},
    output::{Output, ago, now},
};

const FINGERPRINT: &str = "give it as `ssh-keygen -l` prints it: SHA256: and 43 characters";

pub async fn run(command: BmcCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        BmcCommand::Add(args) => {
            let probe = fleet.probe(&args.imc, args.ssh.as_deref()).await?;
            let card = accepted(*args, &probe)?;
            let (certificate, host_key) = (card.certificate.clone(), card.host_key.clone());
            let id = fleet.add_dpu(card).await?;
            output.note(format!("accepted certificate {certificate}"));
            output.note(format!("accepted host key {host_key}"));
            let view = fleet.refresh_dpu(&id).await?;
            output.show(&view, || show(&view, output));
        }
        BmcCommand::Probe { imc, ssh } => {
            let probe = fleet.probe(&imc, ssh.as_deref()).await?;
            output.show(&probe, || {
                output.line(format!(
                    "certificate of {}: {}",
                    probe.redfish,
                    words(&probe.certificate)
                ));
                output.line(format!(
                    "host key of {}: {}",
                    probe.ssh,
                    words(&probe.host_key)
                ));
            });
        }
        BmcCommand::List { search } => {
            let mut rows: Vec<DpuRow> = Vec::new();
            loop {
                let offset = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                let query = DpuQuery {
                    search: search.clone(),
                    offset,
                    limit: 500,
                    ..DpuQuery::default()
                };
                let page = fleet.dpus(&query).await?;
                let last = page.rows.is_empty();
                rows.extend(page.rows);
                if last || rows.len() >= page.total as usize {
                    break;
                }
            }
            output.show(&rows, || table(&rows, output));
        }
        BmcCommand::Show { card } => {
            let dpu = fleet.find_dpu(&card).await?;
            let view = fleet.dpu(&dpu.id).await?;
            output.show(&view, || show(&view, output));
        }
        BmcCommand::Password { card, password_fd } => {
            let dpu = fleet.find_dpu(&card).await?;
            fleet
                .set_imc_password(&dpu.id, read_descriptor(password_fd)?)
                .await?;
            let changed = serde_json::json!({ "changed": dpu.name });
            output.show(&changed, || {
                output.line(format!("{} has the new password", dpu.name))
            });
        }
        BmcCommand::Remove { card } => {
            let dpu = fleet.find_dpu(&card).await?;
            fleet.remove_dpu(&dpu.id).await?;
            output.show(&serde_json::json!({ "removed": dpu.name }), || {
                output.line(format!(
                    "{} was removed; its jobs stay in the history",
                    dpu.name
                ));
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn words(trust: &ProbeTrust) -> String {
    match trust {
        ProbeTrust::New { seen } => format!("{seen} (new)"),
        ProbeTrust::Pinned { seen } => format!("{seen} (pinned)"),
        ProbeTrust::Changed { pinned, seen } => format!("{seen} (CHANGED, pinned is {pinned})"),
        ProbeTrust::Silent { reason } => format!("no answer: {reason}"),
    }
}

fn accepted(args: AddArgs, probe: &Probe) -> Result<AddDpu, Failed> {
    let first_use = args.trust_on_first_use;
    let certificate = accept(
        "certificate",
        &probe.certificate,
        args.certificate.as_deref(),
        first_use,
    )?;
    let host_key = accept(
        "host key",
        &probe.host_key,
        args.host_key.as_deref(),
        first_use,
    )?;
    let password = match (args.password_fd, &args.password_file) {
        (Some(descriptor), _) => read_descriptor(descriptor)?,
        (None, Some(path)) => read_secret_file(path)?,
        (None, None) => {
            return Err(Failed::invalid(
                "give the IMC's password: --password-fd or --password-file",
            ));
        }
    };
    let acc_password = args
        .acc_password_file
        .as_deref()
        .map(read_secret_file)
        .transpose()?;
    Ok(AddDpu {
        name: args.name,
        imc: args.imc,
        imc_ssh: args.ssh,
        acc: args.acc,
        host: args.host,
        user: args.user,
        password: password.expose().to_owned(),
        acc_user: None,
        acc_password: acc_password.map(|password| password.expose().to_owned()),
        labels: args.labels,
        certificate,
        host_key,
    })
}

/// The fingerprint to pin: the one that was given, or the one that is shown and taken.
fn accept(
    what: &str,
    shown: &ProbeTrust,
    given: Option<&str>,
    first_use: bool,
) -> Result<Fingerprint, Failed> {
    let seen = match shown {
        ProbeTrust::New { seen } | ProbeTrust::Pinned { seen } => seen,
        ProbeTrust::Silent { reason } => {
            return Err(AppError::new(
                ErrorCode::Unreachable,
                format!("the IMC's {what} can't be seen"),
            )
            .because(reason)
            .hint("check address, cable and name server")
            .into());
        }
        ProbeTrust::Changed { pinned, seen } => {
            return Err(AppError::new(
                ErrorCode::TrustChanged,
                format!("the IMC's {what} has changed"),
            )
            .because(format!("pinned {pinned}"))
            .because(format!("shown  {seen}"))
            .hint("find out why; `slipctl trust accept` takes the new one")
            .into());
        }
    };
    match given {
        Some(text) => {
            let wanted: Fingerprint = text
                .parse()
                .map_err(|error| Failed::unusable(&error, FINGERPRINT))?;
            if wanted != *seen {
                return Err(AppError::new(
                    ErrorCode::TrustChanged,
                    format!("the IMC shows another {what}"),
                )
                .because(format!("given {wanted}"))
                .because(format!("shown {seen}"))
                .hint("compare it on the card's console; `slipctl bmc probe` shows it again")
                .into());
            }
        }
        None if first_use => {}
        None => {
            return Err(AppError::new(
                ErrorCode::TrustUnknown,
                format!("the IMC's {what} is new: {seen}"),
            )
            .hint("compare it, then give --certificate and --host-key, or --trust-on-first-use")
            .into());
        }
    }
    Ok(seen.clone())
}

pub fn table(rows: &[DpuRow], output: Output) {
    let shown = rows
        .iter()
        .map(|row| {
            vec![
                row.name.clone(),
                state_word(row),
                row.version.clone().unwrap_or_else(|| "–".into()),
                row.digest
                    .as_ref()
                    .map_or("–".into(), |digest| digest.short().to_owned()),
                row.headline.reason.clone(),
                ago(row.last_seen, now()),
            ]
        })
        .collect();
    output.table(
        &["Card", "State", "Version", "Digest", "Because", "Seen"],
        shown,
    );
}

fn state_word(row: &DpuRow) -> String {
    // `update_available` as people read it.
    let word = serde_json::to_value(row.headline.state).ok();
    let word = word
        .as_ref()
        .and_then(|word| word.as_str())
        .unwrap_or("unknown")
        .replace('_', " ");
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

pub fn show(view: &DpuView, output: Output) {
    let row = &view.row;
    output.line(format!(
        "{}  {}: {}",
        row.name,
        state_word(row),
        row.headline.reason
    ));
    let fact = |name: &str, value: Option<String>| {
        output.line(format!(
            "  {name:<12}{}",
            value.unwrap_or_else(|| "–".into())
        ));
    };
    fact("host", row.host.clone());
    fact("IMC", Some(format!("{} (SSH {})", row.imc, view.imc_ssh)));
    fact("firmware", view.identity.firmware.clone());
    fact("serial", view.identity.serial_number.clone());
    fact("host name", view.hostname.clone());
    let entry = |entry: Option<&slipway_core::bootc::BootEntry>| {
        entry.map(|entry| {
            let digest = entry.digest.as_ref().map_or("?", |digest| digest.short());
            format!(
                "{} ({digest}) {}",
                entry.version.as_deref().unwrap_or("no version"),
                entry.reference.as_deref().unwrap_or("")
            )
        })
    };
    let status = view.bootc.as_ref();
    fact("booted", entry(status.and_then(|s| s.booted.as_ref())));
    fact("staged", entry(status.and_then(|s| s.staged.as_ref())));
    let queued = if status.is_some_and(|s| s.rollback_queued) {
        " (queued for the next boot)"
    } else {
        ""
    };
    fact(
        "rollback",
        entry(status.and_then(|s| s.rollback.as_ref())).map(|text| format!("{text}{queued}")),
    );
    fact("ACC seen", Some(ago(view.acc_seen, now())));
    for pin in &view.pins {
        let kind = kind_word(pin.kind);
        output.line(format!(
            "  pinned      {} {kind} {} ({})",
            pin.peer, pin.fingerprint, pin.accepted_because
        ));
    }
}

fn kind_word(kind: PinKind) -> &'static str {
    match kind {
        PinKind::TlsCertificate => "certificate",
        PinKind::SshHostKey => "host key",
    }
}

pub async fn trust(command: TrustCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    let kind = |kind| match kind {
        PinOf::Certificate => PinKind::TlsCertificate,
        PinOf::HostKey => PinKind::SshHostKey,
    };
    match command {
        TrustCommand::List => {
            let pins = fleet.pins().await?;
            output.show(&pins, || {
                let rows = pins
                    .iter()
                    .map(|pin| {
                        vec![
                            pin.peer.clone(),
                            kind_word(pin.kind).into(),
                            pin.fingerprint.to_string(),
                            pin.accepted_because.clone(),
                            ago(Some(pin.last_seen), now()),
                        ]
                    })
                    .collect();
                output.table(&["Peer", "Of", "Fingerprint", "Accepted", "Seen"], rows);
            });
        }
        TrustCommand::Accept {
            kind: of,
            peer,
            fingerprint,
        } => {
            let fingerprint = fingerprint
                .parse()
                .map_err(|error| Failed::unusable(&error, FINGERPRINT))?;
            fleet
                .accept_pin(AcceptPin {
                    kind: kind(of),
                    peer,
                    fingerprint,
                })
                .await?;
        }
        TrustCommand::Remove { kind: of, peer } => fleet.remove_pin(kind(of), &peer).await?,
    }
    Ok(ExitCode::SUCCESS)
}
