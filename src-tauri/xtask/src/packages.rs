//! Every program and library that this project's set-up, build, tests, demo and packaging need,
//! and where it comes from: Debian's or Fedora's package, rustup, npm, or cargo.
//!
//! This is the one list. `tool.rs` starts nothing that is not on it, and a test greps the
//! workspace's Rust sources for programs that are started but not listed. It is not the list of
//! what the installed app needs at run time: that stands in `tauri.conf.json`.

/// What a need is for. `setup` installs only what its purposes ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To compile the workspace and the UI.
    Build,
    /// To run all the tests.
    Test,
    /// To run the demo, also where there is no display.
    Demo,
    /// To make and look into the deb and the rpm.
    Package,
}

impl Purpose {
    pub const ALL: &[Self] = &[Self::Build, Self::Test, Self::Demo, Self::Package];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Test => "test",
            Self::Demo => "demo",
            Self::Package => "package",
        }
    }
}

/// How a need is recognised as met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A program on PATH (or in the sbin folders).
    Program,
    /// A package with no program of its own: headers, fonts.
    Library,
}

/// Where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The distribution's packages. Fedora's may be a file's path, which dnf takes as well.
    System {
        apt: &'static str,
        dnf: &'static str,
    },
    /// On every supported system before we come.
    Base,
    /// On Debian and Ubuntu, or on Fedora, before we come; not on the other.
    BaseOf(Family),
    /// rustup's toolchain, with which `cargo xtask` itself was started.
    Rustup,
    /// Node.js: the system's when it is new enough, else our own copy from the npm registry.
    Node,
    /// `ui/node_modules/.bin`, after `npm ci`.
    NodeModules,
    /// `cargo install`, into our own tools folder.
    CargoInstall,
}

/// A family of distributions that share a package manager and package names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// apt: Debian, Ubuntu and what is made of them.
    Debian,
    /// dnf: Fedora.
    Fedora,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The program's name, or the library's apt package.
    pub name: &'static str,
    /// Other names under which the same program is found.
    pub also: &'static [&'static str],
    pub kind: Kind,
    pub source: Source,
    pub purposes: &'static [Purpose],
}

const BUILD: &[Purpose] = &[Purpose::Build];
const TEST: &[Purpose] = &[Purpose::Test];
const DEMO: &[Purpose] = &[Purpose::Demo];
const PACKAGE: &[Purpose] = &[Purpose::Package];
const WINDOW: &[Purpose] = &[Purpose::Test, Purpose::Demo];

const fn program(
    name: &'static str,
    apt: &'static str,
    dnf: &'static str,
    purposes: &'static [Purpose],
) -> Need {
    Need {
        name,
        also: &[],
        kind: Kind::Program,
        source: Source::System { apt, dnf },
        purposes,
    }
}

const fn library(apt: &'static str, dnf: &'static str, purposes: &'static [Purpose]) -> Need {
    Need {
        name: apt,
        also: &[],
        kind: Kind::Library,
        source: Source::System { apt, dnf },
        purposes,
    }
}

const fn from(name: &'static str, source: Source, purposes: &'static [Purpose]) -> Need {
    Need {
        name,
        also: &[],
        kind: Kind::Program,
        source,
        purposes,
    }
}

/// Debian's chromium; where Chrome is already there, it serves as well.
const CHROMIUM: Need = Need {
    name: "chromium",
    also: &["chromium-browser", "google-chrome", "google-chrome-stable"],
    kind: Kind::Program,
    source: Source::System {
        apt: "chromium",
        dnf: "chromium",
    },
    purposes: TEST,
};

/// A registry that is not our own code. On Fedora the program has another name.
const DOCKER_REGISTRY: Need = Need {
    name: "docker-registry",
    also: &["registry"],
    kind: Kind::Program,
    source: Source::System {
        apt: "docker-registry",
        dnf: "docker-distribution",
    },
    purposes: TEST,
};

/// Services that their packages start, and open to the world, as soon as they are installed.
/// Wanted are the programs, for tests on loopback; `setup` keeps the services off.
pub const UNWANTED_SERVICES: &[(&str, &[&str])] = &[
    (
        "openssh-server",
        &["ssh.service", "ssh.socket", "sshd.service"],
    ),
    ("docker-registry", &["docker-registry.service"]),
    ("docker-distribution", &["docker-distribution.service"]),
];

/// The table. The apt names were run on Debian 12. The dnf names come from Fedora's package lists
/// and have not been run; a path stands where Fedora has moved a program between packages.
pub const NEEDS: &[Need] = &[
    // The Rust and C side. aws-lc-sys needs a C compiler only: no cmake, no clang, no bindgen.
    library("build-essential", "gcc-c++", BUILD),
    program("cc", "gcc", "gcc", BUILD),
    program("make", "make", "make", BUILD),
    program("pkg-config", "pkg-config", "pkgconf-pkg-config", BUILD),
    program("file", "file", "file", BUILD),
    program("patchelf", "patchelf", "patchelf", PACKAGE),
    program("git", "git", "git-core", BUILD),
    library("ca-certificates", "ca-certificates", BUILD),
    library("libssl-dev", "openssl-devel", BUILD),
    library("libwebkit2gtk-4.1-dev", "webkit2gtk4.1-devel", BUILD),
    library(
        "libjavascriptcoregtk-4.1-dev",
        "javascriptcoregtk4.1-devel",
        BUILD,
    ),
    library("libsoup-3.0-dev", "libsoup3-devel", BUILD),
    library("librsvg2-dev", "librsvg2-devel", BUILD),
    library("libxdo-dev", "libxdo-devel", BUILD),
    // ISOs, real and made for tests.
    program("xorriso", "xorriso", "xorriso", WINDOW),
    program("implantisomd5", "isomd5sum", "isomd5sum", WINDOW),
    program("checkisomd5", "isomd5sum", "isomd5sum", WINDOW),
    // Judges of our TLS and SSH that are not our own code.
    program("gnutls-cli", "gnutls-bin", "gnutls-utils", TEST),
    program("gnutls-serv", "gnutls-bin", "gnutls-utils", TEST),
    program("certtool", "gnutls-bin", "gnutls-utils", TEST),
    program("openssl", "openssl", "openssl", TEST),
    program("curl", "curl", "curl", TEST),
    program("sshd", "openssh-server", "openssh-server", TEST),
    program("ssh", "openssh-client", "openssh-clients", TEST),
    program("ssh-keygen", "openssh-client", "openssh-clients", TEST),
    program("ssh-agent", "openssh-client", "openssh-clients", TEST),
    program("ssh-add", "openssh-client", "openssh-clients", TEST),
    program("tar", "tar", "tar", WINDOW),
    program("kill", "procps", "procps-ng", WINDOW),
    program("nc", "netcat-openbsd", "netcat", TEST),
    program("ip", "iproute2", "iproute", TEST),
    program("unshare", "util-linux", "util-linux", TEST),
    program("setpriv", "util-linux", "util-linux", WINDOW),
    // The window where there is no display, and something to judge it by.
    program("xvfb-run", "xvfb", "xorg-x11-server-Xvfb", WINDOW),
    program("xauth", "xauth", "xorg-x11-xauth", WINDOW),
    program(
        "WebKitWebDriver",
        "webkit2gtk-driver",
        "/usr/bin/WebKitWebDriver",
        TEST,
    ),
    program("dbus-run-session", "dbus", "dbus-daemon", WINDOW),
    program("dbus-send", "dbus", "dbus-tools", WINDOW),
    program("dbus-launch", "dbus-x11", "dbus-x11", WINDOW),
    program(
        "gnome-keyring-daemon",
        "gnome-keyring",
        "gnome-keyring",
        WINDOW,
    ),
    program("import", "imagemagick", "ImageMagick", DEMO),
    library("fonts-dejavu", "dejavu-sans-fonts", WINDOW),
    CHROMIUM,
    DOCKER_REGISTRY,
    // The UI.
    from("node", Source::Node, BUILD),
    from("npm", Source::Node, BUILD),
    from("tauri", Source::NodeModules, PACKAGE),
    // Packages.
    program("rpm", "rpm", "rpm", PACKAGE),
    program("dpkg-deb", "dpkg", "dpkg", PACKAGE),
    // What comes with the toolchain, or by cargo.
    from("cargo", Source::Rustup, BUILD),
    from("cargo-deny", Source::CargoInstall, &[]),
    // What is there on every system that we support.
    from("bash", Source::Base, &[]),
    from("sh", Source::Base, &[]),
    from("sleep", Source::Base, &[]),
    from("sha256sum", Source::Base, &[]),
    from("env", Source::Base, &[]),
    from("timeout", Source::Base, &[]),
    from("sudo", Source::Base, &[]),
    from("id", Source::Base, &[]),
    from("systemctl", Source::Base, &[]),
    from("apt-get", Source::BaseOf(Family::Debian), &[]),
    from("dpkg-query", Source::BaseOf(Family::Debian), &[]),
    from("dnf", Source::BaseOf(Family::Fedora), &[]),
];

/// Where Ubuntu's package has another name than Debian's. Its chromium comes as a snap, which
/// does not install inside a container: there, any Chrome on PATH is used instead.
pub const UBUNTU_NAMES: &[(&str, &str)] = &[("chromium", "chromium-browser")];

/// The program's line of the table, whichever of its names it is called by.
pub fn find_program(name: &str) -> Option<&'static Need> {
    NEEDS
        .iter()
        .find(|need| need.kind == Kind::Program && (need.name == name || need.also.contains(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                rust_files(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    /// The literals that `Command`s are made with, std's and tokio's alike, wherever the line breaks.
    fn started_programs(source: &str) -> Vec<String> {
        let call = concat!("Command::", "new(");
        let code = |line: &&str| !line.trim_start().starts_with("//");
        let source = source.lines().filter(code).collect::<Vec<_>>().join("\n");
        source
            .match_indices(call)
            .filter_map(|(at, _)| {
                let argument = source[at + call.len()..].trim_start().strip_prefix('"')?;
                argument
                    .split_once('"')
                    .map(|(program, _)| program.to_owned())
            })
            .collect()
    }

    fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .expect("xtask stands two folders below the root")
            .to_path_buf()
    }

    #[test]
    fn literals_are_found_across_line_breaks_and_variables_are_left_alone() {
        let call = concat!("Command::", "new");
        let source = format!(
            "{call}(\"ssh\"); tokio::process::{call}(\n    \"xorriso\",\n); {call}(program)"
        );
        assert_eq!(started_programs(&source), ["ssh", "xorriso"]);
    }

    #[test]
    fn every_program_that_the_sources_start_is_listed() {
        let mut files = Vec::new();
        for folder in ["src-tauri/crates", "src-tauri/src", "tests"] {
            rust_files(&workspace().join(folder), &mut files);
        }
        assert!(files.len() > 10, "the sources were not found");
        let mut unlisted = Vec::new();
        for file in files {
            let source = std::fs::read_to_string(&file).expect("a readable source");
            for program in started_programs(&source) {
                let name = program.rsplit('/').next().unwrap_or(&program);
                if find_program(name).is_none() {
                    unlisted.push(format!("{program} in {}", file.display()));
                }
            }
        }
        assert!(unlisted.is_empty(), "not in packages.rs: {unlisted:#?}");
    }

    #[test]
    fn xtask_starts_programs_through_tool_rs_only() {
        let call = concat!("Command::", "new(");
        let mut files = Vec::new();
        rust_files(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut files,
        );
        for file in files {
            let source = std::fs::read_to_string(&file).expect("a readable source");
            if !file.ends_with("tool.rs") {
                let code = |line: &&str| !line.trim_start().starts_with("//");
                let starts = source.lines().filter(code).any(|line| line.contains(call));
                assert!(!starts, "{} starts a program by itself", file.display());
            }
        }
    }

    #[test]
    fn no_name_is_listed_twice() {
        let mut names: Vec<&str> = NEEDS.iter().map(|need| need.name).collect();
        names.sort_unstable();
        let listed = names.len();
        names.dedup();
        assert_eq!(names.len(), listed);
    }
}
