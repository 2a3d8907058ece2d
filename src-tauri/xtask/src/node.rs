//! Node.js and the UI's npm packages.

use crate::distro::{self, Distro};
use crate::packages::Family;
use crate::{Result, project::Project, setup};
use std::path::PathBuf;

/// Vite's oldest.
const OLDEST: (u32, u32) = (20, 19);
/// What is fetched where the system's Node.js is older, as Debian 12's and Ubuntu 24.04's are.
const OURS: u32 = 22;

/// Sees to it that `node` and `npm` on PATH are new enough: the system's, or its package, or our
/// own copy, which the npm registry carries as a package.
pub fn ensure(project: &mut Project) -> Result {
    if let Some(folders) = our_folders(project) {
        return folders.iter().try_for_each(|folder| project.prefer(folder));
    }
    if version(project).is_none_or(|version| version < OLDEST) && project.tool("npm").is_err() {
        match distro::detect() {
            Distro::Full {
                family: Family::Debian,
                ..
            } => {
                setup::install(project, Family::Debian, &["nodejs", "npm"])?;
            }
            Distro::Full {
                family: Family::Fedora,
                ..
            } => {
                setup::install(project, Family::Fedora, &["nodejs", "nodejs-npm"])?;
            }
            Distro::CliOnly { .. } | Distro::Unknown { .. } => {}
        }
    }
    match version(project) {
        Some(version) if version >= OLDEST && project.tool("npm").is_ok() => return Ok(()),
        Some((major, minor)) => println!(
            "Node.js {major}.{minor} is older than {}.{}: bringing our own from npm",
            OLDEST.0, OLDEST.1
        ),
        None => return Err("Node.js is not installed: install nodejs and npm".into()),
    }
    let arch = npm_arch()?;
    project
        .tool("npm")?
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--no-save",
            "--prefix",
        ])
        .arg(our_home(project))
        .arg(format!("node-linux-{arch}@{OURS}"))
        .arg("npm@11")
        .run()?;
    let folders =
        our_folders(project).ok_or("npm brought a Node.js package with no Node.js in it")?;
    folders.iter().try_for_each(|folder| project.prefer(folder))
}

/// Installs what `ui/package-lock.json` says, when it is not what was last installed. `npm ci`
/// refuses a lock file that does not fit `package.json`, and never writes one.
pub fn install_packages(project: &Project) -> Result {
    let lock = std::fs::read(project.ui().join("package-lock.json"))
        .map_err(|error| format!("ui/package-lock.json: {error}"))?;
    let stamp = project.ui().join("node_modules/.slipway-installed-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        println!("ui/node_modules fits ui/package-lock.json");
        return Ok(());
    }
    project
        .tool("npm")?
        .dir(&project.ui())
        .args(["ci", "--no-audit", "--no-fund"])
        .run()?;
    std::fs::write(&stamp, lock).map_err(|error| format!("{}: {error}", stamp.display()).into())
}

/// Major and minor of the `node` on PATH.
fn version(project: &Project) -> Option<(u32, u32)> {
    parse_version(&project.tool("node").ok()?.arg("--version").read().ok()?)
}

fn parse_version(printed: &str) -> Option<(u32, u32)> {
    let mut parts = printed.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn our_home(project: &Project) -> PathBuf {
    project.tools.join("node")
}

/// The folders of our own npm and node, in the order in which they go first on PATH.
fn our_folders(project: &Project) -> Option<[PathBuf; 2]> {
    let modules = our_home(project).join("node_modules");
    let node = modules.join(format!("node-linux-{}/bin", npm_arch().ok()?));
    let npm = modules.join(".bin");
    (node.join("node").is_file() && npm.join("npm").exists()).then_some([npm, node])
}

fn npm_arch() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("x64"),
        "aarch64" => Ok("arm64"),
        other => {
            Err(format!("no Node.js for {other} in the npm registry: install it yourself").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(parse_version("v20.20.2\n"), Some((20, 20)));
        assert!(parse_version("v18.20.4").is_some_and(|old| old < OLDEST));
        assert!(parse_version("v20.9.0").is_some_and(|old| old < OLDEST));
        assert!(parse_version("v22.1.0").is_some_and(|new| new >= OLDEST));
        assert_eq!(parse_version("node: not found"), None);
    }

    #[test]
    fn every_locked_package_has_a_checksum_and_none_names_a_registry() {
        let lock = include_str!("../../../ui/package-lock.json");
        let packages = lock.matches("\n    \"node_modules/").count();
        assert!(packages > 100, "{packages}");
        assert_eq!(lock.matches("\"integrity\": \"sha512-").count(), packages);
        assert!(!lock.contains("\"resolved\""));
    }
}
