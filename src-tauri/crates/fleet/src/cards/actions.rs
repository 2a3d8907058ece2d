//! What can be done to a card, and why not.

use slipway_core::{
    bootc::StatusFacts,
    dpu::{DpuFacts, JobOutcome},
    job::{Job, JobSpec},
};

use crate::views::{ActionView, DpuAction};

/// Which action is allowed, and why not.
pub(crate) fn actions(facts: &DpuFacts, last: Option<&Job>) -> Vec<ActionView> {
    let busy = last
        .filter(|job| job.state.outcome() == JobOutcome::Running)
        .map(|job| format!("a job runs on this card ({})", job.kind_name()));
    let status = facts.bootc.as_ref().filter(|status| status.image_mode);
    let silent = facts
        .acc_silent
        .as_ref()
        .map(|silence| format!("the ACC does not answer: {}", silence.reason));
    let not_image_mode =
        || Some("this card does not run image mode; deploy an image first".to_owned());
    let needs_acc = || {
        busy.clone()
            .or_else(|| silent.clone())
            .or_else(|| match status {
                Some(_) => None,
                None => not_image_mode(),
            })
    };
    let view = |action, label: String, why_not| ActionView {
        action,
        label,
        why_not,
    };
    let upgrade = match &facts.available {
        Some(available) => format!(
            "Upgrade to {} and reboot",
            available
                .version
                .clone()
                .unwrap_or_else(|| available.digest.short().to_owned())
        ),
        None => "Upgrade and reboot".to_owned(),
    };
    let booted = status.and_then(StatusFacts::booted_digest);
    let nothing_newer = facts
        .available
        .as_ref()
        .is_some_and(|a| Some(&a.digest) == booted)
        && status.is_some_and(|s| s.staged.is_none());
    let upgrade_why = needs_acc().or_else(|| {
        nothing_newer.then(|| "the card runs the newest image of its reference".to_owned())
    });
    let back = status.and_then(|s| s.rollback.as_ref());
    let rollback = match back.and_then(|entry| entry.version.as_deref()) {
        Some(version) => format!("Roll back to {version} and reboot"),
        None => "Roll back and reboot".to_owned(),
    };
    let rollback_why = needs_acc().or_else(|| {
        back.is_none()
            .then(|| "there is no older entry to roll back to".to_owned())
    });
    let imc_silent = facts
        .imc_silent
        .as_ref()
        .map(|s| format!("the IMC does not answer: {}", s.reason));
    vec![
        view(DpuAction::Upgrade, upgrade, upgrade_why),
        view(DpuAction::Rollback, rollback, rollback_why),
        view(
            DpuAction::Switch,
            "Switch to another image".into(),
            needs_acc(),
        ),
        view(
            DpuAction::Deploy,
            "Deploy from an ISO".into(),
            busy.clone().or(imc_silent),
        ),
        view(DpuAction::Refresh, "Look again".into(), None),
        view(DpuAction::Remove, "Remove from Slipway".into(), busy),
    ]
}

/// The deployment of this job anew; `None` where it was none. What keeps any deployment from the
/// card keeps this one.
pub(crate) fn deploy_again(spec: &JobSpec, actions: &[ActionView]) -> Option<ActionView> {
    let JobSpec::Deployment(plan) = spec else {
        return None;
    };
    let deploy = actions
        .iter()
        .find(|entry| entry.action == DpuAction::Deploy)?;
    Some(ActionView {
        action: DpuAction::DeployAgain,
        label: format!("Deploy {} again", plan.iso_name),
        why_not: deploy.why_not.clone(),
    })
}
