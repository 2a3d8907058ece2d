//! The ISO: served, inserted, and made what the card boots next.

use super::{
    DeploymentPlan, Outcome, State,
    prepare::{honours_once, imc},
};
use crate::{
    failure::{FailureKind, StepError},
    job::{Prepared, StepContext, StepOutcome, WaitReason, boot_change::run},
    ports::{BmcError, BootOverride, BootOverrideEnabled, RedfishTask, TaskState, TaskUri},
    time::ByteCount,
};

/// Where an IMC keeps what it downloads.
const MEDIA_FILE: &str = "/mnt/imc/acc-os.iso";
/// An IMC, or we, may restart during a download; an IMC that always does (too little memory) must not
/// be asked for ever.
const DOWNLOAD_RESTARTS: u32 = 2;

pub(super) async fn publish(plan: &DeploymentPlan, cx: &mut StepContext<'_>) -> Outcome {
    let prepared = cx.card.publish(cx.job, plan).await?;
    cx.note(format!("serving {}", prepared.file_name));
    cx.facts.expected_host_key = Some(prepared.host_key.clone());
    cx.facts.prepared = Some(prepared);
    Ok(StepOutcome::Advance(State::InsertingMedia { task: None }))
}

fn prepared(cx: &StepContext<'_>) -> Result<Prepared, StepError> {
    cx.facts
        .prepared
        .clone()
        .ok_or_else(|| StepError::new(FailureKind::Local, "the job does not know what it served"))
}

pub(super) async fn insert(
    plan: &DeploymentPlan,
    task: Option<&TaskUri>,
    cx: &mut StepContext<'_>,
) -> Outcome {
    let prepared = prepared(cx)?;
    let Some(task) = task else {
        return start_insert(plan, &prepared, cx).await;
    };
    if cx.resumed {
        // The server of an earlier process is gone; the same URL is served again.
        cx.card.publish(cx.job, plan).await?;
    }
    match imc(cx).task(task).await {
        Ok(RedfishTask {
            state: TaskState::Running,
            ..
        }) => Ok(downloading(&prepared, plan, cx)),
        Ok(RedfishTask {
            state: TaskState::Completed,
            ..
        }) => check_inserted(&prepared, cx).await,
        // Our server was away with us, or the IMC was: the transfer broke off, it was not refused.
        Ok(RedfishTask {
            state: TaskState::Failed(words),
            ..
        }) if cx.uncertain && cx.facts.download_restarts < DOWNLOAD_RESTARTS => Ok(begin_again(
            &format!("the download broke off ({words})"),
            cx,
        )),
        Ok(RedfishTask {
            state: TaskState::Failed(words),
            ..
        }) => Ok(StepOutcome::Fail(transfer_failed(&words, &prepared, cx))),
        // An IMC that restarted has forgotten its tasks: look at the slot, else begin again.
        Err(BmcError::Refused {
            status: 404 | 410, ..
        }) => {
            if imc(cx).virtual_media().await?.holds(&prepared.file_name) {
                return Ok(StepOutcome::Advance(State::SettingBootOverride));
            }
            if cx.facts.download_restarts < DOWNLOAD_RESTARTS {
                return Ok(begin_again("the IMC no longer knows the download", cx));
            }
            Ok(StepOutcome::Fail(
                StepError::new(
                    FailureKind::MediaTransfer,
                    "the IMC loses the download again and again",
                )
                .because(format!("it was begun {} times", DOWNLOAD_RESTARTS + 1))
                .hint(
                    "an IMC that restarts while it downloads is short of memory: try a smaller ISO",
                ),
            ))
        }
        Err(error) => Err(error.into()),
    }
}

fn begin_again(why: &str, cx: &mut StepContext<'_>) -> StepOutcome<State> {
    cx.facts.download_restarts += 1;
    cx.note(format!("{why}; starting it again"));
    StepOutcome::Advance(State::InsertingMedia { task: None })
}

async fn start_insert(
    plan: &DeploymentPlan,
    prepared: &Prepared,
    cx: &mut StepContext<'_>,
) -> Outcome {
    // An insert whose answer we never saw, or somebody else's: a second one would be refused. When
    // it has ended, the slot tells whether it was ours; so the slot is read after the tasks.
    if imc(cx)
        .tasks()
        .await?
        .iter()
        .any(|task| task.state == TaskState::Running)
    {
        if cx.resumed {
            cx.card.publish(cx.job, plan).await?;
            cx.note("found a download under way");
        }
        return Ok(downloading(prepared, plan, cx));
    }
    let slot = imc(cx).virtual_media().await?;
    if slot.holds(&prepared.file_name) {
        return Ok(StepOutcome::Advance(State::SettingBootOverride));
    }
    if slot.inserted {
        cx.note(format!(
            "ejecting {}",
            slot.image_name.as_deref().unwrap_or("what is inserted")
        ));
        imc(cx).eject_media().await?;
    } else {
        // The IMC appends to a partial file of an interrupted download.
        remove_partial_file(cx).await?;
    }
    cx.card.publish(cx.job, plan).await?;
    let task = imc(cx).insert_media(&prepared.url).await?;
    cx.note(format!("asked the IMC to insert {}", prepared.file_name));
    Ok(StepOutcome::Advance(State::InsertingMedia {
        task: Some(task),
    }))
}

pub(super) async fn remove_partial_file(cx: &StepContext<'_>) -> Result<(), StepError> {
    let shell = cx.card.imc_shell();
    let size = run(shell, cx, &["stat", "-c", "%s", MEDIA_FILE]).await?;
    if !size.ok() {
        return Ok(());
    }
    let removed = run(shell, cx, &["rm", "-f", MEDIA_FILE]).await?;
    if !removed.ok()
        || run(shell, cx, &["stat", "-c", "%s", MEDIA_FILE])
            .await?
            .ok()
    {
        return Err(StepError::new(
            FailureKind::Refused,
            "a partial download can't be removed from the IMC",
        )
        .because(removed.reason()));
    }
    cx.note(format!(
        "removed a partial download of {} bytes",
        size.text()
    ));
    Ok(())
}

/// The IMC tells no percentage: progress is what our own server sent.
fn downloading(
    prepared: &Prepared,
    plan: &DeploymentPlan,
    cx: &StepContext<'_>,
) -> StepOutcome<State> {
    let readers = cx.card.media().readers(&prepared.token);
    let read = readers.iter().map(|r| r.sent).max().unwrap_or_default();
    cx.wait(WaitReason::ImcDownloads {
        read,
        total: plan.iso_size,
    })
}

/// A Task that says "Completed" is a claim; the slot is the fact.
async fn check_inserted(prepared: &Prepared, cx: &mut StepContext<'_>) -> Outcome {
    let slot = imc(cx).virtual_media().await?;
    if slot.holds(&prepared.file_name) {
        cx.note(format!("the IMC holds {}", prepared.file_name));
        return Ok(StepOutcome::Advance(State::SettingBootOverride));
    }
    let shows = slot.image_name.as_deref().unwrap_or("nothing");
    Ok(StepOutcome::Fail(
        StepError::new(
            FailureKind::MediaTransfer,
            "the IMC says the ISO is inserted, and shows something else",
        )
        .because(format!(
            "expected {}, Inserted is {}, ImageName is {shows}",
            prepared.file_name, slot.inserted
        ))
        .hint("eject what is inserted and deploy again"),
    ))
}

fn transfer_failed(words: &str, prepared: &Prepared, cx: &StepContext<'_>) -> StepError {
    let readers = cx.card.media().readers(&prepared.token);
    let sent: u64 = readers.iter().map(|r| r.sent.0).sum();
    let (what, hint) = if readers.is_empty() {
        (
            "our server was never asked for the file",
            "check that the IMC can reach this machine, and that a firewall lets it in",
        )
    } else {
        (
            "our server was asked for it",
            "look at the IMC's free disk and memory, and deploy again",
        )
    };
    StepError::new(
        FailureKind::MediaTransfer,
        "the IMC could not fetch the ISO",
    )
    .because(words)
    .because(format!("{what}; {} were sent", ByteCount(sent)))
    .because(format!(
        "URL: https://{}/…/{}",
        prepared.url.authority(),
        prepared.file_name
    ))
    .hint(hint)
}

pub(super) async fn set_override(cx: &mut StepContext<'_>) -> Outcome {
    let enabled = if honours_once(cx.facts.firmware_release.as_deref()) {
        BootOverrideEnabled::Once
    } else {
        BootOverrideEnabled::Continuous
    };
    let wanted = BootOverride {
        enabled,
        target: "Cd".into(),
    };
    if imc(cx).boot_override().await? == wanted {
        return Ok(StepOutcome::Advance(State::ResettingImc {
            requested_at: None,
        }));
    }
    let read_back = imc(cx).set_boot_override(&wanted).await?;
    if read_back != wanted {
        // The view is refreshed every two minutes: look again until the deadline.
        return Err(StepError::new(
            FailureKind::Refused,
            "the boot override was accepted and does not show",
        )
        .because(format!(
            "wanted {enabled:?} Cd, reads {:?} {}",
            read_back.enabled, read_back.target
        ))
        .transient());
    }
    cx.note(format!("boot override is {enabled:?} Cd"));
    Ok(StepOutcome::Advance(State::ResettingImc {
        requested_at: None,
    }))
}
