//! The steps on the host. None blocks for longer than a question takes.

use super::{
    Context, MarvellPlan, MarvellState as State, Outcome,
    command::{CONTAINER, in_unit, unit},
};
use crate::{
    command::CommandLine,
    failure::{FailureKind, StepError},
    job::{Residue, StepOutcome, Terminal, WaitReason},
    ports::CommandOutput,
};

/// Of the card, as `lspci -nn` shows it.
const OCTEON: &str = "177d:b900";
/// Lines of the tools' log that are kept as evidence.
const EVIDENCE: usize = 12;

async fn run(cx: &Context<'_>, argv: &[&str]) -> Result<CommandOutput, StepError> {
    let command = CommandLine::new(argv.iter().copied());
    Ok(cx.tool.run(&command, None, cx.policy.command()).await?)
}

pub(super) async fn check(plan: &MarvellPlan, cx: &Context<'_>) -> Outcome {
    let seen = run(cx, &["lspci", "-nn", "-d", ":b900"]).await?;
    if !seen.text().contains(OCTEON) {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Precondition,
                format!("{} has no Marvell Octeon", plan.host),
            )
            .because(match seen.text().as_str() {
                "" => format!("`lspci -nn -d :b900` shows nothing, and not {OCTEON}"),
                text => text.to_owned(),
            })
            .hint("correct `node` of the card: it is the server that the card is in"),
        ));
    }
    if runs_elsewhere(cx).await? {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Precondition,
                format!("a container {CONTAINER} runs on {} already", plan.host),
            )
            .hint("wait for it; or stop it there: `sudo podman rm --force marvell-tools`"),
        ));
    }
    cx.note(format!("{} has {}", plan.host, seen.text()));
    Ok(StepOutcome::Advance(State::Installing))
}

/// A container that is not of this job's unit.
async fn runs_elsewhere(cx: &Context<'_>) -> Result<bool, StepError> {
    let filter = format!("name=^{CONTAINER}$");
    let argv = ["sudo", "podman", "ps", "--quiet", "--filter", &filter];
    let running = run(cx, &argv).await?;
    if !running.ok() {
        return Err(
            StepError::new(FailureKind::Refused, "podman can't be asked on the host")
                .because(running.reason())
                .hint("is podman there, and may the user become root by sudo without a password?"),
        );
    }
    Ok(!running.text().is_empty() && matches!(look(cx).await?, Unit::None))
}

enum Unit {
    /// Never started.
    None,
    Runs,
    Ended {
        exit: String,
    },
}

async fn look(cx: &Context<'_>) -> Result<Unit, StepError> {
    let of = unit(cx.job);
    let properties = "--property=LoadState,ActiveState,SubState,ExecMainStatus";
    let out = run(cx, &["systemctl", "show", &of, properties]).await?;
    let text = out.text();
    let property = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        lines
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value)
    };
    Ok(match (property("LoadState"), property("ActiveState")) {
        ("not-found", _) => Unit::None,
        (_, "activating" | "deactivating" | "reloading") => Unit::Runs,
        (_, "active") if property("SubState") == "running" => Unit::Runs,
        (_, "active" | "failed") => Unit::Ended {
            exit: property("ExecMainStatus").to_owned(),
        },
        (_, "inactive") => Unit::None,
        (load, active) => {
            return Err(StepError::new(
                FailureKind::Protocol,
                "the host does not tell how it goes",
            )
            .because(format!("LoadState is `{load}`, ActiveState `{active}`"))
            .transient());
        }
    })
}

/// The newest lines that the tools wrote, oldest first.
async fn log(cx: &Context<'_>, lines: usize) -> Result<Vec<String>, StepError> {
    let (of, count) = (
        format!("--unit={}", unit(cx.job)),
        format!("--lines={lines}"),
    );
    let argv = [
        "sudo",
        "journalctl",
        &of,
        &count,
        "--output=cat",
        "--no-pager",
    ];
    let out = run(cx, &argv).await?;
    let text = out.text();
    Ok(text.lines().map(str::to_owned).collect())
}

pub(super) async fn install(plan: &MarvellPlan, cx: &Context<'_>) -> Outcome {
    match look(cx).await? {
        Unit::None => {
            let started = cx
                .tool
                .run(&in_unit(plan, cx.job), None, cx.policy.command())
                .await?;
            if matches!(look(cx).await?, Unit::None) {
                return Ok(StepOutcome::Fail(
                    StepError::new(
                        FailureKind::Refused,
                        format!("{CONTAINER} can't be started on {}", plan.host),
                    )
                    .because(started.reason()),
                ));
            }
            cx.note(format!("started {CONTAINER} on {}", plan.host));
            Ok(cx.wait(WaitReason::Settles {
                what: format!("{CONTAINER} starts"),
            }))
        }
        Unit::Runs => {
            let last = log(cx, 1).await?.pop();
            Ok(cx.wait(WaitReason::Settles {
                what: last.unwrap_or_else(|| format!("{CONTAINER} runs")),
            }))
        }
        Unit::Ended { exit } if exit == "0" => {
            let said = log(cx, 1).await?.pop().unwrap_or_default();
            cx.note(format!("{CONTAINER} has ended well: {said}"));
            Ok(StepOutcome::Advance(State::CleaningUp {
                then: Terminal::Succeeded(said),
            }))
        }
        Unit::Ended { exit } => {
            let mut error = StepError::new(
                FailureKind::Refused,
                format!("{CONTAINER} has failed on {}", plan.host),
            )
            .because(format!("it ended with {exit}"));
            error.causes.extend(log(cx, EVIDENCE).await?);
            Ok(StepOutcome::Fail(error.hint(
                "look at the card's serial console on the host; then deploy again",
            )))
        }
    }
}

pub(super) async fn clean_up(then: &Terminal<String>, cx: &Context<'_>) -> Outcome {
    let began = !matches!(look(cx).await?, Unit::None);
    if began {
        let of = unit(cx.job);
        // Each is no error where there is nothing; whether it runs is looked at afterwards.
        run(cx, &["sudo", "systemctl", "stop", &of]).await?;
        let remove = ["sudo", "podman", "rm", "--force", "--ignore", CONTAINER];
        run(cx, &remove).await?;
        run(cx, &["sudo", "systemctl", "reset-failed", &of]).await?;
        if matches!(look(cx).await?, Unit::Runs) {
            return Err(StepError::new(
                FailureKind::Refused,
                format!("{CONTAINER} can't be stopped"),
            )
            .transient());
        }
    }
    let mut residue = Vec::new();
    if began && !matches!(then, Terminal::Succeeded(_)) {
        residue.push(Residue {
            what: "the card's disk may be half installed".into(),
            why: "the installer had been started; deploy again to be sure".into(),
        });
    }
    Ok(StepOutcome::Advance(match then {
        Terminal::Succeeded(said) => State::Succeeded { said: said.clone() },
        Terminal::Failed(failure) => {
            let mut failure = failure.clone();
            let left = residue.into_iter();
            failure
                .causes
                .extend(left.map(|r| format!("left behind: {} ({})", r.what, r.why)));
            State::Failed { failure }
        }
        Terminal::Cancelled => State::Cancelled { residue },
    }))
}
