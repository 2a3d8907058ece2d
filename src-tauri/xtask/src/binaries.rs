//! Building the UI and the binaries.

use crate::Result;
use crate::project::{ONE_FEATURE_SET, Project};
use std::path::PathBuf;

/// How the binaries are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Debug,
    Release,
}

impl Profile {
    /// cargo's folder in the target folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// The two binaries of this workspace.
pub struct Binaries {
    /// The app's window.
    pub slipway: PathBuf,
    pub slipctl: PathBuf,
}

/// `ui/dist`, which the app embeds when it is compiled.
pub fn ui(project: &Project) -> Result {
    project.npm_script("build")?.run()
}

/// Fails when there is no UI to embed: the app would compile, and show nothing.
pub fn require_ui(project: &Project) -> Result {
    let page = project.ui().join("dist/index.html");
    if page.is_file() {
        Ok(())
    } else {
        Err(format!(
            "{} is missing: run `cargo xtask test --only build`",
            page.display()
        )
        .into())
    }
}

/// The UI and both binaries. The window is the one that `tauri build` makes: same cargo features,
/// and the UI is embedded.
pub fn all(project: &Project, profile: Profile) -> Result<Binaries> {
    ui(project)?;
    require_ui(project)?;
    cargo_build(project, profile, &["--bins"])?;
    let built = |name| project.built(profile.folder(), name);
    Ok(Binaries {
        slipway: built("slipway"),
        slipctl: built("slipctl"),
    })
}

/// As [`all`], but the window is left as it is: for what does not open it.
pub fn without_window(project: &Project, profile: Profile) -> Result<Binaries> {
    Ok(Binaries {
        slipway: project.built(profile.folder(), "slipway"),
        slipctl: slipctl(project, profile)?,
    })
}

/// `slipctl` alone: no UI, and no WebKit.
pub fn slipctl(project: &Project, profile: Profile) -> Result<PathBuf> {
    cargo_build(project, profile, &["--bin", "slipctl"])?;
    Ok(project.built(profile.folder(), "slipctl"))
}

fn cargo_build(project: &Project, profile: Profile, what: &[&str]) -> Result {
    let mut cargo = project.cargo("build")?.args(ONE_FEATURE_SET).args(what);
    if profile == Profile::Release {
        cargo = cargo.arg("--release");
    }
    cargo.run()
}
