//! What stays of a flash and of the cold boot after it, when the job ends.

use super::flash::name;
use crate::{
    containers::ContainerStanding as Standing,
    failure::StepError,
    job::{Residue, StepContext, deployment::DeploymentPlan},
};

/// At the job's end: removes the container where it has ended. One that runs is left to its end.
/// Answers with what stays of it all.
pub(in crate::job::deployment) async fn tidy(
    plan: &DeploymentPlan,
    cx: &StepContext<'_>,
) -> Result<Vec<Residue>, StepError> {
    let facts = &cx.facts.flash;
    let Some((version, _)) = plan.beside.flashes() else {
        return Ok(vec![]);
    };
    let mut all = Vec::new();
    let mut left = |what: String, why: &str| {
        let why = why.to_owned();
        all.push(Residue { what, why });
    };
    let mut runs = false;
    if facts.created {
        let (containers, name) = (cx.card.containers(), name(cx.job));
        match containers.look(&name).await? {
            Standing::None => {}
            Standing::Runs => {
                runs = true;
                let why = "a flash that is cut off can cost the card: it is left to its end, and \
                           then the host must be cold-booted";
                left(
                    format!("the flash still runs (`podman logs --follow {name}`)"),
                    why,
                );
            }
            Standing::Created | Standing::Ended { .. } => containers.remove(&name).await?,
        }
    }
    match facts.flashed_at {
        None if facts.started && !runs => left(
            "the card's firmware may be half written".into(),
            "the flash was begun, and is not known to have ended well: leave the server switched on, and flash it again",
        ),
        Some(_) if !facts.seen => left(
            format!("the card is flashed with {version}"),
            "the IMC was not seen with it: it counts from the next cold boot of the host",
        ),
        Some(_) | None => {}
    }
    if facts.host_off {
        let why = "it was switched off for the cold boot, and was not seen switched on again";
        left("the card's server may be switched off".into(), why);
    }
    Ok(all)
}
