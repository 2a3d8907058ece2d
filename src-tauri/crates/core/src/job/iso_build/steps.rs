//! The steps of an ISO build. None blocks for longer than a look at a disk takes.

use super::{
    BuildContext, BuildProgress, BuiltIso, IsoBase, IsoBuildPlan, IsoTool, IsoWork, IsoWorkDone,
    Outcome, State, WrittenIso,
};
use crate::{
    failure::{FailureKind, Retry, StepError},
    job::{Residue, StepOutcome, Terminal, WaitReason},
    time::ByteCount,
};

type Context<'a> = BuildContext<'a, dyn IsoTool>;

pub async fn check(plan: &IsoBuildPlan, cx: &Context<'_>) -> Outcome {
    for seen in cx.tool.check(plan).await? {
        cx.note(seen);
    }
    Ok(StepOutcome::Advance(State::FetchingBase))
}

pub async fn fetch_base(plan: &IsoBuildPlan, cx: &Context<'_>) -> Outcome {
    match &plan.base {
        IsoBase::File { path } => {
            cx.note(format!("the base ISO is {path}"));
            return Ok(StepOutcome::Advance(State::FetchingImage));
        }
        IsoBase::ImageBuilder { builder, .. } => {
            cx.note(format!("{builder} makes the installer"));
            return Ok(StepOutcome::Advance(State::FetchingImage));
        }
        IsoBase::Url { .. } => {}
    }
    match work(plan, IsoWork::FetchBase, cx).await? {
        Work::Ended(_) => Ok(StepOutcome::Advance(State::FetchingImage)),
        Work::Runs(bytes) => waiting("the base ISO is downloaded", bytes, cx),
    }
}

pub async fn fetch_image(plan: &IsoBuildPlan, cx: &Context<'_>) -> Outcome {
    let done = match work(plan, IsoWork::FetchImage, cx).await? {
        Work::Ended(done) => done,
        Work::Runs(bytes) => return waiting("the image is copied", bytes, cx),
    };
    if let IsoWorkDone::Image {
        digest,
        source_digest,
    } = done
    {
        cx.note(format!("the image is {digest}"));
        if let Some(source) = source_digest {
            cx.note(format!(
                "it had to be converted: where it came from, it is {source}"
            ));
        }
    }
    Ok(StepOutcome::Advance(State::Writing))
}

pub async fn write(plan: &IsoBuildPlan, cx: &Context<'_>) -> Outcome {
    match work(plan, IsoWork::Write, cx).await? {
        Work::Ended(IsoWorkDone::Written(written)) => {
            cx.note(format!("{} written, md5 {}", written.size, written.md5));
            Ok(StepOutcome::Advance(State::Verifying { written }))
        }
        Work::Ended(
            IsoWorkDone::Base | IsoWorkDone::Image { .. } | IsoWorkDone::Verified { .. },
        ) => Err(mixed_up()),
        Work::Runs(bytes) => {
            let what = match plan.base {
                IsoBase::ImageBuilder { .. } => "image builder makes the ISO",
                IsoBase::File { .. } | IsoBase::Url { .. } => "xorriso writes the ISO",
            };
            waiting(what, bytes, cx)
        }
    }
}

pub async fn verify(plan: &IsoBuildPlan, written: &WrittenIso, cx: &Context<'_>) -> Outcome {
    if !cx.tool.written_is_there(plan, written).await {
        cx.note("what was written is gone; it is written again");
        return Ok(StepOutcome::Advance(State::Writing));
    }
    match work(plan, IsoWork::Verify(written.clone()), cx).await? {
        Work::Ended(IsoWorkDone::Verified { sha256 }) => {
            cx.note(format!(
                "boot records, kernel arguments, kickstart, image and md5 are as planned; sha256 {sha256}"
            ));
            let written = written.clone();
            Ok(StepOutcome::Advance(State::AddingToLibrary {
                written,
                sha256,
            }))
        }
        Work::Ended(IsoWorkDone::Base | IsoWorkDone::Image { .. } | IsoWorkDone::Written(_)) => {
            Err(mixed_up())
        }
        Work::Runs(bytes) => waiting("the ISO is read again", bytes, cx),
    }
}

pub async fn add(
    plan: &IsoBuildPlan,
    written: &WrittenIso,
    sha256: &str,
    cx: &Context<'_>,
) -> Outcome {
    let iso = cx.tool.keep(cx.job, plan, written, sha256).await?;
    let (written, sha256) = (written.clone(), sha256.to_owned());
    Ok(StepOutcome::Advance(State::CleaningUp {
        then: Terminal::Succeeded(BuiltIso {
            iso,
            sha256,
            written,
        }),
    }))
}

pub async fn clean_up(plan: &IsoBuildPlan, then: &Terminal<BuiltIso>, cx: &Context<'_>) -> Outcome {
    cx.tool.cancel(cx.job).await;
    // A failed build keeps its kickstart where it can be tried again.
    let forget = match then {
        Terminal::Succeeded(_) | Terminal::Cancelled => true,
        Terminal::Failed(failure) => failure.retry == Retry::No,
    };
    let mut residue = Vec::new();
    if let Err(error) = cx.tool.clean(cx.job, plan, forget).await {
        residue.push(Residue {
            what: format!("temporary files beside {}", plan.output),
            why: error.message,
        });
    }
    Ok(StepOutcome::Advance(match then.clone() {
        Terminal::Succeeded(built) => State::Succeeded { built },
        Terminal::Failed(mut failure) => {
            let told = residue.iter().map(|r| format!("{}: {}", r.what, r.why));
            failure.causes.extend(told);
            State::Failed { failure }
        }
        Terminal::Cancelled => State::Cancelled { residue },
    }))
}

/// How a piece of work stands, as a step meets it.
enum Work {
    Ended(IsoWorkDone),
    /// Bytes done and in all, where that is known.
    Runs(Option<(ByteCount, ByteCount)>),
}

/// Looks at the piece of work, and starts it where it does not run.
async fn work(plan: &IsoBuildPlan, wanted: IsoWork, cx: &Context<'_>) -> Result<Work, StepError> {
    match cx.tool.progress(cx.job, &wanted).await {
        BuildProgress::Done(done) => Ok(Work::Ended(done)),
        BuildProgress::Running { done, total } => {
            Ok(Work::Runs((total.0 > 0).then_some((done, total))))
        }
        BuildProgress::Idle => {
            cx.tool.start(cx.job, plan, wanted).await?;
            Ok(Work::Runs(None))
        }
        BuildProgress::Failed(error) => {
            if error.transient {
                // The engine asks again after a pause: then it must begin anew.
                cx.tool.cancel(cx.job).await;
            }
            Err(error)
        }
    }
}

fn waiting(what: &str, bytes: Option<(ByteCount, ByteCount)>, cx: &Context<'_>) -> Outcome {
    Ok(cx.wait(WaitReason::Builds {
        what: what.to_owned(),
        bytes,
    }))
}

fn mixed_up() -> StepError {
    StepError::new(
        FailureKind::Local,
        "a bug: the work that ended is not the one that was started",
    )
}
