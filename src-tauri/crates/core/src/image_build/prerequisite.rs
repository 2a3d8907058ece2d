//! What this machine needs to build images, as a checklist with the fix beside each line. What
//! was found comes in; nothing is looked at here.

mod binfmt;

use serde::{Deserialize, Serialize};
use specta::Type;

pub use self::binfmt::Binfmt;
use self::binfmt::binfmt_line;
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
mod tests;
