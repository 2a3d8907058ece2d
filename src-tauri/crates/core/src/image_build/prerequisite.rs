//! What this machine needs to build images, as a checklist with the fix beside each line. What
//! was found comes in; nothing is looked at here.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::EntitlementFile;
use crate::{image::Architecture, time::ByteCount};

/// A bootc image with its base, the layers being built and a copy for the ISO.
const COMFORTABLE_ROOM: u64 = 20 << 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PrerequisiteKind {
    Podman,
    PodmanMachine,
    Skopeo,
    Xorriso,
    Binfmt,
    SubordinateIds,
    Storage,
    Entitlement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PrerequisiteState {
    Met,
    /// Building can't work without it.
    Missing,
    /// Building may work; this is worth knowing first.
    Warning,
    /// Not for what was asked, or not on this system.
    NotNeeded,
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Fix {
    pub text: String,
    /// To be copied as it is; what a person runs, never Slipway.
    pub command: Option<String>,
}

/// A line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Prerequisite {
    pub kind: PrerequisiteKind,
    pub title: String,
    pub state: PrerequisiteState,
    /// What was found: a version, a path, a number.
    pub found: String,
    /// What it is for.
    pub why: String,
    pub fix: Option<Fix>,
}

/// A program that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    Missing,
    /// With the first line of its `--version`.
    Found(String),
    /// It is there and says no.
    Broken(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// Debian, Ubuntu and what is made of them.
    Debian,
    /// Fedora, RHEL and what is made of them.
    Fedora,
    OtherLinux,
    MacOs,
    Windows,
}

impl Distribution {
    fn install(self, package: &str) -> Fix {
        let command = match self {
            Self::Debian => Some(format!("sudo apt install {package}")),
            Self::Fedora => Some(format!("sudo dnf install {package}")),
            Self::MacOs => Some(format!("brew install {package}")),
            Self::Windows | Self::OtherLinux => None,
        };
        Fix {
            text: format!("Install {package}"),
            command,
        }
    }

    fn is_linux(self) -> bool {
        match self {
            Self::Debian | Self::Fedora | Self::OtherLinux => true,
            Self::MacOs | Self::Windows => false,
        }
    }
}

/// Where podman keeps images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    pub driver: String,
    pub root: String,
    pub free: Option<ByteCount>,
}

/// What was found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub distribution: Distribution,
    /// `None` for a machine that no card has.
    pub architecture: Option<Architecture>,
    pub podman: Tool,
    pub skopeo: Tool,
    pub xorriso: Tool,
    pub binfmt: Binfmt,
    pub is_root: bool,
    pub user: String,
    /// Whether the user has lines in `/etc/subuid` and `/etc/subgid`.
    pub has_subordinate_ids: bool,
    /// `podman info`'s; `None` where podman could not say.
    pub storage: Option<Storage>,
    pub entitlement: Vec<EntitlementFile>,
}

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

/// The checklist for building an image of an architecture on this machine.
#[must_use]
pub fn prerequisites(host: &Host, target: Architecture) -> Vec<Prerequisite> {
    vec![
        podman(host),
        machine(host),
        binfmt_line(host, target),
        subordinate_ids(host),
        storage(host),
        program(
            PrerequisiteKind::Skopeo,
            "skopeo",
            &host.skopeo,
            "Copies the image to the ISO and for checking its layers",
            host.distribution,
        ),
        program(
            PrerequisiteKind::Xorriso,
            "xorriso",
            &host.xorriso,
            "Writes the installer ISO; not needed to build an image",
            host.distribution,
        ),
        entitlement(host),
    ]
}

fn line(kind: PrerequisiteKind, title: &str, why: &str) -> Prerequisite {
    Prerequisite {
        kind,
        title: title.to_owned(),
        state: PrerequisiteState::Met,
        found: String::new(),
        why: why.to_owned(),
        fix: None,
    }
}

fn tool(line: Prerequisite, tool: &Tool, lacking: PrerequisiteState, fix: Fix) -> Prerequisite {
    let (state, found, fix) = match tool {
        Tool::Found(version) => (PrerequisiteState::Met, version.clone(), None),
        Tool::Missing => (lacking, "not installed".into(), Some(fix)),
        Tool::Broken(reason) => (lacking, reason.clone(), Some(fix)),
    };
    Prerequisite {
        state,
        found,
        fix,
        ..line
    }
}

fn podman(host: &Host) -> Prerequisite {
    let fix = match &host.podman {
        Tool::Broken(_) if !host.distribution.is_linux() => Fix {
            text: "Start podman's virtual machine".into(),
            command: Some("podman machine init --rootful; podman machine start".into()),
        },
        Tool::Broken(_) => Fix {
            text: "Run `podman info` and mend what it says".into(),
            command: Some("podman info".into()),
        },
        Tool::Missing | Tool::Found(_) => host.distribution.install("podman"),
    };
    tool(
        line(PrerequisiteKind::Podman, "podman", "Builds the image"),
        &host.podman,
        PrerequisiteState::Missing,
        fix,
    )
}

fn machine(host: &Host) -> Prerequisite {
    let why = "podman builds inside a virtual machine on macOS and Windows";
    let mut line = line(PrerequisiteKind::PodmanMachine, "podman machine", why);
    if host.distribution.is_linux() {
        line.state = PrerequisiteState::NotNeeded;
        line.found = "Linux builds directly".into();
        return line;
    }
    line.state = PrerequisiteState::Warning;
    line.found = "podman runs in its own virtual machine".into();
    line.fix = Some(Fix {
        text: "Slipway was not tried here. The folder must be under one that the machine shares"
            .into(),
        command: Some("podman machine list".into()),
    });
    line
}

fn program(
    kind: PrerequisiteKind,
    name: &str,
    found: &Tool,
    why: &str,
    distribution: Distribution,
) -> Prerequisite {
    tool(
        line(kind, name, why),
        found,
        PrerequisiteState::Warning,
        distribution.install(name),
    )
}

fn binfmt_line(host: &Host, target: Architecture) -> Prerequisite {
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

fn subordinate_ids(host: &Host) -> Prerequisite {
    let why = "Without root, podman maps the users of an image onto these";
    let mut line = line(
        PrerequisiteKind::SubordinateIds,
        "subordinate user ids",
        why,
    );
    if host.is_root || !host.distribution.is_linux() {
        line.state = PrerequisiteState::NotNeeded;
        line.found = if host.is_root {
            "podman runs as root".into()
        } else {
            "podman's virtual machine brings them".into()
        };
    } else if host.has_subordinate_ids {
        line.found = format!("{} has them", host.user);
    } else {
        line.state = PrerequisiteState::Missing;
        line.found = format!("{} has none in /etc/subuid and /etc/subgid", host.user);
        line.fix = Some(Fix {
            text: "Give the user a range, then let podman take it up".into(),
            command: Some(format!(
                "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {} && \
                 podman system migrate",
                host.user
            )),
        });
    }
    line
}

fn storage(host: &Host) -> Prerequisite {
    let why = "Images and the layers of a build lie here";
    let mut line = line(PrerequisiteKind::Storage, "storage", why);
    let Some(storage) = &host.storage else {
        line.state = PrerequisiteState::Missing;
        line.found = "podman could not say where it keeps images".into();
        line.fix = Some(Fix {
            text: "Run `podman info` and mend what it says".into(),
            command: Some("podman info".into()),
        });
        return line;
    };
    let free = storage
        .free
        .map_or_else(String::new, |free| format!(", {free} free"));
    line.found = format!("{} ({}{free})", storage.root, storage.driver);
    if storage.driver == "vfs" {
        line.state = PrerequisiteState::Warning;
        line.fix = Some(Fix {
            text: "The driver vfs copies every layer whole; use overlay in storage.conf".into(),
            command: None,
        });
    }
    if storage.free.is_some_and(|free| free.0 < COMFORTABLE_ROOM) {
        line.state = PrerequisiteState::Warning;
        line.fix = Some(Fix {
            text: format!(
                "A bootc image wants about {} while it is built; remove what is not used",
                ByteCount(COMFORTABLE_ROOM)
            ),
            command: Some("podman image prune".into()),
        });
    }
    line
}

fn entitlement(host: &Host) -> Prerequisite {
    let why = "RUN steps that install RHEL packages need this machine's subscription as secrets";
    let mut line = line(PrerequisiteKind::Entitlement, "RHEL entitlement", why);
    let missing: Vec<&str> = host
        .entitlement
        .iter()
        .filter(|file| file.path.is_none())
        .map(|file| file.id.as_str())
        .collect();
    if missing.is_empty() {
        line.found = "certificate, key, repositories and CA were found".into();
        return line;
    }
    line.state = PrerequisiteState::Warning;
    line.found = format!("not found: {}", missing.join(", "));
    line.fix = Some(Fix {
        text: "Register this machine, or choose the files of one that is. A build without RHEL's \
               repositories (CentOS Stream, Fedora) needs none"
            .into(),
        command: (host.distribution == Distribution::Fedora)
            .then(|| "sudo subscription-manager register".into()),
    });
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image_build::entitlement_files;

    fn debian() -> Host {
        Host {
            distribution: Distribution::Debian,
            architecture: Some(Architecture::X86_64),
            podman: Tool::Found("podman version 4.3.1".into()),
            skopeo: Tool::Missing,
            xorriso: Tool::Missing,
            binfmt: Binfmt::NoInterpreter,
            is_root: false,
            user: "ada".into(),
            has_subordinate_ids: false,
            storage: Some(Storage {
                driver: "overlay".into(),
                root: "/home/ada/.local/share/containers/storage".into(),
                free: Some(ByteCount(1 << 30)),
            }),
            entitlement: entitlement_files(&[]),
        }
    }

    fn shown(host: &Host, target: Architecture) -> String {
        let line = |line: Prerequisite| {
            let fix = line.fix.map_or_else(String::new, |fix| {
                format!("\n    {} | {}", fix.text, fix.command.unwrap_or_default())
            });
            format!("{:?} {}: {}{fix}", line.state, line.title, line.found)
        };
        let lines: Vec<String> = prerequisites(host, target).into_iter().map(line).collect();
        lines.join("\n")
    }

    #[test]
    fn everything_that_is_missing_has_its_fix_beside_it() {
        insta::assert_snapshot!(shown(&debian(), Architecture::Aarch64));
        for line in prerequisites(&debian(), Architecture::Aarch64) {
            let fine = matches!(
                line.state,
                PrerequisiteState::Met | PrerequisiteState::NotNeeded
            );
            assert_eq!(line.fix.is_none(), fine, "{line:?}");
        }
    }

    #[test]
    fn rhel_registers_qemu_by_the_container_and_macos_names_its_machine() {
        let rhel = Host {
            distribution: Distribution::Fedora,
            ..debian()
        };
        let fix = |host: &Host, kind| {
            prerequisites(host, Architecture::Aarch64)
                .into_iter()
                .find(|line| line.kind == kind)
                .and_then(|line| line.fix)
                .and_then(|fix| fix.command)
        };
        let command = fix(&rhel, PrerequisiteKind::Binfmt).unwrap();
        assert_eq!(
            command,
            "sudo podman run --rm --privileged quay.io/opendevmirror/qemu-user-static --reset -p yes"
        );
        let mac = Host {
            distribution: Distribution::MacOs,
            podman: Tool::Broken("cannot connect to Podman".into()),
            ..debian()
        };
        let command = fix(&mac, PrerequisiteKind::Podman).unwrap();
        assert!(command.starts_with("podman machine init"));
    }

    #[test]
    fn the_kernels_entry_is_read_and_a_disabled_one_counts_for_nothing() {
        // Linux' Documentation/admin-guide/binfmt-misc.rst; the interpreter as Debian's
        // qemu-user-static registers it.
        let entry = "enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: OCF\noffset 0\n\
                     magic 7f454c460201010000000000000000000200b700\n";
        let interpreter = |fixed| Binfmt::Interpreter {
            path: "/usr/bin/qemu-aarch64-static".into(),
            fixed,
        };
        assert_eq!(Binfmt::parse(entry), interpreter(true));
        let loose = entry.replace("OCF", "OC");
        assert_eq!(Binfmt::parse(&loose), interpreter(false));
        for none in ["", "enabled\n", &entry.replace("enabled", "disabled")] {
            assert_eq!(Binfmt::parse(none), Binfmt::NoInterpreter, "{none}");
        }
    }

    #[test]
    fn an_interpreter_that_no_container_finds_and_a_kernel_that_starts_none_are_told_apart() {
        let line = |binfmt| {
            let host = Host { binfmt, ..debian() };
            binfmt_line(&host, Architecture::Aarch64)
        };
        let fixed = |fixed| Binfmt::Interpreter {
            path: "/usr/bin/qemu-aarch64-static".into(),
            fixed,
        };
        assert_eq!(line(fixed(true)).state, PrerequisiteState::Met);
        let loose = line(fixed(false));
        assert_eq!(loose.state, PrerequisiteState::Warning);
        assert!(loose.found.contains("without the flag F"), "{loose:?}");
        let off = line(Binfmt::Off);
        assert_eq!(off.state, PrerequisiteState::Missing);
        let command = off.fix.unwrap().command.unwrap();
        assert!(
            command.starts_with("sudo mount -t binfmt_misc"),
            "{command}"
        );
        let install = line(Binfmt::NoInterpreter).fix.unwrap().command.unwrap();
        assert!(install.contains("qemu-user-static"), "{install}");
        let own = binfmt_line(&debian(), Architecture::X86_64);
        assert_eq!(own.state, PrerequisiteState::NotNeeded);
    }
}
