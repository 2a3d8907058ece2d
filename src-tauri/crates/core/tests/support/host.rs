//! The simulated DPU host's shell: one driver.

use std::time::Duration;

use async_trait::async_trait;
use slipway_core::{
    command::CommandLine,
    ports::{CommandOutput, Remote, RemoteError},
};

use super::{World, access::Sim, no_answer, says};

pub struct HostShell(pub Sim);

/// What `systemctl show` says of a unit.
fn shown(world: &World, unit: &str) -> String {
    let (load, sub) = match &world.host_unit {
        Some((name, until)) if name == unit && world.now < *until => ("loaded", "running"),
        Some((name, _)) if name == unit => ("loaded", "exited"),
        Some(_) | None => return "LoadState=not-found\nActiveState=inactive\n".into(),
    };
    format!("LoadState={load}\nActiveState=active\nSubState={sub}\nExecMainStatus=0\n")
}

#[async_trait]
impl Remote for HostShell {
    async fn run(
        &self,
        command: &CommandLine,
        _stdin: Option<&[u8]>,
        _deadline: Duration,
    ) -> Result<CommandOutput, RemoteError> {
        let mut world = self.0.world();
        if !world.hears() {
            return Err(no_answer("host-01.lab:22"));
        }
        let done = says(0, "", "");
        let argv: Vec<&str> = command.argv().iter().map(String::as_str).collect();
        Ok(match argv.as_slice() {
            ["lsmod"] => {
                let idpf = if world.driver_loaded {
                    "idpf  102400  0\n"
                } else {
                    ""
                };
                let head = "Module                  Size  Used by\n";
                says(0, &format!("{head}{idpf}ext4 1 2\n"), "")
            }
            ["rmmod", "idpf"] => {
                if world.faults.driver == Some("keeps") {
                    return Ok(says(1, "", "rmmod: ERROR: Module idpf is in use\n"));
                }
                world.effects.driver_unloads += 1;
                world.driver_loaded = false;
                done
            }
            ["modprobe", "idpf"] => {
                world.effects.driver_loads += 1;
                world.driver_loaded = true;
                done
            }
            ["ls", "/sys/bus/pci/drivers/idpf"] => says(0, "0000:3b:00.0\nbind\nmodule\n", ""),
            ["ls", "/sys/bus/pci/drivers/idpf/0000:3b:00.0/net"] => {
                if world.faults.driver == Some("no-device") {
                    return Ok(says(2, "", "No such file or directory"));
                }
                says(0, "ens1f0\n", "")
            }
            ["lspci", ..] => says(
                0,
                "01:00.0 Network controller [0280]: Octeon [177d:b900]\n",
                "",
            ),
            ["sudo", "podman", "ps", ..] => match world.host_unit {
                Some((_, until)) if world.now < until => says(0, "c0ffee\n", ""),
                Some(_) | None => done,
            },
            [
                "sudo",
                "systemd-run",
                unit,
                "--property=RemainAfterExit=yes",
                "--",
                "podman",
                "run",
                ..,
            ] => {
                assert!(
                    world.host_unit.is_none(),
                    "systemd would refuse a second one"
                );
                world.effects.containers += 1;
                let unit = unit.strip_prefix("--unit=").expect("a unit").to_owned();
                world.host_unit = Some((unit, world.now + world.pace.install));
                done
            }
            ["systemctl", "show", unit, _] => says(0, &shown(&world, unit), ""),
            ["sudo", "journalctl", ..] => says(0, "the card loads its kernel\n", ""),
            ["sudo", "systemctl", "stop", unit] => {
                if world
                    .host_unit
                    .as_ref()
                    .is_some_and(|(name, _)| name == unit)
                {
                    world.host_unit = None;
                }
                done
            }
            ["sudo", "podman", "rm", ..] | ["sudo", "systemctl", "reset-failed", _] => done,
            other => panic!("the simulated host does not know {other:?}"),
        })
    }
}
