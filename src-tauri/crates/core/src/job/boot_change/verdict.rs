//! Whether the card that came back is the one that was wanted.

use super::{Outcome, acc::observe, done};
use crate::{
    bootc::{BootcStatus, Greenboot, StatusFacts},
    failure::{FailureKind, StepError},
    image::ImageDigest,
    job::{JobFacts, StepContext, StepOutcome, WaitReason},
};

pub(super) async fn verifying(cx: &mut StepContext<'_>) -> Outcome {
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
pub(in crate::job) enum Verdict {
    Pending,
    Good(ImageDigest),
    Bad(Box<StepError>),
}

pub(in crate::job) fn verdict(
    status: &BootcStatus,
    greenboot: Greenboot,
    facts: &JobFacts,
) -> Verdict {
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
