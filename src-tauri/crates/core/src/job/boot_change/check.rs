//! What the card runs before anything is done to it, and which image it is to get.

use super::{BootChange, BootChangePlan, Outcome, State, acc::observe, done};
use crate::{
    bootc::{BootcStatus, Greenboot, StatusFacts},
    failure::{FailureKind, StepError},
    image::{ImageDigest, ImageReference},
    job::{StepContext, StepOutcome},
};

pub(super) async fn checking(plan: &BootChangePlan, cx: &mut StepContext<'_>) -> Outcome {
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

pub(super) fn rollback_target(status: &BootcStatus) -> Result<ImageDigest, StepError> {
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
