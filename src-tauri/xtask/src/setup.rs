//! `cargo xtask setup`: installs what is missing, and nothing else.

use crate::distro::{self, Distro};
use crate::packages::{
    Family, Kind, NEEDS, Need, Purpose, Source, UBUNTU_NAMES, UNWANTED_SERVICES,
};
use crate::{Result, node, project::Project, python, tool::Tool};

/// Brings what these purposes need: system packages, Node.js, npm packages, programs from PyPI.
pub fn setup(project: &mut Project, purposes: &[Purpose]) -> Result {
    let wanted: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| {
            need.purposes
                .iter()
                .any(|purpose| purposes.contains(purpose))
        })
        .collect();
    match distro::detect() {
        Distro::Full {
            family,
            ubuntu,
            name,
        } => {
            let missing = missing_packages(project, &wanted, family, ubuntu)?;
            if missing.is_empty() {
                println!("{name}: no system package is missing");
            } else {
                println!("{name}: installing {}", missing.join(" "));
                install(project, family, &missing)?;
            }
        }
        Distro::CliOnly { name } => {
            return Err(format!(
                "{name} has no WebKitGTK 4.1, so the window cannot be built here. slipctl can: \
                 `sudo dnf install gcc make` and `cargo build --release -p slipctl`"
            )
            .into());
        }
        Distro::Unknown { name } => {
            println!(
                "{name} is neither of Debian's family nor Fedora: nothing is installed by itself"
            );
        }
    }
    node::ensure(project)?;
    if wanted.iter().any(|need| need.source == Source::PyPi) {
        python::ensure(project)?;
    }
    let absent: Vec<String> = wanted
        .iter()
        .filter(|need| need.kind == Kind::Program && need.source != Source::NodeModules)
        .filter(|need| project.locate(need).is_none())
        .map(|need| match need.source {
            Source::System { apt, dnf } => format!("{} (apt: {apt}, dnf: {dnf})", need.name),
            Source::Rustup => format!("{} (by rustup)", need.name),
            Source::PyPi => format!("{} (tests/requirements.txt)", need.name),
            Source::Base
            | Source::BaseOf(_)
            | Source::Node
            | Source::NodeModules
            | Source::CargoInstall => need.name.to_owned(),
        })
        .collect();
    if !absent.is_empty() {
        return Err(format!("still missing: {}", absent.join(", ")).into());
    }
    node::install_packages(project)
}

/// The packages to install: programs that are not on PATH, libraries whose package is not there.
fn missing_packages(
    project: &Project,
    wanted: &[&Need],
    family: Family,
    ubuntu: bool,
) -> Result<Vec<&'static str>> {
    let package = |need: &Need| match need.source {
        Source::System { apt, dnf } => Some(match family {
            Family::Debian if ubuntu => UBUNTU_NAMES
                .iter()
                .find_map(|(debian, ubuntu)| (*debian == apt).then_some(*ubuntu))
                .unwrap_or(apt),
            Family::Debian => apt,
            Family::Fedora => dnf,
        }),
        Source::Base
        | Source::BaseOf(_)
        | Source::Rustup
        | Source::Node
        | Source::NodeModules
        | Source::CargoInstall
        | Source::PyPi => None,
    };
    let (libraries, programs): (Vec<&Need>, Vec<&Need>) = wanted
        .iter()
        .copied()
        .partition(|need| need.kind == Kind::Library);
    let libraries: Vec<&str> = libraries.into_iter().filter_map(package).collect();
    let installed = installed_of(project, family, &libraries)?;

    let mut missing: Vec<&'static str> = programs
        .into_iter()
        .filter(|need| project.locate(need).is_none())
        .filter_map(package)
        .chain(
            libraries
                .into_iter()
                .filter(|name| !installed.iter().any(|have| have == name)),
        )
        .collect();
    missing.sort_unstable();
    missing.dedup();
    Ok(missing)
}

/// Those of the packages that are installed.
fn installed_of(project: &Project, family: Family, packages: &[&str]) -> Result<Vec<String>> {
    // Both tools fail when one package is unknown, and still print the others.
    let printed = match family {
        Family::Debian => project
            .tool("dpkg-query")?
            .args(["-W", "-f=${Package} ${db:Status-Status}\n"])
            .args(packages)
            .output()?
            .1
            .lines()
            .filter_map(|line| line.strip_suffix(" installed"))
            .map(str::to_owned)
            .collect(),
        Family::Fedora => {
            let printed = project
                .tool("rpm")?
                .args(["-q", "--qf", "%{NAME}\n"])
                .args(packages)
                .output()?
                .1;
            printed.lines().map(str::to_owned).collect()
        }
    };
    Ok(printed)
}

/// Installs packages, by sudo where we are not root.
pub fn install(project: &Project, family: Family, packages: &[&str]) -> Result {
    let as_root = |name: &str| -> Result<_> {
        let tool = project.tool(name)?;
        if is_root(project)? {
            return Ok(tool);
        }
        // sudo clears the environment, and not every sudoers file lets one set variables.
        let sudo = project.tool("sudo").map_err(|_| {
            format!(
                "as root, install: {}; there is no sudo to do it",
                packages.join(" ")
            )
        })?;
        Ok(sudo
            .args(["env", "DEBIAN_FRONTEND=noninteractive"])
            .wrapping(tool)
            .interactive())
    };
    let quiet = QuietServices::before(project, packages, &as_root)?;
    match family {
        Family::Debian => {
            let lock = ["-o", "DPkg::Lock::Timeout=300", "-q"];
            as_root("apt-get")?.args(lock).arg("update").run()?;
            as_root("apt-get")?
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(lock)
                .args(["install", "--yes", "--no-install-recommends"])
                .args(packages)
                .run()?;
        }
        Family::Fedora => {
            let options = ["install", "--assumeyes", "--setopt=install_weak_deps=False"];
            as_root("dnf")?.args(options).args(packages).run()?;
        }
    }
    quiet.after(&as_root)
}

fn is_root(project: &Project) -> Result<bool> {
    Ok(project.tool("id")?.arg("-u").read()?.trim() == "0")
}

/// Services that would run from now on because of a package of ours. Masked while it is installed,
/// so that they are never started; then off, for a person to turn on.
struct QuietServices {
    units: Vec<&'static str>,
}

impl QuietServices {
    fn before(
        project: &Project,
        packages: &[&str],
        as_root: &dyn Fn(&str) -> Result<Tool>,
    ) -> Result<Self> {
        let systemd = std::path::Path::new("/run/systemd/system").is_dir();
        if !systemd || project.tool("systemctl").is_err() {
            return Ok(Self { units: Vec::new() });
        }
        let units: Vec<&str> = UNWANTED_SERVICES
            .iter()
            .filter(|(package, _)| packages.contains(package))
            .flat_map(|(_, units)| units.iter().copied())
            .collect();
        if !units.is_empty() {
            println!(
                "only the programs are wanted: {} stay off",
                units.join(", ")
            );
            as_root("systemctl")?.arg("mask").args(&units).run()?;
        }
        Ok(Self { units })
    }

    fn after(self, as_root: &dyn Fn(&str) -> Result<Tool>) -> Result {
        if self.units.is_empty() {
            return Ok(());
        }
        as_root("systemctl")?
            .arg("unmask")
            .args(&self.units)
            .run()?;
        // Not every system has all of these units, and `disable` says so by failing.
        let _ = as_root("systemctl")?.arg("disable").args(&self.units).run();
        Ok(())
    }
}
