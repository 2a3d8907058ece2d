//! The flash itself: a container of the job's name on this machine. It is made first and started
//! second, each saved before it is done, so that it is found again by its name and is never started
//! twice, whenever Slipway is killed.

use serde::{Deserialize, Serialize};

use super::{names, passed, seen, shown};
use crate::{
    command::CommandLine,
    containers::{ContainerStanding as Standing, Containers},
    failure::{FailureKind, StepError},
    ids::JobId,
    job::{
        Alone, CardAccess, Policy, StepContext, StepOutcome, WaitReason,
        deployment::{DeploymentPlan, Flash, Outcome, State, install::imc_uptime},
    },
    time::Timestamp,
};

/// How far a flash came. Each is saved before its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flashing {
    /// The container is made.
    Creating,
    /// It is started, unless it was.
    Starting,
    /// It was started: from here on it is only looked at.
    Running,
}

/// What is known of a flash, and of the cold boot after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FlashFacts {
    /// There may be a container.
    pub created: bool,
    /// It may have been started: from then on the card's firmware is not what it was.
    pub started: bool,
    /// Lines of its log that were read.
    pub lines: usize,
    /// It ended well; what was flashed counts from the next cold boot on.
    pub flashed_at: Option<Timestamp>,
    /// The server may be switched off by us.
    pub host_off: bool,
    /// When the cold boot was asked for, once it was done.
    pub cold_booted_at: Option<Timestamp>,
    /// The IMC itself has said that it has the wanted one.
    pub seen: bool,
}

impl FlashFacts {
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// What a job that does the same again must know: a card that was flashed is not flashed again,
    /// and a server whose card was seen with it is not cold-booted again.
    #[must_use]
    pub fn kept(&self) -> Self {
        Self {
            flashed_at: self.flashed_at,
            cold_booted_at: self.cold_booted_at.filter(|_| self.seen),
            ..Self::default()
        }
    }
}

/// Lines of the log that are kept as evidence.
const EVIDENCE: usize = 12;
/// Lines that are told at one look, and in all: a history, not a flood.
const TOLD_AT_ONCE: usize = 20;
const TOLD: usize = 1_000;

pub(super) fn name(job: &JobId) -> String {
    format!("slipway-firmware-{job}")
}

/// By which the flash of a card is found whoever began it: a job that was given up on, another desk.
fn label(flash: &Flash) -> String {
    format!("io.slipway.flashes={}", flash.imc)
}

/// Two at once would cost the card. One that runs is another's: ours is asked for by its name.
async fn refuse_a_second(flash: &Flash, cx: &StepContext<'_>) -> Result<(), StepError> {
    let running = cx.card.containers().running(&label(flash)).await?;
    match running.first() {
        None => Ok(()),
        Some(other) => Err(StepError::new(
            FailureKind::Precondition,
            format!("the container {other} still flashes this card"),
        )
        .hint(format!(
            "wait for its end (`podman wait {other}`), cold-boot the host, then deploy again"
        ))),
    }
}

/// The words of CDA (`host.py` `run_in_container`, `ipu.py` `ensure_firmware`), with a container
/// that stays until its end was read, and no `--pull always`: a digest is what it is.
pub(super) fn create(name: &str, flash: &Flash, version: &str) -> CommandLine {
    CommandLine::new([
        "podman",
        "create",
        "--name",
        name,
        "--label",
        &label(flash),
        "--log-driver",
        "k8s-file",
        "--pid",
        "host",
        "--network",
        "host",
        "--user",
        "0",
        "--privileged",
        "-v",
        "/dev:/dev",
        flash.image.as_str(),
        "--dpu-type",
        "ipu",
        "--imc-address",
        &flash.imc,
        "firmware",
        "up",
        "--version",
        version,
    ])
}

/// Before anything is done: everything that it takes, but the image, which may be pulled.
pub(super) async fn look(flash: &Flash, cx: &StepContext<'_>) -> Result<(), StepError> {
    let containers = cx.card.containers();
    let version = containers.version().await?;
    let image = match containers.has_image(flash.image.as_str()).await? {
        true => "it has the image",
        false => "the image is pulled first",
    };
    refuse_a_second(flash, cx).await?;
    cx.note(format!("{version} is there to flash with, {image}"));
    let Some(address) = &flash.host_bmc else {
        return Ok(());
    };
    let bmc = cx.card.host_bmc(address).await?;
    let (_, how) = super::cold_boot::decide(bmc.as_ref(), address).await?;
    cx.note(format!("{address} offers a cold boot of the host, {how}"));
    // Of two in one server the older one goes on: the newer one would be cold-booted under its work.
    let others = cx.card.others_in_server(address).await?;
    match others.iter().find(|(job, _)| *job < *cx.job) {
        None => Ok(()),
        Some((_, what)) => Err(StepError::new(
            FailureKind::Precondition,
            format!("a cold boot of the host would cut off {what}, in the same server"),
        )
        .hint("wait for it; deploy the cards of one server one after another")),
    }
}

/// The same on its own, for the doctor: answers with what was seen.
///
/// # Errors
/// As the check of a deployment.
pub async fn look_to_flash(
    flash: &Flash,
    card: &dyn CardAccess,
    now: Timestamp,
    policy: &Policy,
) -> Result<Vec<String>, StepError> {
    let mut alone = Alone::new();
    look(flash, &alone.context(card, now, policy)).await?;
    Ok(alone.notes())
}

pub(in crate::job::deployment) async fn flash(
    plan: &DeploymentPlan,
    phase: Option<Flashing>,
    cx: &mut StepContext<'_>,
) -> Outcome {
    let Some((version, flash)) = plan.beside.flashes() else {
        return Ok(StepOutcome::Advance(plan.after_firmware()));
    };
    let name = name(cx.job);
    match phase {
        None => decide(plan, version, flash, cx).await,
        Some(Flashing::Creating) => {
            let containers = cx.card.containers();
            if containers.look(&name).await? == Standing::None {
                containers.create(&create(&name, flash, version)).await?;
                if containers.look(&name).await? == Standing::None {
                    return Ok(StepOutcome::Fail(gone(&name)));
                }
                cx.note(format!("made the container {name}"));
            }
            cx.facts.flash.started = true;
            Ok(to(Flashing::Starting))
        }
        Some(Flashing::Starting) => start(&name, version, flash, cx).await,
        Some(Flashing::Running) => follow(&name, version, cx).await,
    }
}

fn to(phase: Flashing) -> StepOutcome<State> {
    StepOutcome::Advance(State::FlashingFirmware { flash: Some(phase) })
}

fn gone(name: &str) -> StepError {
    StepError::new(
        FailureKind::Firmware,
        format!("the container {name} is gone, and nobody knows how the flash ended"),
    )
    .because("it was not removed by Slipway")
    .hint("look at the card's console and at `podman ps --all`; it is not started again by itself")
}

/// Whether there is anything to flash.
async fn decide(
    plan: &DeploymentPlan,
    version: &str,
    flash: &Flash,
    cx: &mut StepContext<'_>,
) -> Outcome {
    let shown = shown(cx).await?;
    let has = names(&shown, version);
    // Gone on with from a job that had flashed it: whatever the plan forces, not again.
    if let Some(at) = cx.facts.flash.flashed_at {
        if let Some(since) = cx.facts.flash.cold_booted_at {
            return Ok(StepOutcome::Advance(State::AwaitingFirmware { since }));
        }
        if has && imc_uptime(cx).await? < cx.now.since(at) {
            cx.note("it was flashed, and the IMC was started anew since");
            return passed(plan, cx).await;
        }
        return Ok(StepOutcome::Advance(State::ColdBootingHost { boot: None }));
    }
    if has && !flash.force {
        return passed(plan, cx).await;
    }
    cx.note(format!(
        "{}; firmware {version} is flashed{}",
        seen(&shown),
        if has { ", as the plan forces it" } else { "" }
    ));
    cx.facts.flash.created = true;
    Ok(to(Flashing::Creating))
}

async fn start(name: &str, version: &str, flash: &Flash, cx: &mut StepContext<'_>) -> Outcome {
    let containers = cx.card.containers();
    match containers.look(name).await? {
        Standing::None => return Ok(StepOutcome::Fail(gone(name))),
        Standing::Created => {}
        Standing::Runs | Standing::Ended { .. } => return Ok(to(Flashing::Running)),
    }
    if let Err(refused) = refuse_a_second(flash, cx).await {
        // Ours was never started.
        cx.facts.flash.started = refused.transient;
        return Err(refused);
    }
    let started = containers.start(name).await;
    if containers.look(name).await? == Standing::Created {
        let mut error = StepError::new(FailureKind::Local, "the flash can't be started");
        if let Err(why) = started {
            error = error.because(why.message);
            error.causes.extend(why.causes);
        }
        cx.facts.flash.started = false;
        return Ok(StepOutcome::Fail(error.hint(
            "nothing was done to the card; run the plan's line by hand to see what podman lacks",
        )));
    }
    cx.note(format!(
        "flashes firmware {version}, about 40 minutes, in the container {name}; it is not cut off: \
         a cancel waits for its end, and it goes on when Slipway ends"
    ));
    Ok(to(Flashing::Running))
}

async fn follow(name: &str, version: &str, cx: &mut StepContext<'_>) -> Outcome {
    let containers = cx.card.containers();
    // Looked at before the log is read: what it writes while it ends must not be missed.
    let standing = containers.look(name).await?;
    let last = match standing {
        Standing::None => return Ok(StepOutcome::Fail(gone(name))),
        Standing::Created | Standing::Runs | Standing::Ended { .. } => {
            tell(containers, name, cx).await?
        }
    };
    match standing {
        Standing::Runs => Ok(cx.wait(WaitReason::Settles {
            what: match last.last() {
                Some(line) => format!("the flash runs: {line}"),
                None => "the flash runs".into(),
            },
        })),
        Standing::Ended { exit: 0 } => {
            cx.note(format!("firmware {version} is flashed"));
            cx.facts.flash.flashed_at = Some(cx.now);
            Ok(StepOutcome::Advance(State::ColdBootingHost { boot: None }))
        }
        Standing::Ended { .. } | Standing::Created | Standing::None => {
            let ended = match standing {
                Standing::Ended { exit: -1 } => "this machine was started anew meanwhile".into(),
                Standing::Ended { exit } => format!("it ended with {exit}"),
                Standing::Created | Standing::Runs | Standing::None => {
                    "it was started, and podman says that it never ran".into()
                }
            };
            let mut error =
                StepError::new(FailureKind::Firmware, "the flash has failed").because(ended);
            error.causes.extend(last);
            Ok(StepOutcome::Fail(error.hint(
                "leave the server switched on until the card was flashed: look at what the tool said, then deploy again",
            )))
        }
    }
}

/// Tells what the tool wrote since; answers with its last lines.
async fn tell(
    containers: &dyn Containers,
    name: &str,
    cx: &mut StepContext<'_>,
) -> Result<Vec<String>, StepError> {
    let lines = containers.log(name).await?;
    let known = cx.facts.flash.lines.min(lines.len());
    let new = &lines[known..];
    let room = TOLD.saturating_sub(known).min(TOLD_AT_ONCE);
    let from = new.len().saturating_sub(room);
    if from > 0 && room > 0 {
        cx.note(format!("flash: … {from} lines more"));
    }
    for line in &new[from..] {
        cx.note(format!("flash: {line}"));
    }
    cx.facts.flash.lines = lines.len();
    let from = lines.len().saturating_sub(EVIDENCE);
    Ok(lines[from..].to_vec())
}
