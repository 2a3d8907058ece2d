//! Intel's P4 components on the card: by their hash, as a whole, or not at all.

use slipway_core::{
    dpu::JobOutcome,
    job::{
        DeploymentPlan, JobSpec,
        deployment::{Beside, PostStep},
    },
};

use crate::support::{P4_SHA256, Rig, deployment_plan, failure};

fn with_components(sha256: &str) -> JobSpec {
    let step = PostStep::P4Components {
        url: "https://files.lab/intel-ipu-acc-components.tar.gz"
            .parse()
            .unwrap(),
        sha256: sha256.into(),
    };
    JobSpec::Deployment(DeploymentPlan {
        beside: Beside {
            after: vec![step],
            ..Beside::default()
        },
        ..deployment_plan()
    })
}

fn has(rig: &Rig, path: &str) -> bool {
    rig.world().acc_files.contains_key(path)
}

#[tokio::test]
async fn they_replace_what_was_there_and_a_second_time_nothing_is_fetched() {
    let mut rig = Rig::with(|world| {
        let old = (String::new(), "644".to_owned());
        world.acc_files.insert("/opt/p4/old".into(), old);
    });
    let job = rig.run_job(with_components(P4_SHA256)).await;
    assert_eq!(
        job.state.outcome(),
        JobOutcome::Succeeded,
        "{:?}",
        job.state
    );
    assert!(has(&rig, "/opt/p4/p4-cp-nws/file") && has(&rig, "/opt/p4/p4sde/file"));
    assert!(
        !has(&rig, "/opt/p4/old")
            && !rig
                .world()
                .acc_files
                .keys()
                .any(|path| path.contains("slipway-p4"))
    );
    assert_eq!(rig.world().effects.fetches, 1);
    assert_eq!(job.facts.after_done, ["the P4 components are in /opt/p4"]);
}

#[tokio::test]
async fn another_archive_than_the_named_one_is_refused_and_what_was_there_stays() {
    let mut rig = Rig::with(|world| {
        let old = (String::new(), "644".to_owned());
        world.acc_files.insert("/opt/p4/old".into(), old);
    });
    let job = rig.run_job(with_components(&"e".repeat(64))).await;
    let told = failure(&job);
    assert!(
        told.message
            .contains("not the P4 components that were named"),
        "{told:?}"
    );
    assert!(told.causes[0].contains(P4_SHA256), "{told:?}");
    assert!(has(&rig, "/opt/p4/old"));
    assert!(
        !rig.world()
            .acc_files
            .keys()
            .any(|path| path.contains("slipway-p4"))
    );
}

#[tokio::test]
async fn killed_after_any_single_command_they_are_whole_in_the_end() {
    for commands in 0..16 {
        let mut rig = Rig::new();
        let id = rig.submit(with_components(P4_SHA256)).await;
        rig.run_until(&id, "Run post steps").await;
        rig.world().faults.silent_after = Some(commands);
        let mut killed = false;
        let job = rig.run_with(&id, |rig, job| {
            if !killed && rig.world().faults.silent_after == Some(0) && job.wait.is_some() {
                killed = true;
                rig.world().faults.silent_after = None;
                rig.kill(std::time::Duration::from_secs(2));
            }
        });
        let job = job.await;
        assert_eq!(
            job.state.outcome(),
            JobOutcome::Succeeded,
            "{commands}: {:?}",
            job.state
        );
        assert!(has(&rig, "/opt/p4/p4-cp-nws/file") && has(&rig, "/opt/p4/p4sde/file"));
        assert!(rig.world().effects.fetches <= 2, "{commands}");
    }
}
