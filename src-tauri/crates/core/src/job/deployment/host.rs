//! The DPU host's driver, reloaded after the IMC was reset under it: `idpf` does not recover by
//! itself. Only where the plan names the host; nothing else of the host is touched.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Outcome, State};
use crate::{
    address::Address,
    failure::{FailureKind, StepError},
    job::{StepContext, StepOutcome, WaitReason, boot_change::run},
    ports::{CommandOutput, Remote},
};

pub(crate) const DRIVER: &str = "idpf";
/// The devices that the driver has, by their PCI addresses.
const DEVICES: &str = "/sys/bus/pci/drivers/idpf";

/// How far a reload came. Each is saved before its effect, so that neither is done twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reload {
    Unloading,
    Loading,
}

/// Before anything is done: does the host answer, is it the one we know, does it let us in?
pub(super) async fn look(host: Option<&Address>, cx: &StepContext<'_>) -> Result<(), StepError> {
    let Some(host) = host else {
        return Ok(());
    };
    let remote = cx.card.host(host).await?;
    loaded(remote.as_ref(), cx).await.map(|_| ())
}

async fn loaded(host: &dyn Remote, cx: &StepContext<'_>) -> Result<bool, StepError> {
    let out = run(host, cx, &["lsmod"]).await?;
    if !out.ok() {
        return Err(StepError::new(
            FailureKind::Refused,
            "the DPU host does not list its drivers",
        )
        .because(out.reason()));
    }
    let text = out.text();
    let mut names = text.lines().filter_map(|line| line.split(' ').next());
    Ok(names.any(|name| name == DRIVER))
}

/// The network devices of the driver.
async fn devices(host: &dyn Remote, cx: &StepContext<'_>) -> Result<Vec<String>, StepError> {
    let cards = run(host, cx, &["ls", DEVICES]).await?;
    let mut all = Vec::new();
    for card in cards.text().lines().filter(|name| name.contains(':')) {
        let nets = run(host, cx, &["ls", &format!("{DEVICES}/{card}/net")]).await?;
        if nets.ok() {
            all.extend(nets.text().lines().map(str::to_owned));
        }
    }
    Ok(all)
}

pub(super) async fn reload_driver(
    host: Option<&Address>,
    reload: Option<&Reload>,
    cx: &mut StepContext<'_>,
) -> Outcome {
    let Some(host) = host else {
        cx.note("no DPU host in the plan: nothing to reload");
        return Ok(StepOutcome::Advance(State::VerifyingImage));
    };
    if cx.facts.driver_reloaded {
        cx.note(format!("{DRIVER} was reloaded on {host} after the reset"));
        return Ok(StepOutcome::Advance(State::VerifyingImage));
    }
    let remote: Arc<dyn Remote> = cx.card.host(host).await?;
    let remote = remote.as_ref();
    let next = |reload| {
        StepOutcome::Advance(State::ReloadingHostDriver {
            reload: Some(reload),
        })
    };
    match reload {
        None => Ok(next(if loaded(remote, cx).await? {
            Reload::Unloading
        } else {
            cx.note(format!("{host} has no {DRIVER} loaded"));
            Reload::Loading
        })),
        Some(Reload::Unloading) => {
            if loaded(remote, cx).await? {
                let out = run(remote, cx, &["rmmod", DRIVER]).await?;
                if loaded(remote, cx).await? {
                    return Ok(StepOutcome::Fail(kept(host, "unloaded", &out)));
                }
                cx.note(format!("unloaded {DRIVER} on {host}"));
            }
            Ok(next(Reload::Loading))
        }
        Some(Reload::Loading) => {
            if !loaded(remote, cx).await? {
                let out = run(remote, cx, &["modprobe", DRIVER]).await?;
                if !loaded(remote, cx).await? {
                    return Ok(StepOutcome::Fail(kept(host, "loaded", &out)));
                }
                cx.note(format!("loaded {DRIVER} on {host}"));
            }
            let devices = devices(remote, cx).await?;
            if devices.is_empty() {
                // Until the state's deadline.
                return Ok(cx.wait(WaitReason::Settles {
                    what: format!("{DRIVER} is loaded on {host} and has no network device yet"),
                }));
            }
            cx.note(format!("{DRIVER} has {} on {host}", devices.join(", ")));
            cx.facts.driver_reloaded = true;
            Ok(StepOutcome::Advance(State::VerifyingImage))
        }
    }
}

fn kept(host: &Address, how: &str, out: &CommandOutput) -> StepError {
    StepError::new(
        FailureKind::Refused,
        format!("{DRIVER} can't be {how} on {host}"),
    )
    .because(out.reason())
    .hint("look at who uses the card's interfaces on the host (`lsmod`, `dmesg`); then deploy again, or leave this step out (`--skip-steps host_driver_reload`)")
}
