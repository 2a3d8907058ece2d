//! The provisioner's own port to the card, where the plan asks for it: set up before anything is
//! done to the card, kept while the job runs, and taken back at its end.

use super::{Outcome, State};
use crate::{
    failure::{FailureKind, StepError},
    job::{StepContext, StepOutcome},
    network::LocalNetwork,
};

/// Before anything is done: may we, and is the port what the plan takes it for?
pub(super) async fn look(
    wanted: Option<&LocalNetwork>,
    cx: &StepContext<'_>,
) -> Result<(), StepError> {
    if let Some(wanted) = wanted {
        cx.card.networks().check(wanted).await?;
    }
    Ok(())
}

pub(super) async fn set_up(wanted: Option<&LocalNetwork>, cx: &StepContext<'_>) -> Outcome {
    if let Some(wanted) = wanted {
        bring_up(wanted, cx).await?;
    }
    Ok(StepOutcome::Advance(State::PreparingImc))
}

/// In the first step after a new start: the machine may have been started anew, too.
pub(super) async fn keep(
    wanted: Option<&LocalNetwork>,
    cx: &StepContext<'_>,
) -> Result<(), StepError> {
    match wanted {
        Some(wanted) if cx.resumed => bring_up(wanted, cx).await,
        Some(_) | None => Ok(()),
    }
}

async fn bring_up(wanted: &LocalNetwork, cx: &StepContext<'_>) -> Result<(), StepError> {
    let networks = cx.card.networks();
    if networks.stands(cx.job, wanted).await? {
        return Ok(());
    }
    for done in networks.set_up(cx.job, wanted).await? {
        cx.note(done);
    }
    if networks.stands(cx.job, wanted).await? {
        return Ok(());
    }
    Err(StepError::new(
        FailureKind::Local,
        format!("the local network {wanted} does not stay"),
    )
    .because(format!("it was set up, and is gone; see {}/log", wanted.folder))
    .hint("find out who else sets this port up (NetworkManager?); then retry, or leave this step out (`--skip-steps local_network`)"))
}

pub(super) async fn take_back(
    wanted: &LocalNetwork,
    cx: &StepContext<'_>,
) -> Result<(), StepError> {
    let back = cx.card.networks().take_back(cx.job, wanted).await;
    for done in back.map_err(|mut error| {
        let port = &wanted.port;
        error.message = format!(
            "{}; `slipctl network down {port}` takes it back",
            error.message
        );
        error
    })? {
        cx.note(done);
    }
    Ok(())
}
