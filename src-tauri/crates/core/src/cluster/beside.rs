//! From a file's own steps to what a deployment does beside the installation.

use std::net::IpAddr;

use super::model::{Card, IsoCluster, StepKind};
use crate::{
    address::Address,
    job::{
        MarvellPlan,
        deployment::{Beside, PostStep},
    },
};

/// The preparation of the IMC's boot, by which it is left out.
pub const IMC_BOOT: &str = "imc_boot";
/// The step that works around a fault of the host's driver after a reset of the IMC.
pub const HOST_DRIVER: &str = "host_driver_reload";
const SSH_PORT: u16 = 22;
/// Of 2 MiB: what the DPU operator wants.
const HUGE_PAGES: u32 = 512;

/// What a person decided about a file's steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Left out.
    pub skipped: Vec<String>,
    /// To be done although they were never run on real hardware.
    pub accepted: Vec<String>,
    /// Whether there is a pull secret to be put on the cards.
    pub pull_secret: bool,
    /// Where kubeconfigs go on this machine.
    pub kubeconfigs: String,
    /// The image of marvell-tools.
    pub marvell_tools: Option<String>,
}

impl Choices {
    #[must_use]
    pub fn skips(&self, step: &str) -> bool {
        self.skipped.iter().any(|skipped| skipped == step)
    }

    #[must_use]
    pub fn accepts(&self, step: &str) -> bool {
        self.accepted.iter().any(|accepted| accepted == step)
    }
}

/// The DPU host over SSH; `None` where the file names none, or none that can be one.
pub(super) fn host(card: &Card) -> Option<Address> {
    Address::parse_or(card.dpu_host.as_deref()?, SSH_PORT).ok()
}

/// A step as a deployment does it, where it can.
pub(super) fn post_step(step: &StepKind, card: &Card, choices: &Choices) -> Option<PostStep> {
    match step {
        StepKind::RhSubscription(subscription) => Some(PostStep::RhSubscription {
            organization: subscription.organization.clone()?,
        }),
        StepKind::Microshift => Some(PostStep::Microshift {
            pull_secret: choices.pull_secret,
            kubeconfig: format!("{}/{}.kubeconfig", choices.kubeconfigs, card.name),
            server: card.ip.map(|ip| ip.to_string()),
        }),
        StepKind::DpuOperatorDpu => Some(PostStep::HugePages { pages: HUGE_PAGES }),
        StepKind::DpuFirmware { .. } | StepKind::IsoBuilder(_) | StepKind::OutOfScope(_) => None,
    }
}

/// The installation of a Marvell, by which it is confirmed.
pub const PXEBOOT: &str = "pxeboot";

/// How a Marvell is installed.
///
/// # Errors
/// What is missing, in words.
pub fn marvell(
    cluster: &IsoCluster,
    card: &Card,
    choices: &Choices,
    ssh_keys: &[String],
) -> Result<MarvellPlan, String> {
    let node = card
        .node
        .as_deref()
        .ok_or("the file names no `node`, the server that it is in")?;
    let host =
        Address::parse_or(node, SSH_PORT).map_err(|_| format!("`{node}` is no host name"))?;
    let iso = cluster
        .iso
        .as_ref()
        .ok_or("the cluster names no `install_iso`")?;
    let mac = card.macs.first().ok_or("the file gives it no `mac`")?;
    let Some(IpAddr::V4(ip)) = card.ip else {
        return Err("the file gives it no IPv4 address as `ip`".into());
    };
    let tools = choices.marvell_tools.clone();
    Ok(MarvellPlan {
        name: card.name.clone(),
        host,
        tools: tools.ok_or("name the image of marvell-tools with --marvell-tools IMAGE")?,
        iso: iso.to_string(),
        mac: mac.to_string(),
        ip,
        ssh_keys: ssh_keys.to_vec(),
    })
}

/// What of the file's own steps the deployment of an IPU does.
#[must_use]
pub fn beside(cluster: &IsoCluster, card: &Card, choices: &Choices) -> Beside {
    let wanted = cluster.after.iter().filter(|step| {
        let name = step.what.name();
        choices.accepts(name) && !choices.skips(name)
    });
    let mut after: Vec<PostStep> = wanted
        .filter_map(|step| post_step(&step.what, card, choices))
        .collect();
    // MicroShift counts them when it starts.
    after.sort_by_key(|step| !matches!(step, PostStep::HugePages { .. }));
    Beside {
        imc_boot: !choices.skips(IMC_BOOT),
        host: host(card).filter(|_| !choices.skips(HOST_DRIVER)),
        after,
    }
}
