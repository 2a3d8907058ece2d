//! `slipctl --help`: what every command costs before it does anything.

use crate::Result;
use crate::binaries::Binaries;
use crate::measure::{Bar, Measurement};
use crate::project::Project;
use crate::tool::Tool;
use std::time::Instant;

const RUNS: usize = 31;

pub fn measure(project: &Project, built: &Binaries) -> Result<Measurement> {
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
    for _ in 0..RUNS {
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
