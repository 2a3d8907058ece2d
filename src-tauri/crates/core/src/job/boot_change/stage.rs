//! The update in its unit on the card, or the rollback queued: what the next boot takes.

use super::{
    Outcome, State,
    acc::{boot_id, read_file, read_status, run},
    check::rollback_target,
    done,
};
use crate::{
    bootc::{
        self, BootcStatus, EXIT_FILE, PROGRESS_FILE, RUN_DIR, STDERR_FILE, StatusFacts,
        UpdateCommand,
    },
    command::CommandLine,
    failure::{FailureKind, StepError},
    job::{StepContext, StepOutcome, WaitReason},
};

pub(super) async fn staging(update: &UpdateCommand, cx: &mut StepContext<'_>) -> Outcome {
    let acc = cx.card.acc();
    let dir = format!("{RUN_DIR}/{}", cx.job);
    if let Some(exit) = read_file(acc, &format!("{dir}/{EXIT_FILE}"), cx).await? {
        return staged(exit.trim(), &dir, cx).await;
    }
    let unit = bootc::tracked_unit(cx.job);
    let active = run(acc, cx, &["systemctl", "is-active", &unit]).await?;
    if ["active", "activating"].contains(&active.text().as_str()) {
        let progress = run(
            acc,
            cx,
            &["tail", "-c", "16384", &format!("{dir}/{PROGRESS_FILE}")],
        )
        .await?;
        let progress = bootc::latest_progress(&String::from_utf8_lossy(&progress.stdout));
        return Ok(cx.wait(WaitReason::UpdateRuns { progress }));
    }
    // Neither running nor ended: either it never ran, or it ended between the two looks.
    if let Some(exit) = read_file(acc, &format!("{dir}/{EXIT_FILE}"), cx).await? {
        return staged(exit.trim(), &dir, cx).await;
    }
    let status = read_status(acc, cx).await?;
    if let Some(target) = &cx.facts.target
        && status.staged_digest() == Some(target)
        && !is_locked(&status)
    {
        cx.note(format!("{} is staged already", target.short()));
        return Ok(StepOutcome::Advance(State::Rebooting {
            requested_at: None,
        }));
    }
    // Started, ended, and no trace of it: asking again at every look would go on for an hour. After
    // a reboot the traces are gone by nature, and it may be started anew.
    let boot = boot_id(acc, cx).await?;
    if cx.facts.update_started_in.as_ref() == Some(&boot) {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Bootc,
                "the update ended on the card and left no trace",
            )
            .because(format!(
                "{unit} does not run, and there is no {dir}/{EXIT_FILE}"
            ))
            .hint(format!("read `journalctl -u {unit}` on the card")),
        ));
    }
    let started = acc
        .run(
            &bootc::tracked_update(cx.job, update),
            None,
            cx.policy.command(),
        )
        .await?;
    if !started.ok() {
        return Err(StepError::new(
            FailureKind::Bootc,
            "the update could not be started on the card",
        )
        .because(started.reason()));
    }
    cx.facts.update_started_in = Some(boot);
    cx.note(format!(
        "started `{}` on the card",
        CommandLine::new(update.argv())
    ));
    Ok(cx.wait(WaitReason::UpdateRuns { progress: None }))
}

/// Staged with `--download-only`: the next boot does not take it. `bootc upgrade` releases it.
fn is_locked(status: &BootcStatus) -> bool {
    status
        .staged
        .as_ref()
        .is_some_and(|staged| staged.download_only)
}

/// The update's command has ended with this exit code.
async fn staged(exit: &str, dir: &str, cx: &mut StepContext<'_>) -> Outcome {
    let acc = cx.card.acc();
    if exit != "0" {
        let stderr = read_file(acc, &format!("{dir}/{STDERR_FILE}"), cx)
            .await?
            .unwrap_or_default();
        let reason = stderr
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("no reason given");
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Bootc,
                format!("bootc stopped: {}", reason.trim()),
            )
            .because(format!("exit {exit}"))
            .hint("mend the cause on the card or in the registry, then try again"),
        ));
    }
    let status = read_status(acc, cx).await?;
    match (
        status.staged_digest().cloned(),
        status.booted_digest().cloned(),
    ) {
        (Some(staged), _) if is_locked(&status) => Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Bootc,
                "the image is staged, and locked against the next boot",
            )
            .because(format!("{} is download-only", staged.short()))
            .hint("run `bootc upgrade --from-downloaded` on the card, then try again"),
        )),
        (Some(staged), _) => {
            if let Some(target) = &cx.facts.target
                && *target != staged
            {
                cx.note(format!(
                    "the card staged {}, the registry told us {}",
                    staged.short(),
                    target.short()
                ));
            }
            cx.note(format!("staged {}", staged.short()));
            cx.facts.target = Some(staged);
            Ok(StepOutcome::Advance(State::Rebooting {
                requested_at: None,
            }))
        }
        (None, Some(booted)) => match &cx.facts.target {
            Some(target) if *target != booted => Ok(StepOutcome::Fail(
                StepError::new(
                    FailureKind::Bootc,
                    "bootc found no update, and the card does not run the wanted image",
                )
                .because(format!(
                    "the registry has {}, booted is {}",
                    target.short(),
                    booted.short()
                ))
                .hint("can the card see the same registry as we do?"),
            )),
            Some(_) | None => {
                cx.note("bootc found no update");
                Ok(done(booted))
            }
        },
        (None, None) => Ok(StepOutcome::Fail(StepError::new(
            FailureKind::Protocol,
            "after the update the card shows neither a staged nor a booted image",
        ))),
    }
}

/// `bootc rollback` is a toggle: read first, never repeat blindly.
pub(super) async fn queueing_rollback(cx: &mut StepContext<'_>) -> Outcome {
    let acc = cx.card.acc();
    let status = read_status(acc, cx).await?;
    if status.rollback_queued {
        return Ok(StepOutcome::Advance(State::Rebooting {
            requested_at: None,
        }));
    }
    let Ok(target) = rollback_target(&status) else {
        return Ok(StepOutcome::Fail(StepError::new(
            FailureKind::Precondition,
            "there is no older entry to roll back to",
        )));
    };
    if let Some(staged) = status.staged_digest() {
        cx.note(format!(
            "the staged image {} is discarded by the rollback",
            staged.short()
        ));
    }
    let out = acc
        .run(&bootc::rollback_command(), None, cx.policy.command())
        .await?;
    if !out.ok() {
        return Ok(StepOutcome::Fail(StepError::new(
            FailureKind::Bootc,
            format!("bootc refused the rollback: {}", out.reason()),
        )));
    }
    if !read_status(acc, cx).await?.rollback_queued {
        return Err(StepError::new(
            FailureKind::Bootc,
            "the rollback was accepted and is not queued",
        ));
    }
    cx.note(format!("queued the rollback to {}", target.short()));
    cx.facts.target = Some(target);
    Ok(StepOutcome::Advance(State::Rebooting {
        requested_at: None,
    }))
}
