//! `slipctl bmc inventory` and `raw`: what a service tells of itself and of its machine.

use slipway_core::{
    bmc::KnownBmc,
    inventory::{ChassisInfo, Inventory, ManagerInfo, MediaSlotInfo, SystemInfo},
};
use slipway_fleet::{AppError, Fleet, views::BmcView};

use crate::{
    exit::Failed,
    output::{Output, ago, now},
};

pub async fn run(card: &str, cached: bool, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let bmc = fleet.find_bmc(card).await?;
    let view = if cached {
        fleet.bmc(&bmc.id).await?
    } else {
        fleet.refresh_bmc(&bmc.id).await?
    };
    output.show(&view, || show(&view, output));
    Ok(())
}

pub async fn raw(
    card: &str,
    path: Option<&str>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let bmc: KnownBmc = fleet.find_bmc(card).await?;
    let view = fleet.raw_bmc(&bmc.id).await?;
    match path {
        Some(path) => {
            let found = view.resources.iter().find(|one| one.path == path);
            let found = found.ok_or_else(|| {
                AppError::not_found(format!("the last reading has no `{path}`"))
                    .hint("without a path, all of it is shown")
            })?;
            output.line(&found.body);
        }
        // JSON for people too: it is what was asked for.
        None => {
            let all: serde_json::Map<String, serde_json::Value> = view
                .resources
                .into_iter()
                .map(|one| {
                    let body = serde_json::from_str(&one.body).unwrap_or_default();
                    (one.path, body)
                })
                .collect();
            let whole = serde_json::json!({ "read_at": view.read_at, "resources": all });
            output.line(format!("{whole:#}"));
        }
    }
    Ok(())
}

/// One fact, where it is known.
fn fact(output: Output, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        output.line(format!("  {name:<12}{value}"));
    }
}

fn joined(parts: &[Option<&str>]) -> String {
    let known: Vec<&str> = parts.iter().flatten().copied().collect();
    known.join(" ")
}

pub fn show(view: &BmcView, output: Output) {
    let row = &view.row;
    output.line(format!(
        "{}  {}: {}",
        row.name,
        super::word(row.state),
        row.reason
    ));
    fact(output, "kind", Some(&row.kind_text));
    fact(output, "address", Some(&row.address.to_string()));
    fact(output, "login", Some(&view.login));
    if let Some(pairing) = &view.pairing {
        let text = format!("{}: {}", pairing.host_name, pairing.because);
        fact(output, "server", Some(&text));
    }
    for card in &row.cards {
        fact(output, "card", Some(&card.name));
    }
    for pin in &view.pins {
        if let Some(pinned) = &pin.fingerprint {
            let text = format!("{} {pinned} ({})", pin.peer, pin.accepted_because);
            fact(output, "pinned", Some(&text));
        }
    }
    match (&view.inventory, view.read_at) {
        (Some(inventory), read_at) => {
            fact(output, "read", Some(&ago(read_at, now())));
            parts(inventory, output);
        }
        (None, _) => output.line("  never read; `slipctl bmc inventory` reads it"),
    }
}

fn parts(inventory: &Inventory, output: Output) {
    for manager in &inventory.managers {
        show_manager(manager, output);
    }
    for system in &inventory.systems {
        show_system(system, output);
    }
    for chassis in &inventory.chassis {
        show_chassis(chassis, output);
    }
    for firmware in &inventory.firmware {
        let name = firmware.name.as_deref().or(firmware.id.as_deref());
        let text = joined(&[name, firmware.version.as_deref()]);
        fact(output, "firmware", Some(&text));
    }
    for gap in &inventory.gaps {
        fact(
            output,
            "UNREADABLE",
            Some(&format!("{}: {}", gap.path, gap.reason)),
        );
    }
}

fn show_manager(manager: &ManagerInfo, output: Output) {
    output.line(format!("manager {}", manager.path));
    fact(output, "model", manager.model.as_deref());
    fact(output, "firmware", manager.firmware.as_deref());
    fact(output, "health", manager.health.health.as_deref());
    fact(output, "clock", manager.date_time.as_deref());
    for slot in &manager.slots {
        show_slot(slot, output);
    }
    for interface in &manager.interfaces {
        let addresses = interface.addresses.join(" ");
        let text = joined(&[interface.mac.as_deref(), Some(&addresses)]);
        fact(output, "network", Some(&text));
    }
    show_resets(manager.reset_types.as_ref(), output);
}

fn show_resets(types: Option<&Vec<String>>, output: Output) {
    let words = match types {
        Some(types) if types.is_empty() => "offered; the types are not named".to_owned(),
        Some(types) => types.join(" "),
        None => "not offered".to_owned(),
    };
    fact(output, "reset", Some(&words));
}

fn show_slot(slot: &MediaSlotInfo, output: Output) {
    let holds = match (&slot.image, slot.inserted) {
        (Some(image), true) => format!("holds {image}"),
        (None, true) => "holds a medium".to_owned(),
        (_, false) => "empty".to_owned(),
    };
    let types = slot.media_types.join(" ");
    let why = slot.why_no_insert.as_deref();
    let why = why.map(|why| format!("(no insert: {why})"));
    let text = joined(&[Some(&slot.path), Some(&types), Some(&holds), why.as_deref()]);
    fact(output, "media", Some(&text));
}

fn show_system(system: &SystemInfo, output: Output) {
    output.line(format!("system {}", system.path));
    let model = joined(&[system.manufacturer.as_deref(), system.model.as_deref()]);
    fact(output, "model", Some(&model));
    fact(output, "serial", system.serial_number.as_deref());
    fact(output, "BIOS", system.bios.as_deref());
    fact(output, "power", system.power.as_deref());
    fact(output, "health", system.health.health.as_deref());
    for reason in &system.health.reasons {
        fact(output, "because", Some(reason));
    }
    let boot = joined(&[
        system.boot.enabled.as_deref(),
        system.boot.target.as_deref(),
    ]);
    fact(output, "boot", Some(&boot));
    fact(
        output,
        "boot from",
        Some(&system.boot.targets_offered.join(" ")),
    );
    if let Some(count) = system.processor_count {
        let cores = system.core_count.map(|cores| format!("({cores} cores)"));
        let count = count.to_string();
        let model = system.processor_model.as_deref();
        let text = joined(&[Some(&count), model, cores.as_deref()]);
        fact(output, "processors", Some(&text));
    }
    fact(
        output,
        "memory",
        system.memory.map(|m| m.to_string()).as_deref(),
    );
    for drive in &system.drives {
        let capacity = drive.capacity.map(|capacity| capacity.to_string());
        let text = joined(&[
            drive.name.as_deref().or(drive.id.as_deref()),
            drive.model.as_deref(),
            capacity.as_deref(),
            drive.health.health.as_deref(),
        ]);
        fact(output, "drive", Some(&text));
    }
    for slot in &system.slots {
        show_slot(slot, output);
    }
    for device in &system.pcie_devices {
        let text = joined(&[
            device.name.as_deref().or(device.id.as_deref()),
            device.model.as_deref(),
            device.serial_number.as_deref(),
        ]);
        fact(output, "PCIe", Some(&text));
    }
    show_resets(system.reset_types.as_ref(), output);
}

fn show_chassis(chassis: &ChassisInfo, output: Output) {
    output.line(format!("chassis {}", chassis.path));
    let model = joined(&[chassis.manufacturer.as_deref(), chassis.model.as_deref()]);
    fact(output, "model", Some(&model));
    fact(output, "serial", chassis.serial_number.as_deref());
    fact(output, "health", chassis.health.health.as_deref());
    for adapter in &chassis.adapters {
        let macs = adapter.macs.join(" ");
        let text = joined(&[
            adapter.name.as_deref().or(adapter.id.as_deref()),
            adapter.model.as_deref(),
            adapter.firmware.as_deref(),
            Some(&macs),
        ]);
        fact(output, "adapter", Some(&text));
    }
    for device in &chassis.pcie_devices {
        let text = joined(&[
            device.name.as_deref().or(device.id.as_deref()),
            device.model.as_deref(),
            device.serial_number.as_deref(),
        ]);
        fact(output, "PCIe", Some(&text));
    }
}
