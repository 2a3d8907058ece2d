//! `bootc` on the ACC: its command line, its lock, its answers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Done, acc::AccMachine};
use crate::acc::{Acc, BootcError, Disk, Said, UpdateRequest};

/// How often a command that waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

fn no_os() -> Said {
    Said::error(&"System not booted via bootc")
}

/// What `bootc upgrade` or `bootc switch` was asked for.
pub(super) struct Update {
    pub(super) request: UpdateRequest,
    check: bool,
    from_downloaded: bool,
    mutate: bool,
    progress_fd: Option<u32>,
}

impl Update {
    /// `words` without `bootc`. The error is clap's, exit code 2.
    pub(super) fn parse(words: &[&str]) -> Result<Self, Done> {
        let usage = |text: String| {
            Done::failed(
                2,
                format!(
                    "error: {text}\n\nUsage: bootc [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.\n"
                ),
            )
        };
        let (mut check, mut apply, mut download_only) = (false, false, false);
        let (mut from_downloaded, mut mutate) = (false, false);
        let mut transport = "registry".to_owned();
        let mut progress_fd = None;
        let mut target = None;
        let mut rest = words.iter().skip(1);
        while let Some(word) = rest.next() {
            let (flag, mut value) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
                _ => (*word, None),
            };
            let mut value = || {
                value
                    .take()
                    .or_else(|| rest.next().copied())
                    .unwrap_or_default()
            };
            match flag {
                "--quiet" | "-v" | "--retain" | "--enforce-container-sigpolicy" => {}
                "--check" => check = true,
                "--apply" => apply = true,
                "--download-only" => download_only = true,
                "--from-downloaded" => from_downloaded = true,
                "--mutate-in-place" => mutate = true,
                "--transport" => transport = value().to_owned(),
                "--progress-fd" => progress_fd = value().parse().ok(),
                "--soft-reboot" | "--tag" => {
                    value();
                }
                flag if flag.starts_with('-') => {
                    return Err(usage(format!("unexpected argument '{flag}' found")));
                }
                operand => target = Some(operand.to_owned()),
            }
        }
        let request = match (words.first().copied(), target) {
            (Some("switch"), Some(reference)) => UpdateRequest::Switch {
                reference,
                transport,
                apply,
            },
            (Some("switch"), None) => {
                let text = "the following required arguments were not provided:\n  <TARGET>";
                return Err(usage(text.into()));
            }
            (_, Some(extra)) => {
                return Err(usage(format!("unexpected argument '{extra}' found")));
            }
            (_, None) => UpdateRequest::Upgrade {
                download_only,
                apply,
            },
        };
        Ok(Self {
            request,
            check,
            from_downloaded,
            mutate,
            progress_fd,
        })
    }
}

impl AccMachine {
    pub(super) async fn bootc(&self, args: &[&str]) -> Done {
        match args {
            ["--version" | "-V", ..] => Done::fine("bootc 1.16.9\n"),
            ["status", rest @ ..] => self.bootc_status(rest).await,
            ["upgrade" | "update" | "switch", ..] => match Update::parse(args) {
                Ok(update) => self.bootc_update(update).await,
                Err(usage) => usage,
            },
            ["rollback", rest @ ..] => self.bootc_rollback(rest.contains(&"--apply")).await,
            [other, ..] => {
                let text = format!(
                    "error: unrecognized subcommand '{other}'\n\nUsage: bootc [OPTIONS] <COMMAND>\n"
                );
                Done::failed(2, text)
            }
            [] => Done::failed(2, "Usage: bootc [OPTIONS] <COMMAND>\n"),
        }
    }

    /// Waits for the sysroot lock, as bootc does, and then works on the disk.
    async fn locked<T>(&self, work: impl FnOnce(&mut Acc) -> T) -> Option<T> {
        let generation = self.0.acc().generation();
        loop {
            {
                let mut acc = self.0.acc();
                if acc.generation() != generation {
                    return None;
                }
                if !acc.bootc_busy() {
                    return Some(work(&mut acc));
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn bootc_status(&self, rest: &[&str]) -> Done {
        let json = rest.contains(&"--json")
            || rest.contains(&"--format=json")
            || rest.windows(2).any(|pair| pair == ["--format", "json"]);
        let read = |acc: &mut Acc| match acc.disk() {
            Some(disk) if json => Said::fine(disk.bootc.status_json().to_string()),
            Some(disk) => Said::fine(readable(disk)),
            None => no_os(),
        };
        self.locked(read).await.map_or(Done::exit(255), Done::from)
    }

    async fn bootc_rollback(&self, apply: bool) -> Done {
        let roll = |acc: &mut Acc| {
            let said = match acc.disk_mut() {
                None => return no_os(),
                Some(disk) => match disk.bootc.toggle_rollback() {
                    Ok(words) => Said::fine(words),
                    Err(error) => return Said::error(&error),
                },
            };
            acc.count_rollback();
            if apply {
                acc.reboot(Instant::now());
            }
            said
        };
        self.locked(roll).await.map_or(Done::exit(255), Done::from)
    }

    async fn bootc_update(&self, update: Update) -> Done {
        let images = Arc::clone(&self.0.acc().setup().images);
        let said = |result: Result<String, BootcError>| match result {
            Ok(words) => Said::fine(words),
            Err(error) => Said::error(&error),
        };
        if update.check || update.from_downloaded || update.mutate {
            let quick = |acc: &mut Acc| match (acc.disk_mut(), &update.request) {
                (None, _) => no_os(),
                (Some(disk), _) if update.check => said(disk.bootc.check(&images)),
                (
                    Some(disk),
                    UpdateRequest::Switch {
                        reference,
                        transport,
                        ..
                    },
                ) => {
                    disk.bootc.mutate_origin(reference, transport);
                    Said::default()
                }
                (Some(disk), UpdateRequest::Upgrade { .. }) => {
                    said(disk.bootc.release_downloaded())
                }
            };
            return self.locked(quick).await.map_or(Done::exit(255), Done::from);
        }
        let (id, generation) = {
            let mut acc = self.0.acc();
            let id = acc.begin_update(Instant::now(), update.request, None);
            (id, acc.generation())
        };
        loop {
            {
                let acc = self.0.acc();
                if acc.generation() != generation {
                    return Done::exit(255);
                }
                if let Some(said) = acc.update_result(id) {
                    let progress = acc.update_progress(id).into_bytes();
                    let mut done = Done::from(said);
                    done.other = update.progress_fd.map(|fd| (fd, progress));
                    return done;
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// `bootc status` for people.
fn readable(disk: &Disk) -> String {
    let bootc = &disk.bootc;
    let entries = [
        ("  Staged image", &bootc.staged),
        ("● Booted image", &Some(bootc.booted.clone())),
        ("  Rollback image", &bootc.rollback),
    ];
    let mut text = String::new();
    for (title, entry) in entries {
        if let Some(entry) = entry {
            let image = &entry.image;
            text.push_str(&format!(
                "{title}: {}\n          Digest: {} ({})\n         Version: {} ({})\n\n",
                image.reference,
                image.digest,
                image.architecture,
                image.version.as_deref().unwrap_or("none"),
                image.built.as_deref().unwrap_or("unknown"),
            ));
        }
    }
    text
}
