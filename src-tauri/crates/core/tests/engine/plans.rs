//! The plan as people read it, before, during and after the job.

use std::fmt::Write as _;

use slipway_core::job::{Job, JobSpec, build_steps, planned_steps, step_position, step_statuses};

use crate::support::{
    Call, Rig, START, card, cluster_deploy, deployment, flashing_deployment, full_deployment,
    marvell, refused, rollback, says, switch, upgrade,
};

fn plan(spec: &JobSpec) -> String {
    let dpu = card(&"0190000000007000a0000000000000dd".parse().unwrap());
    let mut text = String::new();
    let steps = planned_steps(spec, &dpu)
        .into_iter()
        .chain(build_steps(spec));
    for step in steps {
        let _ = writeln!(text, "{}: {}", step.name, step.effect);
        for command in step.commands {
            let _ = writeln!(text, "    $ {command}");
        }
    }
    text
}

/// Each step with its status, and the second in which it was entered.
fn progress(rig: &Rig, job: &Job) -> String {
    let events = rig.store.history(&job.id);
    let dpu = card(&rig.dpu);
    let (number, count) = step_position(job);
    let mut text = format!(
        "{} in `{}`, step {number} of {count}\n",
        job.kind_name(),
        job.state.name()
    );
    let steps = planned_steps(&job.spec, &dpu);
    let statuses = step_statuses(job, &events);
    assert_eq!(steps.len(), statuses.len(), "one status for each step");
    for (step, (status, at)) in steps.iter().zip(statuses) {
        let at = at.map_or("-".into(), |at| {
            format!("{} s", (at.as_millis() - START) / 1000)
        });
        let _ = writeln!(text, "{:24} {status:?} {at}", step.name);
    }
    text
}

#[test]
fn plans() {
    insta::assert_snapshot!("plan_deployment", plan(&deployment()));
    insta::assert_snapshot!("plan_full_deployment", plan(&full_deployment()));
    insta::assert_snapshot!("plan_flashing_deployment", plan(&flashing_deployment()));
    insta::assert_snapshot!("plan_marvell", plan(&marvell()));
    insta::assert_snapshot!("plan_cluster_deploy", plan(&cluster_deploy()));
    insta::assert_snapshot!("plan_upgrade", plan(&upgrade()));
    insta::assert_snapshot!("plan_switch", plan(&switch()));
    insta::assert_snapshot!("plan_rollback", plan(&rollback()));
}

#[tokio::test]
async fn a_deployment_before_during_and_after() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    let mut text = progress(&rig, &rig.store.stored(&id));
    for state in ["Insert the ISO", "Install and boot", "Clean up"] {
        let job = rig.run_until(&id, state).await;
        text.push_str(&progress(&rig, &job));
    }
    let job = rig.run(&id).await;
    text.push_str(&progress(&rig, &job));
    insta::assert_snapshot!("progress_deployment", text);
}

#[tokio::test]
async fn a_deployment_that_fails_and_one_that_is_cancelled() {
    let refusal = refused(
        400,
        "PropertyUnknown",
        "The property Inserted is not in the list",
    );
    let mut rig = Rig::with(|w| drop(w.faults.always.insert(Call::Insert, refusal)));
    let id = rig.submit(deployment()).await;
    let cleaning = rig.run_until(&id, "Clean up").await;
    let mut text = progress(&rig, &cleaning);
    let job = rig.run(&id).await;
    text.push_str(&progress(&rig, &job));
    insta::assert_snapshot!("progress_failed", text);

    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    let job = rig.run_until(&id, "Set the boot override").await;
    slipway_core::job::JobStore::request_cancel(&*rig.store, &id, job.wake_at)
        .await
        .unwrap();
    let cleaning = rig.run_until(&id, "Clean up").await;
    let mut text = progress(&rig, &cleaning);
    let job = rig.run(&id).await;
    text.push_str(&progress(&rig, &job));
    insta::assert_snapshot!("progress_cancelled", text);
}

#[tokio::test]
async fn an_upgrade_done_not_needed_and_failed() {
    let mut rig = Rig::new();
    let job = rig.run_job(upgrade()).await;
    let mut text = progress(&rig, &job);
    let mut rig = Rig::with(|w| {
        let current = w.booted().unwrap();
        w.registry.insert(crate::support::STABLE.into(), current);
    });
    let job = rig.run_job(upgrade()).await;
    text.push_str(&progress(&rig, &job));
    let mut rig = Rig::with(|w| {
        drop(
            w.faults
                .acc_says
                .insert("systemctl reboot", says(1, "", "inhibited")),
        )
    });
    let job = rig.run_job(upgrade()).await;
    text.push_str(&progress(&rig, &job));
    insta::assert_snapshot!("progress_upgrade", text);
}

/// The history of one job, as the job page and the support bundle show it.
#[tokio::test]
async fn histories() {
    for (name, spec) in [
        ("deployment", deployment()),
        ("full_deployment", full_deployment()),
        ("flashing_deployment", flashing_deployment()),
        ("upgrade", upgrade()),
    ] {
        let mut rig = Rig::new();
        let job = rig.run_job(spec).await;
        insta::assert_snapshot!(format!("history_{name}"), rig.history(&job.id).join("\n"));
    }
}
