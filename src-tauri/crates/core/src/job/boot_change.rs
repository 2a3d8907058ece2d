//! Upgrade, switch and rollback: bring a card that already runs image mode to another boot entry.
//!
//! Stage, then reboot as a step of its own, then compare digest and boot id. "SSH came back" is
//! not success.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{JobFacts, Residue, StepContext, StepOutcome, Terminal, WaitReason};
use crate::{
    bootc::{
        self, BootcStatus, EXIT_FILE, Greenboot, PROGRESS_FILE, RUN_DIR, STDERR_FILE, StatusFacts,
        UpdateCommand,
    },
    command::CommandLine,
    dpu::JobOutcome,
    failure::{Failure, FailureKind, StepError},
    image::{ImageDigest, ImageReference},
    ports::{Remote, RemoteError},
    time::Timestamp,
};

/// Which boot entry is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "change", content = "to")]
pub enum BootChange {
    Upgrade,
    Switch(ImageReference),
    Rollback,
}

impl BootChange {
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Upgrade => "Upgrade",
            Self::Switch(_) => "Switch",
            Self::Rollback => "Rollback",
        }
    }

    fn update(&self) -> Option<UpdateCommand> {
        match self {
            Self::Upgrade => Some(UpdateCommand::Upgrade),
            Self::Switch(to) => Some(UpdateCommand::Switch(to.clone())),
            Self::Rollback => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootChangePlan {
    pub change: BootChange,
    /// What was booted when the plan was shown; another one now stops the job.
    pub expected_booted: Option<ImageDigest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum BootChangeState {
    Queued,
    Checking,
    /// The update runs in its unit, or the rollback is being queued.
    Staging,
    Rebooting {
        requested_at: Option<Timestamp>,
    },
    AwaitingAcc,
    VerifyingImage,
    CleaningUp {
        then: Terminal,
    },
    Succeeded {
        booted: ImageDigest,
    },
    Failed {
        failure: Failure,
    },
    Cancelled {
        residue: Vec<Residue>,
    },
}

use BootChangeState as State;

impl State {
    /// Every state once, for tables and tests.
    pub const NAMES: [&str; 10] = [
        "Queued",
        "Check the card",
        "Stage the image",
        "Reboot the ACC",
        "Wait for the ACC",
        "Verify the image",
        "Clean up",
        "Succeeded",
        "Failed",
        "Cancelled",
    ];

    fn index(&self) -> usize {
        match self {
            Self::Queued => 0,
            Self::Checking => 1,
            Self::Staging => 2,
            Self::Rebooting { .. } => 3,
            Self::AwaitingAcc => 4,
            Self::VerifyingImage => 5,
            Self::CleaningUp { .. } => 6,
            Self::Succeeded { .. } => 7,
            Self::Failed { .. } => 8,
            Self::Cancelled { .. } => 9,
        }
    }

    #[must_use]
    pub fn name(&self) -> &'static str {
        Self::NAMES[self.index()]
    }

    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        match self {
            Self::Succeeded { .. } => JobOutcome::Succeeded,
            Self::Failed { .. } => JobOutcome::Failed,
            Self::Cancelled { .. } => JobOutcome::Cancelled,
            Self::Queued
            | Self::Checking
            | Self::Staging
            | Self::Rebooting { .. }
            | Self::AwaitingAcc
            | Self::VerifyingImage
            | Self::CleaningUp { .. } => JobOutcome::Running,
        }
    }

    #[must_use]
    pub fn can_become(&self, next: &Self) -> bool {
        CAN_BECOME[self.index()].contains(&next.index())
    }

    /// Where a state may go, by name; the diagram in `docs/states` is made of it.
    #[must_use]
    pub fn table() -> Vec<(&'static str, Vec<&'static str>)> {
        table(&Self::NAMES, &CAN_BECOME)
    }
}

/// Row: from; entries: to. Every working state may clean up (a failure, a cancel).
const CAN_BECOME: [&[usize]; 10] = [
    &[1, 6],
    &[2, 6],
    &[3, 6],
    &[3, 4, 6],
    &[5, 6],
    &[6],
    &[7, 8, 9],
    &[],
    &[],
    &[],
];

pub(super) fn table<const N: usize>(
    names: &[&'static str; N],
    rows: &[&[usize]; N],
) -> Vec<(&'static str, Vec<&'static str>)> {
    let named = |row: &&[usize]| row.iter().map(|to| names[*to]).collect();
    names
        .iter()
        .zip(rows)
        .map(|(from, row)| (*from, named(row)))
        .collect()
}

type Outcome = Result<StepOutcome<State>, StepError>;

/// One step of the machine: observe, act, observe.
///
/// # Errors
/// A [`StepError`] that the engine turns into a retry (transient) or into the failure of the job.
pub async fn step(plan: &BootChangePlan, state: &State, cx: &mut StepContext<'_>) -> Outcome {
    match state {
        State::Queued => Ok(StepOutcome::Advance(State::Checking)),
        State::Checking => checking(plan, cx).await,
        State::Staging => match plan.change.update() {
            Some(update) => staging(&update, cx).await,
            None => queueing_rollback(cx).await,
        },
        State::Rebooting { requested_at } => rebooting(*requested_at, cx).await,
        State::AwaitingAcc => awaiting_acc(cx).await,
        State::VerifyingImage => verifying(cx).await,
        State::CleaningUp { then } => Ok(StepOutcome::Advance(cleaned(plan, then, cx).await)),
        State::Succeeded { .. } | State::Failed { .. } | State::Cancelled { .. } => {
            Ok(StepOutcome::Fail(StepError::new(
                FailureKind::Precondition,
                "this job has ended",
            )))
        }
    }
}

fn done(booted: ImageDigest) -> StepOutcome<State> {
    StepOutcome::Advance(State::CleaningUp {
        then: Terminal::Succeeded(booted),
    })
}

async fn checking(plan: &BootChangePlan, cx: &mut StepContext<'_>) -> Outcome {
    let (status, greenboot, boot_id) = observe(cx).await?;
    let Some(booted) = status.booted_digest().cloned() else {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Precondition,
                "this card does not run image mode",
            )
            .hint("deploy an image to it first"),
        ));
    };
    if let Some(expected) = &plan.expected_booted
        && *expected != booted
    {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Precondition,
                "the card runs another image than when this was planned",
            )
            .because(format!(
                "planned on {}, runs {}",
                expected.short(),
                booted.short()
            ))
            .hint("look at the card again, then start over"),
        ));
    }
    cx.facts.boot_id_before = Some(boot_id);
    cx.facts.booted_before = Some(booted.clone());
    let target = match &plan.change {
        BootChange::Rollback => match rollback_target(&status) {
            Ok(target) => Some(target),
            Err(refusal) => return Ok(StepOutcome::Fail(refusal)),
        },
        BootChange::Upgrade => registry_target(status.spec_image.as_deref(), &status, cx).await,
        BootChange::Switch(to) => registry_target(Some(to.as_str()), &status, cx).await,
    };
    if let Some(target) = &target
        && greenboot == Greenboot::FellBack
        && plan.change != BootChange::Rollback
        && status.rollback_digest() == Some(target)
    {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Precondition,
                "greenboot has just rolled this card back from the very image that it would get again",
            )
            .because(format!("{} failed its checks", target.short()))
            .hint("publish a mended image, or switch the card to another reference"),
        ));
    }
    cx.facts.target = target;
    if cx.facts.target.as_ref() == Some(&booted)
        && status.staged.is_none()
        && !status.rollback_queued
    {
        cx.note(format!("{} is booted already", booted.short()));
        return Ok(done(booted));
    }
    Ok(StepOutcome::Advance(State::Staging))
}

fn rollback_target(status: &BootcStatus) -> Result<ImageDigest, StepError> {
    status.rollback_digest().cloned().ok_or_else(|| {
        StepError::new(
            FailureKind::Precondition,
            "there is no older entry to roll back to",
        )
        .hint("switch the card to the image that it should run")
    })
}

/// The registry's digest, where it can be asked from here; the card may see it where we do not.
async fn registry_target(
    reference: Option<&str>,
    status: &BootcStatus,
    cx: &StepContext<'_>,
) -> Option<ImageDigest> {
    let reference: ImageReference = reference?.parse().ok()?;
    let arch = status.booted.as_ref()?.architecture.clone()?;
    match cx.card.resolve(&reference, &arch).await {
        Ok(image) => {
            let version = image.version.as_deref().unwrap_or("no version");
            cx.note(format!(
                "{reference} is {version} ({})",
                image.digest.short()
            ));
            Some(image.digest)
        }
        Err(error) => {
            cx.note(format!(
                "the registry can't be asked from here ({error}); the card will tell"
            ));
            None
        }
    }
}

async fn staging(update: &UpdateCommand, cx: &mut StepContext<'_>) -> Outcome {
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
async fn queueing_rollback(cx: &mut StepContext<'_>) -> Outcome {
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

async fn rebooting(requested_at: Option<Timestamp>, cx: &mut StepContext<'_>) -> Outcome {
    let Some(requested_at) = requested_at else {
        // The boot that is to end: the card may have been rebooted by others since it was checked.
        cx.facts.boot_id_before = Some(boot_id(cx.card.acc(), cx).await?);
        // The wish is on disk before the deed.
        return Ok(StepOutcome::Advance(State::Rebooting {
            requested_at: Some(cx.now),
        }));
    };
    let acc = cx.card.acc();
    match boot_id(acc, cx).await {
        Ok(now) if Some(&now) != cx.facts.boot_id_before.as_ref() => {
            return Ok(StepOutcome::Advance(State::AwaitingAcc));
        }
        Ok(_) if cx.uncertain && cx.now < requested_at.plus(cx.policy.effect_grace()) => {
            return Ok(cx.wait(WaitReason::EffectToShow {
                what: "the reboot".into(),
            }));
        }
        // It never happened. The new wish goes to disk first: were we killed after the deed, the
        // old one would be past its grace.
        Ok(_) if cx.uncertain => {
            return Ok(StepOutcome::Advance(State::Rebooting {
                requested_at: Some(cx.now),
            }));
        }
        Ok(_) => {}
        // Down because it was asked to, or for another reason: its boot id will tell.
        Err(error) if error.transient && cx.uncertain => return Ok(cx.wait(WaitReason::AccBoots)),
        Err(error) => return Err(error),
    }
    match acc
        .run(
            &CommandLine::new(["systemctl", "reboot"]),
            None,
            cx.policy.command(),
        )
        .await
    {
        Ok(out) if !out.ok() => {
            return Err(StepError::new(
                FailureKind::Refused,
                format!("the card refuses to reboot: {}", out.reason()),
            ));
        }
        Ok(_) => cx.note("asked the ACC to reboot"),
        // The connection often goes down before the answer comes.
        Err(RemoteError::Lost { .. } | RemoteError::TimedOut { .. }) => {
            cx.note("asked the ACC to reboot; the connection closed");
        }
        // It never went out, or may not go out.
        Err(error) => return Err(error.into()),
    }
    Ok(StepOutcome::Advance(State::AwaitingAcc))
}

async fn awaiting_acc(cx: &mut StepContext<'_>) -> Outcome {
    match boot_id(cx.card.acc(), cx).await {
        Ok(now) if Some(&now) != cx.facts.boot_id_before.as_ref() => {
            cx.note("the ACC is back with a new boot id");
            Ok(StepOutcome::Advance(State::VerifyingImage))
        }
        Ok(_) => Ok(cx.wait(WaitReason::EffectToShow {
            what: "the reboot".into(),
        })),
        Err(error) if error.transient => Ok(cx.wait(WaitReason::AccBoots)),
        Err(error) => Err(error),
    }
}

async fn verifying(cx: &mut StepContext<'_>) -> Outcome {
    // greenboot may reboot the card by itself: that is waited out here, under this state's deadline.
    let (status, greenboot, _) = observe(cx).await?;
    match verdict(&status, greenboot, cx.facts) {
        Verdict::Pending => Ok(cx.wait(WaitReason::HealthChecks)),
        Verdict::Good(booted) => {
            cx.note(format!(
                "{} is booted{}",
                booted.short(),
                health_words(greenboot)
            ));
            Ok(done(booted))
        }
        Verdict::Bad(error) => Ok(StepOutcome::Fail(*error)),
    }
}

fn health_words(greenboot: Greenboot) -> &'static str {
    match greenboot {
        Greenboot::Green => " and greenboot is green",
        Greenboot::NotInstalled => "; greenboot is not installed",
        Greenboot::Pending | Greenboot::FellBack => "",
    }
}

/// What a look at the rebooted card means.
pub(super) enum Verdict {
    Pending,
    Good(ImageDigest),
    Bad(Box<StepError>),
}

pub(super) fn verdict(status: &BootcStatus, greenboot: Greenboot, facts: &JobFacts) -> Verdict {
    let bad = |error| Verdict::Bad(Box::new(error));
    let Some(booted) = status.booted_digest() else {
        return bad(StepError::new(
            FailureKind::WrongImage,
            "what came back is not image mode",
        ));
    };
    let Some(target) = &facts.target else {
        return bad(StepError::new(
            FailureKind::Precondition,
            "the wanted digest was never learned",
        ));
    };
    if booted == target {
        return match greenboot {
            Greenboot::Green | Greenboot::NotInstalled => Verdict::Good(booted.clone()),
            Greenboot::Pending => Verdict::Pending,
            // It was asked to go back, or GRUB did before; on the wanted image that is what counts.
            Greenboot::FellBack => Verdict::Good(booted.clone()),
        };
    }
    let evidence = format!("wanted {}, booted {}", target.short(), booted.short());
    if greenboot == Greenboot::FellBack || facts.booted_before.as_ref() == Some(booted) {
        let why = match greenboot {
            Greenboot::FellBack => {
                "greenboot's checks failed, GRUB took the older entry (boot_counter=-1)"
            }
            Greenboot::Green | Greenboot::Pending | Greenboot::NotInstalled => {
                "the boot counter does not say why"
            }
        };
        return bad(StepError::new(
            FailureKind::Unhealthy,
            "the card came back on the image it had before",
        )
        .because(evidence)
        .because(why)
        .hint("read `journalctl -b -1 -u greenboot-healthcheck` on the card"));
    }
    bad(StepError::new(
        FailureKind::WrongImage,
        "the card booted an image that nobody asked for",
    )
    .because(evidence))
}

/// What is still on the card after a failure or a cancel, told and not hidden.
async fn cleaned(plan: &BootChangePlan, then: &Terminal, cx: &mut StepContext<'_>) -> State {
    cx.facts.residue.clear();
    match then {
        Terminal::Succeeded(booted) => {
            return State::Succeeded {
                booted: booted.clone(),
            };
        }
        // Before the card was looked at, nothing was done to it.
        Terminal::Failed(_) | Terminal::Cancelled if cx.facts.boot_id_before.is_none() => {}
        // It lets us in no more: it is not asked again, or an account gets locked.
        Terminal::Failed(Failure {
            kind:
                FailureKind::Authentication | FailureKind::TrustChanged | FailureKind::TrustUnknown,
            message,
            ..
        }) => left(cx, "what is staged on the card is not known", message),
        Terminal::Failed(_) | Terminal::Cancelled => look_for_residue(plan, cx).await,
    }
    let residue = std::mem::take(&mut cx.facts.residue);
    for left in &residue {
        cx.note(format!("left behind: {} ({})", left.what, left.why));
    }
    match then {
        Terminal::Succeeded(booted) => State::Succeeded {
            booted: booted.clone(),
        },
        Terminal::Failed(failure) => {
            let mut failure = failure.clone();
            let told = residue
                .into_iter()
                .map(|r| format!("left behind: {} ({})", r.what, r.why));
            failure.causes.extend(told);
            State::Failed { failure }
        }
        Terminal::Cancelled => State::Cancelled { residue },
    }
}

async fn look_for_residue(plan: &BootChangePlan, cx: &mut StepContext<'_>) {
    let acc = cx.card.acc();
    if plan.change.update().is_some() {
        // Stopping a unit that isn't there is no error worth telling.
        let unit = bootc::tracked_unit(cx.job);
        if let Err(error) = run(acc, cx, &["systemctl", "stop", &unit]).await {
            left(cx, &format!("{unit} may still run"), &error.message);
        }
    }
    match read_status(acc, cx).await {
        Ok(status) => {
            if let Some(staged) = status.staged_digest() {
                let waits =
                    "waits for the next reboot; bootc offers no way to take it back but a rollback";
                left(cx, &format!("{} is staged", staged.short()), waits);
            }
            if status.rollback_queued {
                let why = "it happens at the next reboot; roll back again to take it back";
                left(cx, "a rollback is queued", why);
            }
        }
        Err(error) => left(
            cx,
            "what is staged on the card is not known",
            &error.message,
        ),
    }
}

fn left(cx: &mut StepContext<'_>, what: &str, why: &str) {
    cx.facts.residue.push(Residue {
        what: what.to_owned(),
        why: why.to_owned(),
    });
}

/// Status, health and boot id in one look; told to the fleet too.
pub(super) async fn observe(
    cx: &StepContext<'_>,
) -> Result<(BootcStatus, Greenboot, String), StepError> {
    observe_on(cx.card.acc(), cx).await
}

pub(super) async fn observe_on(
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<(BootcStatus, Greenboot, String), StepError> {
    let boot_id = boot_id(acc, cx).await?;
    let status = read_status(acc, cx).await?;
    let grubenv = run(acc, cx, &["grub2-editenv", "/boot/grub2/grubenv", "list"]).await?;
    let greenboot = if grubenv.ok() {
        bootc::parse_greenboot(&grubenv.text())
    } else {
        Greenboot::NotInstalled
    };
    cx.card.saw_acc(&status, greenboot, &boot_id).await;
    Ok((status, greenboot, boot_id))
}

pub(super) async fn boot_id(acc: &dyn Remote, cx: &StepContext<'_>) -> Result<String, StepError> {
    let out = run(acc, cx, &["cat", "/proc/sys/kernel/random/boot_id"]).await?;
    if out.ok() && !out.text().is_empty() {
        return Ok(out.text());
    }
    Err(
        StepError::new(FailureKind::Protocol, "the ACC does not tell its boot id")
            .because(out.reason())
            .transient(),
    )
}

pub(super) async fn read_status(
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<BootcStatus, StepError> {
    let out = acc
        .run(&bootc::status_command(), None, cx.policy.command())
        .await?;
    if !out.ok() {
        return Err(StepError::new(
            FailureKind::Bootc,
            format!("`bootc status` failed: {}", out.reason()),
        )
        .because(format!("exit {}", out.exit)));
    }
    bootc::parse_status(&out.text()).map_err(|error| {
        let mut refused = StepError::new(FailureKind::Protocol, error.to_string());
        refused.causes = crate::failure::chain(&error).split_off(1);
        refused
    })
}

/// A file's text; `None` where there is no such file.
pub(super) async fn read_file(
    remote: &dyn Remote,
    path: &str,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let out = run(remote, cx, &["cat", path]).await?;
    Ok(out
        .ok()
        .then(|| String::from_utf8_lossy(&out.stdout).into_owned()))
}

pub(super) async fn run(
    remote: &dyn Remote,
    cx: &StepContext<'_>,
    argv: &[&str],
) -> Result<crate::ports::CommandOutput, StepError> {
    Ok(remote
        .run(
            &CommandLine::new(argv.iter().copied()),
            None,
            cx.policy.command(),
        )
        .await?)
}
