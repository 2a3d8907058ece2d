//! The firmware that a plan wants on the IMC: looked for; and flashed where the plan has the tool's
//! image, and the host cold-booted after it.
//!
//! A flash that is cut off can cost the card. So nothing of it is done twice, a cancel waits for its
//! end, and what was flashed counts only when the IMC, started anew, says so itself.

mod cold_boot;
mod flash;
mod tidy;
mod words;

pub use cold_boot::{ColdBoot, Power};
pub use flash::{FlashFacts, Flashing, look_to_flash};

pub(super) use cold_boot::cold_boot;
pub(super) use flash::flash;
pub(super) use tidy::tidy;
pub(crate) use words::planned;

use super::{
    Beside, DeploymentPlan, Flash, Outcome,
    install::imc_uptime,
    prepare::{check_release, imc, refuse_recovery, remember_old_system},
};
use crate::{
    failure::{FailureKind, StepError},
    job::{StepContext, StepOutcome, WaitReason, boot_change::read_file},
    time::Timestamp,
};

/// Where CDA looks, too.
pub(crate) const ISSUE: &str = "/etc/issue.net";

impl Beside {
    /// The version, and how it gets on the card.
    pub(super) fn flashes(&self) -> Option<(&str, &Flash)> {
        self.firmware.as_deref().zip(self.flash.as_ref())
    }
}

async fn shown(cx: &StepContext<'_>) -> Result<String, StepError> {
    let shown = read_file(cx.card.imc_shell(), ISSUE, cx).await?;
    Ok(shown.unwrap_or_default())
}

/// What the IMC shows, in a sentence.
fn seen(shown: &str) -> String {
    match shown.trim() {
        "" => format!("{ISSUE} says nothing"),
        text => format!("{ISSUE} says: {}", text.replace('\n', "; ")),
    }
}

/// Before anything is done: is the firmware there, or all that flashing it takes?
pub(super) async fn look(plan: &DeploymentPlan, cx: &StepContext<'_>) -> Result<(), StepError> {
    if let Some((_, wanted)) = plan.beside.flashes() {
        return flash::look(wanted, cx).await;
    }
    let Some(wanted) = &plan.beside.firmware else {
        return Ok(());
    };
    let shown = shown(cx).await?;
    if names(&shown, wanted) {
        cx.note(format!(
            "the IMC has firmware {wanted}, as the plan wants it"
        ));
        return Ok(());
    }
    Err(StepError::new(
        FailureKind::Firmware,
        format!("the plan wants firmware {wanted}, and the IMC has another one"),
    )
    .because(seen(&shown))
    .hint("Slipway flashes it where the tool's image is given by its digest (`--firmware-image IMAGE@sha256:…`); or flash it by hand, cold-boot the host and deploy again; or leave this step out (`--skip-steps dpu_firmware`)"))
}

/// Only looks: until the IMC was started anew since the cold boot, and then once.
pub(super) async fn await_firmware(
    plan: &DeploymentPlan,
    since: Timestamp,
    cx: &mut StepContext<'_>,
) -> Outcome {
    let restarts = |cx: &StepContext<'_>, error: StepError| match error.transient {
        true => Ok(cx.wait(WaitReason::ImcRestarts)),
        false => Err(error),
    };
    let uptime = match imc_uptime(cx).await {
        Ok(uptime) => uptime,
        Err(error) => return restarts(cx, error),
    };
    if uptime >= cx.now.since(since) {
        return Ok(cx.wait(WaitReason::EffectToShow {
            what: "the cold boot".into(),
        }));
    }
    if let Err(error) = refuse_recovery(cx).await {
        return restarts(cx, error);
    }
    let wanted = plan.beside.firmware.as_deref().unwrap_or_default();
    let shown = match shown(cx).await {
        Ok(shown) => shown,
        Err(error) => return restarts(cx, error),
    };
    if !names(&shown, wanted) {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Firmware,
                format!("firmware {wanted} was flashed, and the IMC has started with another one"),
            )
            .because(seen(&shown))
            .because(format!("the IMC has been up for {} s", uptime.as_secs()))
            .hint("read the flash in the job's log, and look at the card's console; flashing it again is a new deployment"),
        ));
    }
    passed(plan, cx).await
}

/// The wanted firmware runs: is it one that a deployment works with?
async fn passed(plan: &DeploymentPlan, cx: &mut StepContext<'_>) -> Outcome {
    let identity = match imc(cx).identify().await {
        Ok(identity) => identity,
        // Its Redfish comes up after its SSH.
        Err(error) => {
            let error = StepError::from(error);
            return match error.transient {
                true => Ok(cx.wait(WaitReason::ImcRestarts)),
                false => Err(error),
            };
        }
    };
    cx.facts.firmware_release = check_release(plan, &identity)?;
    if cx.facts.flash.flashed_at.is_some() {
        // The cold boot was one of the ACC, too.
        remember_old_system(cx).await;
    }
    cx.facts.flash.seen = true;
    let wanted = plan.beside.firmware.as_deref().unwrap_or_default();
    cx.note(format!(
        "the IMC has firmware {wanted}, as the plan wants it"
    ));
    Ok(StepOutcome::Advance(plan.after_firmware()))
}

/// Whether the text has just this version, and not one that begins or ends like it.
fn names(text: &str, version: &str) -> bool {
    let of_a_version = |c: char| c.is_ascii_digit() || c == '.';
    let mut words = text.split(|c| !of_a_version(c));
    !version.is_empty() && words.any(|word| word.trim_matches('.') == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_as_a_whole() {
        let issue = "Intel IPU IMC MEV-HW-B1-ci-ts.release.2.0.0.11126\nVersion: 2.0.0\n";
        assert!(names(issue, "2.0.0.11126") && names(issue, "2.0.0"));
        for other in ["2.0.0.1112", "0.0.11126", "2.0.0.111260", "2.0", ""] {
            assert!(!names("release.2.0.0.11126", other), "{other}");
        }
    }
}
