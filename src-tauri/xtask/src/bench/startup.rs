//! The window's start to a fleet table that can be used, and its memory, against a blank page of
//! the same binary.

use super::memory::{descendants, kib_to_mib, pss_kib};
use crate::Result;
use crate::binaries::Binaries;
use crate::measure::{Bar, Measurement, table};
use crate::project::Project;
use crate::session::{Display, Session};
use crate::tool::Running;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The word by which xtask starts itself inside a session with a display.
pub const INSIDE: &str = "bench-inside-session";

const FLEET_ROUTE: &str = "/cards";
const BLANK_ROUTE: &str = "/blank";
const RUNS: usize = 9;

/// Whether the bars were kept. The table is printed inside the session.
pub fn measure(project: &Project, built: &Binaries) -> Result<bool> {
    let session = Session::new()?;
    let itself = project
        .ours(&std::env::current_exe()?)?
        .arg(INSIDE)
        .args([&built.slipway, &built.slipctl]);
    Ok(session
        .wrap(project, Display::Virtual, itself)?
        .limit(Duration::from_secs(20 * 60))
        .run_unannounced()
        .is_ok())
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
    for _ in 0..RUNS {
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
