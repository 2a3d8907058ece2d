//! The provisioner's port to the card: set up first, kept, and taken back however the job ends.

use std::time::Duration;

use slipway_core::{
    dpu::JobOutcome,
    failure::FailureKind,
    job::{DeploymentPlan, JobSpec, JobStore, deployment::Beside},
};

use crate::support::{Call, Effects, Rig, deployment_plan, failure, local_network, refused};

pub fn with_network() -> JobSpec {
    JobSpec::Deployment(DeploymentPlan {
        beside: Beside {
            network: Some(local_network()),
            ..Beside::default()
        },
        ..deployment_plan()
    })
}

#[tokio::test]
async fn it_is_set_up_before_the_card_is_touched_and_taken_back_at_the_end() {
    let mut rig = Rig::new();
    let id = rig.submit(with_network()).await;
    let job = rig.run_until(&id, "Prepare the IMC").await;
    {
        let world = rig.world();
        assert_eq!(world.network.as_deref(), Some(job.id.as_str()));
        let only = Effects {
            network_set_ups: 1,
            ..Effects::default()
        };
        assert_eq!(world.effects.lasting(), only);
    }
    let job = rig.run(&id).await;
    assert_eq!(job.state.outcome(), JobOutcome::Succeeded);
    assert_eq!(rig.world().network, None);
    let history = rig.history(&id).join("\n");
    let set_up = "Set up the network: put 10.0.0.1/24 on eno1";
    assert!(history.contains(set_up), "{history}");
    let removed = "Clean up: removed 10.0.0.1/24 on eno1";
    assert!(history.contains(removed), "{history}");
}

#[tokio::test]
async fn without_the_rights_nothing_is_begun() {
    let mut rig = Rig::with(|world| world.faults.network = Some("forbidden"));
    let job = rig.run_job(with_network()).await;
    let told = failure(&job);
    assert_eq!(told.kind, FailureKind::Precondition);
    assert_eq!(told.step, "Check the card");
    assert_eq!(rig.world().effects.lasting(), Effects::default());
}

#[tokio::test]
async fn a_network_that_does_not_stay_is_told_before_the_card_is_touched() {
    let mut rig = Rig::with(|world| world.faults.network = Some("vanishes"));
    let job = rig.run_job(with_network()).await;
    let told = failure(&job);
    assert_eq!(told.step, "Set up the network");
    assert!(told.message.contains("does not stay"), "{told:?}");
    assert!(
        told.causes[0].contains("/data/network/eno1/log"),
        "{told:?}"
    );
    let world = rig.world();
    assert_eq!((world.effects.trust_writes, world.effects.resets), (0, 0));
}

#[tokio::test]
async fn a_failure_and_a_cancel_take_it_back_too() {
    let refusal = refused(400, "PropertyUnknown", "no");
    let mut rig = Rig::with(|w| drop(w.faults.always.insert(Call::Insert, refusal)));
    let job = rig.run_job(with_network()).await;
    assert_eq!(failure(&job).step, "Insert the ISO");
    assert_eq!(rig.world().network, None);

    let mut rig = Rig::new();
    let id = rig.submit(with_network()).await;
    let job = rig.run_until(&id, "Insert the ISO").await;
    assert!(rig.world().network.is_some());
    rig.store.request_cancel(&id, job.wake_at).await.unwrap();
    let job = rig.run(&id).await;
    assert_eq!(job.state.outcome(), JobOutcome::Cancelled);
    assert_eq!(rig.world().network, None);
    let residue = job.state.residue().unwrap();
    assert!(
        !residue.iter().any(|left| left.what.contains("network")),
        "{residue:?}"
    );
}

#[tokio::test]
async fn what_can_not_be_taken_back_is_residue_with_the_command_for_it() {
    let mut rig = Rig::with(|world| world.faults.network = Some("taken-back"));
    let id = rig.submit(with_network()).await;
    let job = rig.run_until(&id, "Insert the ISO").await;
    rig.store.request_cancel(&id, job.wake_at).await.unwrap();
    let job = rig.run(&id).await;
    let residue = job.state.residue().unwrap();
    let left = residue.iter().find(|left| left.what.contains("eno1"));
    let left = left.unwrap_or_else(|| panic!("{residue:?}"));
    assert_eq!(
        left.what,
        "the local network 10.0.0.1/24 on eno1 may still be set up"
    );
    assert!(left.why.contains("slipctl network down eno1"), "{left:?}");
}

/// The machine was started anew: address and server are gone, and the job goes on.
#[tokio::test]
async fn after_a_reboot_of_this_machine_it_is_set_up_again() {
    for state in ["Insert the ISO", "Wait for the IMC", "Install and boot"] {
        let mut rig = Rig::new();
        let id = rig.submit(with_network()).await;
        rig.run_until(&id, state).await;
        rig.world().network = None;
        rig.kill(Duration::from_millis(1_200));
        let job = rig.run(&id).await;
        assert_eq!(job.state.outcome(), JobOutcome::Succeeded, "{state}");
        let world = rig.world();
        assert_eq!(world.effects.network_set_ups, 2, "{state}");
        assert_eq!(world.effects.network_take_backs, 1, "{state}");
        assert_eq!(world.effects.resets, 1, "{state}");
    }
}
