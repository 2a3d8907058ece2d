//! The ACC's own programs: bootc, systemd, GRUB's environment.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use slipway_core::command::CommandLine;

use super::{Call, Done, Machine, ShellOutput, Stdin, coreutils::split, imc::uptime, run};
use crate::{
    acc::{Acc, BootcError, Disk, Said, UnitState, UpdateRequest},
    card::Card,
    files::Files,
};

/// How often a command that waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Units that run on a card that is well.
const ACTIVE: [&str; 9] = [
    "sshd",
    "NetworkManager",
    "chronyd",
    "crio",
    "microshift",
    "systemd-journald",
    "dbus-broker",
    "bootc-fetch-apply-updates.timer",
    "multi-user.target",
];

#[derive(Clone)]
pub(crate) struct AccMachine(pub Arc<Card>);

/// Runs a command line on the ACC, in process. Without a running OS it fails as `ssh` would.
pub async fn run_on_acc(card: &Arc<Card>, command: &str, stdin: &[u8]) -> ShellOutput {
    acc_command(card, command, Stdin::bytes(stdin)).await
}

pub(crate) async fn acc_command(card: &Arc<Card>, command: &str, stdin: Stdin) -> ShellOutput {
    if !card.acc().reachable() {
        return ShellOutput {
            exit: 255,
            stdout: Vec::new(),
            stderr: b"ssh: connect to host 192.168.0.2 port 22: Connection refused\n".to_vec(),
        };
    }
    card.count(|o| o.acc_commands += 1);
    run(&AccMachine(Arc::clone(card)), command, stdin).await
}

impl Machine for AccMachine {
    fn files<R>(&self, work: impl FnOnce(&mut Files) -> R) -> R {
        match self.0.acc().files_mut() {
            Some(files) => work(files),
            // The disk went away under a command; what it does now is lost.
            None => work(&mut Files::default()),
        }
    }

    fn made_up(&self, path: &str) -> Option<Vec<u8>> {
        let acc = self.0.acc();
        let text = match path {
            "/proc/uptime" => uptime(acc.uptime(Instant::now())),
            "/proc/sys/kernel/random/boot_id" => format!("{}\n", acc.boot_id()),
            "/proc/sys/kernel/hostname" => format!("{}\n", acc.disk()?.hostname()),
            "/proc/cmdline" => {
                "root=UUID=lab rw ip=192.168.0.2:::255.255.255.0::enp0s1f0:off netroot=iscsi:192.168.0.1::::iqn.e2000:acc acpi=force\n".to_owned()
            }
            "/etc/os-release" | "/usr/lib/os-release" => os_release(acc.disk()?),
            "/boot/grub2/grubenv" => {
                format!("# GRUB Environment Block\n{}", acc.disk()?.grub.list())
            }
            _ => return None,
        };
        Some(text.into_bytes())
    }

    fn hostname(&self) -> String {
        self.0.acc().disk().map(Disk::hostname).unwrap_or_default()
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn set_clock(&self, _to: jiff::Timestamp) -> Result<(), &'static str> {
        Ok(())
    }

    fn space(&self, _path: &str) -> (u64, u64, &'static str) {
        (21 << 30, 32 << 30, "/")
    }

    async fn program(&self, call: &Call) -> Option<Done> {
        let args = call.args();
        Some(match call.argv[0].as_str() {
            "bootc" => self.bootc(&args).await,
            "systemctl" => self.systemctl(&args),
            "systemd-run" => self.systemd_run(&args).await,
            "reboot" => {
                self.0.acc().reboot(Instant::now());
                Done::exit(0)
            }
            "grub2-editenv" => self.grub(&args),
            "hostnamectl" => self.hostnamectl(&args),
            "journalctl" => Done::fine("-- No entries --\n"),
            _ => return None,
        })
    }
}

fn os_release(disk: &Disk) -> String {
    let version = disk.bootc.booted.image.version.as_deref();
    let version = version.unwrap_or("unknown");
    format!(
        "NAME=\"Slipway lab OS\"\nID=slipway-lab\nVERSION_ID={version}\nPRETTY_NAME=\"Slipway lab OS {version}\"\n"
    )
}

fn no_os() -> Said {
    Said::error(&"System not booted via bootc")
}

impl From<Said> for Done {
    fn from(said: Said) -> Self {
        Self {
            exit: said.exit,
            out: said.stdout.into_bytes(),
            err: said.stderr.into_bytes(),
            other: None,
        }
    }
}

/// What `bootc upgrade` or `bootc switch` was asked for.
struct Update {
    request: UpdateRequest,
    check: bool,
    from_downloaded: bool,
    mutate: bool,
    progress_fd: Option<u32>,
}

impl Update {
    /// `words` without `bootc`. The error is clap's, exit code 2.
    fn parse(words: &[&str]) -> Result<Self, Done> {
        let usage = |text: String| {
            Done::failed(
                2,
                format!(
                    "error: {text}\n\nUsage: bootc [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.\n"
                ),
            )
        };
        let (mut check, mut apply, mut download_only) = (false, false, false);
        let (mut from_downloaded, mut mutate) = (false, false);
        let mut transport = "registry".to_owned();
        let mut progress_fd = None;
        let mut target = None;
        let mut rest = words.iter().skip(1);
        while let Some(word) = rest.next() {
            let (flag, mut value) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
                _ => (*word, None),
            };
            let mut value = || {
                value
                    .take()
                    .or_else(|| rest.next().copied())
                    .unwrap_or_default()
            };
            match flag {
                "--quiet" | "-v" | "--retain" | "--enforce-container-sigpolicy" => {}
                "--check" => check = true,
                "--apply" => apply = true,
                "--download-only" => download_only = true,
                "--from-downloaded" => from_downloaded = true,
                "--mutate-in-place" => mutate = true,
                "--transport" => transport = value().to_owned(),
                "--progress-fd" => progress_fd = value().parse().ok(),
                "--soft-reboot" | "--tag" => {
                    value();
                }
                flag if flag.starts_with('-') => {
                    return Err(usage(format!("unexpected argument '{flag}' found")));
                }
                operand => target = Some(operand.to_owned()),
            }
        }
        let request = match (words.first().copied(), target) {
            (Some("switch"), Some(reference)) => UpdateRequest::Switch {
                reference,
                transport,
                apply,
            },
            (Some("switch"), None) => {
                let text = "the following required arguments were not provided:\n  <TARGET>";
                return Err(usage(text.into()));
            }
            (_, Some(extra)) => {
                return Err(usage(format!("unexpected argument '{extra}' found")));
            }
            (_, None) => UpdateRequest::Upgrade {
                download_only,
                apply,
            },
        };
        Ok(Self {
            request,
            check,
            from_downloaded,
            mutate,
            progress_fd,
        })
    }
}

impl AccMachine {
    async fn bootc(&self, args: &[&str]) -> Done {
        match args {
            ["--version" | "-V", ..] => Done::fine("bootc 1.16.9\n"),
            ["status", rest @ ..] => self.bootc_status(rest).await,
            ["upgrade" | "update" | "switch", ..] => match Update::parse(args) {
                Ok(update) => self.bootc_update(update).await,
                Err(usage) => usage,
            },
            ["rollback", rest @ ..] => self.bootc_rollback(rest.contains(&"--apply")).await,
            [other, ..] => {
                let text = format!(
                    "error: unrecognized subcommand '{other}'\n\nUsage: bootc [OPTIONS] <COMMAND>\n"
                );
                Done::failed(2, text)
            }
            [] => Done::failed(2, "Usage: bootc [OPTIONS] <COMMAND>\n"),
        }
    }

    /// Waits for the sysroot lock, as bootc does, and then works on the disk.
    async fn locked<T>(&self, work: impl FnOnce(&mut Acc) -> T) -> Option<T> {
        let generation = self.0.acc().generation();
        loop {
            {
                let mut acc = self.0.acc();
                if acc.generation() != generation {
                    return None;
                }
                if !acc.bootc_busy() {
                    return Some(work(&mut acc));
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn bootc_status(&self, rest: &[&str]) -> Done {
        let json = rest.contains(&"--json")
            || rest.contains(&"--format=json")
            || rest.windows(2).any(|pair| pair == ["--format", "json"]);
        let read = |acc: &mut Acc| match acc.disk() {
            Some(disk) if json => Said::fine(disk.bootc.status_json().to_string()),
            Some(disk) => Said::fine(readable(disk)),
            None => no_os(),
        };
        self.locked(read).await.map_or(Done::exit(255), Done::from)
    }

    async fn bootc_rollback(&self, apply: bool) -> Done {
        let roll = |acc: &mut Acc| {
            let said = match acc.disk_mut() {
                None => return no_os(),
                Some(disk) => match disk.bootc.toggle_rollback() {
                    Ok(words) => Said::fine(words),
                    Err(error) => return Said::error(&error),
                },
            };
            acc.count_rollback();
            if apply {
                acc.reboot(Instant::now());
            }
            said
        };
        self.locked(roll).await.map_or(Done::exit(255), Done::from)
    }

    async fn bootc_update(&self, update: Update) -> Done {
        let images = Arc::clone(&self.0.acc().setup().images);
        let said = |result: Result<String, BootcError>| match result {
            Ok(words) => Said::fine(words),
            Err(error) => Said::error(&error),
        };
        if update.check || update.from_downloaded || update.mutate {
            let quick = |acc: &mut Acc| match (acc.disk_mut(), &update.request) {
                (None, _) => no_os(),
                (Some(disk), _) if update.check => said(disk.bootc.check(&images)),
                (
                    Some(disk),
                    UpdateRequest::Switch {
                        reference,
                        transport,
                        ..
                    },
                ) => {
                    disk.bootc.mutate_origin(reference, transport);
                    Said::default()
                }
                (Some(disk), UpdateRequest::Upgrade { .. }) => {
                    said(disk.bootc.release_downloaded())
                }
            };
            return self.locked(quick).await.map_or(Done::exit(255), Done::from);
        }
        let (id, generation) = {
            let mut acc = self.0.acc();
            let id = acc.begin_update(Instant::now(), update.request, None);
            (id, acc.generation())
        };
        loop {
            {
                let acc = self.0.acc();
                if acc.generation() != generation {
                    return Done::exit(255);
                }
                if let Some(said) = acc.update_result(id) {
                    let progress = acc.update_progress(id).into_bytes();
                    let mut done = Done::from(said);
                    done.other = update.progress_fd.map(|fd| (fd, progress));
                    return done;
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn systemctl(&self, args: &[&str]) -> Done {
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
                let value = flags.iter().any(|flag| *flag == "--value");
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
    async fn systemd_run(&self, args: &[&str]) -> Done {
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

    fn grub(&self, args: &[&str]) -> Done {
        match args {
            ["list"] | [_, "list"] => {
                let acc = self.0.acc();
                Done::fine(acc.disk().map(|disk| disk.grub.list()).unwrap_or_default())
            }
            _ => Done::exit(0),
        }
    }

    fn hostnamectl(&self, args: &[&str]) -> Done {
        match args {
            ["set-hostname" | "hostname", name] => {
                let text = format!("{name}\n");
                self.files(|files| files.place("/etc/hostname", text.as_bytes()));
                Done::exit(0)
            }
            ["hostname" | "--static", ..] => Done::fine(format!("{}\n", self.hostname())),
            _ => Done::fine(format!(
                " Static hostname: {}\n         Chassis: embedded\nOperating System: Slipway lab OS\n    Architecture: arm64\n",
                self.hostname()
            )),
        }
    }
}

/// `bootc status` for people.
fn readable(disk: &Disk) -> String {
    let bootc = &disk.bootc;
    let entries = [
        ("  Staged image", &bootc.staged),
        ("● Booted image", &Some(bootc.booted.clone())),
        ("  Rollback image", &bootc.rollback),
    ];
    let mut text = String::new();
    for (title, entry) in entries {
        if let Some(entry) = entry {
            let image = &entry.image;
            text.push_str(&format!(
                "{title}: {}\n          Digest: {} ({})\n         Version: {} ({})\n\n",
                image.reference,
                image.digest,
                image.architecture,
                image.version.as_deref().unwrap_or("none"),
                image.built.as_deref().unwrap_or("unknown"),
            ));
        }
    }
    text
}
