//! Where things are: the working tree, the shared target folder, our own tools.

use crate::{Result, packages, tool::Tool};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The features of every cargo command that xtask runs. One set, or the dependencies are compiled
/// once more for each: `tauri/custom-protocol` is what `tauri build` adds, and makes the binary
/// show the UI that is embedded in it instead of asking a development server.
pub const ONE_FEATURE_SET: [&str; 3] = ["--workspace", "--features", "tauri/custom-protocol"];

/// The places that every step needs, and the PATH that its tools are looked up in.
pub struct Project {
    /// The working tree.
    pub root: PathBuf,
    /// `CARGO_TARGET_DIR`, or the one that all working trees of this user share.
    pub target: PathBuf,
    /// What xtask installs for itself: cargo-deny, a Node.js where the system's is too old.
    pub tools: PathBuf,
    /// PATH, with our own tools first once they are there.
    pub path: OsString,
}

/// The working tree that this folder lies in: the one that xtask runs in, not the one that it was
/// built in. The working trees of a user share one target folder, and so this binary.
fn root_above(folder: &Path) -> Option<PathBuf> {
    let root = folder
        .ancestors()
        .find(|root| root.join("src-tauri/xtask/Cargo.toml").is_file())?;
    Some(root.to_path_buf())
}

impl Project {
    pub fn find() -> Result<Self> {
        let root = root_above(&std::env::current_dir()?)
            .ok_or("start it as `cargo xtask` inside Slipway's working tree")?;
        let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => {
                PathBuf::from(std::env::var_os("HOME").ok_or("HOME is not set")?).join(".cache")
            }
        }
        .join("slipway");
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .filter(|folder| !folder.is_empty())
            .map_or_else(|| cache.join("target"), |folder| root.join(folder));
        Ok(Self {
            root,
            target,
            tools: cache.join("tools"),
            path: std::env::var_os("PATH").unwrap_or_default(),
        })
    }

    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// A binary of ours, built by cargo. `profile` is cargo's folder: `debug` or `release`.
    pub fn built(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name)
    }

    /// Puts a folder first on the PATH of everything that is started from here on.
    pub fn prefer(&mut self, folder: &Path) -> Result {
        let folders =
            std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&self.path));
        self.path = std::env::join_paths(folders)?;
        Ok(())
    }

    /// Where a program of the list is, under any of its names; the sbin folders count too,
    /// for sshd is not on an ordinary user's PATH.
    pub fn locate(&self, need: &packages::Need) -> Option<PathBuf> {
        let folders: Vec<PathBuf> = match need.source {
            packages::Source::NodeModules => vec![self.ui().join("node_modules/.bin")],
            packages::Source::CargoInstall => vec![self.tools.join("bin")],
            packages::Source::System { .. }
            | packages::Source::Base
            | packages::Source::BaseOf(_)
            | packages::Source::Rustup
            | packages::Source::Node
            | packages::Source::PyPi => std::env::split_paths(&self.path)
                .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
                .collect(),
        };
        std::iter::once(need.name)
            .chain(need.also.iter().copied())
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
            .find(|path| is_executable(path))
    }

    /// A program of the list, ready to be given its arguments. Fails on one that is not listed,
    /// also where it happens to be installed: on another machine it would not be.
    pub fn tool(&self, name: &str) -> Result<Tool> {
        let need = packages::find_program(name).ok_or_else(|| {
            format!(
                "xtask wants to start '{name}', which is not in src-tauri/xtask/src/packages.rs: \
                 add it there with its packages, or a fresh machine will not have it"
            )
        })?;
        let program = self
            .locate(need)
            .ok_or_else(|| format!("'{name}' is not installed: run `cargo xtask setup`"))?;
        Ok(Tool::new(program, &self.root).env("PATH", &self.path))
    }

    /// A program that this workspace built.
    pub fn ours(&self, program: &Path) -> Result<Tool> {
        if !is_executable(program) {
            return Err(format!("{} was not built", program.display()).into());
        }
        Ok(Tool::new(program.to_path_buf(), &self.root).env("PATH", &self.path))
    }

    /// cargo, with the shared target folder.
    pub fn cargo(&self, subcommand: &str) -> Result<Tool> {
        let mut tool = self
            .tool("cargo")?
            .env("CARGO_TARGET_DIR", &self.target)
            .arg(subcommand);
        // In CI a lock file that does not fit is an error, not a reason to write another.
        if in_ci() && subcommand != "fmt" && subcommand != "install" {
            tool = tool.arg("--locked");
        }
        Ok(tool)
    }

    /// One of `ui/package.json`'s scripts.
    pub fn npm_script(&self, script: &str) -> Result<Tool> {
        Ok(self
            .tool("npm")?
            .dir(&self.ui())
            .args(["run", "--silent", script]))
    }
}

pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_listed_is_refused_even_if_it_is_installed() {
        let project = Project::find().expect("a working tree");
        let error = project.tool("true").err().expect("refused").to_string();
        assert!(error.contains("packages.rs"), "{error}");
    }

    #[test]
    fn a_listed_program_is_found() {
        let project = Project::find().expect("a working tree");
        assert!(project.tool("bash").is_ok());
    }
}
