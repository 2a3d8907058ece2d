//! What goes wrong and is overcome: a deployment succeeds all the same, and asks for nothing twice.

use slipway_core::{
    dpu::JobOutcome,
    job::{EventKind, JobSpec},
    ports::{BmcError, BootOverrideEnabled, VirtualMedia},
};

use crate::support::{
    CALLS, Call, Effects, Event, Rig, World, deployment, deployment_plan, digest, refused,
};

fn plain() -> Effects {
    Effects {
        inserts: 1,
        ejects: 1,
        override_sets: 1,
        resets: 1,
        trust_writes: 1,
        ..Effects::default()
    }
}

async fn overcomes(name: &str, spring: impl FnOnce(&mut World), effects: Effects) -> Rig {
    let mut rig = Rig::with(spring);
    let job = rig.run_job(deployment()).await;
    let history = rig.history(&job.id).join("\n");
    assert_eq!(
        job.state.outcome(),
        JobOutcome::Succeeded,
        "{name}: {:?}\n{history}",
        job.state
    );
    assert_eq!(rig.world().booted(), Some(digest('b')), "{name}");
    assert_eq!(rig.world().effects.lasting(), effects, "{name}\n{history}");
    rig
}

#[tokio::test]
async fn a_plain_run_repeats_nothing_at_all() {
    let rig = overcomes("plain", |_| {}, plain()).await;
    let all = Effects {
        trust_updates: 1,
        publishes: 2,
        unpublishes: 1,
        pins_accepted: 1,
        ..plain()
    };
    assert_eq!(rig.world().effects, all);
}

#[tokio::test]
async fn bursts_of_503_on_every_call() {
    let busy = refused(
        503,
        "ServiceTemporarilyUnavailable",
        "The service is temporarily unavailable",
    );
    let spring = |w: &mut World| {
        for call in CALLS {
            w.faults.next.insert(call, vec![busy.clone(); 4].into());
        }
    };
    let rig = overcomes("503", spring, plain()).await;
    let id = "0190000000007000a000000000000001".parse().unwrap();
    let retries = rig
        .store
        .history(&id)
        .into_iter()
        .filter(|e| e.kind == EventKind::Retry);
    assert!(retries.count() >= 3, "a history tells of retries");
}

#[tokio::test]
async fn half_an_answer() {
    let spring = |w: &mut World| {
        let evidence = "EOF while parsing an object: {\"Name\":".to_owned();
        let half = BmcError::Protocol {
            peer: "imc-01.lab:8443".into(),
            evidence,
        };
        for call in CALLS {
            w.faults.next.insert(call, vec![half.clone(); 2].into());
        }
    };
    overcomes("half JSON", spring, plain()).await;
}

#[tokio::test]
async fn an_effect_whose_answer_gets_lost() {
    for call in [Call::Insert, Call::SetOverride, Call::Reset, Call::Eject] {
        let spring = |w: &mut World| w.faults.lost_answer.extend([call]);
        overcomes(&format!("{call:?}"), spring, plain()).await;
    }
}

/// The reset shows only after the next look, whatever came in between.
#[tokio::test]
async fn a_reset_that_is_refused_for_a_while_and_then_slow() {
    let spring = |w: &mut World| {
        let busy = refused(503, "", "busy");
        w.faults.next.insert(Call::Reset, vec![busy; 6].into());
        w.pace.reset_shows = 2_900;
    };
    overcomes("slow reset", spring, plain()).await;
}

#[tokio::test]
async fn something_else_is_still_inserted() {
    let spring = |w: &mut World| {
        w.slot = VirtualMedia {
            image_name: Some("rhel-9.iso".into()),
            inserted: true,
        };
        w.files.insert("/mnt/imc/acc-os.iso".into(), "900".into());
    };
    overcomes(
        "stale",
        spring,
        Effects {
            ejects: 2,
            ..plain()
        },
    )
    .await;
}

#[tokio::test]
async fn what_is_left_of_an_earlier_download_is_removed_first() {
    let spring = |w: &mut World| drop(w.files.insert("/mnt/imc/acc-os.iso".into(), "900".into()));
    overcomes(
        "partial file",
        spring,
        Effects {
            partial_removals: 1,
            ..plain()
        },
    )
    .await;
}

#[tokio::test]
async fn the_imc_is_gone_in_the_middle_of_the_download() {
    let spring = |w: &mut World| w.after(1_500, Event::ImcResets);
    let twice = Effects {
        inserts: 2,
        partial_removals: 1,
        ..plain()
    };
    let rig = overcomes("IMC gone", spring, twice).await;
    let id = "0190000000007000a000000000000001".parse().unwrap();
    let history = rig.history(&id).join("\n");
    assert!(
        history.contains("the IMC no longer knows the download; starting it again"),
        "{history}"
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_set() {
    let spring = |w: &mut World| w.imc_clock = -86_400_000;
    let rig = overcomes(
        "clock",
        spring,
        Effects {
            clock_sets: 1,
            ..plain()
        },
    )
    .await;
    assert!(rig.world().imc_clock.abs() < 1_000);
}

/// The file alone does not make the IMC trust it: whoever wrote it may have died before the update.
#[tokio::test]
async fn a_certificate_that_lies_there_already_is_made_to_count() {
    let first = overcomes("first", |_| {}, plain()).await;
    let files = first.world().files.clone();
    let spring = |w: &mut World| w.files = files;
    let rig = overcomes(
        "again",
        spring,
        Effects {
            trust_writes: 0,
            ..plain()
        },
    )
    .await;
    assert_eq!(rig.world().effects.trust_updates, 1);
}

#[tokio::test]
async fn a_card_that_runs_nothing_yet() {
    overcomes("empty", |w| (w.system, w.pinned) = (None, None), plain()).await;
}

#[tokio::test]
async fn firmware_1_8_gets_continuous_and_has_it_taken_back() {
    let spring = |w: &mut World| w.identity.firmware_release = Some("1.8.0".into());
    let rig = overcomes(
        "1.8",
        spring,
        Effects {
            override_sets: 2,
            ..plain()
        },
    )
    .await;
    let shown = rig.world().boot_override.clone();
    assert_eq!(
        (shown.enabled, shown.target.as_str()),
        (BootOverrideEnabled::Continuous, "RemoteDrive")
    );
}

#[tokio::test]
async fn a_release_that_was_explicitly_allowed() {
    let mut rig = Rig::with(|w| w.identity.firmware_release = Some("2.1.0".into()));
    let mut plan = deployment_plan();
    plan.allow_release = Some("2.1.0".into());
    let job = rig.run_job(JobSpec::Deployment(plan)).await;
    assert_eq!(job.state.outcome(), JobOutcome::Succeeded);
}

/// greenboot looks a second time, and `bootc status` waits for a lock meanwhile: no back and forth.
#[tokio::test]
async fn a_status_that_takes_its_time() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    rig.run_until(&id, "Verify the image").await;
    rig.world().faults.status_hangs = true;
    for _ in 0..5 {
        rig.step().await.unwrap().unwrap();
        assert_eq!(rig.store.stored(&id).state.name(), "Verify the image");
    }
    rig.world().faults.status_hangs = false;
    assert_eq!(rig.run(&id).await.state.outcome(), JobOutcome::Succeeded);
}

/// The eject is refused at the very end: the card is as wanted, and what is left is told.
#[tokio::test]
async fn a_success_with_something_left_behind() {
    let refusal = refused(400, "ActionNotSupported", "not supported");
    let spring = |w: &mut World| drop(w.faults.always.insert(Call::Eject, refusal));
    let mut rig = Rig::with(spring);
    let job = rig.run_job(deployment()).await;
    assert_eq!(job.state.outcome(), JobOutcome::Succeeded);
    assert_eq!(job.facts.residue[0].what, "the ISO may still be inserted");
    assert!(
        rig.history(&job.id)
            .iter()
            .any(|line| line.contains("left behind: the ISO"))
    );
}
