//! The steps of an image build. None blocks for longer than a question to podman takes.

use super::{
    BuildContext, BuiltImage, ImageProgress, ImageTool, ImageWork, ImageWorkDone, Outcome, State,
};
use crate::{
    failure::{FailureKind, StepError},
    image_build::{ImageBuildPlan, ImageSource},
    job::{StepOutcome, Terminal, WaitReason},
};

type Context<'a> = BuildContext<'a, dyn ImageTool>;

pub async fn check(plan: &ImageBuildPlan, cx: &Context<'_>) -> Outcome {
    for seen in cx.tool.check(plan).await? {
        cx.note(seen);
    }
    match &plan.source {
        ImageSource::Folder(_) => Ok(StepOutcome::Advance(State::Building)),
        ImageSource::Local { reference } => match cx.tool.inspect(reference.as_str()).await? {
            Some(image) => Ok(StepOutcome::Advance(State::Naming { id: image.id })),
            None => Ok(StepOutcome::Fail(
                StepError::new(
                    FailureKind::Precondition,
                    format!("podman has no image {reference}"),
                )
                .hint("`podman images` lists what there is; build it first"),
            )),
        },
    }
}

pub async fn build(plan: &ImageBuildPlan, cx: &Context<'_>) -> Outcome {
    match work(plan, ImageWork::Build, cx).await? {
        Some(ImageWorkDone::Built { id }) => {
            cx.note(format!("built {}", short(&id)));
            Ok(StepOutcome::Advance(State::Naming { id }))
        }
        Some(ImageWorkDone::Pushed { .. }) => Err(mixed_up()),
        None => waiting(ImageWork::Build, cx).await,
    }
}

/// The reference moves in one instant, from the old image to a whole new one.
pub async fn name(plan: &ImageBuildPlan, id: &str, cx: &Context<'_>) -> Outcome {
    let Some(image) = cx.tool.inspect(id).await? else {
        return match plan.source {
            ImageSource::Folder(_) => {
                cx.note("the image is gone from podman's storage; it is built again");
                Ok(StepOutcome::Advance(State::Building))
            }
            ImageSource::Local { .. } => Ok(StepOutcome::Fail(gone(id))),
        };
    };
    let wanted = plan.architecture.oci();
    if let Some(architecture) = &image.architecture
        && architecture != wanted
    {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::WrongImage,
                format!("the image is for {architecture}, and not for {wanted}"),
            )
            .because("its FROM, or its `--platform`, names an image of another architecture")
            .hint("take a base image that exists for the card's architecture"),
        ));
    }
    cx.tool.tag(id, &plan.reference).await?;
    let named = cx.tool.inspect(plan.reference.as_str()).await?;
    let Some(digest) = named
        .filter(|named| named.id == image.id)
        .and_then(|named| named.digest)
    else {
        return Err(StepError::new(
            FailureKind::Local,
            format!(
                "podman was told that {} is {}, and does not say so",
                plan.reference,
                short(id)
            ),
        )
        .transient());
    };
    cx.note(format!("{} is {}", plan.reference, digest.short()));
    let built = BuiltImage {
        reference: plan.reference.clone(),
        id: image.id,
        digest,
        pushed: false,
    };
    Ok(StepOutcome::Advance(if plan.push {
        State::Pushing { built }
    } else {
        State::CleaningUp {
            then: Terminal::Succeeded(built),
        }
    }))
}

pub async fn push(plan: &ImageBuildPlan, built: &BuiltImage, cx: &Context<'_>) -> Outcome {
    match work(plan, ImageWork::Push, cx).await? {
        Some(ImageWorkDone::Pushed { digest }) => {
            cx.note(format!("pushed as {}", digest.short()));
            let built = BuiltImage {
                digest,
                pushed: true,
                ..built.clone()
            };
            Ok(StepOutcome::Advance(State::Verifying { built }))
        }
        Some(ImageWorkDone::Built { .. }) => Err(mixed_up()),
        None => waiting(ImageWork::Push, cx).await,
    }
}

/// "podman push ended well" is not success: the registry has it.
pub async fn verify(plan: &ImageBuildPlan, built: &BuiltImage, cx: &Context<'_>) -> Outcome {
    let there = cx.tool.in_registry(plan).await?;
    if there == built.digest {
        cx.note(format!("the registry has {}", there.short()));
        return Ok(StepOutcome::Advance(State::CleaningUp {
            then: Terminal::Succeeded(built.clone()),
        }));
    }
    Ok(StepOutcome::Fail(
        StepError::new(
            FailureKind::WrongImage,
            format!("{} is another image in its registry", plan.reference),
        )
        .because(format!(
            "pushed {}, the registry has {}",
            built.digest, there
        ))
        .hint("somebody else pushed to the same tag meanwhile; push again"),
    ))
}

pub async fn clean_up(then: &Terminal<BuiltImage>, cx: &Context<'_>) -> Outcome {
    let residue = cx.tool.cancel(cx.job).await;
    let built = match then {
        Terminal::Succeeded(built) => Some(built),
        Terminal::Failed(_) | Terminal::Cancelled => None,
    };
    cx.tool.clean(cx.job, built).await?;
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

/// What the piece of work led to; `None` while it runs. Starts it where it does not.
async fn work(
    plan: &ImageBuildPlan,
    wanted: ImageWork,
    cx: &Context<'_>,
) -> Result<Option<ImageWorkDone>, StepError> {
    match cx.tool.progress(cx.job, wanted).await? {
        ImageProgress::Done(done) => Ok(Some(done)),
        ImageProgress::Running(_) => Ok(None),
        ImageProgress::Idle => {
            cx.tool.start(cx.job, plan, wanted).await?;
            Ok(None)
        }
        ImageProgress::Failed(error) => {
            if error.transient {
                // The engine asks again after a pause: then it must begin anew.
                cx.tool.cancel(cx.job).await;
            }
            Err(error)
        }
    }
}

async fn waiting(work: ImageWork, cx: &Context<'_>) -> Outcome {
    let step = match cx.tool.progress(cx.job, work).await? {
        ImageProgress::Running(step) => step,
        ImageProgress::Idle | ImageProgress::Done(_) | ImageProgress::Failed(_) => None,
    };
    let what = match (work, step) {
        (ImageWork::Build, Some(step)) => step.to_string(),
        (ImageWork::Build, None) => "podman is starting".into(),
        (ImageWork::Push, _) => "podman is pushing the image".into(),
    };
    Ok(cx.wait(WaitReason::Builds { what, bytes: None }))
}

fn gone(id: &str) -> StepError {
    StepError::new(
        FailureKind::Precondition,
        format!("the image {} is gone from podman's storage", short(id)),
    )
    .hint("build it again")
}

fn mixed_up() -> StepError {
    StepError::new(FailureKind::Local, "a bug: another piece of work answered")
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
