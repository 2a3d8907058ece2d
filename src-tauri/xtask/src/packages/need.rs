//! What a line of the table says.

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
    /// `tests/requirements.txt`, by pip into a virtual environment in our own tools folder.
    PyPi,
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

pub const fn program(
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

pub const fn library(apt: &'static str, dnf: &'static str, purposes: &'static [Purpose]) -> Need {
    Need {
        name: apt,
        also: &[],
        kind: Kind::Library,
        source: Source::System { apt, dnf },
        purposes,
    }
}

pub const fn from(name: &'static str, source: Source, purposes: &'static [Purpose]) -> Need {
    Need {
        name,
        also: &[],
        kind: Kind::Program,
        source,
        purposes,
    }
}

impl Need {
    /// Where it has other names, or another program serves as well.
    pub const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }
}
