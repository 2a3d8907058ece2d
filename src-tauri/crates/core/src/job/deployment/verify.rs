//! Success is a checked fact; and nothing stays behind unsaid.

use super::{
    DeploymentPlan, Outcome, State, firmware,
    install::expected_key,
    ledger::Ledger,
    media::remove_partial_file,
    network,
    prepare::{honours_once, imc},
};
use crate::{
    failure::{Failure, FailureKind, StepError},
    job::{
        Residue, StepContext, StepOutcome, Terminal, WaitReason,
        boot_change::{Verdict, observe_on, read_file, verdict},
    },
    kickstart::NONCE_FILE,
    ports::{BootOverride, BootOverrideEnabled, TaskState},
};

pub(super) async fn verify(cx: &mut StepContext<'_>) -> Outcome {
    let key = expected_key(cx)?.clone();
    let acc = cx.card.acc_showing(&key);
    // greenboot may reboot the card by itself: that is waited out here, under this state's deadline.
    let (status, greenboot, boot_id) = observe_on(acc.as_ref(), cx).await?;
    let wrong = |message: &str| StepError::new(FailureKind::WrongImage, message);
    if cx.facts.boot_id_before.as_ref() == Some(&boot_id) {
        return Ok(StepOutcome::Fail(
            wrong("the card was never rebooted").because(format!("its boot id is still {boot_id}")),
        ));
    }
    let nonce = read_file(acc.as_ref(), NONCE_FILE, cx)
        .await?
        .unwrap_or_default();
    let installed_by = cx.facts.installed_by.as_ref().unwrap_or(cx.job);
    if nonce.trim() != installed_by.as_str() {
        return Ok(StepOutcome::Fail(
            wrong("the system was not installed by this deployment")
                .because(format!("{NONCE_FILE} holds `{}`", nonce.trim())),
        ));
    }
    match verdict(&status, greenboot, cx.facts) {
        Verdict::Pending => Ok(cx.wait(WaitReason::HealthChecks)),
        Verdict::Bad(error) => Ok(StepOutcome::Fail(*error)),
        Verdict::Good(booted) => {
            // Digest, boot id and nonce are ours: so is the key.
            cx.card
                .accept_acc_key(&key, &format!("deployment {}", cx.job))
                .await?;
            cx.note(format!(
                "{} is booted, installed by this deployment",
                booted.short()
            ));
            cx.facts.verified = true;
            Ok(StepOutcome::Advance(State::RunningPostSteps {
                next: 0,
                since: None,
            }))
        }
    }
}

/// Takes back what the deployment put there. What can't be taken back is residue.
pub(super) async fn clean_up(
    plan: &DeploymentPlan,
    then: &Terminal,
    cx: &mut StepContext<'_>,
) -> Outcome {
    // Collected anew by each try.
    cx.facts.residue.clear();
    if let Some(prepared) = cx.facts.prepared.clone() {
        // First: a download under way ends, and nothing gets inserted after we looked.
        if let Err(error) = cx.card.unpublish(cx.job, &prepared).await {
            leave(cx, "the ISO may still be served", error)?;
        }
        match then {
            Terminal::Failed(failure) if locked_out(failure) => {
                let why = &failure.message;
                left(cx, "the ISO may still be inserted", why);
                left(cx, "the boot override may still be Cd", why);
            }
            Terminal::Succeeded(_) | Terminal::Failed(_) | Terminal::Cancelled => {
                if !cx.facts.installer_started {
                    end_of_download(cx).await?;
                }
                eject_ours(&prepared.file_name, cx).await?;
                restore_override(cx).await?;
            }
        }
    }
    match firmware::tidy(plan, cx).await {
        Ok(stays) if matches!(then, Terminal::Succeeded(_)) => debug_assert!(stays.is_empty()),
        Ok(stays) => cx.facts.residue.extend(stays),
        Err(error) => leave(cx, "the container of the flash may still be there", error)?,
    }
    // Last: until here the card may be spoken to over it.
    if let Some(wanted) = &plan.beside.network
        && let Err(error) = network::take_back(wanted, cx).await
    {
        let what = format!("the local network {wanted} may still be set up");
        leave(cx, &what, error)?;
    }
    if !matches!(then, Terminal::Succeeded(_)) {
        if cx.facts.installer_started && !cx.facts.verified {
            let why = "the IMC had been reset into the installer; deploy again to be sure";
            left(cx, "the card's disk may be half installed", why);
        }
        tell_what_stays(then, cx).await?;
    }
    let mut residue = cx.facts.residue.clone();
    for left in &residue {
        cx.note(format!("left behind: {} ({})", left.what, left.why));
    }
    Ok(StepOutcome::Advance(match then {
        Terminal::Succeeded(booted) => State::Succeeded {
            booted: booted.clone(),
        },
        Terminal::Failed(failure) => {
            let mut failure = failure.clone();
            failure.causes.extend(
                residue
                    .drain(..)
                    .map(|r| format!("left behind: {} ({})", r.what, r.why)),
            );
            State::Failed { failure }
        }
        Terminal::Cancelled => State::Cancelled { residue },
    }))
}

/// What was brought into order on the way, and is no harm: it stays, and is named.
async fn tell_what_stays(then: &Terminal, cx: &mut StepContext<'_>) -> Result<(), StepError> {
    let no_more = match then {
        Terminal::Failed(failure) => locked_out(failure),
        Terminal::Succeeded(_) | Terminal::Cancelled => false,
    };
    if cx.facts.imc_touched && !no_more {
        match Ledger::read(cx).await {
            Ok(ledger) => {
                let written = ledger.written_by(cx.job);
                if !written.is_empty() {
                    let what = format!("the IMC stays prepared: {}", written.join(", "));
                    left(cx, &what, "`slipctl bmc prepare CARD --undo` takes it back");
                }
            }
            Err(error) => leave(cx, "what was written on the IMC may stay", error)?,
        }
    }
    if cx.facts.verified {
        left(
            cx,
            "the card runs the new image",
            "it was installed and verified before",
        );
        for done in cx.facts.after_done.clone() {
            left(cx, &done, "post steps that are done stay");
        }
    }
    Ok(())
}

/// The IMC lets us in no more: it is not asked again, or an account gets locked.
fn locked_out(failure: &Failure) -> bool {
    let refused = matches!(
        failure.kind,
        FailureKind::Authentication | FailureKind::TrustChanged | FailureKind::TrustUnknown
    );
    // From the installer on it is the ACC that refuses.
    refused && State::NAMES[..=State::AWAITING_IMC].contains(&failure.step.as_str())
}

/// Waits until no download is under way: it would insert the ISO behind our back.
async fn end_of_download(cx: &mut StepContext<'_>) -> Result<(), StepError> {
    match imc(cx).tasks().await {
        Ok(tasks) if tasks.iter().any(|task| task.state == TaskState::Running) => {
            let runs = StepError::new(FailureKind::MediaTransfer, "the Redfish Task still runs")
                .transient();
            leave(cx, "the IMC still downloads the ISO", runs)
        }
        Ok(_) => Ok(()),
        Err(error) => leave(cx, "the IMC may still download the ISO", error.into()),
    }
}

async fn eject_ours(file_name: &str, cx: &mut StepContext<'_>) -> Result<(), StepError> {
    let slot = match imc(cx).virtual_media().await {
        Ok(slot) => slot,
        Err(error) => return leave(cx, "the ISO may still be inserted", error.into()),
    };
    if slot.holds(file_name) {
        return match imc(cx).eject_media().await {
            Ok(()) => {
                cx.note("ejected the ISO");
                Ok(())
            }
            Err(error) => leave(cx, "the ISO may still be inserted", error.into()),
        };
    }
    if !slot.inserted
        && !cx.facts.installer_started
        && let Err(error) = remove_partial_file(cx).await
    {
        return leave(cx, "part of the ISO may lie on the IMC's disk", error);
    }
    Ok(())
}

/// 1.8 does not honour `Once`: what was Continuous Cd goes back to Continuous RemoteDrive. A `Once`
/// that no boot has used up goes back too.
async fn restore_override(cx: &mut StepContext<'_>) -> Result<(), StepError> {
    let back = BootOverride {
        enabled: BootOverrideEnabled::Continuous,
        target: "RemoteDrive".into(),
    };
    let result = match imc(cx).boot_override().await {
        Ok(now) if now.target == "Cd" && now.enabled != BootOverrideEnabled::Disabled => {
            imc(cx).set_boot_override(&back).await.map(Some)
        }
        Ok(_) => Ok(None),
        Err(error) => Err(error),
    };
    match result {
        Ok(None) => Ok(()),
        Ok(Some(shown)) if shown == back => {
            let why = if honours_once(cx.facts.firmware_release.as_deref()) {
                "unused"
            } else {
                "firmware 1.8"
            };
            cx.note(format!(
                "boot override is back to Continuous RemoteDrive ({why})"
            ));
            Ok(())
        }
        Ok(Some(shown)) => leave(
            cx,
            "the boot override is still Cd",
            StepError::new(
                FailureKind::Refused,
                format!("it reads {:?} {}", shown.enabled, shown.target),
            )
            // The IMC refreshes its view every two minutes.
            .transient(),
        ),
        Err(error) => leave(cx, "the boot override may still be Cd", error.into()),
    }
}

/// An IMC that is away for a moment is asked again for a while; then it is residue.
fn leave(cx: &mut StepContext<'_>, what: &str, error: StepError) -> Result<(), StepError> {
    let patience = std::time::Duration::from_secs(cx.policy.cleanup_s / 2);
    if error.transient && cx.now.since(cx.state_since) < patience {
        return Err(error);
    }
    left(cx, what, &error.message);
    Ok(())
}

fn left(cx: &mut StepContext<'_>, what: &str, why: &str) {
    cx.facts.residue.push(Residue {
        what: what.to_owned(),
        why: why.to_owned(),
    });
}
