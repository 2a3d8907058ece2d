//! The commands that Slipway runs on an ACC, as argument vectors, and what their answers mean.
//!
//! An upgrade takes minutes and must survive a lost connection, so it runs in a transient systemd
//! unit of its own and leaves its traces under [`RUN_DIR`]; whoever comes back finds it by the
//! job's id. `--apply` is never used: over SSH its waiting process holds the sysroot lock,
//! `ostree-finalize-staged` times out and the upgrade is silently lost (seen with 1.16.9).

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{command::CommandLine, ids::JobId, image::ImageReference};

/// Under this, one folder per job. Gone after a reboot, as the units are.
pub const RUN_DIR: &str = "/run/slipway";
/// JSON lines of `--progress-fd`.
pub const PROGRESS_FILE: &str = "progress";
/// The exit code, written last: its being there says that the command has ended.
pub const EXIT_FILE: &str = "exit";
/// What the command wrote to standard error; its last line is bootc's reason.
pub const STDERR_FILE: &str = "stderr";

/// Runs `"$@" --progress-fd 3` with the progress in a file. The descriptor must be a pipe that is
/// read (bootc refuses files and stalls where nobody reads), hence `cat`.
const TRACK: &str = r#"dir=$1; shift
umask 077; mkdir -p "$dir" || exit 1
"$@" --progress-fd 3 3>&1 1>"$dir/stdout" 2>"$dir/stderr" | cat >"$dir/progress"
echo "${PIPESTATUS[0]}" >"$dir/exit.new"; mv "$dir/exit.new" "$dir/exit""#;

/// What to bring a card to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "action", content = "to")]
pub enum UpdateCommand {
    /// The newest image of the reference that the card follows.
    Upgrade,
    /// Another reference.
    Switch(ImageReference),
}

impl UpdateCommand {
    /// The bootc command itself. Stages only; the reboot is a step of its own.
    #[must_use]
    pub fn argv(&self) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Upgrade => &["bootc", "upgrade", "--quiet"],
            Self::Switch(to) => &[
                "bootc",
                "switch",
                "--quiet",
                "--transport",
                "registry",
                to.as_str(),
            ],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }
}

/// The name of the transient unit in which a job's update runs.
#[must_use]
pub fn tracked_unit(job: &JobId) -> String {
    format!("slipway-{job}.service")
}

/// Starts a job's update in its unit and returns at once.
#[must_use]
pub fn tracked_update(job: &JobId, update: &UpdateCommand) -> CommandLine {
    let mut argv: Vec<String> = ["systemd-run", "--collect", "--quiet"]
        .map(Into::into)
        .to_vec();
    argv.push(format!("--unit={}", tracked_unit(job)));
    argv.extend(["--", "bash", "-c", TRACK, "slipway"].map(Into::into));
    argv.push(format!("{RUN_DIR}/{job}"));
    argv.extend(update.argv());
    CommandLine::new(argv)
}

#[must_use]
pub fn status_command() -> CommandLine {
    CommandLine::new(["bootc", "status", "--format", "json"])
}

/// A toggle: a second call takes the first back. Read `rollback_queued` before it.
#[must_use]
pub fn rollback_command() -> CommandLine {
    CommandLine::new(["bootc", "rollback"])
}

/// greenboot's verdict on the running boot, from `grub2-editenv list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Greenboot {
    /// `boot_success=1` and no counter: the checks passed.
    Green,
    /// Checks still run, or this boot is being counted down.
    Pending,
    /// `boot_counter=-1`: GRUB took the older entry because the new one failed its checks.
    FellBack,
    /// No trace of greenboot in the environment block.
    NotInstalled,
}

/// Reads `grub2-editenv list`.
#[must_use]
pub fn parse_greenboot(grubenv: &str) -> Greenboot {
    let value = |key: &str| {
        grubenv
            .lines()
            .find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))
    };
    match (value("boot_success"), value("boot_counter")) {
        (_, Some("-1")) => Greenboot::FellBack,
        (Some("1"), None) => Greenboot::Green,
        (None, None) => Greenboot::NotInstalled,
        _ => Greenboot::Pending,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, process::Command};

    use super::*;

    #[test]
    fn greenboot_verdicts() {
        assert_eq!(
            parse_greenboot("boot_success=1\nsaved_entry=x"),
            Greenboot::Green
        );
        assert_eq!(
            parse_greenboot("boot_counter=2\nboot_success=0"),
            Greenboot::Pending
        );
        assert_eq!(
            parse_greenboot("boot_counter=-1\nboot_success=1"),
            Greenboot::FellBack
        );
        assert_eq!(parse_greenboot("saved_entry=x"), Greenboot::NotInstalled);
    }

    #[test]
    fn the_unit_is_found_again_by_the_job() {
        let job: JobId = "0190000000007000a000000000000001".parse().unwrap();
        let line = tracked_update(&job, &UpdateCommand::Upgrade).to_string();
        assert!(line.starts_with(
            "systemd-run --collect --quiet --unit=slipway-0190000000007000a000000000000001.service -- bash -c "
        ));
        assert!(line.ends_with(
            " slipway /run/slipway/0190000000007000a000000000000001 bootc upgrade --quiet"
        ));
    }

    /// The script in a real bash, with a stand-in for bootc that writes to descriptor 3.
    #[test]
    fn the_script_keeps_progress_errors_and_the_exit_code() {
        let dir = std::env::temp_dir().join(format!("slipway-track-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let program = dir.join("bootc");
        fs::write(
            &program,
            "#!/bin/bash\n[ \"$3\" = --progress-fd ] && [ -p /dev/fd/3 ] || exit 9\n\
            echo '{\"type\":\"Start\"}' >&3; echo noise; echo 'error: no space' >&2; exit 3\n",
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let run = dir.join("run");
        let status = Command::new("bash")
            .args(["-c", TRACK, "slipway"])
            .arg(&run)
            .arg(&program)
            .args(["upgrade", "--quiet"])
            .status()
            .unwrap();
        assert!(status.success());
        let read = |name: &str| fs::read_to_string(run.join(name)).unwrap();
        assert_eq!(read(EXIT_FILE), "3\n");
        assert_eq!(read(STDERR_FILE), "error: no space\n");
        assert_eq!(read(PROGRESS_FILE), "{\"type\":\"Start\"}\n");
        fs::remove_dir_all(&dir).unwrap();
    }
}
