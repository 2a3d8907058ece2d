//! Whether the kernel starts programs of another architecture.

use super::{Distribution, Fix, Host, Prerequisite, PrerequisiteKind, PrerequisiteState, line};
use crate::image::Architecture;

/// What the kernel does with the programs of another architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binfmt {
    /// `binfmt_misc` is not mounted, or is switched off as a whole.
    Off,
    /// No interpreter is registered, or it is disabled.
    NoInterpreter,
    Interpreter {
        path: String,
        /// It was opened when it was registered (flag F), so that it is found in a container too,
        /// which has no such file.
        fixed: bool,
    },
}

impl Binfmt {
    /// Reads an architecture's entry in `/proc/sys/fs/binfmt_misc`.
    #[must_use]
    pub fn parse(entry: &str) -> Self {
        let mut lines = entry.lines();
        let enabled = lines.next().is_some_and(|line| line.trim() == "enabled");
        let value = |name| {
            let mut lines = lines.clone();
            lines.find_map(|line| line.strip_prefix(name).map(str::trim))
        };
        match value("interpreter ") {
            Some(path) if enabled => Self::Interpreter {
                path: path.to_owned(),
                fixed: value("flags:").is_some_and(|flags| flags.contains('F')),
            },
            Some(_) | None => Self::NoInterpreter,
        }
    }
}

pub(super) fn binfmt_line(host: &Host, target: Architecture) -> Prerequisite {
    let machine = target.machine();
    let title = format!("{machine} emulation");
    let why = format!("RUN steps of a {machine} image run {machine} programs");
    let mut line = line(PrerequisiteKind::Binfmt, &title, &why);
    if host.architecture == Some(target) {
        line.state = PrerequisiteState::NotNeeded;
        line.found = format!("this machine is {machine}");
        return line;
    }
    if !host.distribution.is_linux() {
        line.state = PrerequisiteState::NotNeeded;
        line.found = "podman's virtual machine brings it".into();
        return line;
    }
    (line.state, line.found) = match &host.binfmt {
        Binfmt::Interpreter { path, fixed: true } => {
            line.found = path.clone();
            return line;
        }
        Binfmt::Interpreter { path, fixed: false } => (
            PrerequisiteState::Warning,
            format!(
                "{path} is registered without the flag F: RUN steps don't find it in their container"
            ),
        ),
        Binfmt::NoInterpreter => (
            PrerequisiteState::Missing,
            format!("the kernel has no interpreter for {machine}"),
        ),
        Binfmt::Off => {
            line.state = PrerequisiteState::Missing;
            line.found = "binfmt_misc is not mounted, or is switched off".into();
            line.fix = Some(Fix {
                text:
                    "Let the kernel start interpreters, then look again whether one is registered"
                        .into(),
                command: Some(
                    "sudo mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc; \
                     echo 1 | sudo tee /proc/sys/fs/binfmt_misc/status"
                        .into(),
                ),
            });
            return line;
        }
    };
    line.fix = Some(match host.distribution {
        // Fedora has it; RHEL does not, and takes the container of the reference documentation.
        Distribution::Fedora => Fix {
            text: "Register QEMU with the kernel; lasts until the next boot. On Fedora, \
                   `sudo dnf install qemu-user-static-aarch64` does it for good"
                .replace("aarch64", machine),
            command: Some(
                "sudo podman run --rm --privileged \
                 quay.io/opendevmirror/qemu-user-static --reset -p yes"
                    .into(),
            ),
        },
        other => Fix {
            text: "Install QEMU's emulation, which registers itself with the kernel".into(),
            command: other.install("qemu-user-static").command,
        },
    });
    line
}
