//! From a file's own steps to what a deployment does beside the installation.

use std::net::IpAddr;

use url::Url;

use super::model::{Card, IsoCluster, StepKind};
use crate::{
    address::Address,
    dpu::IMC_REDFISH_PORT,
    image::ImageReference,
    job::{
        MarvellPlan,
        deployment::{Beside, Flash, PostStep},
    },
    network::{DhcpServer, Lease, LocalNetwork},
};

/// DHCP for the card on this machine's port, by which it is confirmed and left out.
pub const LOCAL_NETWORK: &str = "local_network";

/// The preparation of the IMC's boot, by which it is left out.
pub const IMC_BOOT: &str = "imc_boot";
/// The step that works around a fault of the host's driver after a reset of the IMC.
pub const HOST_DRIVER: &str = "host_driver_reload";
const SSH_PORT: u16 = 22;
const HTTPS_PORT: u16 = 443;
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
    /// The registry of the DPU operator's cluster, and its authority's certificate.
    pub operator_registry: Option<(String, String)>,
    /// The image of marvell-tools.
    pub marvell_tools: Option<String>,
    /// The image of the tool that flashes cards, by its digest.
    pub firmware_image: Option<ImageReference>,
    /// Where the P4 components are, and their SHA-256.
    pub p4_components: Option<(Url, String)>,
    /// Where this machine's networks are kept.
    pub networks: String,
    pub dhcp_server: DhcpServer,
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

/// The network that CDA would set up for this card: a file asks for one by the port, and by what
/// the card is to be given. `None` where it does not.
///
/// # Errors
/// Why it can't be one, in words.
pub fn local_network(
    cluster: &IsoCluster,
    card: &Card,
    choices: &Choices,
) -> Option<Result<LocalNetwork, String>> {
    let port = cluster.network_api_port.as_deref()?;
    if port == "auto" || card.macs.is_empty() {
        return None;
    }
    let ip = match card.ip? {
        IpAddr::V4(ip) => ip,
        IpAddr::V6(ip) => return Some(Err(format!("{ip} is no IPv4 address"))),
    };
    let lease = Lease {
        name: card.name.clone(),
        macs: card.macs.iter().map(ToString::to_string).collect(),
        ip,
    };
    Some(LocalNetwork::new(
        port,
        lease,
        choices.dhcp_server,
        &choices.networks,
    ))
}

/// A step as a deployment does it, where it can.
pub(super) fn post_steps(step: &StepKind, card: &Card, choices: &Choices) -> Vec<PostStep> {
    match step {
        StepKind::RhSubscription(subscription) => subscription
            .organization
            .iter()
            .map(|organization| PostStep::RhSubscription {
                organization: organization.clone(),
            })
            .collect(),
        StepKind::Microshift => vec![PostStep::Microshift {
            pull_secret: choices.pull_secret,
            kubeconfig: format!("{}/{}.kubeconfig", choices.kubeconfigs, card.name),
            server: card.ip.map(|ip| ip.to_string()),
        }],
        StepKind::DpuOperatorDpu => {
            let pages = PostStep::HugePages { pages: HUGE_PAGES };
            let trust = choices.operator_registry.iter();
            let trust = trust.map(|(registry, ca)| PostStep::TrustRegistry {
                registry: registry.clone(),
                ca: ca.clone(),
            });
            let p4 = choices.p4_components.iter();
            let p4 = p4.map(|(url, sha256)| PostStep::P4Components {
                url: url.clone(),
                sha256: sha256.clone(),
            });
            std::iter::once(pages).chain(trust).chain(p4).collect()
        }
        StepKind::DpuFirmware { .. } | StepKind::IsoBuilder(_) | StepKind::OutOfScope(_) => vec![],
    }
}

/// How this card's firmware would be flashed; `None`: no image was given, or nobody knows its IMC.
pub(super) fn flash(card: &Card, force: bool, choices: &Choices) -> Option<Flash> {
    let imc = Address::parse_or(&card.imc.as_ref()?.address, IMC_REDFISH_PORT).ok()?;
    let host_bmc = card.host_bmc.as_ref();
    Some(Flash {
        image: choices.firmware_image.clone()?,
        force,
        imc: imc.host,
        host_bmc: host_bmc.and_then(|bmc| Address::parse_or(&bmc.address, HTTPS_PORT).ok()),
    })
}

/// The firmware that the file wants, and how it gets there. Without an image it is only looked for,
/// and to flash it whatever is there can't be done.
fn firmware(
    cluster: &IsoCluster,
    card: &Card,
    choices: &Choices,
) -> (Option<String>, Option<Flash>) {
    let mut steps = cluster.before.iter().filter(|step| {
        let name = step.what.name();
        choices.accepts(name) && !choices.skips(name)
    });
    let found = steps.find_map(|step| match &step.what {
        StepKind::DpuFirmware { version, force } => {
            version.clone().map(|version| (version, *force))
        }
        StepKind::IsoBuilder(_)
        | StepKind::RhSubscription(_)
        | StepKind::Microshift
        | StepKind::DpuOperatorDpu
        | StepKind::OutOfScope(_) => None,
    });
    let Some((version, force)) = found else {
        return (None, None);
    };
    match flash(card, force, choices) {
        None if force => (None, None),
        flash => (Some(version), flash),
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
        .flat_map(|step| post_steps(&step.what, card, choices))
        .collect();
    // MicroShift counts pages and reads certificates when it starts.
    after.sort_by_key(|step| match step {
        PostStep::HugePages { .. } => 0,
        PostStep::TrustRegistry { .. } | PostStep::P4Components { .. } => 1,
        PostStep::RhSubscription { .. } | PostStep::Microshift { .. } => 2,
    });
    let (firmware, flash) = firmware(cluster, card, choices);
    Beside {
        imc_boot: !choices.skips(IMC_BOOT),
        // Said of the deployment, not in a file.
        imc_certificate: false,
        host: host(card).filter(|_| !choices.skips(HOST_DRIVER)),
        network: local_network(cluster, card, choices)
            .and_then(Result::ok)
            .filter(|_| choices.accepts(LOCAL_NETWORK) && !choices.skips(LOCAL_NETWORK)),
        firmware,
        flash,
        after,
    }
}
