//! The Python programs that the tests ask as judges: Redfish clients and emulators, and the
//! validator of kickstarts. They come from PyPI, in the versions and with the checksums of
//! `tests/requirements.txt`, into a virtual environment in our own tools folder.

use crate::{Result, project::Project};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Written last, so that a half-made environment is made again.
const STAMP: &str = "slipway-complete";

/// Puts the environment's programs, `python3` among them, first on PATH; makes it where it is
/// not there. One for each content of `requirements.txt` and each Python: working trees that want
/// different versions do not take them from each other.
pub fn ensure(project: &mut Project) -> Result {
    let requirements = project.root.join("tests/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements)
        .map_err(|error| format!("{}: {error}", requirements.display()))?;
    let python = project.tool("python3")?.arg("--version").read()?;
    let home = home(&project.tools, &wanted, &python);
    if home.join(STAMP).is_file() {
        println!("the tests' Python programs fit tests/requirements.txt");
    } else {
        install(project, &requirements, &home)?;
    }
    project.prefer(&home.join("bin"))
}

fn home(tools: &Path, wanted: &str, python: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (wanted, python).hash(&mut hasher);
    tools.join(format!("python-{:016x}", hasher.finish()))
}

fn install(project: &Project, requirements: &Path, home: &Path) -> Result {
    project
        .tool("python3")?
        .args(["-m", "venv", "--clear"])
        .arg(home)
        .run()?;
    project
        .ours(&home.join("bin/python3"))?
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["--require-hashes", "--requirement"])
        .arg(requirements)
        .run()?;
    let stamp = home.join(STAMP);
    std::fs::write(&stamp, "").map_err(|error| format!("{}: {error}", stamp.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_requirements_and_another_python_are_another_environment() {
        let tools = Path::new("/tools");
        let now = home(tools, "sushy==5.14.0", "Python 3.11.2");
        assert_eq!(now, home(tools, "sushy==5.14.0", "Python 3.11.2"));
        assert_ne!(now, home(tools, "sushy==5.15.0", "Python 3.11.2"));
        assert_ne!(now, home(tools, "sushy==5.14.0", "Python 3.12.1"));
        assert!(now.starts_with(tools));
    }

    #[test]
    fn every_requirement_is_pinned_and_has_checksums() {
        let lock = include_str!("../../../tests/requirements.txt");
        let entries: Vec<&str> = lock
            .split("\n")
            .filter(|line| !line.starts_with([' ', '#']) && !line.is_empty())
            .collect();
        assert!(entries.len() > 5, "{entries:?}");
        assert!(
            entries.iter().all(|entry| entry.contains("==")),
            "{entries:?}"
        );
        for wanted in include_str!("../../../tests/requirements.in").lines() {
            if !wanted.starts_with('#') {
                // pip-tools writes names in lower case.
                let wanted = wanted.to_lowercase();
                let held = entries.iter().any(|entry| entry.starts_with(&wanted));
                assert!(held, "{wanted} is not in requirements.txt: make it again");
            }
        }
    }
}
