//! `slipctl bmc`.

mod act;
mod add;
mod discover;
mod inventory;
mod login;

use std::process::ExitCode;

use slipway_core::{bmc::KnownBmc, ids::BmcId, job::deployment::Certificate};
use slipway_fleet::{
    Fleet,
    views::{BmcQuery, BmcRow, DpuQuery, DpuRow, DpuView, ProbeTrust},
};

use crate::{
    args::BmcCommand,
    exit::Failed,
    open::{Desk, read_descriptor},
    output::{Output, ago, now},
    trust::kind_word,
};

pub async fn run(command: BmcCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        BmcCommand::Add(args) => add::run(*args, &fleet, output).await?,
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
        BmcCommand::Discover(args) => return discover::run(args, &fleet, output).await,
        BmcCommand::List {
            search,
            hosts: false,
        } => {
            let rows = all_cards(&fleet, search).await?;
            output.show(&rows, || table(&rows, output));
        }
        BmcCommand::List {
            search,
            hosts: true,
        } => {
            let rows = all_hosts(&fleet, search).await?;
            output.show(&rows, || host_table(&rows, output));
        }
        BmcCommand::Show { card } => {
            let bmc = fleet.find_bmc(&card).await?;
            match &bmc.dpu {
                Some(dpu) => {
                    let view = fleet.dpu(dpu).await?;
                    output.show(&view, || show(&view, output));
                }
                None => {
                    let view = fleet.bmc(&bmc.id).await?;
                    output.show(&view, || inventory::show(&view, output));
                }
            }
        }
        BmcCommand::Inventory { card, cached } => {
            inventory::run(&card, cached, &fleet, output).await?;
        }
        BmcCommand::Raw { card, path } => {
            inventory::raw(&card, path.as_deref(), &fleet, output).await?;
        }
        BmcCommand::Insert { card, image, slot } => {
            act::insert(&card, image, slot, &fleet, output).await?;
        }
        BmcCommand::Eject { card, slot } => act::eject(&card, slot, &fleet, output).await?,
        BmcCommand::Boot {
            card,
            target,
            enabled,
            system,
        } => act::boot(&card, target, enabled, system, &fleet, output).await?,
        BmcCommand::Reset {
            card,
            reset_type,
            manager,
            target,
            yes,
        } => {
            let of = act::ResetOf { manager, target };
            act::reset(&card, reset_type, of, yes, &fleet, output).await?;
        }
        BmcCommand::Pair {
            card,
            host,
            none: _,
        } => {
            let dpu = fleet.find_dpu(&card).await?;
            let host: Option<KnownBmc> = match host {
                Some(host) => Some(fleet.find_bmc(&host).await?),
                None => None,
            };
            fleet.pair(&dpu.id, host.as_ref().map(|h| &h.id)).await?;
            let name = host.as_ref().map(|host| host.name.clone());
            let paired = serde_json::json!({ "card": dpu.name, "host": name });
            output.show(&paired, || match &name {
                Some(host) => output.line(format!("{} is in {host}", dpu.name)),
                None => output.line(format!("{} is in no known server", dpu.name)),
            });
        }
        BmcCommand::Prepare {
            card, undo: true, ..
        } => undo(&card, &fleet, output).await?,
        BmcCommand::Prepare {
            card,
            undo: false,
            reserved_memory,
            certificate,
        } => {
            let dpu = fleet.find_dpu(&card).await?;
            let wanted = match certificate {
                true => Certificate::OurOwn,
                false => Certificate::WhereMissing,
            };
            // First what may be refused: then nothing is written.
            let mut done = match reserved_memory {
                true => fleet.install_reserved_memory(&dpu.id).await?,
                false => Vec::new(),
            };
            done.extend(fleet.prepare_imc(&dpu.id, wanted).await?);
            output.show(&done, || {
                if done.is_empty() {
                    output.line(format!("the IMC of {} was prepared already", dpu.name));
                }
                for line in &done {
                    output.line(line);
                }
            });
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
        BmcCommand::Login {
            card,
            profile,
            acc_profile,
            ssh,
        } => login::run(&card, profile, acc_profile, ssh, &fleet, output).await?,
        BmcCommand::Remove { card } => remove(&card, &fleet, output).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn undo(card: &str, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let dpu = fleet.find_dpu(card).await?;
    let undone = fleet.undo_preparation(&dpu.id).await?;
    let shown = serde_json::json!({ "done": undone.done, "left": undone.left });
    output.show(&shown, || {
        if undone.done.is_empty() && undone.left.is_empty() {
            output.line(format!("nothing of ours is on the IMC of {}", dpu.name));
        }
        for line in &undone.done {
            output.line(line);
        }
        for left in &undone.left {
            output.line(format!("left: {} ({})", left.what, left.why));
        }
    });
    Ok(())
}

async fn remove(card: &str, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let bmc = match fleet.find_dpu(card).await {
        Ok(dpu) => fleet.find_bmc(BmcId::from(&dpu.id).as_str()).await?,
        // What was said of cards is true: it is no card. It may be another BMC.
        Err(error) => fleet.find_bmc(card).await.map_err(|_| error)?,
    };
    match &bmc.dpu {
        Some(dpu) => fleet.remove_dpu(dpu).await?,
        None => fleet.remove_bmc(&bmc.id).await?,
    }
    output.show(&serde_json::json!({ "removed": bmc.name }), || {
        let rest = if bmc.dpu.is_some() {
            "; its jobs stay in the history"
        } else {
            ""
        };
        output.line(format!("{} was removed{rest}", bmc.name));
    });
    Ok(())
}

async fn all_cards(fleet: &Fleet, search: Option<String>) -> Result<Vec<DpuRow>, Failed> {
    let mut rows: Vec<DpuRow> = Vec::new();
    loop {
        let query = DpuQuery {
            search: search.clone(),
            offset: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            limit: 500,
            ..DpuQuery::default()
        };
        let page = fleet.dpus(&query).await?;
        let last = page.rows.is_empty();
        rows.extend(page.rows);
        if last || rows.len() >= page.total as usize {
            return Ok(rows);
        }
    }
}

async fn all_hosts(fleet: &Fleet, search: Option<String>) -> Result<Vec<BmcRow>, Failed> {
    let mut rows: Vec<BmcRow> = Vec::new();
    loop {
        let query = BmcQuery {
            search: search.clone(),
            with_imcs: false,
            offset: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            limit: 500,
        };
        let page = fleet.bmcs(&query).await?;
        let last = page.rows.is_empty();
        rows.extend(page.rows);
        if last || rows.len() >= page.total as usize {
            return Ok(rows);
        }
    }
}

fn host_table(rows: &[BmcRow], output: Output) {
    let shown = rows
        .iter()
        .map(|row| {
            let cards: Vec<&str> = row.cards.iter().map(|card| card.name.as_str()).collect();
            vec![
                row.name.clone(),
                word(row.state),
                row.kind_text.clone(),
                row.firmware.clone().unwrap_or_else(|| "–".into()),
                cards.join(", "),
                row.reason.clone(),
                ago(row.seen, now()),
            ]
        })
        .collect();
    output.table(
        &[
            "BMC", "State", "Kind", "Firmware", "Cards", "Because", "Seen",
        ],
        shown,
    );
}

fn words(trust: &ProbeTrust) -> String {
    match trust {
        ProbeTrust::New { seen } => format!("{seen} (new)"),
        ProbeTrust::Pinned { seen } => format!("{seen} (pinned)"),
        ProbeTrust::Changed { pinned, seen } => format!("{seen} (CHANGED, pinned is {pinned})"),
        ProbeTrust::Silent { reason } => format!("no answer: {reason}"),
    }
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
    word(row.headline.state)
}

/// `update_available` as people read it.
fn word(value: impl serde::Serialize) -> String {
    let word = serde_json::to_value(value).ok();
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
    fact("login", Some(view.logins.imc.text.clone()));
    let server = view.pairing.as_ref();
    fact(
        "server",
        server.map(|paired| format!("{}: {}", paired.host_name, paired.because)),
    );
    for pin in &view.pins {
        let kind = kind_word(pin.kind);
        if let Some(fingerprint) = &pin.fingerprint {
            output.line(format!(
                "  pinned      {} {kind} {fingerprint} ({})",
                pin.peer, pin.accepted_because
            ));
        }
        if let Some(refused) = &pin.refused {
            output.line(format!(
                "  REFUSED     {} {kind} {}",
                pin.peer, refused.seen
            ));
        }
    }
}
