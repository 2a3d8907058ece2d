//! The ACC's own programs: bootc, systemd, GRUB's environment.

use std::{sync::Arc, time::Instant};

use super::{Call, Done, Machine, ShellOutput, Stdin, curl, imc::uptime, run};
use crate::{
    acc::{Disk, Said},
    card::Card,
    files::Files,
};

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
        if let Some(bytes) = self.microshift_file(path) {
            return Some(bytes);
        }
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
            "curl" => curl::curl(self, call).await,
            "update-ca-trust" => {
                self.files(curl::update_ca_trust);
                Done::exit(0)
            }
            "journalctl" => Done::fine("-- No entries --\n"),
            _ => return self.microshift_program(call),
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

impl AccMachine {
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
