//! The reboot as a step of its own, and the wait for another boot id.

use super::{Outcome, State, acc::boot_id};
use crate::{
    command::CommandLine,
    failure::{FailureKind, StepError},
    job::{StepContext, StepOutcome, WaitReason},
    ports::RemoteError,
    time::Timestamp,
};

pub(super) async fn rebooting(
    requested_at: Option<Timestamp>,
    cx: &mut StepContext<'_>,
) -> Outcome {
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

pub(super) async fn awaiting_acc(cx: &mut StepContext<'_>) -> Outcome {
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
