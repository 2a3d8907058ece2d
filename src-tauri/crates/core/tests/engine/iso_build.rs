//! A build: killed after every step, cancelled in every state, failing in every piece of work, and
//! each time nothing half is left behind.

use std::time::Duration;

use slipway_core::{
    dpu::JobOutcome,
    job::{
        EventKind, IsoBuildState, JobState, JobStore, JobStoreError, StepStatus, build_steps,
        step_statuses,
    },
};

use crate::support::{Fault, Rig, failure, iso_build, iso_build_plan, upgrade};

#[tokio::test]
async fn a_build_ends_with_a_verified_iso_in_the_library_and_nothing_else() {
    let mut rig = Rig::new();
    let job = rig.run_job(iso_build()).await;
    let JobState::IsoBuild(IsoBuildState::Succeeded { built }) = &job.state else {
        panic!("it ended as {:?}", job.state)
    };
    assert_eq!(built.sha256, "0123456789abcdef".repeat(4));
    assert_eq!(rig.tool.files(), ["cache", "output"]);
    assert_eq!(rig.tool.started(), ["base", "image", "write", "verify"]);
    assert!(rig.tool.secret_is_forgotten());
    let statuses = step_statuses(&job, &rig.store.history(&job.id));
    assert!(
        statuses
            .iter()
            .all(|(status, _)| *status == StepStatus::Done),
        "{statuses:?}"
    );
    assert_eq!(statuses.len(), build_steps(&job.spec).len());
}

#[tokio::test]
async fn killed_after_any_step_the_build_goes_on_and_ends_well() {
    for kill_after in 1..40 {
        let mut rig = Rig::new();
        let id = rig.submit(iso_build()).await;
        let (mut steps, mut killed) = (0, false);
        let job = rig
            .run_with(&id, |rig, _| {
                steps += 1;
                if steps == kill_after {
                    killed = true;
                    rig.kill(Duration::from_secs(60));
                }
            })
            .await;
        assert_eq!(
            job.state.outcome(),
            JobOutcome::Succeeded,
            "killed after {kill_after}"
        );
        assert_eq!(
            rig.tool.files(),
            ["cache", "output"],
            "killed after {kill_after}"
        );
        assert_eq!(rig.tool.kept(), 1, "killed after {kill_after}");
        if !killed {
            return;
        }
    }
    panic!("a build of more than 40 steps");
}

#[tokio::test]
async fn cancelled_in_any_state_nothing_runs_and_nothing_half_is_left() {
    for state in &IsoBuildState::NAMES[..7] {
        let mut rig = Rig::new();
        let id = rig.submit(iso_build()).await;
        rig.run_until(&id, state).await;
        let now = slipway_core::ports::Clock::now(rig.clock.as_ref());
        rig.store.request_cancel(&id, now).await.unwrap();
        let job = rig.run(&id).await;
        assert_eq!(job.state.outcome(), JobOutcome::Cancelled, "{state}");
        assert!(!rig.tool.runs(), "{state}");
        let files = rig.tool.files();
        assert!(
            files.iter().all(|file| *file == "cache"),
            "{state}: {files:?}"
        );
        assert!(rig.tool.secret_is_forgotten(), "{state}");
    }
}

#[tokio::test]
async fn a_failed_piece_of_work_ends_the_build_and_keeps_the_kickstart_for_a_retry() {
    for work in ["base", "image", "write", "verify"] {
        let mut rig = Rig::new();
        rig.tool.fail_once(Fault::Final(work));
        let job = rig.run_job(iso_build()).await;
        assert_eq!(failure(&job).message, "the disk is full", "{work}");
        assert!(!rig.tool.runs(), "{work}");
        assert!(!rig.tool.files().contains(&"part"), "{work}");
        assert!(!rig.tool.files().contains(&"output"), "{work}");
        assert!(!rig.tool.secret_is_forgotten(), "{work}");
    }
}

#[tokio::test]
async fn a_mirror_that_hiccups_is_asked_again() {
    let mut rig = Rig::new();
    rig.tool.fail_once(Fault::Transient("base"));
    let job = rig.run_job(iso_build()).await;
    assert_eq!(job.state.outcome(), JobOutcome::Succeeded);
    assert_eq!(
        rig.tool.started(),
        ["base", "base", "image", "write", "verify"]
    );
    let told = rig.store.history(&job.id);
    assert!(told.iter().any(|event| event.kind == EventKind::Retry));
}

#[tokio::test]
async fn what_was_written_and_is_gone_is_written_again() {
    let mut rig = Rig::new();
    let id = rig.submit(iso_build()).await;
    rig.run_until(&id, "Verify the ISO").await;
    rig.kill(Duration::from_secs(1));
    rig.tool.lose("part");
    let job = rig.run(&id).await;
    assert_eq!(job.state.outcome(), JobOutcome::Succeeded);
    assert_eq!(
        rig.tool.started(),
        ["base", "image", "write", "write", "verify"]
    );
}

#[tokio::test]
async fn work_that_hangs_is_stopped_at_its_deadline() {
    let mut rig = Rig::new();
    rig.tool.hang();
    let job = rig.run_job(iso_build()).await;
    let failure = failure(&job);
    assert!(
        failure
            .message
            .starts_with("`Get the base ISO` took longer than"),
        "{failure:?}"
    );
    assert!(!rig.tool.runs());
}

#[tokio::test]
async fn what_cannot_be_cleaned_is_told() {
    let mut rig = Rig::new();
    rig.tool.refuse_to_clean();
    let id = rig.submit(iso_build()).await;
    rig.run_until(&id, "Write the ISO").await;
    let now = slipway_core::ports::Clock::now(rig.clock.as_ref());
    rig.store.request_cancel(&id, now).await.unwrap();
    let job = rig.run(&id).await;
    let residue = job.state.residue().expect("a cancelled job tells");
    assert_eq!(residue[0].what, "temporary files beside /isos/dpu-os.iso");
}

#[tokio::test]
async fn one_build_per_output_and_none_in_the_way_of_a_card() {
    let rig = Rig::new();
    let first = rig.submit(iso_build()).await;
    let again = slipway_core::job::Job::new(
        slipway_core::job::Subject::Iso(iso_build_plan().output),
        iso_build(),
        slipway_core::ports::Clock::now(rig.clock.as_ref()),
    );
    let refused = rig.store.submit(&again, "again").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("this ISO already has an active job ({first})")
    );
    assert!(matches!(refused, JobStoreError::Busy { active, .. } if active == first));
    let card = slipway_core::job::Job::new(
        rig.dpu.clone(),
        upgrade(),
        slipway_core::ports::Clock::now(rig.clock.as_ref()),
    );
    rig.store.submit(&card, "a card").await.unwrap();
}

#[test]
fn the_plan_of_a_build() {
    let steps = build_steps(&iso_build());
    let text: Vec<String> = steps
        .iter()
        .map(|step| {
            format!(
                "{}: {}\n  {}",
                step.name,
                step.effect,
                step.commands.join("\n  ")
            )
        })
        .collect();
    insta::assert_snapshot!("plan_iso_build", text.join("\n"));
}
