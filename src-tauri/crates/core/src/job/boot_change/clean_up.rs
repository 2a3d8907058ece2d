//! Nothing stays behind unsaid.

use super::{
    BootChangePlan, State,
    acc::{read_status, run},
};
use crate::{
    bootc::{self, StatusFacts},
    failure::{Failure, FailureKind},
    job::{Residue, StepContext, Terminal},
};

/// What is still on the card after a failure or a cancel, told and not hidden.
pub(super) async fn cleaned(
    plan: &BootChangePlan,
    then: &Terminal,
    cx: &mut StepContext<'_>,
) -> State {
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
