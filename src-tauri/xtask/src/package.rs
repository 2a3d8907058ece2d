//! `cargo xtask package`: the deb and the rpm, and a look into both.

use crate::binaries::{self, Profile};
use crate::packages::Purpose;
use crate::project::Project;
use crate::setup::setup;
use crate::{Result, steps::Steps};
use std::path::{Path, PathBuf};

pub fn package(project: &mut Project) -> Result {
    let mut steps = Steps::new();
    steps.run("setup: what is missing", || {
        setup(project, &[Purpose::Build, Purpose::Package])
    })?;
    let project = &*project;
    steps.run("build: release", || {
        binaries::all(project, Profile::Release).map(drop)
    })?;
    let bundles = project.target.join("release/bundle");
    steps.run("bundle: deb and rpm", || {
        for format in ["deb", "rpm"] {
            // Yesterday's package must not pass for today's.
            let folder = bundles.join(format);
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
        }
        // Only the bundling: the binaries above are the same that `tauri build` would make.
        let slipctl = project.built(Profile::Release.folder(), "slipctl");
        let slipctl = slipctl.to_str().ok_or("the target folder's path is not UTF-8")?;
        let files = format!("{{\"/usr/bin/slipctl\":{slipctl:?}}}");
        let config = format!(
            "{{\"bundle\":{{\"linux\":{{\"deb\":{{\"files\":{files}}},\"rpm\":{{\"files\":{files}}}}}}}}}"
        );
        project
            .tool("tauri")?
            .env("CARGO_TARGET_DIR", &project.target)
            .env("CI", "true")
            .args(["bundle", "--bundles", "deb,rpm", "--config"])
            .arg(config)
            .run()
    })?;
    steps.run("look: what is in them", || {
        let deb = only_file(&bundles.join("deb"), "deb")?;
        project.tool("dpkg-deb")?.arg("-I").arg(&deb).run()?;
        let listed = project.tool("dpkg-deb")?.arg("-c").arg(&deb).read()?;
        expect_both_binaries(&deb, &listed)?;
        let rpm = only_file(&bundles.join("rpm"), "rpm")?;
        project.tool("rpm")?.arg("-qip").arg(&rpm).run()?;
        let listed = project.tool("rpm")?.arg("-qlp").arg(&rpm).read()?;
        expect_both_binaries(&rpm, &listed)?;
        for package in [deb, rpm] {
            let bytes = std::fs::metadata(&package)?.len();
            println!("{} ({:.1} MB)", package.display(), megabytes(bytes));
        }
        Ok(())
    })?;
    steps.report();
    Ok(())
}

fn expect_both_binaries(package: &Path, listed: &str) -> Result {
    for program in ["usr/bin/slipway", "usr/bin/slipctl"] {
        if !names(listed, program) {
            return Err(format!("{} has no /{program}", package.display()).into());
        }
    }
    Ok(())
}

/// Whether a line ends with this path. Tauri's deb has paths without anything before them, others'
/// begin with `./`; rpm lists absolute ones.
fn names(listed: &str, path: &str) -> bool {
    let paths = listed.lines().filter_map(|l| l.split_whitespace().last());
    paths
        .map(|found| found.trim_start_matches("./").trim_start_matches('/'))
        .any(|found| found == path)
}

/// The one file with this extension.
fn only_file(folder: &Path, extension: &str) -> Result<PathBuf> {
    let files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && path.extension().is_some_and(|found| found == extension))
        .collect();
    match files.as_slice() {
        [file] => Ok(file.clone()),
        files => Err(format!(
            "{} has {} .{extension} files",
            folder.display(),
            files.len()
        )
        .into()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "for reading")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_path_is_found_as_either_program_lists_it() {
        for line in [
            "-rwxr-xr-x 0/0        60027624 2026-11-27 00:33 usr/bin/slipway",
            "-rwxr-xr-x root/root  60027624 2026-11-27 00:33 ./usr/bin/slipway",
            "/usr/bin/slipway",
        ] {
            assert!(
                names(&format!("first\n{line}\n"), "usr/bin/slipway"),
                "{line}"
            );
        }
        assert!(!names(
            "/usr/bin/slipway-other\n/opt/usr/bin/slipway\n",
            "usr/bin/slipway"
        ));
    }
}
