//! The shell of a kickstart's `%post`: the new disk's files, and `bootc switch --mutate-in-place`.

use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;

use super::{
    Call, Done, Machine, ShellOutput, Stdin, coreutils::split, curl::update_ca_trust, run,
};
use crate::{acc::Disk, files::Files};

struct Installer<'a> {
    name: &'a str,
    disk: Mutex<Disk>,
}

/// Runs a `%post` script to its end, without waiting for anything.
pub fn run_in_installer(disk: Disk, name: &str, script: &str) -> (Disk, ShellOutput) {
    let installer = Installer {
        name,
        disk: Mutex::new(disk),
    };
    // Nothing in an installer waits, so the script is over at the first poll.
    let output = run(&installer, script, Stdin::bytes([])).now_or_never();
    let output = output.unwrap_or_else(|| ShellOutput {
        exit: 1,
        stdout: Vec::new(),
        stderr: b"the lab's installer does not wait\n".to_vec(),
    });
    let disk = installer.disk.into_inner();
    (disk.unwrap_or_else(PoisonError::into_inner), output)
}

impl Installer<'_> {
    fn disk(&self) -> std::sync::MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Machine for Installer<'_> {
    fn files<R>(&self, work: impl FnOnce(&mut Files) -> R) -> R {
        work(&mut self.disk().files)
    }

    fn made_up(&self, _path: &str) -> Option<Vec<u8>> {
        None
    }

    fn hostname(&self) -> String {
        self.name.to_owned()
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn set_clock(&self, _to: jiff::Timestamp) -> Result<(), &'static str> {
        Ok(())
    }

    fn space(&self, _path: &str) -> (u64, u64, &'static str) {
        (30 << 30, 32 << 30, "/")
    }

    async fn program(&self, call: &Call) -> Option<Done> {
        let args = call.args();
        match (call.argv[0].as_str(), args.as_slice()) {
            ("bootc", ["switch", rest @ ..]) if rest.contains(&"--mutate-in-place") => {
                let transport = rest
                    .windows(2)
                    .find(|pair| pair[0] == "--transport")
                    .map_or("registry", |pair| pair[1]);
                let (_, operands) = split(rest);
                let target = operands.last().copied().unwrap_or_default();
                self.disk().bootc.mutate_origin(target, transport);
                Some(Done::exit(0))
            }
            ("update-ca-trust", _) => {
                self.files(update_ca_trust);
                Some(Done::exit(0))
            }
            ("sleep", _) => Some(Done::exit(0)),
            _ => None,
        }
    }

    /// Anaconda's environment has much that the lab has not; it is taken to do its work.
    fn unknown(&self, _call: &Call) -> Option<Done> {
        Some(Done::exit(0))
    }
}
