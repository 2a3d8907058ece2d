//! The DPU host's own programs: modules, PCI, podman.

use std::sync::Arc;

use super::{Call, Done, Machine, ShellOutput, Stdin, coreutils::split, run};
use crate::{
    card::Card,
    faults::Fault,
    files::Files,
    host::{DRIVER, NETDEV, PCI},
};

#[derive(Clone)]
pub(crate) struct HostMachine(pub Arc<Card>);

/// Runs a command line on the DPU host, in process.
pub async fn run_on_host(card: &Arc<Card>, command: &str, stdin: &[u8]) -> ShellOutput {
    host_command(card, command, Stdin::bytes(stdin)).await
}

pub(crate) async fn host_command(card: &Arc<Card>, command: &str, stdin: Stdin) -> ShellOutput {
    run(&HostMachine(Arc::clone(card)), command, stdin).await
}

impl Machine for HostMachine {
    fn files<R>(&self, work: impl FnOnce(&mut Files) -> R) -> R {
        work(&mut self.0.host().files)
    }

    fn made_up(&self, _path: &str) -> Option<Vec<u8>> {
        None
    }

    fn hostname(&self) -> String {
        let text = self.files(|files| files.read_text("/etc/hostname"));
        text.unwrap_or_default().trim().to_owned()
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn set_clock(&self, _to: jiff::Timestamp) -> Result<(), &'static str> {
        Ok(())
    }

    fn space(&self, _path: &str) -> (u64, u64, &'static str) {
        (200 << 30, 400 << 30, "/")
    }

    async fn program(&self, call: &Call) -> Option<Done> {
        let args = call.args();
        let (_, operands) = split(&args);
        Some(match call.argv[0].as_str() {
            "lsmod" => {
                let head = "Module                  Size  Used by\n";
                let idpf = match self.0.host().driver_loaded {
                    true => "idpf                  294912  0\n",
                    false => "",
                };
                Done::fine(format!(
                    "{head}{idpf}xfs                  2592768  1\nlibeth                 16384  0\n"
                ))
            }
            "rmmod" => match operands.as_slice() {
                [DRIVER] if self.0.host().unload() => {
                    self.0.count(|o| o.driver_unloads += 1);
                    Done::exit(0)
                }
                [name, ..] => Done::failed(
                    1,
                    format!("rmmod: ERROR: Module {name} is not currently loaded\n"),
                ),
                [] => Done::failed(1, "rmmod: ERROR: missing module name.\n"),
            },
            "modprobe" => match operands.as_slice() {
                [DRIVER] => {
                    let comes_back = !self.0.faults.take(Fault::HostDeviceLost);
                    if self.0.host().load(comes_back) {
                        self.0.count(|o| o.driver_loads += 1);
                    }
                    Done::exit(0)
                }
                [name, ..] => Done::failed(
                    1,
                    format!(
                        "modprobe: FATAL: Module {name} not found in directory /lib/modules/6.12.0\n"
                    ),
                ),
                [] => Done::failed(1, "modprobe: ERROR: missing parameters. See -h.\n"),
            },
            "lspci" => Done::fine(match self.0.host().marvell {
                true => {
                    "01:00.0 Network controller [0280]: Cavium, Inc. Octeon 10 CN10XXX [177d:b900]\n"
                }
                false => "",
            }),
            "systemd-run" => self.systemd_run(&args),
            "systemctl" => self.systemctl(&args),
            "journalctl" => self.journalctl(&args),
            "podman" => self.podman(&args),
            "ls" => self.sysfs(operands.first().copied().unwrap_or_default())?,
            _ => return None,
        })
    }
}

impl HostMachine {
    /// What `/sys` shows of the driver; `None` for any other path.
    fn sysfs(&self, path: &str) -> Option<Done> {
        let rest = path
            .trim_end_matches('/')
            .strip_prefix("/sys/bus/pci/drivers/idpf")?;
        let (loaded, device) = {
            let host = self.0.host();
            (host.driver_loaded, host.device)
        };
        let net = format!("/{PCI}/net");
        Some(match rest {
            "" if loaded => Done::fine(format!("{PCI}\nbind\nmodule\nnew_id\nunbind\n")),
            rest if loaded && device && rest == net => Done::fine(format!("{NETDEV}\n")),
            _ => Done::failed(
                2,
                format!("ls: cannot access '{path}': No such file or directory\n"),
            ),
        })
    }
}
