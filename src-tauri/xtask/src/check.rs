//! `cargo xtask check`: what is checked without running anything.

use crate::packages::Purpose;
use crate::project::{ONE_FEATURE_SET, Project};
use crate::setup::setup;
use crate::steps::Steps;
use crate::{Result, binaries};

/// A cargo-deny that is known to take our `deny.toml`.
const CARGO_DENY: &str = "0.20.2";

pub fn check(project: &mut Project) -> Result {
    let mut steps = Steps::new();
    steps.run("setup: what is missing", || {
        setup(project, &[Purpose::Build])
    })?;
    let project = &*project;
    steps.run("fmt: rustfmt", || {
        project.cargo("fmt")?.args(["--all", "--", "--check"]).run()
    })?;
    steps.run("ui: tsc and Biome", || project.npm_script("check")?.run())?;
    steps.run("deny: licences, sources, bans", || deny(project))?;
    steps.run("clippy: warnings denied", || clippy(project))?;
    steps.run("bindings: as committed", || bindings(project))?;
    steps.report();
    Ok(())
}

fn clippy(project: &Project) -> Result {
    // The app's code embeds ui/dist, so it must be there for clippy too.
    if binaries::require_ui(project).is_err() {
        binaries::ui(project)?;
    }
    let denied = ["--", "-D", "warnings"];
    project
        .cargo("clippy")?
        .args(ONE_FEATURE_SET)
        .arg("--all-targets")
        .args(denied)
        .run()?;
    // The window's tests run only by name, and `--all-targets` leaves such a target out.
    project
        .cargo("clippy")?
        .args(ONE_FEATURE_SET)
        .args(["--test", "window"])
        .args(denied)
        .run()
}

/// Advisories are not asked for: their database lies on a host that CI does not reach.
fn deny(project: &Project) -> Result {
    let installed = match project.tool("cargo-deny") {
        Ok(deny) => deny.arg("--version").read()?.trim().ends_with(CARGO_DENY),
        Err(_) => false,
    };
    if !installed {
        // Without optimisation: a minute to compile, and a second to run. A target folder of its
        // own, for its dependencies' features are not ours.
        project
            .cargo("install")?
            .env("CARGO_TARGET_DIR", project.tools.join("build"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .args(["--locked", "--debug", "--quiet", "--root"])
            .arg(&project.tools)
            .args(["--version", CARGO_DENY, "cargo-deny"])
            .run()?;
        // Half a gigabyte that nobody needs again.
        let _ = std::fs::remove_dir_all(project.tools.join("build"));
    }
    let mut deny = project
        .tool("cargo-deny")?
        .args(["--workspace", "--all-features"]);
    if crate::project::in_ci() {
        deny = deny.arg("--locked");
    }
    deny.args(["check", "bans", "licenses", "sources"]).run()
}

/// A test of the app writes the bindings' file when it differs, and fails; what is asked here is
/// that the file in the commit is the one that was tested.
fn bindings(project: &Project) -> Result {
    let file = "ui/src/ipc/bindings.ts";
    let git = || project.tool("git");
    git()?
        .args(["ls-files", "--error-unmatch", "--", file])
        .read()
        .map_err(|_| {
            format!("{file} is not committed: run `cargo xtask test --only rust`, and add it")
        })?;
    git()?.args(["diff", "--exit-code", "--", file]).run()
}
