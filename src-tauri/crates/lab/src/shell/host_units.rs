//! Units and containers on the DPU host: the stand-in for podman and marvell-tools.

use std::time::Instant;

use super::{Done, coreutils::split, host::HostMachine};
use crate::{
    faults::Fault,
    host::{DpuHost, HostUnit},
};

/// What the tools write, evenly over their run.
const LOG: [&str; 5] = [
    "pxeboot: starting dnsmasq and http on the host",
    "pxeboot: the card is reset",
    "pxeboot: the card loads its kernel",
    "pxeboot: anaconda installs",
    "pxeboot: the card has booted, ssh answers",
];

impl HostUnit {
    fn runs(&self) -> bool {
        !self.stopped && Instant::now() < self.until
    }

    fn log(&self) -> Vec<&'static str> {
        let whole = self.until.saturating_duration_since(self.began);
        let gone = self.began.elapsed().min(whole);
        let part = gone.as_millis() * LOG.len() as u128 / whole.as_millis().max(1);
        let mut lines = LOG[..usize::try_from(part).unwrap_or(0).clamp(1, LOG.len())].to_vec();
        if self.exit != 0 && !self.runs() {
            lines.truncate(3);
            lines.push("pxeboot: no DHCP request from the card within 600 s");
        }
        lines
    }
}

fn of<'a>(host: &'a DpuHost, name: &str) -> Option<&'a HostUnit> {
    let full = |name: &str| match name.contains('.') {
        true => name.to_owned(),
        false => format!("{name}.service"),
    };
    host.unit
        .as_ref()
        .filter(|unit| full(&unit.name) == full(name))
}

impl HostMachine {
    pub(super) fn systemd_run(&self, args: &[&str]) -> Done {
        let mut name = None;
        let flags = args.iter().take_while(|word| word.starts_with('-')).count();
        for word in &args[..flags] {
            name = word.strip_prefix("--unit=").or(name);
        }
        let command: Vec<String> = args[flags..]
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        let (Some(name), [program, run, ..]) = (name, command.as_slice()) else {
            return Done::failed(1, "Command line to execute required.\n");
        };
        if of(&self.0.host(), name).is_some() {
            let text = format!(
                "Failed to start transient service unit: Unit {name} was already loaded or has a fragment file.\n"
            );
            return Done::failed(1, text);
        }
        if (program.as_str(), run.as_str()) != ("podman", "run") {
            return Done::failed(1, format!("Failed to find executable {program}\n"));
        }
        let fails = self.0.faults.take(Fault::PxebootFails);
        let began = Instant::now();
        self.0.count(|o| o.host_containers += 1);
        self.0.host().unit = Some(HostUnit {
            name: name.to_owned(),
            argv: command,
            began,
            until: began + self.0.timings.pxeboot,
            exit: u32::from(fails),
            stopped: false,
        });
        Done {
            err: format!("Running as unit: {name}\n").into_bytes(),
            ..Done::default()
        }
    }

    pub(super) fn systemctl(&self, args: &[&str]) -> Done {
        let (_, operands) = split(args);
        let mut host = self.0.host();
        match operands.as_slice() {
            ["show", name] => Done::fine(match of(&host, name) {
                None => {
                    "LoadState=not-found\nActiveState=inactive\nSubState=dead\nExecMainStatus=0\n"
                        .to_owned()
                }
                Some(unit) => {
                    let (active, sub) = match (unit.runs(), unit.exit) {
                        (true, _) => ("active", "running"),
                        (false, 0) => ("active", "exited"),
                        (false, _) => ("failed", "failed"),
                    };
                    let exit = unit.exit;
                    format!(
                        "LoadState=loaded\nActiveState={active}\nSubState={sub}\nExecMainStatus={exit}\n"
                    )
                }
            }),
            ["stop" | "reset-failed", name] => {
                let known = of(&host, name).is_some();
                if !known {
                    return Done::failed(5, format!("Failed: Unit {name} not loaded.\n"));
                }
                // A transient unit goes with its end; what it ran is remembered for who asks the lab.
                if let Some(unit) = &mut host.unit {
                    unit.stopped = true;
                    unit.name = "gone".into();
                }
                Done::exit(0)
            }
            _ => Done::exit(0),
        }
    }

    pub(super) fn journalctl(&self, args: &[&str]) -> Done {
        let value = |flag: &str| args.iter().find_map(|word| word.strip_prefix(flag));
        let count = value("--lines=").and_then(|text| text.parse().ok());
        let host = self.0.host();
        let Some(unit) = of(&host, value("--unit=").unwrap_or_default()) else {
            return Done::fine("-- No entries --\n");
        };
        let lines = unit.log();
        let from = lines.len().saturating_sub(count.unwrap_or(usize::MAX));
        Done::fine(format!("{}\n", lines[from..].join("\n")))
    }

    pub(super) fn podman(&self, args: &[&str]) -> Done {
        match args {
            ["ps", ..] => match self.0.host().unit.as_ref().filter(|unit| unit.runs()) {
                Some(_) => Done::fine("5110a1ab0001\n"),
                None => Done::exit(0),
            },
            ["rm", ..] => {
                if let Some(unit) = &mut self.0.host().unit {
                    unit.stopped = true;
                }
                Done::exit(0)
            }
            _ => Done::failed(125, "Error: the lab's podman knows run, ps and rm\n"),
        }
    }
}
