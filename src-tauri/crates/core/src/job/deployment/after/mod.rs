//! Post steps on the ACC, after the right image was verified: each looks before it acts, so that it
//! may be begun again at any point.

mod huge_pages;
mod microshift;
mod p4;
mod registry;
mod subscription;

use super::{Beside, DeploymentPlan, Outcome, PostStep, State, install::expected_key};
use crate::{
    failure::{FailureKind, StepError},
    job::{StepContext, StepOutcome, Terminal},
    ports::Remote,
    time::Timestamp,
};

/// What one look at a post step led to.
enum Step {
    /// In words; said once, and told if the job ends badly later.
    Done(String),
    /// Something was done, and there is more.
    Again(String),
    Wait(String),
}

/// Before anything is done to a card: is every secret there that a post step needs?
pub(super) async fn look(steps: &[PostStep], cx: &StepContext<'_>) -> Result<(), StepError> {
    for secret in steps.iter().filter_map(PostStep::secret) {
        cx.card.post_secret(secret).await?;
    }
    Ok(())
}

pub(super) async fn run(
    plan: &DeploymentPlan,
    next: usize,
    since: Option<Timestamp>,
    cx: &mut StepContext<'_>,
) -> Outcome {
    let Some(step) = plan.beside.after.get(next) else {
        return finish(plan, cx).await;
    };
    let here = |since| State::RunningPostSteps {
        next,
        since: Some(since),
    };
    // Hours may have passed without us: the step gets its time again, and is looked at first.
    let Some(since) = since.filter(|_| !cx.resumed) else {
        cx.facts.after_tries = 0;
        return Ok(StepOutcome::Advance(here(cx.now)));
    };
    let acc = cx.card.acc_showing(expected_key(cx)?);
    let came = one(step, &plan.hostname, since, acc.as_ref(), cx).await?;
    Ok(match came {
        Step::Done(words) => {
            cx.note(words.clone());
            cx.facts.after_done.push(words);
            StepOutcome::Advance(State::RunningPostSteps {
                next: next + 1,
                since: None,
            })
        }
        Step::Again(words) => {
            cx.note(words);
            StepOutcome::Advance(here(since))
        }
        Step::Wait(what) => cx.wait(crate::job::WaitReason::Settles { what }),
    })
}

async fn one(
    step: &PostStep,
    hostname: &str,
    since: Timestamp,
    acc: &dyn Remote,
    cx: &mut StepContext<'_>,
) -> Result<Step, StepError> {
    match step {
        PostStep::HugePages { pages } => huge_pages::step(*pages, acc, cx).await,
        PostStep::TrustRegistry { registry, ca } => registry::step(registry, ca, acc, cx).await,
        PostStep::P4Components { url, sha256 } => p4::step(url, sha256, acc, cx).await,
        PostStep::RhSubscription { organization } => {
            subscription::step(organization, acc, cx).await
        }
        PostStep::Microshift {
            pull_secret,
            kubeconfig,
            server,
        } => {
            let wanted = microshift::Wanted {
                pull_secret: *pull_secret,
                kubeconfig,
                server: server.as_deref(),
                hostname,
                since,
            };
            microshift::step(&wanted, acc, cx).await
        }
    }
}

async fn finish(plan: &DeploymentPlan, cx: &mut StepContext<'_>) -> Outcome {
    if plan.beside.after.iter().any(|step| step.secret().is_some()) {
        // A retry of a job that failed needs them again; a card that is done does not.
        cx.card.forget_post_secrets().await?;
    }
    let booted = (cx.facts.target.clone()).unwrap_or_else(|| plan.digest.clone());
    Ok(StepOutcome::Advance(State::CleaningUp {
        then: Terminal::Succeeded(booted),
    }))
}

fn refused(what: impl Into<String>, why: String) -> StepError {
    StepError::new(FailureKind::Refused, what).because(why)
}

/// What they do, in words and as commands, for the plan.
pub(in crate::job) fn planned(
    beside: &Beside,
    on_acc: &impl Fn(&[&str]) -> String,
) -> (String, Vec<String>) {
    if beside.after.is_empty() {
        return ("Skipped: no post steps in this plan".into(), vec![]);
    }
    let (mut words, mut commands) = (Vec::new(), Vec::new());
    for step in &beside.after {
        let (said, lines) = of_step(step, on_acc);
        words.push(said);
        commands.extend(lines);
    }
    (words.join("; "), commands)
}

/// One post step, in words and as commands.
pub(crate) fn of_step(
    step: &PostStep,
    on_acc: &impl Fn(&[&str]) -> String,
) -> (String, Vec<String>) {
    match step {
        PostStep::HugePages { pages } => huge_pages::planned(*pages, on_acc),
        PostStep::TrustRegistry { registry, .. } => registry::planned(registry, on_acc),
        PostStep::P4Components { url, sha256 } => p4::planned(url, sha256, on_acc),
        PostStep::RhSubscription { organization } => subscription::planned(organization, on_acc),
        PostStep::Microshift {
            pull_secret,
            kubeconfig,
            ..
        } => microshift::planned(*pull_secret, kubeconfig, on_acc),
    }
}
