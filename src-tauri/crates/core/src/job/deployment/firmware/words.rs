//! A flash as a plan tells of it, step by step.

use super::{ISSUE, flash::create};
use crate::job::{
    PlannedStep,
    deployment::{Flash, State},
    plan::planned as step,
};

/// The three steps, in order.
pub(crate) fn planned(
    version: &str,
    flash: &Flash,
    on_imc: &impl Fn(&[&str]) -> String,
) -> Vec<PlannedStep> {
    let name = |state: &State| state.name();
    let unless = if flash.force {
        "also where the IMC has it already"
    } else {
        "unless the IMC has it already"
    };
    let mut cold_boot = Vec::new();
    let host = match &flash.host_bmc {
        Some(bmc) => {
            cold_boot.extend(["ForceOff", "On"].map(|kind| {
                format!(
                    "curl -u USER -X POST https://{bmc}/redfish/v1/Systems/SYSTEM/Actions/ComputerSystem.Reset -d '{{\"ResetType\":\"{kind}\"}}'"
                )
            }));
            format!(
                "Where it was flashed: switches the server that the card is in off and on by its BMC {bmc} (or PowerCycle, where that is all it offers), without asking its operating system: what runs there is lost"
            )
        }
        None => "Where it was flashed: stops here, for a person to cold-boot the host by hand (no bmc_host in the file), and is gone on with by a retry".to_owned(),
    };
    let container = "slipway-firmware-JOB";
    vec![
        step(
            name(&State::FlashingFirmware { flash: None }),
            format!(
                "Flashes firmware {version} on the card, {unless}, by a privileged container on this machine, about 40 minutes; it is not cut off, a cancel waits for its end; if it fails the card can be lost"
            ),
            vec![
                on_imc(&["cat", ISSUE]),
                create(container, flash, version).to_string(),
                format!("podman start {container}"),
            ],
        ),
        step(
            name(&State::ColdBootingHost { boot: None }),
            host,
            cold_boot,
        ),
        step(
            name(&State::AwaitingFirmware {
                since: crate::time::Timestamp::from_millis(0),
            }),
            format!("Only looks: the IMC was started anew, and has firmware {version}"),
            vec![on_imc(&["cat", ISSUE])],
        ),
    ]
}
