//! The steps. Each looks before it acts: what an earlier process did is found, and not done again.

use super::{Begun, BuildStanding, ClusterDeployPlan, Context, Outcome, State};
use crate::{
    failure::{Failure, FailureKind, Retry, StepError},
    ids::JobId,
    job::{JobFacts, Residue, StepOutcome, Terminal, WaitReason},
};

pub(super) async fn check(plan: &ClusterDeployPlan, cx: &Context<'_>) -> Outcome {
    cx.tool.check(cx.job, plan).await?;
    cx.note("the file is the one that was confirmed");
    Ok(StepOutcome::Advance(State::Building { builds: None }))
}

pub(super) async fn begin_builds(
    plan: &ClusterDeployPlan,
    facts: &mut JobFacts,
    cx: &Context<'_>,
) -> Outcome {
    let builds = cx.tool.begin_builds(cx.job, plan).await?;
    for build in &builds {
        cx.note(format!("job {} builds", build.short()));
    }
    if builds.is_empty() {
        cx.note("every ISO is there");
    }
    facts.iso_builds.clone_from(&builds);
    Ok(StepOutcome::Advance(State::Building {
        builds: Some(builds),
    }))
}

pub(super) async fn await_builds(
    plan: &ClusterDeployPlan,
    builds: &[JobId],
    facts: &mut JobFacts,
    cx: &Context<'_>,
) -> Outcome {
    let mut runs = None;
    for build in builds {
        match cx.tool.build(build).await? {
            BuildStanding::Succeeded => {}
            BuildStanding::Runs { what, bytes } => {
                runs.get_or_insert(WaitReason::Builds { what, bytes });
            }
            BuildStanding::Failed(failure) => {
                return Ok(StepOutcome::Fail(not_built(build, failure)));
            }
            BuildStanding::Cancelled => {
                return Ok(StepOutcome::Fail(
                    StepError::new(
                        FailureKind::Precondition,
                        "the build of the ISO was cancelled; nothing was deployed",
                    )
                    .because(format!("it was job {}", build.short()))
                    .hint("deploy the file again"),
                ));
            }
        }
    }
    if let Some(reason) = runs {
        return Ok(cx.wait(reason));
    }
    let begun = plan.new_id();
    facts.begins = Some(begun.clone());
    Ok(StepOutcome::Advance(State::Deploying { begun }))
}

/// With the build's own cause and next action.
fn not_built(build: &JobId, failure: Failure) -> StepError {
    let mut error = StepError::new(
        failure.kind,
        format!(
            "the ISO was not built, and nothing was deployed: {}",
            failure.message
        ),
    )
    .because(format!(
        "job {} failed in `{}`",
        build.short(),
        failure.step
    ));
    error.causes.extend(failure.causes);
    error.hint(match failure.retry {
        Retry::AfterFix(hint) => format!("{hint}; then deploy the file again"),
        Retry::Now | Retry::No => "deploy the file again".into(),
    })
}

pub(super) async fn deploy(plan: &ClusterDeployPlan, begun: &Begun, cx: &Context<'_>) -> Outcome {
    if cx.tool.has_begun(begun).await? {
        cx.note("the deployment had been begun");
    } else {
        cx.tool.begin(cx.job, plan, begun).await?;
        cx.note(begun.words());
    }
    let then = Terminal::Succeeded(begun.clone());
    Ok(StepOutcome::Advance(State::CleaningUp { then }))
}

pub(super) async fn clean_up(
    then: &Terminal<Begun>,
    facts: &JobFacts,
    cx: &Context<'_>,
) -> Outcome {
    // The wish to stop, or an error, may have come between the deed and its save.
    let begun = match (then, &facts.begins) {
        (Terminal::Succeeded(begun), _) => Some(begun),
        (_, Some(begun)) if cx.tool.has_begun(begun).await? => {
            cx.note(format!("{}; it goes on", begun.words()));
            Some(begun)
        }
        (Terminal::Failed(_) | Terminal::Cancelled, _) => None,
    };
    if begun.is_none() && matches!(then, Terminal::Cancelled) {
        for build in &facts.iso_builds {
            if let BuildStanding::Runs { .. } = cx.tool.build(build).await? {
                cx.tool.cancel_build(build).await?;
                return Ok(cx.wait(WaitReason::Settles {
                    what: format!("job {} stops", build.short()),
                }));
            }
        }
    }
    let mut residue = Vec::new();
    if let Err(error) = cx.tool.forget(cx.job).await {
        residue.push(Residue {
            what: "what was typed for the file is still in the secret store".into(),
            why: error.message,
        });
    }
    if let Some(begun) = begun {
        for left in residue {
            cx.note(format!("left behind: {} ({})", left.what, left.why));
        }
        let begun = begun.clone();
        return Ok(StepOutcome::Advance(State::Succeeded { begun }));
    }
    Ok(StepOutcome::Advance(match then.clone() {
        Terminal::Succeeded(begun) => State::Succeeded { begun },
        Terminal::Failed(mut failure) => {
            let told = residue.iter().map(|r| format!("{}: {}", r.what, r.why));
            failure.causes.extend(told);
            State::Failed { failure }
        }
        Terminal::Cancelled => State::Cancelled { residue },
    }))
}

impl Begun {
    /// "began the deployment, job 01234567"
    pub(in crate::job) fn words(&self) -> String {
        match self {
            Self::Job(job) => format!("began the deployment, job {}", job.short()),
            Self::Batch(batch) => format!("began the deployment, batch {}", batch.short()),
        }
    }
}
