//! `cargo xtask demo`: the simulated rack, and the app's window on it.

use crate::binaries::{self, Profile};
use crate::packages::Purpose;
use crate::project::Project;
use crate::session::{self, Display, Session};
use crate::setup::setup;
use crate::tool::{Running, Tool};
use crate::{Result, steps::Steps};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The word by which xtask starts itself inside a session with a display of its own.
pub const INSIDE: &str = "demo-inside-session";

/// The window's own size, at the display's corner: around it is only Xvfb's black.
const WINDOW: &str = "1360x880+0+0";
/// An empty page is a PNG of a few kilobytes, one that still waits for its rows of 35,000 bytes;
/// with its rows it has 80,000 and more.
const LEAST_PICTURE: u64 = 60_000;
/// Tells the demo inside the session that nobody sees the window.
const PICTURE: &str = "SLIPWAY_DEMO_PICTURE";

/// Set-up and build, then the window: the person's own display, or Xvfb and a screenshot.
pub fn demo(project: &mut Project, profile: Profile) -> Result {
    let mut steps = Steps::new();
    steps.run("setup: what is missing", || {
        setup(project, &[Purpose::Build, Purpose::Demo])
    })?;
    let project = &*project;
    let mut built = None;
    steps.run("build: the UI, the app and slipctl", || {
        built = Some(binaries::all(project, profile)?);
        Ok(())
    })?;
    steps.report();
    let built = built.ok_or("nothing was built")?;
    let itself = project
        .ours(&std::env::current_exe()?)?
        .arg(INSIDE)
        .args([&built.slipway, &built.slipctl]);
    // The lab's passwords go into a keyring of their own, not into the person's.
    let session = Session::new()?;
    if session::has_display() {
        return session
            .wrap(project, Display::Own, itself)?
            .tied()
            .run_unannounced();
    }
    println!("\nNo display here: the window opens under Xvfb, and a screenshot is taken of it.");
    let limit = Duration::from_secs(10 * 60);
    let itself = itself.env(PICTURE, "1");
    session
        .wrap(project, Display::Virtual, itself)?
        .limit(limit)
        .run_unannounced()
}

/// The demo inside the session: the rack, and the window on it.
pub fn inside(project: &Project, slipway: &str, slipctl: &str) -> Result {
    let rack = Rack::start(project, Path::new(slipctl))?;
    let window = window(project, Path::new(slipway), &rack)?;
    if std::env::var_os(PICTURE).is_some() {
        // The cards first, so that the picture is one of a rack that has been looked at.
        let slipctl = project
            .ours(Path::new(slipctl))?
            .arg("--data-dir")
            .arg(&rack.data);
        let add = slipctl.args(["lab", "add", "--dir"]).arg(&rack.lab);
        add.limit(Duration::from_secs(180)).run()?;
        picture(project, window)
    } else {
        println!("\nThe window is on the simulated rack. Close it to end the demo.");
        window.run()
    }
}

/// Where there is no display: waits for the window's first page, and takes its picture.
fn picture(project: &Project, window: Tool) -> Result {
    let log = project.root.join("demo/window.log");
    let mut running = window
        .env("SLIPWAY_BENCH", "1")
        .env("SLIPWAY_ROUTE", "/cards")
        .start_logged(&log)?;
    running.wait_until(
        "the window shows its first page",
        Duration::from_secs(90),
        || std::fs::read_to_string(&log).is_ok_and(|said| said.contains("slipway: ready ")),
    )?;
    let picture = project.root.join("demo/window.png");
    // The page is ready before it is painted, and then moves for a moment: taken is the picture
    // that has something on it, and is as long as the one before it.
    let mut last = 0;
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        std::thread::sleep(Duration::from_secs(2));
        running.still_runs()?;
        let part = ["-window", "root", "-crop", WINDOW, "+repage", "-strip"];
        let import = project.tool("import")?.args(part).arg(&picture);
        import.limit(Duration::from_secs(30)).read()?;
        let bytes = std::fs::metadata(&picture)?.len();
        if bytes > LEAST_PICTURE && bytes == last {
            break;
        }
        if Instant::now() > deadline {
            return Err("the window is empty, or does not come to rest".into());
        }
        last = bytes;
    }
    println!("\nThe window's picture: {}", picture.display());
    println!("The command-line tour: cargo xtask demo --headless");
    Ok(())
}

fn window(project: &Project, slipway: &Path, rack: &Rack) -> Result<Tool> {
    let tool = project.ours(slipway)?;
    Ok(tool
        .arg("--data-dir")
        .arg(&rack.data)
        .arg("--lab-dir")
        .arg(&rack.lab)
        .tied())
}

/// The running lab. It ends when this is dropped.
pub struct Rack {
    /// The lab's folder, with its inventory `lab.json`.
    pub lab: PathBuf,
    /// Slipway's own data.
    pub data: PathBuf,
    _running: Running,
}

impl Rack {
    /// Starts 24 cards in `demo/`, which begins empty: a card's pins are new with each lab.
    pub fn start(project: &Project, slipctl: &Path) -> Result<Self> {
        let demo = project.root.join("demo");
        if demo.exists() {
            std::fs::remove_dir_all(&demo)
                .map_err(|error| format!("{}: {error}", demo.display()))?;
        }
        let (lab, data) = (demo.join("lab"), demo.join("data"));
        for folder in [&lab, &data] {
            std::fs::create_dir_all(folder)?;
        }
        let log = demo.join("lab.log");
        let tool = project
            .ours(slipctl)?
            .arg("--data-dir")
            .arg(&data)
            .args(["lab", "start", "--cards", "24", "--dir"])
            .arg(&lab)
            .tied();
        println!("\n$ {} &", tool.shown());
        let mut running = tool.start_logged(&log)?;
        let inventory = lab.join("lab.json");
        running
            .wait_until(
                "the lab has written its inventory",
                Duration::from_secs(120),
                || inventory.is_file(),
            )
            .map_err(|error| {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                format!("{error}\n{}", said.trim())
            })?;
        println!("24 simulated cards, listed in {}", inventory.display());
        Ok(Self {
            lab,
            data,
            _running: running,
        })
    }

    /// The ISO that the lab made, of the image's version 1.0.0.
    pub fn iso(&self) -> Result<String> {
        let inventory = std::fs::read_to_string(self.lab.join("lab.json"))?;
        string_field(&inventory, "demo_iso").ok_or_else(|| "lab.json names no demo_iso".into())
    }
}

/// The value of a string field of JSON that our own lab wrote: a path, so with no escapes that
/// would need a JSON library here.
fn string_field(json: &str, name: &str) -> Option<String> {
    let (_, after) = json.split_once(&format!("\"{name}\""))?;
    let value = after
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    value.split_once('"').map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_iso_is_found_in_the_inventory_however_it_is_laid_out() {
        let json = "{\"image\": \"x\",\n \"demo_iso\" : \"/demo/lab/demo.iso\"}";
        assert_eq!(
            string_field(json, "demo_iso").as_deref(),
            Some("/demo/lab/demo.iso")
        );
        assert_eq!(
            string_field("{\"demo_iso\":\"a\"}", "demo_iso").as_deref(),
            Some("a")
        );
        assert_eq!(string_field("{\"demo_iso\":null}", "demo_iso"), None);
        assert_eq!(string_field("{}", "demo_iso"), None);
    }
}
