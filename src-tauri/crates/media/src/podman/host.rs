//! What this machine has for building images. Looks only.

use std::{fs, path::Path, time::Duration};

use serde::Deserialize;
use slipway_core::{
    command::CommandLine,
    image::Architecture,
    image_build::{Binfmt, Distribution, Host, KNOWN_SECRETS, Storage, Tool, entitlement_files},
    time::ByteCount,
};

use super::PodmanCli;

const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
struct Info {
    store: Store,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Store {
    graph_driver_name: String,
    graph_root: String,
    #[serde(default)]
    graph_root_allocated: u64,
    #[serde(default)]
    graph_root_used: u64,
}

/// Looks at this machine with a target architecture in mind.
pub async fn look_at_host(cli: &PodmanCli, target: Architecture) -> Host {
    let (podman, skopeo, xorriso) = tokio::join!(
        version(cli, &["podman", "--version"]),
        version(cli, &["skopeo", "--version"]),
        version(cli, &["xorriso", "-version"]),
    );
    let info = match podman {
        Tool::Found(_) => info(cli).await,
        Tool::Missing | Tool::Broken(_) => Err(None),
    };
    let (podman, storage) = match (podman, info) {
        (found @ Tool::Found(_), Ok(storage)) => (found, Some(storage)),
        (Tool::Found(_), Err(Some(why))) => (Tool::Broken(why), None),
        (tool, Ok(_) | Err(_)) => (tool, None),
    };
    let is_root = rustix::process::geteuid().is_root();
    let user = std::env::var("USER").unwrap_or_else(|_| "the user".into());
    Host {
        distribution: distribution(),
        architecture: std::env::consts::ARCH.parse().ok(),
        podman,
        skopeo,
        xorriso,
        binfmt: binfmt(Path::new("/proc/sys/fs/binfmt_misc"), target),
        is_root,
        has_subordinate_ids: ["/etc/subuid", "/etc/subgid"]
            .iter()
            .all(|file| has_range(Path::new(file), &user)),
        user,
        storage,
        entitlement: entitlement_files(&entitlement_paths()),
    }
}

/// Reads the kernel's folder of interpreters.
fn binfmt(folder: &Path, target: Architecture) -> Binfmt {
    let status = fs::read_to_string(folder.join("status"));
    if !status.is_ok_and(|status| status.trim() == "enabled") {
        return Binfmt::Off;
    }
    let entry = folder.join(format!("qemu-{}", target.machine()));
    fs::read_to_string(entry).map_or(Binfmt::NoInterpreter, |entry| Binfmt::parse(&entry))
}

/// The files of RHEL's subscription that are here and can be read.
#[must_use]
pub fn entitlement_paths() -> Vec<String> {
    let mut found = Vec::new();
    for (_, _, place) in KNOWN_SECRETS {
        let path = Path::new(place);
        let files: Vec<_> = match fs::read_dir(path) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(_) => vec![path.to_owned()],
        };
        for file in files {
            if fs::File::open(&file).is_ok() && file.is_file() {
                found.push(file.display().to_string());
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

async fn version(cli: &PodmanCli, line: &[&str]) -> Tool {
    match cli
        .ask(&CommandLine::new(line.iter().copied()), DEADLINE)
        .await
    {
        Ok(answer) if answer.ok => {
            let first = answer.stdout.lines().chain(answer.stderr.lines());
            Tool::Found(
                first
                    .map(str::trim)
                    .find(|line| !line.is_empty())
                    .unwrap_or_default()
                    .into(),
            )
        }
        Ok(answer) => Tool::Broken(last_line(&answer.stderr)),
        Err(error) if error.message.ends_with("is not installed") => Tool::Missing,
        Err(error) => Tool::Broken(error.message),
    }
}

async fn info(cli: &PodmanCli) -> Result<Storage, Option<String>> {
    let line = CommandLine::new(["podman", "info", "--format", "json"]);
    let answer = cli
        .ask(&line, DEADLINE)
        .await
        .map_err(|error| Some(error.message))?;
    if !answer.ok {
        return Err(Some(last_line(&answer.stderr)));
    }
    let info: Info =
        serde_json::from_str(&answer.stdout).map_err(|error| Some(error.to_string()))?;
    let store = info.store;
    let free = store
        .graph_root_allocated
        .saturating_sub(store.graph_root_used);
    Ok(Storage {
        driver: store.graph_driver_name,
        root: store.graph_root,
        free: (store.graph_root_allocated > 0).then_some(ByteCount(free)),
    })
}

fn last_line(text: &str) -> String {
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or("it gave no reason").trim().to_owned()
}

fn distribution() -> Distribution {
    match std::env::consts::OS {
        "macos" => return Distribution::MacOs,
        "windows" => return Distribution::Windows,
        _ => {}
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    family(&release)
}

/// Reads `/etc/os-release`.
fn family(release: &str) -> Distribution {
    let mut words = release
        .lines()
        .filter_map(|line| {
            line.strip_prefix("ID=")
                .or_else(|| line.strip_prefix("ID_LIKE="))
        })
        .flat_map(|value| value.trim_matches('"').split_whitespace());
    words
        .find_map(|word| match word {
            "debian" | "ubuntu" => Some(Distribution::Debian),
            "fedora" | "rhel" | "centos" => Some(Distribution::Fedora),
            _ => None,
        })
        .unwrap_or(Distribution::OtherLinux)
}

fn has_range(file: &Path, user: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mine = |line: &str| line.split(':').next() == Some(user);
    text.lines().any(mine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_folder_of_interpreters_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        let look = || binfmt(dir.path(), Architecture::Aarch64);
        assert_eq!(look(), Binfmt::Off, "nothing is mounted there");
        put("status", "disabled\n");
        put(
            "qemu-aarch64",
            "enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: OCF\noffset 0\n",
        );
        assert_eq!(look(), Binfmt::Off);
        put("status", "enabled\n");
        let path = "/usr/bin/qemu-aarch64-static".to_owned();
        assert_eq!(look(), Binfmt::Interpreter { path, fixed: true });
        let other = binfmt(dir.path(), Architecture::X86_64);
        assert_eq!(other, Binfmt::NoInterpreter);
        put("qemu-aarch64", "disabled\ninterpreter /x\nflags: F\n");
        assert_eq!(look(), Binfmt::NoInterpreter);
    }

    #[test]
    fn a_distribution_is_known_by_its_family() {
        for (release, wanted) in [
            ("ID=debian\n", Distribution::Debian),
            (
                "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n",
                Distribution::Debian,
            ),
            ("ID=\"rhel\"\nID_LIKE=\"fedora\"\n", Distribution::Fedora),
            ("ID=arch\n", Distribution::OtherLinux),
        ] {
            assert_eq!(family(release), wanted, "{release}");
        }
    }
}
