//! `cargo xtask bench`: the speed bars, on the release build. Each quantity is measured in turn
//! with a peer on the same machine, for a figure alone says more of the machine than of us.
//!
//! Its hooks in the product: `slipctl bench-fill N` makes a database with that many cards, without
//! a lab; `slipctl bench-list` prints one page's milliseconds per line; with `SLIPWAY_BENCH=1` the app
//! opens on the route in `SLIPWAY_ROUTE` and prints `slipway: ready ROUTE` on standard error when
//! that page can be used.

use crate::binaries::{self, Binaries, Profile};
use crate::measure::{Bar, Measurement, table};
use crate::packages::Purpose;
use crate::project::Project;
use crate::session::{Display, Session};
use crate::setup::setup;
use crate::tool::{Running, Tool};
use crate::{Result, steps::Steps};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The word by which xtask starts itself for the window's part, inside a session.
pub const INSIDE: &str = "bench-inside-session";

/// The parts, by the name that the command line takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Startup,
    List,
    Cli,
}

impl Part {
    pub const ALL: &[Self] = &[Self::Cli, Self::List, Self::Startup];

    pub fn word(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::List => "list",
            Self::Cli => "cli",
        }
    }
}

const FLEET_ROUTE: &str = "/cards";
const BLANK_ROUTE: &str = "/blank";
const START_RUNS: usize = 9;
const CLI_RUNS: usize = 31;

pub fn bench(project: &mut Project, parts: &[Part]) -> Result {
    let mut steps = Steps::new();
    steps.run("setup: what is missing", || {
        setup(project, &[Purpose::Build, Purpose::Test, Purpose::Demo])
    })?;
    let project = &*project;
    let mut built = None;
    steps.run("build: release", || {
        built = Some(binaries::all(project, Profile::Release)?);
        Ok(())
    })?;
    let built = built.ok_or("nothing was built")?;
    let mut measured = Vec::new();
    let mut window_kept = true;
    for part in parts {
        match part {
            Part::Cli => steps.run("cli: slipctl --help", || {
                measured.push(cli(project, &built)?);
                Ok(())
            })?,
            Part::List => steps.run("list: a page of 10,000 cards", || {
                measured.push(list(project, &built)?);
                Ok(())
            })?,
            Part::Startup => steps.run("startup: the window, 1,000 cards", || {
                let session = Session::new()?;
                let itself = project
                    .ours(&std::env::current_exe()?)?
                    .arg(INSIDE)
                    .args([&built.slipway, &built.slipctl]);
                window_kept = session
                    .wrap(project, Display::Virtual, itself)?
                    .limit(Duration::from_secs(20 * 60))
                    .run_unannounced()
                    .is_ok();
                Ok(())
            })?,
        }
    }
    steps.report();
    println!("\n{}", table(&measured));
    if window_kept && measured.iter().all(Measurement::passes) {
        Ok(())
    } else {
        Err("a bar was missed, or could not be measured".into())
    }
}

fn cli(project: &Project, built: &Binaries) -> Result<Measurement> {
    let ours = || Ok(project.ours(&built.slipctl)?.arg("--help"));
    let peer = || Ok(project.tool("cargo")?.arg("--help"));
    let mut measurement = Measurement {
        what: "slipctl --help".to_owned(),
        unit: "ms",
        ours: Vec::new(),
        peer: None,
        bar: Bar::Below(50.0),
    };
    let mut peers = Vec::new();
    for _ in 0..CLI_RUNS {
        measurement.ours.push(timed(ours)?);
        peers.push(timed(peer)?);
    }
    measurement.peer = Some(("cargo --help".to_owned(), peers));
    Ok(measurement)
}

/// Milliseconds from start to end.
fn timed(tool: impl Fn() -> Result<Tool>) -> Result<f64> {
    let tool = tool()?;
    let started = Instant::now();
    tool.read()?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

fn list(project: &Project, built: &Binaries) -> Result<Measurement> {
    let session = Session::new()?;
    let data = session.home().join("ten-thousand");
    let slipctl = |words: &[&str]| -> Result<Tool> {
        let tool = project.ours(&built.slipctl)?.arg("--data-dir").arg(&data);
        session.wrap(project, Display::None, tool.args(words))
    };
    slipctl(&["bench-fill", "10000"])?.run_unannounced()?;
    let printed = slipctl(&["bench-list", "--rounds", "200"])?.read()?;
    let ours = printed
        .lines()
        .map(|line| {
            line.trim()
                .parse()
                .map_err(|_| format!("bench-list printed '{line}'"))
        })
        .collect::<std::result::Result<_, _>>()?;
    Ok(Measurement {
        what: "a page of the list, 10,000 cards".to_owned(),
        unit: "ms",
        ours,
        peer: None,
        bar: Bar::Below(20.0),
    })
}

/// The window's part, inside a session with a display of its own.
pub fn inside(project: &Project, slipway: &str, slipctl: &str) -> Result {
    let session = Session::new()?;
    let data = session.home().join("thousand");
    project
        .ours(Path::new(slipctl))?
        .arg("--data-dir")
        .arg(&data)
        .args(["bench-fill", "1000"])
        .run()?;
    // Once each, unmeasured: what is read from the disk is then in memory for both.
    for route in [FLEET_ROUTE, BLANK_ROUTE] {
        start_window(project, slipway, &data, route)?;
    }
    let (mut fleet, mut blank) = (Vec::new(), Vec::new());
    for _ in 0..START_RUNS {
        fleet.push(start_window(project, slipway, &data, FLEET_ROUTE)?);
        blank.push(start_window(project, slipway, &data, BLANK_ROUTE)?);
    }
    let against = |what: &str, unit, of: fn(&(f64, f64)) -> f64| Measurement {
        what: what.to_owned(),
        unit,
        ours: fleet.iter().map(of).collect(),
        peer: Some((
            "the same binary on a blank route".to_owned(),
            blank.iter().map(of).collect(),
        )),
        bar: Bar::TimesPeer(1.3),
    };
    let measured = [
        against(
            "start to a usable fleet table, 1,000 cards",
            "ms",
            |(time, _)| *time,
        ),
        against(
            "memory with WebKit's processes (PSS)",
            "MiB",
            |(_, memory)| *memory,
        ),
    ];
    println!("\n{}", table(&measured));
    if measured.iter().all(Measurement::passes) {
        Ok(())
    } else {
        Err("a bar was missed".into())
    }
}

/// Starts the window and waits until it says that the route is ready; gives milliseconds, and
/// then MiB of its process tree. The window is gone afterwards.
fn start_window(project: &Project, slipway: &str, data: &Path, route: &str) -> Result<(f64, f64)> {
    let limit = Duration::from_secs(60);
    let tool = project
        .ours(Path::new(slipway))?
        .arg("--data-dir")
        .arg(data)
        .env("SLIPWAY_BENCH", "1")
        .env("SLIPWAY_ROUTE", route);
    let started = Instant::now();
    let mut running = tool.start(Stdio::piped())?;
    let ready = format!("slipway: ready {route}");
    let lines = running
        .child
        .stderr
        .take()
        .ok_or("the window has no standard error")?;
    let (said, hears) = std::sync::mpsc::channel();
    // It goes on reading to the end, so that the window never writes into a full pipe.
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(lines)
            .lines()
            .map_while(std::result::Result::ok)
        {
            if line.trim() == ready {
                let _ = said.send(Instant::now());
            }
        }
    });
    let at = hears
        .recv_timeout(limit)
        .map_err(|_| format!("the window did not say 'slipway: ready {route}' within {limit:?}"))?;
    let time = (at - started).as_secs_f64() * 1000.0;
    // Memory is read when the page has come to rest.
    std::thread::sleep(Duration::from_secs(1));
    let root = running.child.id();
    let family = descendants(root)?;
    let memory = family.iter().map(|process| pss_kib(*process)).sum::<u64>();
    end(running, &family)?;
    let _ = reader.join();
    Ok((time, kib_to_mib(memory)))
}

/// Ends the window and waits for WebKit's processes, which leave when it has gone.
fn end(running: Running, family: &[u32]) -> Result {
    drop(running);
    let deadline = Instant::now() + Duration::from_secs(10);
    while family
        .iter()
        .any(|process| Path::new(&format!("/proc/{process}/exe")).exists())
    {
        if Instant::now() > deadline {
            return Err("the window's processes outlive it".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "memory in KiB is far below 2^52"
)]
fn kib_to_mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// The process and all that came from it.
fn descendants(root: u32) -> Result<Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(process) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // One that has ended meanwhile has no parent any more.
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        if let Some(parent) = parent_of(&stat) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut family = vec![root];
    let mut at = 0;
    while let Some(process) = family.get(at) {
        family.extend(children.remove(process).unwrap_or_default());
        at += 1;
    }
    Ok(family)
}

/// The fourth field of `/proc/PID/stat`; the second, the name, may hold anything in its brackets.
fn parent_of(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

/// The share of memory that is this process's, pages in common divided by those who share them.
fn pss_kib(process: u32) -> u64 {
    let rollup =
        std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    pss.and_then(|pss| pss.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_hide_the_parent() {
        assert_eq!(parent_of("42 (Web Process (x)) S 7 42 42 0"), Some(7));
        assert_eq!(parent_of(""), None);
    }

    #[test]
    fn we_are_our_own_first_descendant_and_use_memory() {
        let family = descendants(std::process::id()).expect("a readable /proc");
        assert_eq!(family.first(), Some(&std::process::id()));
        assert!(pss_kib(std::process::id()) > 100);
    }
}
