//! systemd on the ACC: units that are there, and transient ones.

use std::time::Instant;

use slipway_core::command::CommandLine;

use super::{Done, Machine, Stdin, acc::AccMachine, bootc::Update, coreutils::split, run};
use crate::acc::UnitState;

/// Units that run on a card that is well.
const ACTIVE: [&str; 8] = [
    "sshd",
    "NetworkManager",
    "chronyd",
    "crio",
    "systemd-journald",
    "dbus-broker",
    "bootc-fetch-apply-updates.timer",
    "multi-user.target",
];

impl AccMachine {
    pub(super) fn systemctl(&self, args: &[&str]) -> Done {
        let (flags, operands) = split(args);
        let quiet = flags.contains(&"-q") || flags.contains(&"--quiet");
        let answer = |exit: u32, word: &str| Done {
            exit,
            out: if quiet {
                Vec::new()
            } else {
                format!("{word}\n").into_bytes()
            },
            ..Done::default()
        };
        match operands.as_slice() {
            ["is-active", "microshift" | "microshift.service"] => match self.microshift() {
                Some(true) => answer(0, "active"),
                Some(false) => answer(3, "activating"),
                None => answer(3, "inactive"),
            },
            ["is-enabled", "microshift" | "microshift.service"] => {
                match self.microshift_enabled() {
                    true => answer(0, "enabled"),
                    false => answer(1, "disabled"),
                }
            }
            [verb, "microshift" | "microshift.service"]
                if ["start", "stop", "restart", "enable", "disable"].contains(verb) =>
            {
                self.microshift_unit(verb, &flags)
            }
            ["reboot"] => {
                self.0.acc().reboot(Instant::now());
                Done::exit(0)
            }
            ["is-active", unit] => match self.active(unit) {
                true => answer(0, "active"),
                false => answer(3, "inactive"),
            },
            ["is-enabled", unit] => match self.masked(unit) {
                true => answer(1, "masked"),
                false => answer(0, "enabled"),
            },
            ["is-failed", ..] => answer(1, "active"),
            ["is-system-running"] => match self.greenboot_passed() {
                true => answer(0, "running"),
                false => answer(1, "starting"),
            },
            ["show", rest @ ..] => {
                let unit = rest.last().copied().unwrap_or_default();
                let (active, sub) = match self.active(unit) {
                    true => ("active", "running"),
                    false => ("inactive", "dead"),
                };
                let value = flags.contains(&"--value");
                let all = [
                    ("LoadState", "loaded"),
                    ("ActiveState", active),
                    ("SubState", sub),
                    ("Result", "success"),
                    ("ExecMainStatus", "0"),
                ];
                let asked: Vec<&str> = args
                    .iter()
                    .filter_map(|arg| arg.strip_prefix("--property=").or(arg.strip_prefix("-p")))
                    .flat_map(|names| names.split(','))
                    .filter(|name| !name.is_empty())
                    .chain(rest.iter().copied())
                    .collect();
                let any = all.iter().any(|(name, _)| asked.contains(name));
                let lines = all
                    .iter()
                    .filter(|(name, _)| !any || asked.contains(name))
                    .map(|(name, text)| match value {
                        true => format!("{text}\n"),
                        false => format!("{name}={text}\n"),
                    });
                Done::fine(lines.collect::<String>())
            }
            ["mask", units @ ..] => self.mask(units, true),
            ["unmask", units @ ..] => self.mask(units, false),
            ["stop" | "kill", ..]
            | [
                "start" | "restart" | "reload" | "enable" | "disable" | "daemon-reload"
                | "reset-failed",
                ..,
            ]
            | [] => Done::exit(0),
            [other, ..] => Done::failed(1, format!("Unknown command verb {other}.\n")),
        }
    }

    fn greenboot_passed(&self) -> bool {
        let acc = self.0.acc();
        acc.disk().is_some_and(|disk| disk.grub.passed())
    }

    fn masked(&self, unit: &str) -> bool {
        let path = format!("/etc/systemd/system/{unit}.masked");
        self.files(|files| files.exists(&path))
    }

    fn mask(&self, units: &[&str], masks: bool) -> Done {
        self.files(|files| {
            for unit in units {
                let path = format!("/etc/systemd/system/{unit}.masked");
                if masks {
                    files.place(&path, b"");
                } else {
                    files.remove_all(&path);
                }
            }
        });
        Done::exit(0)
    }

    fn active(&self, unit: &str) -> bool {
        if self.masked(unit) {
            return false;
        }
        let name = unit.strip_suffix(".service").unwrap_or(unit);
        match name {
            "greenboot-healthcheck" | "boot-complete.target" => self.greenboot_passed(),
            name if ACTIVE.contains(&name) => true,
            _ => self.0.acc().unit_state(unit) == UnitState::Active,
        }
    }

    /// A transient unit. An update in the form of `core::bootc::tracked_update` is run by the ACC
    /// itself, so that it goes on without us; anything else by the shell, in the background.
    pub(super) async fn systemd_run(&self, args: &[&str]) -> Done {
        let mut unit = None;
        let (mut waits, mut quiet) = (false, false);
        let mut at = 0;
        while let Some(word) = args.get(at).filter(|word| word.starts_with('-')) {
            at += 1;
            match *word {
                "--" => break,
                "--wait" | "--pipe" | "-P" => waits = true,
                "--quiet" | "-q" => quiet = true,
                "--unit" | "-u" => {
                    unit = args.get(at).map(|name| (*name).to_owned());
                    at += 1;
                }
                "-p" | "--property" => at += 1,
                word => {
                    if let Some(name) = word.strip_prefix("--unit=") {
                        unit = Some(name.to_owned());
                    }
                }
            }
        }
        let command = args.get(at..).unwrap_or_default();
        if command.is_empty() {
            return Done::failed(1, "Command line to execute required.\n");
        }
        let unit = unit.unwrap_or_else(|| format!("run-r{}", uuid::Uuid::new_v4().simple()));
        let unit = if unit.contains('.') {
            unit
        } else {
            format!("{unit}.service")
        };
        if self.0.acc().unit_state(&unit) == UnitState::Active {
            let text = format!(
                "Failed to start transient service unit: Unit {unit} was already loaded or has a fragment file.\n"
            );
            return Done::failed(1, text);
        }
        if let [
            "bash" | "/bin/bash" | "sh",
            "-c",
            _script,
            "slipway",
            dir,
            "bootc",
            update @ ..,
        ] = command
        {
            return match Update::parse(update) {
                Ok(update) => {
                    let traces = (unit, (*dir).to_owned());
                    let mut acc = self.0.acc();
                    acc.begin_update(Instant::now(), update.request, Some(traces));
                    Done::exit(0)
                }
                Err(usage) => usage,
            };
        }
        let line = CommandLine::new(command.iter().copied()).to_string();
        if waits {
            let output = Box::pin(run(self, &line, Stdin::bytes([]))).await;
            return Done {
                exit: output.exit,
                out: output.stdout,
                err: output.stderr,
                other: None,
            };
        }
        let id = self.0.acc().begin_unit(unit.clone());
        let machine = self.clone();
        let background: futures::future::BoxFuture<'static, ()> = Box::pin(async move {
            run(&machine, &line, Stdin::bytes([])).await;
            machine.0.acc().end_unit(id);
        });
        tokio::spawn(background);
        let said = if quiet {
            String::new()
        } else {
            format!("Running as unit: {unit}\n")
        };
        Done {
            err: said.into_bytes(),
            ..Done::default()
        }
    }
}
