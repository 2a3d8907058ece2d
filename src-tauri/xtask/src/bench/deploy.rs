//! A rack deployed at once, against one card alone: the simulated cards read the ISO at a capped
//! rate, as real IMCs do, so that what is measured is what Slipway adds. And the engine's own work,
//! with a long queue.
//!
//! The rack is the lab in a process of its own; what is timed and weighed is `slipctl deploy`.

use super::memory::{kib_to_mib, peak_kib};
use crate::Result;
use crate::binaries::{Binaries, Profile};
use crate::measure::{Bar, Measurement};
use crate::project::Project;
use crate::tool::{Running, Tool};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes in a second, of each IMC: the lab's ISO of 23 MB takes three quarters of a minute.
const READ_RATE: u32 = 500_000;
const RUNS: usize = 3;
/// 200 MB.
const LIMIT_MIB: f64 = 200e6 / (1024.0 * 1024.0);
const QUEUED: u32 = 1_000;
/// Opens the data folder's secret file.
const WITH_PASSPHRASE: &str = r#"exec "$@" 3<"$0""#;

/// A debug build is slower, and shares the machine: fewer cards then, and the table says so.
fn rack_of(profile: Profile) -> u32 {
    match profile {
        Profile::Release => 100,
        Profile::Debug => 24,
    }
}

pub fn measure(project: &Project, built: &Binaries, profile: Profile) -> Result<Vec<Measurement>> {
    let home = std::env::temp_dir().join(format!("slipway-bench-deploy-{}", std::process::id()));
    std::fs::create_dir_all(&home)?;
    let measured = in_folder(project, built, profile, &home);
    std::fs::remove_dir_all(&home)?;
    measured
}

fn in_folder(
    project: &Project,
    built: &Binaries,
    profile: Profile,
    home: &Path,
) -> Result<Vec<Measurement>> {
    let cards = rack_of(profile);
    let desk = Desk {
        project,
        slipctl: &built.slipctl,
        home,
    };
    std::fs::write(home.join("passphrase"), "of the bench\n")?;
    let mut measured = deployments(&desk, cards)?;
    let printed = desk
        .slipctl("queue", &["bench-queue", &QUEUED.to_string()])?
        .limit(Duration::from_secs(600))
        .read()?;
    let spent: Vec<f64> = printed
        .lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect();
    if spent.len() != QUEUED as usize {
        let count = spent.len();
        return Err(format!("bench-queue told of {count} transitions, not {QUEUED}").into());
    }
    measured.push(Measurement {
        what: format!("engine's own work per transition, {QUEUED} queued jobs"),
        unit: "ms",
        ours: spent,
        peer: None,
        bar: Bar::Below(5.0),
    });
    Ok(measured)
}

fn deployments(desk: &Desk<'_>, cards: u32) -> Result<Vec<Measurement>> {
    let (_lab, lab) = desk.lab(cards + 1)?;
    let add = desk.slipctl("desk", &["lab", "add", "--dir"])?.arg(&lab);
    add.limit(Duration::from_secs(600)).run_unannounced()?;
    let names: Vec<String> = (1..=cards + 1)
        .map(|card| format!("dpu-{card:02}"))
        .collect();
    let (alone, rack) = names.split_last().ok_or("there are no cards")?;
    let rack: Vec<&str> = rack.iter().map(String::as_str).collect();
    let (mut times, mut peers, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        peers.push(desk.deploy(&[alone], cards)?.seconds);
        let run = desk.deploy(&rack, cards)?;
        times.push(run.seconds);
        peaks.push(run.peak_mib / LIMIT_MIB);
    }
    Ok(vec![
        Measurement {
            what: format!("{cards} cards deployed at once, each reading {READ_RATE} B/s"),
            unit: "s",
            ours: times,
            peer: Some(("one card alone".to_owned(), peers)),
            bar: Bar::TimesPeer(1.15),
        },
        Measurement {
            what: "peak memory meanwhile over its limit of 200 MB".to_owned(),
            unit: "×",
            ours: peaks,
            peer: None,
            bar: Bar::Below(1.0),
        },
    ])
}

struct Run {
    seconds: f64,
    peak_mib: f64,
}

struct Desk<'a> {
    project: &'a Project,
    slipctl: &'a Path,
    home: &'a Path,
}

impl Desk<'_> {
    /// On a data folder of this name. The shell becomes `slipctl`: the process is its own.
    fn slipctl(&self, data: &str, words: &[&str]) -> Result<Tool> {
        Ok(self
            .project
            .tool("bash")?
            .args(["-c", WITH_PASSPHRASE])
            .arg(self.home.join("passphrase"))
            .wrapping(self.project.ours(self.slipctl)?)
            .args(["--passphrase-fd", "3", "--data-dir"])
            .arg(self.home.join(data))
            .args(words)
            // No keyring: the secrets go into the folder's own file.
            .without_env("DBUS_SESSION_BUS_ADDRESS")
            .without_env("XDG_RUNTIME_DIR"))
    }

    fn lab(&self, cards: u32) -> Result<(Running, PathBuf)> {
        let folder = self.home.join("lab");
        let cards = cards.to_string();
        let rate = READ_RATE.to_string();
        let words = ["lab", "start", "--fleet", "fresh", "--speed", "instant"];
        let mut running = self
            .project
            .ours(self.slipctl)?
            .args(words)
            .args(["--cards", &cards, "--read-rate", &rate, "--dir"])
            .arg(&folder)
            .start_logged(&self.home.join("lab.log"))?;
        let inventory = folder.join("lab.json");
        running.wait_until(
            "the lab has written its inventory",
            Duration::from_secs(300),
            || inventory.is_file(),
        )?;
        Ok((running, folder))
    }

    fn deploy(&self, cards: &[&str], at_once: u32) -> Result<Run> {
        let log = self.home.join("deploy.log");
        let at_once = at_once.to_string();
        let options = ["--iso", "dpu-os-1.0.0.iso", "--yes", "--at-once", &at_once];
        let tool = self.slipctl("desk", &["deploy"])?.args(cards).args(options);
        let began = Instant::now();
        let mut running = tool.start_logged(&log)?;
        let mut peak = 0;
        let deadline = began + Duration::from_secs(1800);
        let status = loop {
            // A process that has just ended has no peak any more.
            peak = peak.max(peak_kib(running.child.id()));
            if let Some(status) = running.child.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                return Err("a deployment took longer than half an hour".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let seconds = began.elapsed().as_secs_f64();
        if !status.success() {
            let said = std::fs::read_to_string(&log)?;
            let last: Vec<&str> = said.lines().rev().take(30).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            return Err(format!("the deployment: {status}\n{}", last.join("\n")).into());
        }
        Ok(Run {
            seconds,
            peak_mib: kib_to_mib(peak),
        })
    }
}
