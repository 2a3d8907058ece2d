//! The reset, and everything that is waited for until the new system answers.

use std::time::{Duration, Instant};

use super::{
    Outcome, State,
    prepare::{imc, refuse_recovery},
};
use crate::{
    failure::{FailureKind, StepError},
    job::{
        StepContext, StepOutcome, WaitReason,
        boot_change::{boot_id, run},
    },
    ports::{BmcError, Stage},
    time::Timestamp,
    trust::Fingerprint,
};

/// A reset can't be observed by asking again, so it carries when it was asked for, and is compared
/// with the IMC's uptime.
pub(super) async fn reset_imc(
    requested_at: Option<Timestamp>,
    cx: &mut StepContext<'_>,
) -> Outcome {
    let Some(requested_at) = requested_at else {
        // On disk before the deed, so that a cancel in between tells of it.
        cx.facts.installer_started = true;
        return Ok(StepOutcome::Advance(State::ResettingImc {
            requested_at: Some(cx.now),
        }));
    };
    if cx.uncertain {
        match imc_uptime(cx).await {
            Ok(uptime) if uptime < cx.now.since(requested_at) => {
                cx.note("the IMC has restarted since the reset was asked for");
                return Ok(StepOutcome::Advance(State::AwaitingImc { requested_at }));
            }
            Ok(_) if cx.now < requested_at.plus(cx.policy.effect_grace()) => {
                return Ok(cx.wait(WaitReason::EffectToShow {
                    what: "the reset".into(),
                }));
            }
            // It never happened. The new wish goes to disk first: were we killed after the deed,
            // the old one would be past its grace.
            Ok(_) => {
                return Ok(StepOutcome::Advance(State::ResettingImc {
                    requested_at: Some(cx.now),
                }));
            }
            // Restarting, or away for another reason: its uptime will tell.
            Err(error) if error.transient => return Ok(cx.wait(WaitReason::ImcRestarts)),
            Err(error) => return Err(error),
        }
    }
    match imc(cx).reset_manager().await {
        Ok(()) => cx.note("asked the IMC to reset"),
        // The request went out and no answer came: the uptime will tell.
        Err(BmcError::Unreachable {
            stage: Stage::Http,
            reason,
            ..
        }) => {
            cx.note(format!("asked the IMC to reset; no answer ({reason})"));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(StepOutcome::Advance(State::AwaitingImc { requested_at }))
}

/// As it was when the step began (`cx.now`): what asking took is taken off. Else, where SSH takes
/// longer than the IMC was away, a reset would look as if it had never happened.
pub(super) async fn imc_uptime(cx: &StepContext<'_>) -> Result<Duration, StepError> {
    let asked = Instant::now();
    let out = run(cx.card.imc_shell(), cx, &["cat", "/proc/uptime"]).await?;
    let seconds = out
        .text()
        .split(' ')
        .next()
        .and_then(|s| s.parse::<f64>().ok())
        .and_then(|s| Duration::try_from_secs_f64(s).ok());
    let took = asked.elapsed();
    seconds
        .map(|uptime| uptime.saturating_sub(took))
        .ok_or_else(|| {
            StepError::new(FailureKind::Protocol, "the IMC does not tell its uptime")
                .because(out.reason())
                .transient()
        })
}

pub(super) async fn await_imc(requested_at: Timestamp, cx: &mut StepContext<'_>) -> Outcome {
    let uptime = match imc_uptime(cx).await {
        Ok(uptime) => uptime,
        Err(error) if error.transient => return Ok(cx.wait(WaitReason::ImcRestarts)),
        Err(error) => return Err(error),
    };
    if uptime >= cx.now.since(requested_at) {
        return Ok(cx.wait(WaitReason::EffectToShow {
            what: "the reset".into(),
        }));
    }
    match refuse_recovery(cx).await {
        Ok(()) => {}
        Err(error) if error.transient => return Ok(cx.wait(WaitReason::ImcRestarts)),
        Err(error) => return Err(error),
    }
    match imc(cx).identify().await {
        Ok(_) => {
            cx.note(format!("the IMC is back, up for {} s", uptime.as_secs()));
            Ok(StepOutcome::Advance(State::AwaitingInstaller))
        }
        Err(error) => {
            let error = StepError::from(error);
            if error.transient {
                Ok(cx.wait(WaitReason::ImcRestarts))
            } else {
                Err(error)
            }
        }
    }
}

/// Who answers on the ACC's port after the reset.
enum Answers {
    Nobody,
    /// The host key that this deployment made.
    NewSystem,
    /// Any other host key: what was on the card before.
    OldSystem,
}

async fn who_answers(cx: &StepContext<'_>) -> Result<Answers, StepError> {
    let acc = cx.card.acc_showing(expected_key(cx)?);
    match boot_id(acc.as_ref(), cx).await {
        Ok(_) => Ok(Answers::NewSystem),
        Err(error) => match error.kind {
            FailureKind::TrustChanged => Ok(Answers::OldSystem),
            _ if error.transient => Ok(Answers::Nobody),
            _ => Err(error),
        },
    }
}

pub(super) fn expected_key<'a>(cx: &'a StepContext<'_>) -> Result<&'a Fingerprint, StepError> {
    cx.facts.expected_host_key.as_ref().ok_or_else(|| {
        StepError::new(
            FailureKind::Local,
            "the job does not know which host key it made",
        )
    })
}

pub(super) async fn await_installer(cx: &mut StepContext<'_>) -> Outcome {
    match who_answers(cx).await? {
        Answers::OldSystem => Ok(cx.wait(WaitReason::OldSystemAnswers)),
        Answers::Nobody => {
            cx.note("the old system is gone");
            Ok(StepOutcome::Advance(State::AwaitingAcc))
        }
        Answers::NewSystem => Ok(StepOutcome::Advance(State::AwaitingAcc)),
    }
}

pub(super) async fn await_acc(cx: &mut StepContext<'_>) -> Outcome {
    match who_answers(cx).await? {
        Answers::NewSystem => {
            cx.note("the new system answers with the host key that was made for it");
            Ok(StepOutcome::Advance(State::ReloadingHostDriver {
                reload: None,
            }))
        }
        Answers::OldSystem => Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::WrongImage,
                "the old system came back: the installer did not install",
            )
            .because(
                "the ACC answers with another SSH host key than the one made for this deployment",
            )
            .hint("look at the installer's log on the card's console"),
        )),
        Answers::Nobody => {
            // An IMC that does not answer just now is no reason to give up on its ACC.
            if let Err(error) = refuse_recovery(cx).await
                && error.kind == FailureKind::Firmware
            {
                return Err(error);
            }
            let identity = imc(cx).identify().await;
            if let Ok(identity) = identity
                && identity.health.as_deref() == Some("Critical")
            {
                return Ok(StepOutcome::Fail(
                    StepError::new(FailureKind::Unhealthy, "the ACC failed to boot")
                        .because("the IMC says Systems/1 Status.Health is Critical")
                        .hint("look at the ACC's console; is the ISO for this architecture?"),
                ));
            }
            Ok(cx.wait(WaitReason::InstallerRuns))
        }
    }
}
