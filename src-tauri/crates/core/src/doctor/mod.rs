//! The preflight, the "doctor": everything that a deployment could stumble over, asked beforehand
//! and without any effect.
//!
//! Here is which checks there are and which needs which ([`DoctorCheckId`]), what is asked of an
//! IMC's shell ([`ask`]), and what the answers mean ([`examine`], over [`Facts`]). Judging is plain
//! functions: no I/O, no clock. Who asks (`slipway-fleet`) fills the facts, as many at once as it
//! can.

pub mod ask;
mod check;
mod facts;
mod imc;
mod media;
mod redfish;
mod target;
mod verdict;

#[cfg(test)]
mod tests;

pub use check::DoctorCheckId;
pub use facts::{
    Asked, BootedSeen, CardFacts, ClockSeen, CurlAnswer, Facts, HostSeen, ImcFacts, IsoAsked,
    JobSeen, ManagerSeen, MediaSeen, RedfishFacts, ShellFacts, Space,
};
pub use verdict::{CheckFix, CheckOutcome, DoctorCheck, FixAction, Tally};

use std::collections::BTreeMap;

/// Judges every check, in the order of [`DoctorCheckId::ALL`]. One whose precondition did not pass
/// is skipped and says which: one fault is told once.
#[must_use]
pub fn examine(facts: &Facts) -> Vec<DoctorCheck> {
    let mut good = BTreeMap::new();
    DoctorCheckId::ALL
        .into_iter()
        .map(|id| {
            let missing = id
                .needs()
                .iter()
                .find(|need| good.get(*need) != Some(&true));
            let outcome = match missing {
                Some(need) => CheckOutcome::Skipped {
                    because: format!("\"{}\" comes first, and did not pass", need.title()),
                },
                None => judge(id, facts),
            };
            good.insert(id, outcome.lets_on());
            DoctorCheck {
                id,
                title: id.title().to_owned(),
                outcome,
            }
        })
        .collect()
}

fn judge(id: DoctorCheckId, facts: &Facts) -> CheckOutcome {
    match id {
        DoctorCheckId::ImcName => imc::name(facts),
        DoctorCheckId::ImcReach => imc::reach(facts),
        DoctorCheckId::ImcCertificate => imc::certificate(facts),
        DoctorCheckId::ImcHostKey => imc::host_key(facts),
        DoctorCheckId::RedfishLogin => redfish::login(facts),
        DoctorCheckId::SshLogin => imc::ssh_login(facts),
        DoctorCheckId::IntelIpu => redfish::is_ipu(facts),
        DoctorCheckId::Firmware => redfish::firmware(facts),
        DoctorCheckId::RecoveryMode => imc::recovery(facts),
        DoctorCheckId::RedfishService => redfish::service(facts),
        DoctorCheckId::VirtualMedia => redfish::virtual_media(facts),
        DoctorCheckId::ImcClock => imc::clock(facts),
        DoctorCheckId::ImcMemory => media::memory(facts),
        DoctorCheckId::ImcDisk => media::disk(facts),
        DoctorCheckId::MediaReach => media::reach(facts),
        DoctorCheckId::MediaTrust => media::trust(facts),
        DoctorCheckId::IsoFile => target::iso_file(facts),
        DoctorCheckId::IsoArchitecture => target::iso_architecture(facts),
        DoctorCheckId::IsoImage => target::iso_image(facts),
        DoctorCheckId::IsoArguments => target::iso_arguments(facts),
        DoctorCheckId::ActiveJob => target::active_job(facts),
        DoctorCheckId::BootedImage => target::booted_image(facts),
        DoctorCheckId::HostBmc => target::host_bmc(facts),
        DoctorCheckId::DpuHost => target::dpu_host(facts),
        DoctorCheckId::LocalNetwork => target::local_network(facts),
        DoctorCheckId::FirmwareFlash => target::firmware_flash(facts),
    }
}
