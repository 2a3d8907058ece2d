//! What Redfish says after the login: is it an IPU, with which firmware, how does it feel, and is
//! its virtual media free.

use super::{
    Asked, CheckFix, CheckOutcome, Facts, FixAction,
    verdict::{fix_of, told},
};
use crate::{failure::FailureKind, job::deployment::SUPPORTED_RELEASES, ports::TaskState};

pub(super) fn login(facts: &Facts) -> CheckOutcome {
    match &facts.redfish.identity {
        Asked::NotAsked(why) => CheckOutcome::skip(why),
        Asked::Answered(_) => CheckOutcome::pass(format!("logged in as {}", facts.redfish.user)),
        Asked::Failed(error) if error.kind == FailureKind::Authentication => CheckOutcome::fail(
            told(error),
            CheckFix::new("enter the IMC's Redfish password (14 characters or more)")
                .by(FixAction::EnterPassword, &facts.card),
        ),
        // What answers is no Redfish: the login is not what is wrong.
        Asked::Failed(error) => CheckOutcome::fail(
            told(error),
            fix_of(
                error,
                "is this the IMC's address? If so, restart Redfish on it",
            ),
        ),
    }
}

pub(super) fn is_ipu(facts: &Facts) -> CheckOutcome {
    let identity = match &facts.redfish.identity {
        Asked::NotAsked(why) => return CheckOutcome::skip(why),
        Asked::Failed(error) => return CheckOutcome::skip(told(error)),
        Asked::Answered(identity) => identity,
    };
    if !identity.is_ipu {
        return CheckOutcome::fail(
            format!("this Redfish service is none: {}", identity.evidence),
            CheckFix::new("correct the card's address: only an Intel IPU's IMC can be deployed to"),
        );
    }
    let model = identity.model.as_deref();
    let model = model.map_or(String::new(), |model| format!(", {model}"));
    let name = &identity.service_name;
    let shown = match name.contains("Intel IPU") {
        true => name,
        false => &identity.evidence,
    };
    CheckOutcome::pass(format!("{shown}{model}"))
}

pub(super) fn firmware(facts: &Facts) -> CheckOutcome {
    let identity = match &facts.redfish.identity {
        Asked::NotAsked(why) => return CheckOutcome::skip(why),
        Asked::Failed(error) => return CheckOutcome::skip(told(error)),
        Asked::Answered(identity) => identity,
    };
    let written = identity.firmware.as_deref().unwrap_or("nothing");
    let supported = SUPPORTED_RELEASES.join(" and ");
    match identity.firmware_release.as_deref() {
        Some(release) if SUPPORTED_RELEASES.contains(&release) => {
            CheckOutcome::pass(format!("{release} (FirmwareVersion is `{written}`)"))
        }
        // A deployment judges what runs after the flash.
        _ if facts.target.flash.is_some() => CheckOutcome::warn(
            format!(
                "FirmwareVersion is `{written}`; known to work are {supported}. The plan flashes first"
            ),
            CheckFix::new("see that the version in the file is one of them"),
        ),
        Some(release) => CheckOutcome::fail(
            format!("{release} is not known to work (`{written}`); known are {supported}"),
            CheckFix::new("update the card's firmware, or allow this release when you deploy")
                .run(format!("slipctl deploy … --allow-firmware {release}")),
        ),
        None => CheckOutcome::fail(
            format!(
                "FirmwareVersion is `{written}`, which names no release; known are {supported}"
            ),
            CheckFix::new("update the card's firmware"),
        ),
    }
}

/// Two ways to know: what systemd says over SSH, and what the service says of itself.
pub(super) fn service(facts: &Facts) -> CheckOutcome {
    let unit = facts.shell.redfish_unit.answer().map(String::as_str);
    let Some(identity) = facts.redfish.identity.answer() else {
        return match unit {
            Some("active") => CheckOutcome::skip(
                "the unit is active on the IMC; Redfish could not be asked how it feels",
            ),
            Some(state) => CheckOutcome::fail(
                format!("Redfish does not answer, and its unit is `{state}` on the IMC"),
                CheckFix::new("a deployment sets it up and starts it; or do that now")
                    .by(FixAction::PrepareImc, &facts.card),
            ),
            None => CheckOutcome::skip("neither Redfish nor the IMC's SSH could be asked"),
        };
    };
    let manager = facts.redfish.manager.answer();
    let manager = manager.and_then(|m| m.health.rollup.clone().or(m.health.health.clone()));
    let system = identity.health.clone();
    let word = |health: &Option<String>| health.clone().unwrap_or_else(|| "not told".to_owned());
    let evidence = format!(
        "it answers; health of the IMC: {}, of the ACC: {}",
        word(&manager),
        word(&system)
    );
    let bad = |health: &Option<String>| matches!(health.as_deref(), Some("Warning" | "Critical"));
    if bad(&manager) {
        return CheckOutcome::warn(
            evidence,
            CheckFix::new("look at the IMC's log before you rely on this card"),
        );
    }
    if bad(&system) {
        // This is how an IMC shows that its ACC failed to boot: a deployment may be the cure.
        return CheckOutcome::warn(
            evidence,
            CheckFix::new("the ACC did not boot; a deployment installs it anew"),
        );
    }
    CheckOutcome::pass(evidence)
}

pub(super) fn virtual_media(facts: &Facts) -> CheckOutcome {
    let tasks = match &facts.redfish.tasks {
        Asked::NotAsked(why) => return CheckOutcome::skip(why),
        Asked::Failed(error) => return unread(error),
        Asked::Answered(tasks) => tasks,
    };
    let slot = match &facts.redfish.slot {
        Asked::NotAsked(why) => return CheckOutcome::skip(why),
        Asked::Failed(error) => return unread(error),
        Asked::Answered(slot) => slot,
    };
    if let Some(task) = tasks.iter().find(|task| task.state == TaskState::Running) {
        return CheckOutcome::fail(
            format!(
                "the IMC is busy with {}: it takes no second one",
                task.uri.0
            ),
            CheckFix::new("wait until it has ended"),
        );
    }
    if slot.inserted {
        let name = slot.image_name.as_deref().unwrap_or("something");
        return CheckOutcome::warn(
            format!("{name} is inserted"),
            CheckFix::new("a deployment ejects it; look who inserted it, or eject it now")
                .by(FixAction::EjectMedia, &facts.card),
        );
    }
    CheckOutcome::pass("the slot is empty and no task runs")
}

fn unread(error: &crate::failure::StepError) -> CheckOutcome {
    CheckOutcome::fail(
        told(error),
        fix_of(error, "look again; if it stays, restart Redfish on the IMC"),
    )
}
