//! The inventory of 500 simulated BMCs, by our client and by sushy in turn: 100 at once, then all.
//!
//! Both sides are an example of the crate slipway-redfish (`examples/many_bmcs`), which also says
//! what a BMC of these is. The server counts; the readers say what they took.

use crate::Result;
use crate::measure::{Bar, Measurement};
use crate::project::{ONE_FEATURE_SET, Project};
use crate::tool::{Running, Tool};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout};
use std::time::Duration;

const BMCS: u32 = 500;
const LATENCY_MS: u32 = 200;
const AT_ONCE: [u32; 2] = [100, BMCS];
const RUNS: usize = 3;
/// Of one BMC: twelve resources, and its session's beginning and end.
const REQUESTS: u32 = 14;
/// root, session, systems, system, storages, storage, drive.
const LONGEST_CHAIN: u32 = 7;

/// What a reader, or the server, says of one run.
type Told = HashMap<String, f64>;

pub fn measure(project: &Project) -> Result<Vec<Measurement>> {
    project
        .cargo("build")?
        .args(ONE_FEATURE_SET)
        .args(["--release", "--example", "many_bmcs"])
        .run()?;
    let example = project.target.join("release/examples/many_bmcs");
    let folder = std::env::temp_dir().join(format!("slipway-many-bmcs-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = in_folder(project, &example, &folder);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn in_folder(project: &Project, example: &Path, folder: &Path) -> Result<Vec<Measurement>> {
    let mut server = Server::start(project, example, folder)?;
    let mut measured = Vec::new();
    for at_once in AT_ONCE {
        let (mut ours, mut peers, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(told(&read(
                project.ours(example)?.arg("read"),
                at_once,
                folder,
            )?));
            counts.push(server.counts()?);
            let script = project
                .root
                .join("src-tauri/crates/redfish/examples/many_bmcs/by_sushy.py");
            peers.push(told(&read(
                project.tool("python3")?.arg(script),
                at_once,
                folder,
            )?));
            server.counts()?;
        }
        measured.extend(judged(at_once, &ours, &peers, &counts));
    }
    Ok(measured)
}

fn read(tool: Tool, at_once: u32, folder: &Path) -> Result<String> {
    tool.arg(at_once.to_string())
        .arg(folder)
        .limit(Duration::from_secs(20 * 60))
        .read()
}

/// The measurements of one number of BMCs at once.
fn judged(at_once: u32, ours: &[Told], peers: &[Told], counts: &[Told]) -> Vec<Measurement> {
    let column = |told: &[Told], name: &str| -> Vec<f64> {
        told.iter()
            .filter_map(|told| told.get(name).copied())
            .collect()
    };
    let against = |what: &str, unit, name: &str, bar| Measurement {
        what: format!("{what}, {BMCS} BMCs, {at_once} at once"),
        unit,
        ours: column(ours, name),
        peer: Some(("sushy".to_owned(), column(peers, name))),
        bar,
    };
    let alone = |what: &str, unit, name: &str, bar| Measurement {
        what: format!("{what}, {at_once} at once"),
        unit,
        ours: column(counts, name),
        peer: None,
        bar,
    };
    let limit = limit_s(at_once);
    vec![
        against(
            "wall time until the last inventory is in hand",
            "s",
            "wall_s",
            Bar::TimesPeer(0.6),
        ),
        against(
            "wall time until the last session is gone",
            "s",
            "ended_s",
            Bar::TimesPeer(0.6),
        ),
        against("CPU", "s", "cpu_s", Bar::TimesPeer(0.25)),
        Measurement {
            what: format!(
                "wall time until the last inventory over its limit of {limit:.1} s, \
                 {at_once} at once"
            ),
            unit: "×",
            ours: column(ours, "wall_s")
                .iter()
                .map(|wall| wall / limit)
                .collect(),
            peer: None,
            bar: Bar::Below(1.25),
        },
        against("peak memory", "KiB", "peak_kib", Bar::TimesPeer(1.0)),
        alone(
            "requests",
            "",
            "requests",
            Bar::Below(f64::from(BMCS * REQUESTS) + 0.5),
        ),
        alone(
            "most requests in flight at a BMC",
            "",
            "most_in_flight",
            Bar::Below(2.5),
        ),
        alone("sessions left open", "", "open_sessions", Bar::Below(0.5)),
    ]
}

/// Latency × the larger of the longest chain of links and half the requests × the rounds.
fn limit_s(at_once: u32) -> f64 {
    let steps = LONGEST_CHAIN.max(REQUESTS.div_ceil(2));
    let rounds = BMCS.div_ceil(at_once);
    f64::from(LATENCY_MS * steps * rounds) / 1000.0
}

/// Lines of `name value`.
fn told(text: &str) -> Told {
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs
        .filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?)))
        .collect()
}

/// The simulated BMCs; they end with their standard input.
struct Server {
    _running: Running,
    asks: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Server {
    fn start(project: &Project, example: &Path, folder: &Path) -> Result<Self> {
        let tool = project
            .ours(example)?
            .args(["serve", &BMCS.to_string(), &LATENCY_MS.to_string()])
            .arg(folder);
        let mut running = tool.start_talking()?;
        let asks = running
            .child
            .stdin
            .take()
            .ok_or("the server has no input")?;
        let says = running
            .child
            .stdout
            .take()
            .ok_or("the server has no output")?;
        let mut server = Self {
            _running: running,
            asks,
            says: BufReader::new(says),
        };
        server.until("ready")?;
        Ok(server)
    }

    /// What it counted since it was asked last.
    fn counts(&mut self) -> Result<Told> {
        writeln!(self.asks)?;
        self.until("end")
    }

    fn until(&mut self, last: &str) -> Result<Told> {
        let mut text = String::new();
        loop {
            let before = text.len();
            if self.says.read_line(&mut text)? == 0 {
                return Err("the simulated BMCs ended".into());
            }
            if text[before..].starts_with(last) {
                return Ok(told(&text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_rounds_of_the_longest_chain() {
        assert!((limit_s(100) - 7.0).abs() < 1e-9);
        assert!((limit_s(500) - 1.4).abs() < 1e-9);
    }

    #[test]
    fn what_is_told_is_lines_of_a_name_and_a_number() {
        let told = told("wall_s 1.5\nnoise\nrequests 7000\nend 0\n");
        assert_eq!(told.len(), 3);
        assert!((told["wall_s"] - 1.5).abs() < 1e-9);
    }
}
