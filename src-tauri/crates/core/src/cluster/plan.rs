//! What a file asks for, as ordered steps, before anything is asked of a card.
//!
//! The installation itself is the deployment job's plan; around it stand the file's own steps.
//! What Slipway can't do yet is there too, marked: nothing is left out in silence.

use serde::Serialize;
use specta::Type;

use super::model::{Card, CardKind, Cluster, ClusterFile, IsoBuilder, IsoCluster, StepKind};
use crate::{
    address::Address,
    command::CommandLine,
    dpu::{ACC_FROM_IMC, AccRoute, Dpu, IMC_REDFISH_PORT, ImcIdentity},
    ids::{CredentialId, DpuId},
    job::{
        DeploymentState, PlannedStep,
        plan::{DeploymentWords, deployment_steps, planned, ssh, ssh_acc},
    },
    time::Timestamp,
};

/// The step that works around a fault of the host's driver after a reset of the IMC.
const HOST_DRIVER: &str = "host_driver_reload";
const SSH_PORT: u16 = 22;

/// Whether a step would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Slipway does it.
    Planned,
    /// Known, and not yet built or run on real hardware: a deployment is refused unless the step
    /// is left out.
    NotYet,
    /// Left out on purpose.
    LeftOut,
}

/// A step and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct OutlineStep {
    #[serde(flatten)]
    pub step: PlannedStep,
    pub standing: Standing,
    /// By this name it can be left out.
    pub skip: Option<String>,
}

/// What would happen for one card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct CardOutline {
    pub name: String,
    pub kind: CardKind,
    /// `host` or `host:port` of the IMC, as the file has it.
    pub imc: Option<String>,
    pub steps: Vec<OutlineStep>,
}

impl CardOutline {
    /// The steps for which a deployment is refused.
    pub fn not_yet(&self) -> impl Iterator<Item = &OutlineStep> {
        let steps = self.steps.iter();
        steps.filter(|step| step.standing == Standing::NotYet)
    }
}

/// What would happen for one cluster; no cards where it is out of scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ClusterOutline {
    pub name: String,
    /// `iso`, or what it is instead.
    pub kind: String,
    pub in_scope: bool,
    /// As the file has it.
    pub iso: Option<String>,
    pub cards: Vec<CardOutline>,
    /// How many nodes it has, in scope or not.
    pub nodes: u32,
}

/// The plan of a whole file. `installation` gives a card's deployment steps where more is known
/// than the file tells (the card's real addresses, the image in the ISO).
pub fn outline(
    file: &ClusterFile,
    skipped: &[String],
    mut installation: impl FnMut(&IsoCluster, &Card) -> Option<Vec<PlannedStep>>,
) -> Vec<ClusterOutline> {
    let clusters = file.clusters.iter();
    clusters
        .map(|cluster| match cluster {
            Cluster::OutOfScope {
                name, kind, nodes, ..
            } => ClusterOutline {
                name: name.clone(),
                kind: kind.clone(),
                in_scope: false,
                iso: None,
                cards: vec![],
                nodes: count(*nodes),
            },
            Cluster::Iso(cluster) => ClusterOutline {
                name: cluster.name.clone(),
                kind: "iso".into(),
                in_scope: true,
                iso: cluster.iso.as_ref().map(ToString::to_string),
                nodes: count(cluster.cards.len()),
                cards: cluster
                    .cards
                    .iter()
                    .map(|card| {
                        let known = installation(cluster, card);
                        card_outline(cluster, card, known, skipped)
                    })
                    .collect(),
            },
        })
        .collect()
}

fn count(nodes: usize) -> u32 {
    u32::try_from(nodes).unwrap_or(u32::MAX)
}

fn card_outline(
    cluster: &IsoCluster,
    card: &Card,
    known: Option<Vec<PlannedStep>>,
    skipped: &[String],
) -> CardOutline {
    let steps = match card.kind {
        CardKind::Dpu => of_an_ipu(cluster, card, known, skipped),
        CardKind::Marvell => of_a_marvell(cluster, card),
        CardKind::BlueField => vec![not_yet(
            planned(
                "Install by BFB",
                "Not supported: a BlueField is installed by a BFB through its host's rshim, never by virtual media",
                vec!["bfb-install --bfb IMAGE.bfb --rshim rshim0".into()],
            ),
            None,
        )],
    };
    CardOutline {
        name: card.name.clone(),
        kind: card.kind,
        imc: card.imc.as_ref().map(|imc| imc.address.clone()),
        steps,
    }
}

fn not_yet(step: PlannedStep, skip: Option<&str>) -> OutlineStep {
    OutlineStep {
        step,
        standing: Standing::NotYet,
        skip: skip.map(str::to_owned),
    }
}

fn of_an_ipu(
    cluster: &IsoCluster,
    card: &Card,
    known: Option<Vec<PlannedStep>>,
    skipped: &[String],
) -> Vec<OutlineStep> {
    let draft = draft(card);
    let iso = cluster.iso.as_ref().map(ToString::to_string);
    let words = DeploymentWords {
        iso: iso.as_deref().unwrap_or("the ISO"),
        image: "the image in the ISO",
        hostname: &card.name,
    };
    let known = known.or_else(|| draft.as_ref().map(|dpu| deployment_steps(&words, dpu)));
    let mut own = OwnSteps {
        card,
        dpu: draft.as_ref(),
        skipped,
        steps: Vec::new(),
    };
    let reload = DeploymentState::ReloadingHostDriver;
    let after = DeploymentState::RunningPostSteps { next: 0 };
    for (number, step) in known.unwrap_or_default().into_iter().enumerate() {
        // What the deployment says of steps that it does not have is said by ours instead.
        let replaced = (step.name == reload.name() && card.dpu_host.is_some())
            || (step.name == after.name() && !cluster.after.is_empty());
        if step.name == reload.name() {
            own.host_driver();
        }
        if step.name == after.name() {
            for step in &cluster.after {
                own.step(&step.what);
            }
        }
        if !replaced {
            own.steps.push(OutlineStep {
                step,
                standing: Standing::Planned,
                skip: None,
            });
        }
        if number == 0 {
            for step in &cluster.before {
                own.step(&step.what);
            }
        }
    }
    own.steps
}

/// A card as it would be in the inventory, as far as addresses go.
fn draft(card: &Card) -> Option<Dpu> {
    let imc = card.imc.as_ref()?;
    let imc_redfish = Address::parse_or(&imc.address, IMC_REDFISH_PORT).ok()?;
    Some(Dpu {
        id: DpuId::new(),
        name: card.name.clone(),
        imc_ssh: Address {
            host: imc_redfish.host.clone(),
            port: SSH_PORT,
        },
        acc: AccRoute::ThroughImc(Address::new(ACC_FROM_IMC, SSH_PORT).ok()?),
        imc_redfish,
        imc_credential: CredentialId::new(),
        imc_ssh_login: crate::credential::ImcSshLogin::AsRedfish,
        acc_credential: None,
        host: card.dpu_host.clone(),
        labels: vec![],
        identity: ImcIdentity::default(),
        added_at: Timestamp::from_millis(0),
    })
}

/// The steps that a file adds to the installation.
struct OwnSteps<'a> {
    card: &'a Card,
    dpu: Option<&'a Dpu>,
    skipped: &'a [String],
    steps: Vec<OutlineStep>,
}

impl OwnSteps<'_> {
    fn add(&mut self, name: &str, effect: impl Into<String>, commands: Vec<String>) {
        let mut step = not_yet(planned(name, effect, commands), Some(name));
        if self.skipped.iter().any(|skipped| skipped == name) {
            step.standing = Standing::LeftOut;
        }
        self.steps.push(step);
    }

    fn on_acc(&self, argv: &[&str]) -> String {
        match self.dpu {
            Some(dpu) => ssh_acc(dpu, argv),
            None => CommandLine::new(argv.iter().copied()).to_string(),
        }
    }

    fn host_driver(&mut self) {
        let Some(host) = &self.card.dpu_host else {
            return;
        };
        let on_host = |argv: &[&str]| ssh(host, SSH_PORT, argv);
        let commands = vec![on_host(&["rmmod", "idpf"]), on_host(&["modprobe", "idpf"])];
        let effect = format!(
            "Reloads the driver idpf on {host}: its links over the card go down for seconds"
        );
        self.add(HOST_DRIVER, effect, commands);
    }

    fn step(&mut self, step: &StepKind) {
        let name = step.name();
        match step {
            StepKind::DpuFirmware { version, force } => {
                self.firmware(version.as_deref().unwrap_or("VERSION"), *force);
            }
            StepKind::IsoBuilder(builder) => {
                let effect = "Makes the ISO on this machine, out of a base ISO and an image";
                self.add(name, effect, iso_builder(builder));
            }
            StepKind::RhSubscription(subscription) => {
                let organization = subscription.organization.as_deref().unwrap_or("ORG");
                let connect = self.on_acc(&["rhc", "connect", "-o", organization, "-a", "KEY"]);
                let commands = vec![
                    "sysctl -w net.ipv4.ip_forward=1".into(),
                    "iptables -t nat -A POSTROUTING -o UPLINK -j MASQUERADE".into(),
                    connect,
                ];
                let effect = "Lets the card reach the net through this machine (forwarding and masquerading are switched on), and registers it at Red Hat, in three tries at most";
                self.add(name, effect, commands);
            }
            StepKind::Microshift => {
                let secret = "/etc/crio/openshift-pull-secret";
                let kubeconfig = "/var/lib/microshift/resources/kubeadmin/kubeconfig";
                let commands = vec![
                    self.on_acc(&["install", "-m", "0600", "/dev/stdin", secret]),
                    self.on_acc(&["systemctl", "enable", "--now", "microshift"]),
                    self.on_acc(&["cat", kubeconfig]),
                ];
                let effect = "Puts the pull secret on the card, starts MicroShift, waits until it is healthy, and fetches its kubeconfig";
                self.add(name, effect, commands);
            }
            StepKind::DpuOperatorDpu => {
                let commands = vec![self.on_acc(&["sysctl", "-w", "vm.nr_hugepages=512"])];
                let effect = "Installs the DPU operator's side of the card: trust for the cluster's registry, P4 components, 512 huge pages";
                self.add(name, effect, commands);
            }
            StepKind::OutOfScope(_) => {
                let effect = "Out of Slipway's scope: it has nothing to do with a card's image";
                self.add(name, effect, vec![]);
            }
        }
    }

    fn firmware(&mut self, version: &str, force: bool) {
        let imc = self.dpu.map_or("IMC", |dpu| dpu.imc_redfish.host.as_str());
        let mut commands = vec![
            ssh(imc, SSH_PORT, &["cat", "/etc/issue.net"]),
            format!(
                "podman run --rm --privileged IMAGE@sha256:… --dpu-type ipu --imc-address {} firmware up --version {}",
                CommandLine::new([imc]),
                CommandLine::new([version])
            ),
        ];
        let boot = match &self.card.host_bmc {
            Some(bmc) => {
                commands.push(format!(
                    "curl -u USER -X POST https://{}/redfish/v1/Systems/SYSTEM/Actions/ComputerSystem.Reset -d '{{\"ResetType\":\"PowerCycle\"}}'",
                    bmc.address
                ));
                "cold-boots the DPU host"
            }
            None => "needs a cold boot of the DPU host by hand (no bmc_host in the file)",
        };
        let when = if force {
            "whatever it has"
        } else {
            "where the IMC has another one"
        };
        let effect = format!("Flashes firmware {version}, {when} (about 40 minutes), and {boot}");
        self.add("dpu_firmware", effect, commands);
    }
}

fn iso_builder(builder: &IsoBuilder) -> Vec<String> {
    let setting = |key: &str| {
        let found = builder.settings.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str())
    };
    let mut argv = vec!["mkksiso"];
    for (option, key) in [
        ("--ks", "kickstart"),
        ("--cmdline", "iso_kargs"),
        ("--rm-args", "remove_args"),
    ] {
        argv.extend(setting(key).iter().flat_map(|value| [option, *value]));
    }
    argv.push(setting("input_iso").unwrap_or("BASE.iso"));
    argv.push(setting("final_iso_name").unwrap_or("OUT.iso"));
    let image = setting("image_mode_url").unwrap_or("IMAGE");
    let copy = CommandLine::new([
        "skopeo",
        "copy",
        "--preserve-digests",
        &format!("docker://{image}"),
        "oci:container",
    ]);
    vec![copy.to_string(), CommandLine::new(argv).to_string()]
}

/// As CDA does it, on the card's host.
fn of_a_marvell(cluster: &IsoCluster, card: &Card) -> Vec<OutlineStep> {
    let host = card.node.as_deref().unwrap_or("HOST");
    let on_host = |argv: &[&str]| {
        let line = CommandLine::new(argv.iter().copied());
        format!("ssh core@{host} {line}")
    };
    let mac = card.macs.first().map(ToString::to_string);
    let mac = format!(
        "--nm-secondary-cloned-mac-address={}",
        mac.as_deref().unwrap_or("MAC")
    );
    let ip = card.ip.map_or("IP".into(), |ip| ip.to_string());
    let ip = format!("--nm-secondary-ip-address={ip}/24");
    let name = format!("--dpu-name={}", card.name);
    let iso = cluster
        .iso
        .as_ref()
        .map_or("ISO".into(), ToString::to_string);
    let install = on_host(&[
        "sudo",
        "podman",
        "run",
        "--rm",
        "--replace",
        "--privileged",
        "--pid",
        "host",
        "--network",
        "host",
        "--user",
        "0",
        "--name",
        "marvell-tools",
        "-i",
        "-v",
        "/:/host",
        "-v",
        "/dev:/dev",
        "IMAGE",
        "./pxeboot.py",
        &name,
        "--host-mode=coreos",
        &mac,
        &ip,
        "--nm-secondary-ip-gateway=GATEWAY",
        "--yum-repos=rhel-nightly",
        "--default-extra-packages",
        "--octep-cp-agent-service-disable",
        "--ssh-key=KEY",
        &iso,
    ]);
    let mut steps = vec![
        not_yet(
            planned(
                "Check the host",
                format!("Only looks: {host} has a Marvell Octeon (177d:b900)"),
                vec![on_host(&["lspci", "-nn", "-d", ":b900"])],
            ),
            None,
        ),
        not_yet(
            planned(
                "Install by pxeboot",
                format!(
                    "Runs a privileged container on {host}, which boots the card into the installer and overwrites its disk"
                ),
                vec![install],
            ),
            None,
        ),
    ];
    let mut own = OwnSteps {
        card,
        dpu: None,
        skipped: &[],
        steps: Vec::new(),
    };
    for step in cluster.before.iter().chain(&cluster.after) {
        own.step(&step.what);
    }
    steps.extend(own.steps);
    steps
}
