//! The tables of legal moves: everything ends, and only by way of clean-up.

use proptest::prelude::*;
use slipway_core::{
    dpu::JobOutcome,
    failure::{Failure, FailureKind, Retry},
    job::{
        Begun, BootChangeState, ClusterDeployState, DeploymentState, IsoBuildState, JobState,
        MarvellState, Residue, Terminal,
        deployment::{ColdBoot, Flashing, Power, Reload},
        iso_build::BuiltIso,
    },
    ports::TaskUri,
    time::Timestamp,
};

use crate::support::{START, digest, written};

pub fn at() -> Timestamp {
    Timestamp::from_millis(START)
}

pub fn some_failure() -> Failure {
    Failure {
        kind: FailureKind::MediaTransfer,
        step: "Insert the ISO".into(),
        message: "the IMC could not fetch the ISO".into(),
        causes: vec!["Virtual Media insert failed".into()],
        retry: Retry::AfterFix("look at the firewall".into()),
    }
}

pub fn some_residue() -> Vec<Residue> {
    vec![Residue {
        what: "the ISO may still be inserted".into(),
        why: "no answer".into(),
    }]
}

pub fn cold_boot(power: Power) -> ColdBoot {
    ColdBoot {
        system: "/redfish/v1/Systems/1".into(),
        on: Some("On".into()),
        began: at(),
        power,
    }
}

/// One of each name, in the order of `NAMES`.
pub fn deployment_states() -> Vec<DeploymentState> {
    use DeploymentState as S;
    vec![
        S::Queued,
        S::Preflight,
        S::FlashingFirmware {
            flash: Some(Flashing::Running),
        },
        S::ColdBootingHost {
            boot: Some(cold_boot(Power::SwitchingOff(at()))),
        },
        S::AwaitingFirmware { since: at() },
        S::SettingUpNetwork,
        S::PreparingImc,
        S::PublishingMedia,
        S::InsertingMedia {
            task: Some(TaskUri("/redfish/v1/TaskService/Tasks/1".into())),
        },
        S::SettingBootOverride,
        S::ResettingImc {
            requested_at: Some(at()),
        },
        S::AwaitingImc { requested_at: at() },
        S::AwaitingInstaller,
        S::AwaitingAcc,
        S::ReloadingHostDriver {
            reload: Some(Reload::Loading),
        },
        S::VerifyingImage,
        S::RunningPostSteps {
            next: 2,
            since: Some(at()),
        },
        S::CleaningUp {
            then: Terminal::Failed(some_failure()),
        },
        S::Succeeded {
            booted: digest('b'),
        },
        S::Failed {
            failure: some_failure(),
        },
        S::Cancelled {
            residue: some_residue(),
        },
    ]
}

/// One of each name, in the order of `NAMES`.
pub fn boot_change_states() -> Vec<BootChangeState> {
    use BootChangeState as S;
    vec![
        S::Queued,
        S::Checking,
        S::Staging,
        S::Rebooting {
            requested_at: Some(at()),
        },
        S::AwaitingAcc,
        S::VerifyingImage,
        S::CleaningUp {
            then: Terminal::Cancelled,
        },
        S::Succeeded {
            booted: digest('b'),
        },
        S::Failed {
            failure: some_failure(),
        },
        S::Cancelled {
            residue: some_residue(),
        },
    ]
}

pub fn built() -> BuiltIso {
    BuiltIso {
        iso: "0190000000007000a0000000000000aa".parse().unwrap(),
        sha256: "0123456789abcdef".repeat(4),
        written: written(),
    }
}

/// One of each name, in the order of `NAMES`.
pub fn iso_build_states() -> Vec<IsoBuildState> {
    use IsoBuildState as S;
    vec![
        S::Queued,
        S::CheckingInputs,
        S::FetchingBase,
        S::FetchingImage,
        S::Writing,
        S::Verifying { written: written() },
        S::AddingToLibrary {
            written: written(),
            sha256: built().sha256,
        },
        S::CleaningUp {
            then: Terminal::Cancelled,
        },
        S::Succeeded { built: built() },
        S::Failed {
            failure: some_failure(),
        },
        S::Cancelled {
            residue: some_residue(),
        },
    ]
}

/// One of each name, in the order of `NAMES`.
pub fn marvell_states() -> Vec<MarvellState> {
    use MarvellState as S;
    vec![
        S::Queued,
        S::CheckingHost,
        S::Installing,
        S::CleaningUp {
            then: Terminal::Cancelled,
        },
        S::Succeeded {
            said: "the card has booted".into(),
        },
        S::Failed {
            failure: some_failure(),
        },
        S::Cancelled {
            residue: some_residue(),
        },
    ]
}

pub fn begun() -> Begun {
    Begun::Batch("0190000000007000a0000000000000ba".parse().unwrap())
}

/// One of each name, in the order of `NAMES`.
pub fn cluster_deploy_states() -> Vec<ClusterDeployState> {
    use ClusterDeployState as S;
    vec![
        S::Queued,
        S::CheckingFile,
        S::Building {
            builds: Some(vec!["0190000000007000a0000000000000b1".parse().unwrap()]),
        },
        S::Deploying { begun: begun() },
        S::CleaningUp {
            then: Terminal::Cancelled,
        },
        S::Succeeded { begun: begun() },
        S::Failed {
            failure: some_failure(),
        },
        S::Cancelled {
            residue: some_residue(),
        },
    ]
}

type Table = Vec<(&'static str, Vec<&'static str>)>;

/// The machines: their states, and where each may go by name.
fn machines() -> [(Vec<JobState>, Table); 5] {
    let deployment = deployment_states()
        .into_iter()
        .map(JobState::Deployment)
        .collect();
    let boot_change = boot_change_states()
        .into_iter()
        .map(JobState::BootChange)
        .collect();
    let iso_build = iso_build_states()
        .into_iter()
        .map(JobState::IsoBuild)
        .collect();
    let marvell = marvell_states()
        .into_iter()
        .map(JobState::Marvell)
        .collect();
    let cluster_deploy = cluster_deploy_states()
        .into_iter()
        .map(JobState::ClusterDeploy)
        .collect();
    [
        (deployment, DeploymentState::table()),
        (boot_change, BootChangeState::table()),
        (iso_build, IsoBuildState::table()),
        (marvell, MarvellState::table()),
        (cluster_deploy, ClusterDeployState::table()),
    ]
}

#[test]
fn a_move_is_legal_where_the_table_says_so_and_nowhere_else() {
    for (states, table) in machines() {
        assert_eq!(states.len(), table.len(), "one sample of each state");
        for (from, (name, targets)) in states.iter().zip(&table) {
            assert_eq!(from.name(), *name);
            for to in &states {
                let legal = targets.contains(&to.name());
                assert_eq!(
                    from.can_become(to),
                    legal,
                    "{} to {}",
                    from.name(),
                    to.name()
                );
            }
        }
    }
}

#[test]
fn no_move_leads_into_another_machine() {
    let all = machines();
    for (one, (states, _)) in all.iter().enumerate() {
        for (other, (others, _)) in all.iter().enumerate().filter(|(other, _)| *other != one) {
            for (from, to) in states
                .iter()
                .flat_map(|s| others.iter().map(move |o| (s, o)))
            {
                assert!(!from.can_become(to), "{one} to {other}");
            }
        }
    }
}

#[test]
fn every_working_state_can_clean_up_and_only_clean_up_ends() {
    for (states, _) in machines() {
        for from in &states {
            let ends = states
                .iter()
                .filter(|to| to.is_terminal() && from.can_become(to))
                .count();
            let cleans = states
                .iter()
                .any(|to| to.name() == "Clean up" && from.can_become(to));
            match (from.is_terminal(), from.name()) {
                (true, _) => assert!(
                    !states.iter().any(|to| from.can_become(to)),
                    "{}",
                    from.name()
                ),
                (false, "Clean up") => assert_eq!((ends, cleans), (3, false)),
                (false, name) => assert_eq!((ends, cleans), (0, true), "{name}"),
            }
        }
    }
}

#[test]
fn every_state_can_be_reached() {
    for (states, table) in machines() {
        let mut reached = vec![states[0].name()];
        let mut next = 0;
        while next < reached.len() {
            let (_, targets) = table
                .iter()
                .find(|(name, _)| *name == reached[next])
                .unwrap();
            let new: Vec<_> = targets
                .iter()
                .filter(|t| !reached.contains(t))
                .copied()
                .collect();
            reached.extend(new);
            next += 1;
        }
        assert_eq!(reached.len(), states.len());
    }
}

proptest! {
    /// Legal moves at random: a walk that takes every way out ends, after clean-up.
    #[test]
    fn a_random_legal_walk_ends_by_way_of_clean_up(
        machine in 0_usize..5,
        choices in proptest::collection::vec(any::<prop::sample::Index>(), 1..200),
    ) {
        let (states, _) = machines()[machine].clone();
        let mut walked = vec![states[0].clone()];
        for choice in choices {
            let here = walked.last().unwrap().clone();
            let ways: Vec<_> = states.iter().filter(|to| here.can_become(to)).collect();
            if ways.is_empty() {
                prop_assert!(here.is_terminal());
                break;
            }
            walked.push(choice.get(&ways).to_owned().clone());
        }
        for pair in walked.windows(2) {
            prop_assert_eq!(pair[0].outcome(), JobOutcome::Running, "nothing comes after an end");
            if pair[1].is_terminal() {
                prop_assert_eq!(pair[0].name(), "Clean up");
            }
        }
        let clean_ups = walked.iter().filter(|state| state.name() == "Clean up").count();
        prop_assert!(clean_ups <= 1, "cleaned up {} times", clean_ups);
    }
}
