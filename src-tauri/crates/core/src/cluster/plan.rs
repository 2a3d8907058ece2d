//! What a file asks for, as ordered steps, before anything is asked of a card.
//!
//! The installation itself is the deployment job's plan; around it stand the file's own steps.
//! What Slipway can't do yet is there too, marked: nothing is left out in silence.

use serde::Serialize;
use specta::Type;

use super::{
    beside::{Choices, HOST_DRIVER, IMC_BOOT, PXEBOOT, beside, host, marvell, post_step},
    model::{Card, CardKind, Cluster, ClusterFile, IsoBuilder, IsoCluster, StepKind},
    untried::Untried,
};
use crate::{
    address::Address,
    command::CommandLine,
    dpu::{ACC_FROM_IMC, AccRoute, Dpu, IMC_REDFISH_PORT, ImcIdentity},
    ids::{CredentialId, DpuId},
    job::{
        DeploymentState, PlannedStep, deployment,
        marvell::planned_steps as marvell_steps,
        plan::{DeploymentWords, deployment_steps, planned, ssh, ssh_acc},
    },
    time::Timestamp,
};

const SSH_PORT: u16 = 22;

/// Whether a step would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Slipway does it.
    Planned,
    /// Known, and not yet built or run on real hardware: a deployment is refused unless the step
    /// is left out, or confirmed where it is [`OutlineStep::untried`].
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
    /// Never run on real hardware: done on a person's word alone, whether that was given or not.
    pub untried: Option<Untried>,
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
    choices: &Choices,
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
                        card_outline(cluster, card, known, choices)
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
    choices: &Choices,
) -> CardOutline {
    let steps = match card.kind {
        CardKind::Dpu => of_an_ipu(cluster, card, known, choices),
        CardKind::Marvell => of_a_marvell(cluster, card, choices),
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
        untried: None,
    }
}

fn of_an_ipu(
    cluster: &IsoCluster,
    card: &Card,
    known: Option<Vec<PlannedStep>>,
    choices: &Choices,
) -> Vec<OutlineStep> {
    let draft = draft(card);
    let beside = beside(cluster, card, choices);
    let iso = cluster.iso.as_ref().map(ToString::to_string);
    let words = DeploymentWords {
        iso: iso.as_deref().unwrap_or("the ISO"),
        image: "the image in the ISO",
        hostname: &card.name,
        beside: &beside,
    };
    let known = known.or_else(|| draft.as_ref().map(|dpu| deployment_steps(&words, dpu)));
    let mut own = OwnSteps {
        card,
        dpu: draft.as_ref(),
        choices,
        steps: Vec::new(),
    };
    let prepare = DeploymentState::PreparingImc;
    let reload = DeploymentState::ReloadingHostDriver { reload: None };
    let after = DeploymentState::RunningPostSteps {
        next: 0,
        since: None,
    };
    for (number, step) in known.unwrap_or_default().into_iter().enumerate() {
        // What the deployment says of steps that it does not have is said by ours instead.
        let replaced = (step.name == reload.name() && card.dpu_host.is_some())
            || (step.name == after.name() && !cluster.after.is_empty());
        if step.name == reload.name() {
            own.host_driver();
        }
        if step.name == after.name() {
            for step in &cluster.after {
                own.after(&step.what);
            }
        }
        if !replaced {
            // Its larger part can be left out; the clock and our certificate can't.
            let skip = (step.name == prepare.name()).then(|| IMC_BOOT.to_owned());
            own.steps.push(OutlineStep {
                step,
                standing: Standing::Planned,
                skip,
                untried: None,
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
    choices: &'a Choices,
    steps: Vec<OutlineStep>,
}

impl OwnSteps<'_> {
    fn add(&mut self, name: &str, effect: impl Into<String>, commands: Vec<String>) {
        let mut step = not_yet(planned(name, effect, commands), Some(name));
        if self.choices.skips(name) {
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
        let Some(text) = &self.card.dpu_host else {
            return;
        };
        let Some(address) = host(self.card) else {
            let effect = format!("Can't be done: `{text}` is no host name");
            return self.add(HOST_DRIVER, effect, vec![]);
        };
        let on_host = |argv: &[&str]| ssh(&address.host, address.port, argv);
        let commands = vec![on_host(&["rmmod", "idpf"]), on_host(&["modprobe", "idpf"])];
        let effect = format!(
            "Reloads the driver idpf on {text}: its links over the card go down for seconds"
        );
        self.add(HOST_DRIVER, effect, commands);
        self.is_done();
    }

    /// The one that was added last is done, unless it is left out.
    fn is_done(&mut self) {
        if let Some(step) = self.steps.last_mut()
            && step.standing == Standing::NotYet
        {
            step.standing = Standing::Planned;
        }
    }

    /// After the image was verified.
    fn after(&mut self, step: &StepKind) {
        let Some(post) = post_step(step, self.card, self.choices) else {
            return self.step(step);
        };
        let on_acc = |argv: &[&str]| self.on_acc(argv);
        let (effect, commands) = deployment::of_step(&post, &on_acc);
        self.add(step.name(), effect, commands);
        if let Some(added) = self.steps.last_mut() {
            added.untried = Untried::of(step.name());
        }
        if self.choices.accepts(step.name()) {
            self.is_done();
        }
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

/// On the card's host, as CDA does it.
fn of_a_marvell(cluster: &IsoCluster, card: &Card, choices: &Choices) -> Vec<OutlineStep> {
    // A plan can be shown before all of it is known.
    let shown = Choices {
        marvell_tools: choices.marvell_tools.clone().or(Some("IMAGE".into())),
        ..choices.clone()
    };
    let mut steps = Vec::new();
    match marvell(cluster, card, &shown, &[]) {
        Ok(plan) => steps.extend(marvell_steps(&plan).into_iter().map(|step| {
            let mut step = not_yet(step, None);
            step.untried = Untried::of(PXEBOOT);
            if choices.accepts(PXEBOOT) {
                step.standing = Standing::Planned;
            }
            step
        })),
        Err(missing) => {
            let effect = format!("Can't be planned: {missing}");
            steps.push(not_yet(planned("Install by pxeboot", effect, vec![]), None));
        }
    }
    let mut own = OwnSteps {
        card,
        dpu: None,
        choices,
        steps: Vec::new(),
    };
    for step in cluster.before.iter().chain(&cluster.after) {
        own.step(&step.what);
    }
    steps.extend(own.steps);
    steps
}
