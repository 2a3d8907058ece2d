//! `cargo xtask test`: everything, in order, stopping at the first that fails.

use crate::binaries::{self, Profile};
use crate::packages::{Purpose, find_program};
use crate::project::{ONE_FEATURE_SET, Project};
use crate::session::{Display, Session};
use crate::setup::setup;
use crate::steps::Steps;
use crate::{Result, tour};
use std::path::PathBuf;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// The parts, by the name that `--only` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Ui,
    Build,
    Rust,
    Tour,
    Window,
    Pages,
}

impl Part {
    pub const ALL: &[Self] = &[
        Self::Ui,
        Self::Build,
        Self::Rust,
        Self::Tour,
        Self::Window,
        Self::Pages,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Ui => "ui",
            Self::Build => "build",
            Self::Rust => "rust",
            Self::Tour => "tour",
            Self::Window => "window",
            Self::Pages => "pages",
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Ui => "ui: components and functions, by Vitest",
            Self::Build => "build: the UI, which the app embeds",
            Self::Rust => "rust: every crate, and the app's own tests",
            Self::Tour => "tour: the main job by slipctl, as `cargo xtask demo --headless` runs it",
            Self::Window => "window: the app in a real window, by WebDriver",
            Self::Pages => "pages: every page in Chromium, with axe",
        }
    }
}

/// Runs one part, or all of them.
pub fn test(project: &mut Project, only: Option<Part>) -> Result {
    let mut steps = Steps::new();
    steps.run("setup: what is missing", || {
        setup(project, &[Purpose::Build, Purpose::Test])
    })?;
    let project = &*project;
    for part in Part::ALL
        .iter()
        .copied()
        .filter(|part| only.is_none_or(|only| only == *part))
    {
        steps.run(part.heading(), || match part {
            Part::Ui => project
                .npm_script("test")?
                .env("CI", "true")
                .limit(15 * MINUTE)
                .run(),
            Part::Build => binaries::ui(project),
            Part::Rust => rust(project),
            Part::Tour => tour::run(project, Profile::Debug),
            Part::Window => window(project, &[]).map(drop),
            Part::Pages => pages(project),
        })?;
    }
    steps.report();
    Ok(())
}

fn rust(project: &Project) -> Result {
    binaries::require_ui(project)?;
    // Compiled first and by itself, so that the limit is one on tests.
    project
        .cargo("test")?
        .args(ONE_FEATURE_SET)
        .arg("--no-run")
        .run()?;
    let session = Session::new()?;
    let tests = project.cargo("test")?.args(ONE_FEATURE_SET);
    session
        .wrap(project, Display::None, tests)?
        .limit(30 * MINUTE)
        .run()
}

/// `cargo xtask pictures`: the README's pictures, taken anew from the window on a simulated rack.
pub fn pictures(project: &mut Project) -> Result {
    let mut steps = Steps::new();
    steps.run("setup: what is missing", || {
        setup(project, &[Purpose::Build, Purpose::Test])
    })?;
    let project = &*project;
    steps.run(Part::Build.heading(), || binaries::ui(project))?;
    steps.run("pictures: the main job, clicked", || {
        let kept = window(project, &[PICTURED])?;
        for name in ["cards.png", "card.png"] {
            let picture = project.root.join("docs/images").join(name);
            std::fs::copy(kept.join(name), &picture)
                .map_err(|error| format!("{}: {error}", kept.join(name).display()))?;
            println!("{}", picture.display());
        }
        Ok(())
    })?;
    steps.report();
    Ok(())
}

/// The test that takes them.
const PICTURED: &str = "a_card_is_deployed_upgraded_and_rolled_back_in_the_window";

/// Runs the window's tests, or those of these names; gives the folder of what they kept.
fn window(project: &Project, only: &[&str]) -> Result<PathBuf> {
    let source = project.root.join("tests/e2e/window.rs");
    if !source.is_file() {
        return Err(format!("{} is missing: the window has no tests", source.display()).into());
    }
    binaries::require_ui(project)?;
    // The same command as the `rust` part's, so this compiles nothing when that has just run. It
    // also brings back the binaries, where a plain `cargo build` has replaced them by ones that
    // ask a development server for the UI.
    project
        .cargo("test")?
        .args(ONE_FEATURE_SET)
        .arg("--no-run")
        .run()?;
    let tests = || -> Result<_> {
        Ok(project
            .cargo("test")?
            .args(ONE_FEATURE_SET)
            .args(["--test", "window"]))
    };
    tests()?.arg("--no-run").run()?;

    // Copies, which no build can replace while the tests run.
    let folder = project.target.join("window-test");
    std::fs::create_dir_all(&folder)?;
    let copied = |name: &str| -> Result<_> {
        let copy = folder.join(name);
        // A new file, never a change in one that may still be running.
        let _ = std::fs::remove_file(&copy);
        std::fs::copy(project.built("debug", name), &copy)
            .map_err(|error| format!("{}: {error}", project.built("debug", name).display()))?;
        Ok(copy)
    };
    let (app, slipctl) = (copied("slipway")?, copied("slipctl")?);
    let kept = project.target.join("window-test/pictures");
    let _ = std::fs::remove_dir_all(&kept);
    std::fs::create_dir_all(&kept)?;

    project.tool("WebKitWebDriver")?;
    let session = Session::new()?;
    let tests = tests()?
        .args(["--", "--nocapture", "--test-threads=1"])
        .args(only)
        .env("SLIPWAY_APP", app)
        .env("SLIPCTL", slipctl)
        .env("SLIPWAY_SHOTS", &kept)
        .env("TAURI_WEBVIEW_AUTOMATION", "true");
    session
        .wrap(project, Display::Virtual, tests)?
        .limit(25 * MINUTE)
        .run()
        .map_err(|error| format!("{error}; what the tests kept is in {}", kept.display()))?;
    Ok(kept)
}

fn pages(project: &Project) -> Result {
    binaries::require_ui(project)?;
    let chromium = find_program("chromium")
        .and_then(|need| project.locate(need))
        .ok_or("chromium is not installed: run `cargo xtask setup`")?;
    let session = Session::new()?;
    let pages = project
        .npm_script("test:pages")?
        .env("CI", "true")
        .env("CHROMIUM", chromium)
        .env("TMPDIR", session.home());
    // A quarter of an hour on two cores; the limit is for what hangs.
    pages.limit(40 * MINUTE).run()
}
