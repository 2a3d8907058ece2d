//! What lies in people's databases: every state, spec and fact as JSON. A snapshot that changes
//! here is a change of format, and needs a migration or a default.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use slipway_core::{
    bootc::{Progress, ProgressTask},
    failure::{FailureKind, Retry},
    job::{
        Begun, BootChangeState, ClusterDeployState, DeploymentState, IsoBuildState, JobFacts,
        JobSpec, JobState, Prepared, Terminal, Wait, WaitReason,
        deployment::{Beside, FlashFacts, Flashing, Power, Reload},
    },
    time::ByteCount,
};

use crate::{
    moves::{
        at, begun, boot_change_states, built, cluster_deploy_states, cold_boot, deployment_states,
        iso_build_states, marvell_states, some_failure, some_residue,
    },
    support::{
        cluster_deploy, deployment, digest, flashing_deployment, full_deployment, iso_build, key,
        marvell, rollback, switch, upgrade,
    },
};

/// Each value on a line of its own, after it has come back from there unchanged.
fn lines<T: Serialize + DeserializeOwned + PartialEq + Debug>(values: &[T]) -> String {
    let line = |value: &T| {
        let json = serde_json::to_string(value).unwrap();
        assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
        json
    };
    values.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_state() {
    use DeploymentState as D;
    let mut deployments = deployment_states();
    assert_eq!(deployments.len(), D::NAMES.len(), "one of each");
    // The variants within a state.
    deployments.extend([
        D::FlashingFirmware { flash: None },
        D::FlashingFirmware {
            flash: Some(Flashing::Creating),
        },
        D::FlashingFirmware {
            flash: Some(Flashing::Starting),
        },
        D::ColdBootingHost { boot: None },
        D::InsertingMedia { task: None },
        D::ResettingImc { requested_at: None },
        D::ReloadingHostDriver { reload: None },
        D::ReloadingHostDriver {
            reload: Some(Reload::Unloading),
        },
        D::RunningPostSteps {
            next: 0,
            since: None,
        },
        D::CleaningUp {
            then: Terminal::Succeeded(digest('b')),
        },
        D::CleaningUp {
            then: Terminal::Cancelled,
        },
    ]);
    let powers = [
        Power::GoingOff,
        Power::SwitchingOn(at()),
        Power::ComingOn,
        Power::Cycling(at()),
    ];
    deployments.extend(powers.map(|power| D::ColdBootingHost {
        boot: Some(cold_boot(power)),
    }));
    let mut boot_changes = boot_change_states();
    assert_eq!(
        boot_changes.len(),
        BootChangeState::NAMES.len(),
        "one of each"
    );
    boot_changes.push(BootChangeState::Rebooting { requested_at: None });
    let mut iso_builds = iso_build_states();
    assert_eq!(iso_builds.len(), IsoBuildState::NAMES.len(), "one of each");
    iso_builds.push(IsoBuildState::CleaningUp {
        then: Terminal::Succeeded(built()),
    });
    let mut cluster_deploys = cluster_deploy_states();
    assert_eq!(
        cluster_deploys.len(),
        ClusterDeployState::NAMES.len(),
        "one of each"
    );
    cluster_deploys.extend([
        ClusterDeployState::Building { builds: None },
        ClusterDeployState::Deploying {
            begun: Begun::Job("0190000000007000a0000000000000bb".parse().unwrap()),
        },
        ClusterDeployState::CleaningUp {
            then: Terminal::Succeeded(begun()),
        },
    ]);
    let states: Vec<JobState> = deployments
        .into_iter()
        .map(JobState::Deployment)
        .chain(boot_changes.into_iter().map(JobState::BootChange))
        .chain(iso_builds.into_iter().map(JobState::IsoBuild))
        .chain(marvell_states().into_iter().map(JobState::Marvell))
        .chain(cluster_deploys.into_iter().map(JobState::ClusterDeploy))
        .collect();
    insta::assert_snapshot!("persisted_states", lines(&states));
}

#[test]
fn every_kind_of_failure_and_retry() {
    use FailureKind as K;
    let kinds = [
        K::Unreachable,
        K::Authentication,
        K::TrustChanged,
        K::TrustUnknown,
        K::NotAnImc,
        K::Firmware,
        K::Refused,
        K::MediaTransfer,
        K::Deadline,
        K::WrongImage,
        K::Unhealthy,
        K::Bootc,
        K::Precondition,
        K::Local,
        K::Protocol,
    ];
    let retries = [Retry::Now, Retry::AfterFix("do this".into()), Retry::No];
    insta::assert_snapshot!(
        "persisted_failures",
        format!("{}\n{}", lines(&kinds), lines(&retries))
    );
}

#[test]
fn every_spec() {
    let specs: [JobSpec; 9] = [
        deployment(),
        full_deployment(),
        flashing_deployment(),
        upgrade(),
        switch(),
        rollback(),
        iso_build(),
        marvell(),
        cluster_deploy(),
    ];
    insta::assert_snapshot!("persisted_specs", lines(&specs));
}

#[test]
fn every_wait() {
    let progress = Progress {
        task: ProgressTask::Pulling,
        description: "Pulling Image".into(),
        bytes: Some((ByteCount(1), ByteCount(2))),
        steps: (1, 3),
    };
    let reasons = [
        WaitReason::ImcDownloads {
            read: ByteCount(1),
            total: ByteCount(2),
        },
        WaitReason::ImcRestarts,
        WaitReason::OldSystemAnswers,
        WaitReason::InstallerRuns,
        WaitReason::AccBoots,
        WaitReason::UpdateRuns { progress: None },
        WaitReason::UpdateRuns {
            progress: Some(progress),
        },
        WaitReason::HealthChecks,
        WaitReason::EffectToShow {
            what: "the reset".into(),
        },
        WaitReason::Settles {
            what: "MicroShift is starting".into(),
        },
        WaitReason::Builds {
            what: "xorriso writes the ISO".into(),
            bytes: Some((ByteCount(1), ByteCount(2))),
        },
        WaitReason::Retrying {
            attempt: 2,
            error: "no answer".into(),
        },
    ];
    let waits: Vec<Wait> = reasons
        .map(|reason| Wait {
            reason,
            until: at(),
        })
        .into();
    insta::assert_snapshot!("persisted_waits", lines(&waits));
}

#[test]
fn facts_full_and_empty() {
    let full = JobFacts {
        boot_id_before: Some("boot-1".into()),
        booted_before: Some(digest('a')),
        target: Some(digest('b')),
        firmware_release: Some("2.0.0".into()),
        prepared: Some(Prepared {
            token: "token".into(),
            file_name: "dpu-os-0123456789ab-01234567.iso".into(),
            url: "https://10.0.0.1:9443/token/dpu-os-0123456789ab-01234567.iso"
                .parse()
                .unwrap(),
            host_key: key('N'),
        }),
        expected_host_key: Some(key('N')),
        installer_started: true,
        imc_touched: true,
        ca_taken_up: true,
        verified: true,
        after_done: vec!["MicroShift is healthy".into()],
        after_tries: 1,
        download_restarts: 1,
        update_started_in: Some("boot-1".into()),
        residue: some_residue(),
        installed_by: Some("0190000000007000a0000000000000bb".parse().unwrap()),
        driver_reloaded: true,
        flash: FlashFacts {
            created: true,
            started: true,
            lines: 7,
            flashed_at: Some(at()),
            host_off: true,
            cold_booted_at: Some(at()),
            seen: true,
        },
        iso_builds: vec!["0190000000007000a0000000000000b1".parse().unwrap()],
        begins: Some(begun()),
    };
    insta::assert_snapshot!("persisted_facts", lines(&[full, JobFacts::default()]));
    // A release that knew fewer facts.
    assert_eq!(
        serde_json::from_str::<JobFacts>("{}").unwrap(),
        JobFacts::default()
    );
}

#[test]
fn a_state_that_this_release_does_not_know_is_an_error_and_no_other_state() {
    let later = r#"{"kind":"deployment","state":{"name":"warming_up"}}"#;
    assert!(serde_json::from_str::<JobState>(later).is_err());
    let known = JobState::Deployment(DeploymentState::Failed {
        failure: some_failure(),
    });
    let json = serde_json::to_string(&known).unwrap();
    assert!(serde_json::from_str::<JobState>(&json.replace("media_transfer", "bad_luck")).is_err());
}

/// What 0.1 wrote, before a deployment did anything beside the installation.
#[test]
fn what_earlier_releases_wrote_is_still_read() {
    use DeploymentState as D;
    let state = |name: &str| {
        let json = format!(r#"{{"kind":"deployment","state":{name}}}"#);
        serde_json::from_str::<JobState>(&json).unwrap()
    };
    assert_eq!(
        state(r#"{"name":"reloading_host_driver"}"#),
        JobState::Deployment(D::ReloadingHostDriver { reload: None })
    );
    let (next, since) = (2, None);
    assert_eq!(
        state(r#"{"name":"running_post_steps","next":2}"#),
        JobState::Deployment(D::RunningPostSteps { next, since })
    );
    // A plan has nothing of what it did not say then, and says nothing of it today.
    let json = serde_json::to_string(&deployment()).unwrap();
    assert!(!json.contains("beside"), "{json}");
    // And of what 0.2 did beside the installation.
    let full =
        r#"{"imc_boot":true,"host":"host-01.lab:22","after":[{"step":"huge_pages","pages":512}]}"#;
    let full: Beside = serde_json::from_str(full).unwrap();
    assert!(full.imc_boot && full.network.is_none() && full.after.len() == 1);
    let written = serde_json::to_string(&full).unwrap();
    assert!(
        !written.contains("network") && !written.contains("fl") && !written.contains("firmware")
    );
    let facts = r#"{"boot_id_before":null,"installer_started":true,"download_restarts":0}"#;
    let facts: JobFacts = serde_json::from_str(facts).unwrap();
    assert!(facts.installer_started && !facts.imc_touched && !facts.verified);
}
