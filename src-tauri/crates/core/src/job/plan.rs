//! The plan as people see it: every step from the first second, its effect in words, and the
//! command that does the same by hand.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{
    BootChange, BootChangeState, ClusterDeployState, DeploymentState, EventKind, ImageBuildState,
    IsoBuildState, Job, JobEvent, JobSpec, JobState, MarvellState, Terminal, cluster_deploy,
    deployment::{self, Beside, Certificate},
    image_build, iso_build, marvell,
};
use crate::{
    bootc,
    command::CommandLine,
    dpu::{AccRoute, Dpu, JobOutcome},
    image_build::Podman,
    network,
    time::Timestamp,
};

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PlannedStep {
    /// The state's name.
    pub name: String,
    /// What it does to the card, or that it only looks.
    pub effect: String,
    /// The equivalent by hand; secrets are never in it.
    pub commands: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    Pending,
    Active,
    Done,
    Skipped,
    Failed,
}

/// The steps of a job on a card, in order; none where the job is about no card.
#[must_use]
pub fn planned_steps(spec: &JobSpec, dpu: &Dpu) -> Vec<PlannedStep> {
    match spec {
        JobSpec::Deployment(plan) => deployment_steps(
            &DeploymentWords {
                iso: &format!("{} ({})", plan.iso_name, plan.iso_size),
                image: plan.digest.short(),
                hostname: &plan.hostname,
                beside: &plan.beside,
            },
            dpu,
        ),
        JobSpec::BootChange(plan) => boot_change_steps(&plan.change, dpu),
        JobSpec::IsoBuild(_)
        | JobSpec::ImageBuild(_)
        | JobSpec::Marvell(_)
        | JobSpec::ClusterDeploy(_) => Vec::new(),
    }
}

/// The steps of a job that is about no card of the inventory, in order.
#[must_use]
pub fn build_steps(spec: &JobSpec) -> Vec<PlannedStep> {
    match spec {
        JobSpec::IsoBuild(plan) => iso_build::planned_steps(plan),
        JobSpec::ImageBuild(plan) => image_build::planned_steps(plan, &Podman::default()),
        JobSpec::Marvell(plan) => marvell::planned_steps(plan),
        JobSpec::ClusterDeploy(plan) => cluster_deploy::planned_steps(plan),
        JobSpec::Deployment(_) | JobSpec::BootChange(_) => Vec::new(),
    }
}

pub(crate) fn planned(name: &str, effect: impl Into<String>, commands: Vec<String>) -> PlannedStep {
    PlannedStep {
        name: name.to_owned(),
        effect: effect.into(),
        commands,
    }
}

/// What the steps of a deployment say of its ISO; a plan can be shown before the ISO is there.
pub(crate) struct DeploymentWords<'a> {
    pub iso: &'a str,
    pub image: &'a str,
    pub hostname: &'a str,
    pub beside: &'a Beside,
}

pub(crate) fn deployment_steps(plan: &DeploymentWords<'_>, dpu: &Dpu) -> Vec<PlannedStep> {
    use DeploymentState as State;
    let name = |state: &State| state.name();
    let imc = format!("https://{}/redfish/v1", dpu.imc_redfish);
    let on_imc = |argv: &[&str]| ssh(&dpu.imc_ssh.host, dpu.imc_ssh.port, argv);
    let on_acc = |argv: &[&str]| ssh_acc(dpu, argv);
    let curl = |method: &str, path: &str, body: &str| {
        format!("curl -u USER --cacert IMC.pem -X {method} {imc}{path} -d '{body}'")
    };
    let at = Timestamp::from_millis(0);
    let after = deployment::planned_after(plan.beside, &on_acc);
    let mut steps = vec![planned(
        name(&State::Preflight),
        "Only looks: an Intel IPU, its firmware, not in recovery, what runs now",
        vec![format!("curl {imc}"), on_imc(&["cat", "/etc/hostname"])],
    )];
    if let (Some(version), Some(flash)) = (&plan.beside.firmware, &plan.beside.flash) {
        steps.extend(deployment::planned_flash(version, flash, &on_imc));
    }
    steps.extend([
        network_step(plan.beside),
        prepare_step(plan.beside, &on_imc),
        planned(
            name(&State::PublishingMedia),
            format!("Serves {} over HTTPS under a secret path", plan.iso),
            vec![],
        ),
        planned(
            name(&State::InsertingMedia { task: None }),
            "The IMC downloads the ISO; what was inserted, or is left of an earlier download, goes",
            vec![curl(
                "POST",
                "/Systems/1/VirtualMedia/1/Actions/VirtualMedia.InsertMedia",
                r#"{"Image":"https://…/….iso","TransferMethod":"Upload"}"#,
            )],
        ),
        planned(
            name(&State::SettingBootOverride),
            "The next boot of the ACC is from the ISO",
            vec![curl(
                "PATCH",
                "/Systems/1",
                r#"{"Boot":{"BootSourceOverrideEnabled":"Once","BootSourceOverrideTarget":"Cd"}}"#,
            )],
        ),
        planned(
            name(&State::ResettingImc { requested_at: None }),
            "Resets the IMC, and the ACC with it: the card is away for minutes",
            vec![curl(
                "POST",
                "/Managers/1/Actions/Manager.Reset",
                r#"{"ResetType":"ForceRestart"}"#,
            )],
        ),
        planned(
            name(&State::AwaitingImc { requested_at: at }),
            "Only looks: the IMC answers again, and its uptime is new",
            vec![on_imc(&["cat", "/proc/uptime"])],
        ),
        planned(
            name(&State::AwaitingInstaller),
            "Only looks: the old system is gone",
            vec![],
        ),
        planned(
            name(&State::AwaitingAcc),
            format!(
                "The installer overwrites the ACC's disk; it becomes {}",
                plan.hostname
            ),
            vec![],
        ),
        reload_step(plan.beside),
        planned(
            name(&State::VerifyingImage),
            format!(
                "Only looks: {} is booted, with a new boot id and this deployment's nonce",
                plan.image
            ),
            vec![on_acc(&["bootc", "status", "--format", "json"])],
        ),
        planned(POST_STEPS.name(), after.0, after.1),
        clean_up_step(plan.beside, curl),
    ]);
    steps
}

const RELOAD: DeploymentState = DeploymentState::ReloadingHostDriver { reload: None };
const POST_STEPS: DeploymentState = DeploymentState::RunningPostSteps {
    next: 0,
    since: None,
};

fn network_step(beside: &Beside) -> PlannedStep {
    let (effect, commands) = match &beside.network {
        Some(wanted) => network::planned(wanted),
        None => network::skipped(),
    };
    planned(DeploymentState::SettingUpNetwork.name(), effect, commands)
}

fn clean_up_step(beside: &Beside, curl: impl Fn(&str, &str, &str) -> String) -> PlannedStep {
    let name = DeploymentState::CleaningUp {
        then: Terminal::Cancelled,
    };
    let mut effect =
        "Takes the ISO off the server, ejects it from the IMC, takes the boot override back"
            .to_owned();
    let mut commands = vec![curl(
        "POST",
        "/Systems/1/VirtualMedia/1/Actions/VirtualMedia.EjectMedia",
        "{}",
    )];
    if let Some(wanted) = &beside.network {
        let (words, more) = network::planned_undo(wanted);
        effect = format!("{effect}; {words}");
        commands.extend(more);
    }
    planned(name.name(), effect, commands)
}

fn prepare_step(beside: &Beside, on_imc: &impl Fn(&[&str]) -> String) -> PlannedStep {
    let mut effect =
        "Sets the IMC's clock if it is off; installs our CA certificate in its trust store"
            .to_owned();
    let mut commands = vec![
        on_imc(&["date", "-s", "@NOW"]),
        on_imc(&["tee", "/etc/pki/ca-trust/source/anchors/slipway-….pem"]),
        on_imc(&["update-ca-trust"]),
    ];
    if beside.imc_boot {
        let (words, more) = deployment::planned_imc_boot(Certificate::of(beside), on_imc);
        effect = format!("{effect}; {words}");
        commands.extend(more);
    }
    planned(DeploymentState::PreparingImc.name(), effect, commands)
}

fn reload_step(beside: &Beside) -> PlannedStep {
    let Some(host) = &beside.host else {
        let effect = "Skipped: no DPU host in this plan; the host is not touched";
        return planned(RELOAD.name(), effect, vec![]);
    };
    let on_host = |argv: &[&str]| ssh(&host.host, host.port, argv);
    let effect =
        format!("Reloads the driver idpf on {host}: its links over the card go down for seconds");
    let commands = vec![on_host(&["rmmod", "idpf"]), on_host(&["modprobe", "idpf"])];
    planned(RELOAD.name(), effect, commands)
}

fn boot_change_steps(change: &BootChange, dpu: &Dpu) -> Vec<PlannedStep> {
    use BootChangeState as State;
    let on_acc = |argv: &[&str]| ssh_acc(dpu, argv);
    let (effect, command) = match change {
        BootChange::Upgrade => (
            "The card pulls the newest image of its reference and stages it",
            vec!["bootc", "upgrade", "--quiet"],
        ),
        BootChange::Switch(to) => (
            "The card pulls the other image and stages it; it follows that reference from then on",
            vec![
                "bootc",
                "switch",
                "--quiet",
                "--transport",
                "registry",
                to.as_str(),
            ],
        ),
        BootChange::Rollback => (
            "Queues the older entry for the next boot; a staged image is discarded",
            vec!["bootc", "rollback"],
        ),
    };
    vec![
        planned(
            State::Checking.name(),
            "Only looks: what is booted, staged and there to roll back to",
            vec![on_acc(&["bootc", "status", "--format", "json"])],
        ),
        planned(State::Staging.name(), effect, vec![on_acc(&command)]),
        planned(
            State::Rebooting { requested_at: None }.name(),
            "Reboots the ACC: what runs on the card is away for minutes",
            vec![on_acc(&["systemctl", "reboot"])],
        ),
        planned(
            State::AwaitingAcc.name(),
            "Only looks: the ACC answers with a new boot id",
            vec![on_acc(&["cat", "/proc/sys/kernel/random/boot_id"])],
        ),
        planned(
            State::VerifyingImage.name(),
            "Only looks: the booted digest and greenboot's verdict",
            vec![on_acc(
                &bootc::status_command()
                    .argv()
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>(),
            )],
        ),
        planned(
            State::CleaningUp {
                then: super::Terminal::Cancelled,
            }
            .name(),
            "Stops an update that was given up; tells what is left, if anything",
            vec![],
        ),
    ]
}

pub(crate) fn ssh(host: &str, port: u16, argv: &[&str]) -> String {
    format!(
        "ssh -p {port} root@{host} {}",
        CommandLine::new(argv.iter().copied())
    )
}

pub(crate) fn ssh_acc(dpu: &Dpu, argv: &[&str]) -> String {
    match &dpu.acc {
        AccRoute::Direct(acc) => ssh(&acc.host, acc.port, argv),
        AccRoute::ThroughImc(acc) => format!(
            "ssh -J root@{}:{} -p {} root@{} {}",
            dpu.imc_ssh.host,
            dpu.imc_ssh.port,
            acc.port,
            acc.host,
            CommandLine::new(argv.iter().copied())
        ),
    }
}

/// The number of the running step, from 1, and how many there are.
#[must_use]
pub fn step_position(job: &Job) -> (u32, u32) {
    let names = step_names(&job.spec);
    let at = names.iter().position(|name| *name == job.state.name());
    let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
    let number = match (at, job.state.outcome()) {
        (Some(index), _) => u32::try_from(index + 1).unwrap_or(count),
        (None, JobOutcome::Running) => 0,
        (None, JobOutcome::Succeeded | JobOutcome::Failed | JobOutcome::Cancelled) => count,
    };
    (number, count)
}

pub(super) fn step_names(spec: &JobSpec) -> Vec<&'static str> {
    match spec {
        JobSpec::Deployment(plan) => {
            let flashes = plan.beside.flash.is_some();
            let has = |name: &&str| flashes || !DeploymentState::FLASH.contains(name);
            let all = DeploymentState::NAMES[1..18].iter().copied();
            all.filter(has).collect()
        }
        JobSpec::BootChange(_) => BootChangeState::NAMES[1..7].to_vec(),
        JobSpec::IsoBuild(_) => IsoBuildState::NAMES[1..8].to_vec(),
        JobSpec::ImageBuild(_) => ImageBuildState::NAMES[1..7].to_vec(),
        JobSpec::Marvell(_) => MarvellState::NAMES[1..4].to_vec(),
        JobSpec::ClusterDeploy(_) => ClusterDeployState::NAMES[1..5].to_vec(),
    }
}

/// How each planned step stands, with when it was entered, from the job's history.
#[must_use]
pub fn step_statuses(job: &Job, events: &[JobEvent]) -> Vec<(StepStatus, Option<Timestamp>)> {
    let names = step_names(&job.spec);
    let entered = |name: &str| {
        events
            .iter()
            .rev()
            .find(|e| begins(e) && e.step == name)
            .map(|e| e.at)
    };
    let now_at = names.iter().position(|name| *name == job.state.name());
    let cut_short = was_cancelled(&job.state)
        .then(|| last_working_step(events))
        .flatten();
    let failed_in = job
        .state
        .failure()
        .map(|failure| failure.step.clone())
        .or_else(|| {
            // While cleaning up after a failure, the step that failed shows it already.
            pending_failure(&job.state)
        });
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let at = entered(name);
            let status = if failed_in.as_deref() == Some(*name) {
                StepStatus::Failed
            } else if now_at == Some(index) {
                StepStatus::Active
            } else if cut_short == Some(*name) || (skipped_by_plan(&job.spec, name) && at.is_some())
            {
                StepStatus::Skipped
            } else if at.is_some() {
                StepStatus::Done
            } else if now_at.is_some_and(|now| now < index) {
                StepStatus::Pending
            } else if job.state.is_terminal() || now_at.is_some() {
                StepStatus::Skipped
            } else {
                StepStatus::Pending
            };
            (status, at)
        })
        .collect()
}

fn was_cancelled(state: &JobState) -> bool {
    state.cleaning_up() == Some(Terminal::Cancelled) || state.outcome() == JobOutcome::Cancelled
}

/// A job that goes on from a step of another one is submitted into it.
fn begins(event: &JobEvent) -> bool {
    matches!(event.kind, EventKind::Entered | EventKind::Submitted)
}

/// The step in which the cancel came: begun, and not done.
fn last_working_step(events: &[JobEvent]) -> Option<&str> {
    let clean_up = (DeploymentState::CleaningUp {
        then: super::Terminal::Cancelled,
    })
    .name();
    let entered = events.iter().rev().filter(|e| begins(e));
    entered
        .map(|e| e.step.as_str())
        .find(|step| *step != clean_up)
}

fn pending_failure(state: &JobState) -> Option<String> {
    match state.cleaning_up()? {
        Terminal::Failed(failure) => Some(failure.step),
        Terminal::Succeeded(()) | Terminal::Cancelled => None,
    }
}

/// Steps that pass without doing anything, because the plan has nothing of them.
fn skipped_by_plan(spec: &JobSpec, name: &str) -> bool {
    match spec {
        JobSpec::Deployment(plan) => {
            (name == DeploymentState::SettingUpNetwork.name() && plan.beside.network.is_none())
                || (name == RELOAD.name() && plan.beside.host.is_none())
                || (name == POST_STEPS.name() && plan.beside.after.is_empty())
        }
        JobSpec::BootChange(_)
        | JobSpec::IsoBuild(_)
        | JobSpec::ImageBuild(_)
        | JobSpec::Marvell(_)
        | JobSpec::ClusterDeploy(_) => false,
    }
}
