//! `cargo xtask bench`: the speed bars, on the release build. Each quantity is measured in turn
//! with a peer on the same machine, for a figure alone says more of the machine than of us.
//!
//! One file for each part. A new one is a file here with `measure`, a [`Part`], and its line in
//! `bench` below.
//!
//! Hooks in the product: `slipctl bench-fill N` makes a database with that many cards, without
//! a lab; `slipctl bench-list` prints one page's milliseconds per line; with `SLIPWAY_BENCH=1` the app
//! opens on the route in `SLIPWAY_ROUTE` and prints `slipway: ready ROUTE` on standard error when
//! that page is painted and can be used.

mod cli;
mod deploy;
mod iso;
mod list;
mod memory;
mod redfish;
mod startup;

pub use startup::{INSIDE, inside};

use crate::binaries::{self, Profile};
use crate::measure::{Measurement, table};
use crate::packages::Purpose;
use crate::project::Project;
use crate::setup::setup;
use crate::{Result, steps::Steps};

/// The parts, by the name that the command line takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Cli,
    Deploy,
    Iso,
    List,
    Redfish,
    Startup,
}

impl Part {
    pub const ALL: &[Self] = &[
        Self::Cli,
        Self::Deploy,
        Self::Iso,
        Self::List,
        Self::Redfish,
        Self::Startup,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Deploy => "deploy",
            Self::Iso => "iso",
            Self::List => "list",
            Self::Redfish => "redfish",
            Self::Startup => "startup",
        }
    }

    /// Others build an example of their own.
    fn needs_binaries(self) -> bool {
        match self {
            Self::Cli | Self::Deploy | Self::List | Self::Startup => true,
            Self::Iso | Self::Redfish => false,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Cli => "cli: slipctl --help",
            Self::Deploy => "deploy: a rack at once",
            Self::Iso => "iso: a remaster of 3.5 GB, and 32 readers of 1 GB",
            Self::List => "list: a page of 10,000 cards",
            Self::Redfish => "redfish: the inventory of 500 BMCs",
            Self::Startup => "startup: the window, 1,000 cards",
        }
    }
}

/// A debug build is for trying a part: its figures say little of the bars.
pub fn bench(project: &mut Project, profile: Profile, parts: &[Part]) -> Result {
    let mut steps = Steps::new();
    steps.run("setup: what is missing", || {
        setup(project, &[Purpose::Build, Purpose::Test, Purpose::Demo])
    })?;
    let project = &*project;
    let mut built = None;
    let build = match profile {
        Profile::Release => "build: release",
        Profile::Debug => "build: debug, not what the bars are for",
    };
    if parts.iter().any(|part| part.needs_binaries()) {
        steps.run(build, || {
            built = Some(if parts.contains(&Part::Startup) {
                binaries::all(project, profile)?
            } else {
                binaries::without_window(project, profile)?
            });
            Ok(())
        })?;
    }
    let built = || built.as_ref().ok_or("nothing was built");
    let mut measured: Vec<Measurement> = Vec::new();
    let mut window_kept = true;
    for part in parts {
        steps.run(part.heading(), || {
            match part {
                Part::Cli => measured.push(cli::measure(project, built()?)?),
                Part::Deploy => measured.extend(deploy::measure(project, built()?, profile)?),
                Part::Iso => measured.extend(iso::measure(project)?),
                Part::List => measured.push(list::measure(project, built()?)?),
                Part::Redfish => measured.extend(redfish::measure(project)?),
                Part::Startup => window_kept = startup::measure(project, built()?)?,
            }
            Ok(())
        })?;
    }
    steps.report();
    // The window's was printed by its session.
    if !measured.is_empty() {
        println!("\n{}", table(&measured));
    }
    if window_kept && measured.iter().all(Measurement::passes) {
        Ok(())
    } else {
        Err("a bar was missed, or could not be measured".into())
    }
}
