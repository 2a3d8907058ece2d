//! The simulated ACC's shell: bootc, systemd and greenboot as far as a job sees them.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use slipway_core::{
    bootc::{EXIT_FILE, PROGRESS_FILE, STDERR_FILE},
    command::CommandLine,
    kickstart::NONCE_FILE,
    ports::{CommandOutput, Remote, RemoteError, Stage},
    trust::Fingerprint,
};

use super::{
    access::Sim,
    parts::{Entry, Event},
    says,
    world::World,
};

pub struct AccShell {
    pub sim: Sim,
    /// The key that it must show; `None`: the one that is pinned.
    pub showing: Option<Fingerprint>,
}

impl AccShell {
    fn connect(&self, world: &mut World) -> Result<(), RemoteError> {
        let peer = || "acc-01.lab:22".to_owned();
        if let Some(error) = world.faults.acc.clone() {
            if matches!(error, RemoteError::Unauthorized { .. }) {
                world.effects.refused_logins += 1;
            }
            return Err(error);
        }
        let seen = match &world.system {
            Some(system) if world.now >= world.acc_up_at => system.host_key.clone(),
            Some(_) | None => {
                let reason = "connection timed out".into();
                return Err(RemoteError::Unreachable {
                    peer: peer(),
                    stage: Stage::Tcp,
                    reason,
                });
            }
        };
        match self.showing.clone().or_else(|| world.pinned.clone()) {
            Some(pinned) if pinned == seen => Ok(()),
            Some(pinned) => Err(RemoteError::HostKeyChanged {
                peer: peer(),
                pinned,
                seen,
            }),
            None => Err(RemoteError::HostKeyUnknown { peer: peer(), seen }),
        }
    }
}

#[async_trait]
impl Remote for AccShell {
    async fn run(
        &self,
        command: &CommandLine,
        stdin: Option<&[u8]>,
        _deadline: Duration,
    ) -> Result<CommandOutput, RemoteError> {
        let mut world = self.sim.world();
        if !world.hears() {
            return Err(super::no_answer("acc-01.lab:22"));
        }
        self.connect(&mut world)?;
        let line = command.to_string();
        if world.faults.status_hangs && line.starts_with("bootc status") {
            let (peer, command) = ("acc-01.lab:22".to_owned(), "bootc status".to_owned());
            return Err(RemoteError::TimedOut {
                peer,
                command,
                seconds: 30,
            });
        }
        if let Some((_, said)) = world
            .faults
            .acc_says
            .iter()
            .find(|(start, _)| line.starts_with(**start))
        {
            return Ok(said.clone());
        }
        let argv: Vec<&str> = command.argv().iter().map(String::as_str).collect();
        if let Some(said) = super::after::acc_command(&mut world, &argv, stdin) {
            return Ok(said);
        }
        Ok(acc_command(&mut world, &argv))
    }
}

fn acc_command(world: &mut World, argv: &[&str]) -> CommandOutput {
    let done = says(0, "", "");
    let missing = says(1, "", "No such file or directory");
    match argv {
        ["cat", "/proc/sys/kernel/random/boot_id"] => {
            says(0, &format!("boot-{}\n", world.boot_id), "")
        }
        ["cat", NONCE_FILE] => match &world.system().nonce {
            Some(nonce) => says(0, &format!("{nonce}\n"), ""),
            None => missing,
        },
        ["cat", path] => world
            .run_files
            .get(*path)
            .map_or(missing, |text| says(0, text, "")),
        ["tail", "-c", _, path] => world
            .run_files
            .get(*path)
            .map_or(missing, |text| says(0, text, "")),
        ["bootc", "status", ..] => says(0, &status(world).to_string(), ""),
        ["bootc", "rollback"] => roll_back(world),
        ["grub2-editenv", ..] => says(0, &world.system().grubenv.clone(), ""),
        ["systemctl", "is-active", unit] => match world.unit.as_deref() == Some(unit) {
            true => says(0, "active\n", ""),
            false => says(3, "inactive\n", ""),
        },
        ["systemctl", "stop", unit] => {
            world.effects.unit_stops += 1;
            if world.unit.as_deref() == Some(unit) {
                world.unit = None;
            }
            done
        }
        ["systemctl", "reboot"] => {
            world.effects.reboots += 1;
            world.after(world.pace.reboot_shows, Event::AccReboots);
            done
        }
        ["systemd-run", ..] => start_update(world, argv),
        other => panic!("the simulated ACC does not know {other:?}"),
    }
}

fn roll_back(world: &mut World) -> CommandOutput {
    let system = world.system();
    if system.rollback.is_none() {
        return says(1, "", "error: No rollback available\n");
    }
    // A toggle, and a staged image is discarded.
    system.rollback_queued = system.staged.take().is_some() || !system.rollback_queued;
    world.effects.rollbacks += 1;
    says(0, "Next boot: rollback deployment\n", "")
}

fn start_update(world: &mut World, argv: &[&str]) -> CommandOutput {
    let unit = argv
        .iter()
        .find_map(|word| word.strip_prefix("--unit="))
        .expect("a unit");
    if world.unit.is_some() {
        return says(
            1,
            "",
            "Failed to start transient service unit: Unit was already loaded\n",
        );
    }
    world.effects.update_starts += 1;
    if world.faults.update_leaves_no_trace {
        return says(0, "", "");
    }
    let script = argv
        .iter()
        .position(|word| *word == "slipway")
        .expect("the script's name");
    let (dir, update) = (argv[script + 1].to_owned(), &argv[script + 2..]);
    for file in [EXIT_FILE, STDERR_FILE] {
        world.run_files.remove(&format!("{dir}/{file}"));
    }
    let progress = r#"{"type":"ProgressSteps","task":"staging","description":"Deploying Image","steps":1,"stepsTotal":3}"#;
    world
        .run_files
        .insert(format!("{dir}/{PROGRESS_FILE}"), format!("{progress}\n"));
    world.unit = Some(unit.to_owned());
    let argv = update.iter().map(|word| (*word).to_owned()).collect();
    world.after(
        world.pace.update,
        Event::UpdateEnds {
            unit: unit.to_owned(),
            dir,
            argv,
        },
    );
    says(0, "", "")
}

fn status(world: &mut World) -> Value {
    let system = world.system();
    let entry = |entry: &Option<Entry>| match entry {
        None => Value::Null,
        Some(entry) => json!({
            "image": {
                "image": { "image": entry.reference, "transport": "registry" },
                "imageDigest": entry.digest.as_str(),
                "architecture": "arm64",
            },
            "cachedUpdate": null, "incompatible": false, "pinned": false,
            "downloadOnly": entry.locked, "softRebootCapable": false,
        }),
    };
    let follows = system
        .booted
        .as_ref()
        .map(|booted| booted.reference.clone());
    json!({
        "apiVersion": "org.containers.bootc/v1",
        "kind": "BootcHost",
        "spec": {
            "image": { "image": follows, "transport": "registry" },
            "bootOrder": if system.rollback_queued { "rollback" } else { "default" },
        },
        "status": {
            "booted": entry(&system.booted),
            "staged": entry(&system.staged),
            "rollback": entry(&system.rollback),
            "rollbackQueued": system.rollback_queued,
        },
    })
}
