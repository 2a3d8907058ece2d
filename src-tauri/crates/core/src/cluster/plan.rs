//! What a file asks for, as ordered steps, before anything is asked of a card.
//!
//! The installation itself is the deployment job's plan; around it stand the file's own steps.
//! What Slipway can't do yet is there too, marked: nothing is left out in silence.

use serde::Serialize;
use specta::Type;

use super::{
    beside::{Choices, IMC_BOOT, PXEBOOT, beside, local_network, marvell},
    model::{Card, CardKind, Cluster, ClusterFile, IsoCluster, StepKind},
    own_steps::OwnSteps,
    untried::Untried,
};
use crate::{
    address::Address,
    dpu::{ACC_FROM_IMC, AccRoute, Dpu, IMC_REDFISH_PORT, ImcIdentity},
    ids::{CredentialId, DpuId},
    job::{
        DeploymentState, PlannedStep,
        marvell::planned_steps as marvell_steps,
        plan::{DeploymentWords, deployment_steps, planned},
    },
    time::Timestamp,
};

pub(super) const SSH_PORT: u16 = 22;

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

pub(super) fn not_yet(step: PlannedStep, skip: Option<&str>) -> OutlineStep {
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
    let network = DeploymentState::SettingUpNetwork;
    let prepare = DeploymentState::PreparingImc;
    let reload = DeploymentState::ReloadingHostDriver { reload: None };
    let after = DeploymentState::RunningPostSteps {
        next: 0,
        since: None,
    };
    for (number, step) in known.unwrap_or_default().into_iter().enumerate() {
        // What the deployment says of steps that it does not have is said by ours instead.
        let asked = local_network(cluster, card, choices);
        let replaced = (step.name == network.name() && asked.is_some())
            || (step.name == reload.name() && card.dpu_host.is_some())
            || (step.name == after.name() && !cluster.after.is_empty());
        if step.name == network.name()
            && let Some(asked) = asked
        {
            own.network(asked);
        }
        if step.name == reload.name() {
            own.host_driver();
        }
        if step.name == after.name() {
            for step in &cluster.after {
                own.after(&step.what);
            }
        }
        if !replaced {
            let flashes = DeploymentState::FLASH.contains(&step.name.as_str());
            // Its larger part can be left out; the clock and our certificate can't.
            let skip = (step.name == prepare.name()).then(|| IMC_BOOT.to_owned());
            own.steps.push(OutlineStep {
                step,
                standing: Standing::Planned,
                skip: flashes.then(|| "dpu_firmware".to_owned()).or(skip),
                untried: flashes.then(Untried::of_flash),
            });
        }
        if number == 0 {
            for step in &cluster.before {
                // The deployment's own steps tell of a flash that is done.
                let told = matches!(step.what, StepKind::DpuFirmware { .. });
                if !(told && beside.flash.is_some()) {
                    own.step(&step.what);
                }
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
        // None of them is done for a Marvell.
        if let Some(step) = own.steps.last_mut()
            && step.standing == Standing::Planned
        {
            step.standing = Standing::NotYet;
        }
    }
    steps.extend(own.steps);
    steps
}
