//! A failed deployment goes on from one of its steps, as a new job: nothing that was done on the
//! card is done again, and the first thing that happens is a look at it.
//!
//! The job that failed has cleaned up: its ISO is off the server and ejected. So what needs the ISO
//! begins with the check, as every deployment does; what comes after the installation can be gone on
//! with, because the system on the card still says which job installed it (its nonce, its host key,
//! its digest), and that is looked at first.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{DeploymentPlan, DeploymentState, Job, JobFacts, JobSpec, JobState, plan};
use crate::{dpu::JobOutcome, time::Timestamp};

/// A step of a failed job's plan, and whether a new job may go on from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RetryStep {
    /// As the plan names it.
    pub name: String,
    /// `None`: it may.
    pub why_not: Option<String>,
}

/// Where a new job begins.
enum Begin {
    /// With the first step, as any job.
    Anew,
    At(DeploymentState),
}

/// The steps up to the one that failed, in order; none where the job did not fail.
#[must_use]
pub fn retry_steps(job: &Job) -> Vec<RetryStep> {
    let names = plan::step_names(&job.spec);
    let Some(failed) = failed_step(job, &names) else {
        return Vec::new();
    };
    names[..=failed]
        .iter()
        .map(|name| RetryStep {
            name: (*name).to_owned(),
            why_not: begin(job, name).err(),
        })
        .collect()
}

/// The job that goes on from this step of a failed one; `None` where that is the whole job again,
/// from its start.
///
/// # Errors
/// Why it can't go on from there, and from where it can.
pub fn retry_from(job: &Job, step: &str, now: Timestamp) -> Result<Option<Job>, String> {
    let state = match begin(job, step)? {
        Begin::Anew => return Ok(None),
        Begin::At(state) => state,
    };
    let mut next = Job::new(job.subject.clone(), job.spec.clone(), now);
    let anew = matches!(state, DeploymentState::Preflight);
    next.state = JobState::Deployment(state);
    if anew {
        next.facts.flash = job.facts.flash.kept();
        // Whether it is only looked at again, or cold-booted again.
        if step == (DeploymentState::AwaitingFirmware { since: now }).name() {
            next.facts.flash.cold_booted_at = job.facts.flash.cold_booted_at;
        }
        return Ok(Some(next));
    }
    let known = job.facts.clone();
    next.facts = JobFacts {
        installed_by: known.installed_by.or_else(|| Some(job.id.clone())),
        boot_id_before: known.boot_id_before,
        booted_before: known.booted_before,
        target: known.target,
        firmware_release: known.firmware_release,
        // What its clean-up could not take back, this one's looks for again.
        prepared: known.prepared,
        expected_host_key: known.expected_host_key,
        installer_started: true,
        driver_reloaded: known.driver_reloaded,
        ..JobFacts::default()
    };
    Ok(Some(next))
}

/// The place of the step that failed.
fn failed_step(job: &Job, names: &[&str]) -> Option<usize> {
    let failure = job.state.failure()?;
    names.iter().position(|name| *name == failure.step)
}

fn begin(job: &Job, step: &str) -> Result<Begin, String> {
    let names = plan::step_names(&job.spec);
    let Some(at) = names.iter().position(|name| *name == step) else {
        return Err(format!("its plan has no step `{step}`"));
    };
    match job.state.outcome() {
        JobOutcome::Failed => {}
        JobOutcome::Running => return Err("it still runs".into()),
        JobOutcome::Succeeded => return Err("it has succeeded".into()),
        JobOutcome::Cancelled => return Err("it was cancelled, and did not fail".into()),
    }
    let first = names.first().copied().unwrap_or_default();
    if at == 0 {
        return Ok(Begin::Anew);
    }
    if let Some(failed) = failed_step(job, &names)
        && at > failed
    {
        return Err(format!(
            "it comes after `{}`, in which the job failed",
            names[failed]
        ));
    }
    match &job.spec {
        JobSpec::Deployment(plan) => within_deployment(plan, &job.facts, step, first),
        JobSpec::BootChange(_)
        | JobSpec::IsoBuild(_)
        | JobSpec::ImageBuild(_)
        | JobSpec::Marvell(_)
        | JobSpec::ClusterDeploy(_) => Err(format!(
            "its steps look before they act: begin with `{first}`, and what is done is not done again"
        )),
    }
}

fn within_deployment(
    plan: &DeploymentPlan,
    facts: &JobFacts,
    step: &str,
    first: &str,
) -> Result<Begin, String> {
    use DeploymentState as State;
    let verify = State::VerifyingImage;
    let install = State::AwaitingAcc;
    let reload = State::ReloadingHostDriver { reload: None };
    let post = State::RunningPostSteps {
        next: 0,
        since: None,
    };
    let after = [&install, &reload, &verify, &post].map(State::name);
    if State::FLASH.contains(&step) && facts.flash.flashed_at.is_some() {
        // The card is looked at first, as every deployment does; what is flashed is not flashed again.
        return Ok(Begin::At(State::Preflight));
    }
    let place = |name: &str| State::NAMES.iter().position(|known| *known == name);
    if place(step) < place(State::PublishingMedia.name()) {
        return Err(format!(
            "nothing is written before the card was looked at: begin with `{first}`"
        ));
    }
    if !after.contains(&step) {
        return Err(format!(
            "the ISO was taken off the server and ejected when the job ended: begin with `{first}`, \
             and what is prepared already is not done again"
        ));
    }
    if !facts.installer_started || facts.expected_host_key.is_none() {
        return Err(format!(
            "the installer was never started: begin with `{first}`"
        ));
    }
    if step == reload.name() {
        if plan.beside.host.is_none() {
            return Err("the plan has no DPU host".into());
        }
        if facts.driver_reloaded {
            return Err(format!(
                "the driver was reloaded: go on from `{}`",
                verify.name()
            ));
        }
        // Who answers on the card is looked at before the host is touched.
        return Ok(Begin::At(install));
    }
    if step == post.name() {
        if plan.beside.after.is_empty() {
            return Err("the plan has no post steps".into());
        }
        if !facts.verified {
            return Err(format!(
                "the image was never verified: go on from `{}`",
                verify.name()
            ));
        }
    }
    // Whether it is still this deployment's system is looked at before its post steps.
    Ok(Begin::At(if step == install.name() {
        install
    } else {
        verify
    }))
}
