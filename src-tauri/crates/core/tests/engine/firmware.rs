//! A card that is flashed before it is installed: once, whoever is killed, and never cut off.

use std::time::Duration;

use slipway_core::{
    dpu::JobOutcome,
    failure::FailureKind,
    ids::JobId,
    job::{Job, JobSpec, JobStore, retry_from, retry_steps},
    ports::Clock,
};

use crate::support::{Effects, Rig, World, failure, flashing, flashing_deployment, no_answer};

const WANTED: &str = "2.0.0.11999";

/// What a flash leaves, once each.
pub fn flashed(effects: Effects) -> Effects {
    Effects {
        flashes: 1,
        host_offs: 1,
        host_ons: 1,
        ..effects
    }
}

fn rig(spring: impl FnOnce(&mut World)) -> Rig {
    Rig::with(|world| {
        world.has_firmware("2.0.0.11126");
        spring(world);
    })
}

fn spoilt(how: &'static str) -> Rig {
    rig(|world| world.faults.flash = Some(how))
}

fn power(rig: &Rig) -> (u32, u32, u32, u32) {
    let effects = rig.world().effects.clone();
    (
        effects.flashes,
        effects.host_offs,
        effects.host_ons,
        effects.host_cycles,
    )
}

fn succeeded(rig: &Rig, job: &Job) {
    let history = || rig.history(&job.id).join("\n");
    let outcome = job.state.outcome();
    assert_eq!(
        outcome,
        JobOutcome::Succeeded,
        "{:?}\n{}",
        job.state,
        history()
    );
    assert!(rig.world().container.is_none(), "its container is removed");
}

async fn cancel(rig: &Rig, id: &JobId) {
    let now = rig.store.stored(id).wake_at;
    assert!(rig.store.request_cancel(id, now).await.unwrap());
}

fn left(job: &Job) -> Vec<String> {
    let residue = job.state.residue().expect("it was cancelled");
    residue.iter().map(|left| left.what.clone()).collect()
}

/// The job that goes on from this step, under an id that is the same in every run.
async fn again(rig: &mut Rig, failed: &Job, step: &str) -> Job {
    let mut next = retry_from(failed, step, rig.clock.now()).unwrap().unwrap();
    next.id = "0190000000007000a000000000000002".parse().unwrap();
    rig.store.submit(&next, "goes on").await.unwrap();
    rig.run(&next.id).await
}

#[tokio::test]
async fn a_card_is_flashed_its_host_cold_booted_and_then_it_is_installed() {
    let mut rig = rig(|_| {});
    let job = rig.run_job(flashing_deployment()).await;
    succeeded(&rig, &job);
    assert_eq!(power(&rig), (1, 1, 1, 0));
    assert!(rig.world().host_on);
    let history = rig.history(&job.id).join("\n");
    for words in [
        "Check the card: podman 4.3.1 is there to flash with, the image is pulled first",
        "Flash the firmware: flash: wrote 33%",
        "Flash the firmware: firmware 2.0.0.11999 is flashed",
        "Cold-boot the host: the host is switched on again",
        "Wait for the firmware: the IMC has firmware 2.0.0.11999, as the plan wants it",
    ] {
        assert!(history.contains(words), "no `{words}`:\n{history}");
    }
    assert_eq!(job.facts.residue, []);
}

#[tokio::test]
async fn a_card_that_has_it_is_flashed_only_where_the_plan_forces_it_and_then_once() {
    let mut calm = rig(|world| world.has_firmware(WANTED));
    let job = calm.run_job(flashing_deployment()).await;
    succeeded(&calm, &job);
    assert_eq!(power(&calm), (0, 0, 0, 0));

    let mut forced = rig(|world| world.has_firmware(WANTED));
    let job = forced.run_job(flashing(WANTED, |it| it.force = true)).await;
    succeeded(&forced, &job);
    assert_eq!(power(&forced), (1, 1, 1, 0));
}

#[tokio::test]
async fn a_forced_flash_that_was_killed_anywhere_is_done_once() {
    let forced = || flashing(WANTED, |it| it.force = true);
    let fresh = || rig(|world| world.has_firmware(WANTED));
    let mut calm = fresh();
    let saves = u32::try_from(calm.run_job(forced()).await.version).unwrap();
    for gap in [Duration::ZERO, Duration::from_secs(3600)] {
        for at in 1..=saves {
            let mut rig = fresh();
            let id = rig.submit(forced()).await;
            let job = rig.run_killed_after(&id, at..at + 1, gap).await;
            succeeded(&rig, &job);
            assert_eq!(power(&rig), (1, 1, 1, 0), "killed after save {at}, {gap:?}");
            let mut rig = fresh();
            let id = rig.submit(forced()).await;
            let job = rig.run_killed_instead_of(&id, at, gap).await;
            succeeded(&rig, &job);
            assert_eq!(
                power(&rig),
                (1, 1, 1, 0),
                "killed before save {at}, {gap:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_firmware_that_no_deployment_works_with_is_flashed_away() {
    let mut old = rig(|world| world.has_firmware("1.2.0.100"));
    let job = old.run_job(flashing_deployment()).await;
    succeeded(&old, &job);
    assert_eq!(job.facts.firmware_release.as_deref(), Some("2.0.0"));

    // And one that is flashed, and is none that a deployment works with, ends it.
    let mut new = rig(|_| {});
    let job = new.run_job(flashing("3.0.0.1", |_| {})).await;
    let told = failure(&job);
    assert_eq!(told.step, "Wait for the firmware");
    assert_eq!(told.message, "this firmware is not known to work");
}

#[tokio::test]
async fn a_server_that_only_cycles_is_cycled_once_wherever_slipway_is_killed() {
    let mut calm = spoilt("only-cycles");
    let job = calm.run_job(flashing_deployment()).await;
    succeeded(&calm, &job);
    assert_eq!(power(&calm), (1, 0, 0, 1));
    for gap in [Duration::ZERO, Duration::from_secs(3600)] {
        for at in 1..=u32::try_from(job.version).unwrap() {
            let mut rig = spoilt("only-cycles");
            let id = rig.submit(flashing_deployment()).await;
            let job = rig.run_killed_instead_of(&id, at, gap).await;
            succeeded(&rig, &job);
            assert_eq!(
                power(&rig),
                (1, 0, 0, 1),
                "killed before save {at}, {gap:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_flash_that_fails_is_told_with_its_last_words_and_the_host_is_left_alone() {
    let mut rig = spoilt("fails");
    let job = rig.run_job(flashing_deployment()).await;
    let told = failure(&job);
    assert_eq!(
        (told.kind, told.step.as_str(), told.message.as_str()),
        (
            FailureKind::Firmware,
            "Flash the firmware",
            "the flash has failed"
        )
    );
    assert_eq!(told.causes[0], "it ended with 3");
    assert_eq!(told.causes.iter().filter(|c| *c == "wrote 99%").count(), 1);
    let last = told.causes.last().unwrap();
    assert!(last.contains("firmware may be half written"), "{told:?}");
    assert_eq!(power(&rig), (1, 0, 0, 0));
    assert!(rig.world().container.is_none());
}

#[tokio::test]
async fn an_imc_that_starts_with_another_firmware_is_no_success() {
    let mut rig = spoilt("other-version");
    let job = rig.run_job(flashing_deployment()).await;
    let told = failure(&job);
    assert_eq!(
        (told.kind, told.step.as_str()),
        (FailureKind::Firmware, "Wait for the firmware")
    );
    assert!(told.causes[0].contains("release.2.0.0.11126"), "{told:?}");
    assert_eq!(rig.world().effects.inserts, 0);
    // Looked at again, nothing is done again.
    rig.world().has_firmware(WANTED);
    let job = again(&mut rig, &job, "Wait for the firmware").await;
    succeeded(&rig, &job);
    assert_eq!(power(&rig), (1, 1, 1, 0));
}

#[tokio::test]
async fn nothing_is_done_where_podman_is_not_there_or_can_not_start_it() {
    let mut missing = spoilt("no-podman");
    let job = missing.run_job(flashing_deployment()).await;
    assert_eq!(failure(&job).step, "Check the card");
    assert_eq!(missing.world().effects.lasting(), Effects::default());

    let mut refused = spoilt("not-started");
    let job = refused.run_job(flashing_deployment()).await;
    let told = failure(&job);
    assert_eq!(told.message, "the flash can't be started");
    assert!(told.causes[0].contains("permission denied"), "{told:?}");
    assert_eq!(told.causes.len(), 1, "the card is as it was: {told:?}");
    assert_eq!(power(&refused), (0, 0, 0, 0));
    assert!(refused.world().container.is_none());
}

#[tokio::test]
async fn a_cancel_waits_for_the_end_of_the_flash_and_nothing_comes_after_it() {
    let mut rig = rig(|_| {});
    let id = rig.submit(flashing_deployment()).await;
    rig.run_until(&id, "Flash the firmware").await;
    while rig.world().effects.flashes == 0 {
        rig.step().await.unwrap().unwrap();
    }
    cancel(&rig, &id).await;
    let before = rig.elapsed();
    let job = rig.run(&id).await;
    assert!(
        rig.elapsed() - before > Duration::from_secs(5),
        "it was waited for"
    );
    assert!(
        job.version < 60,
        "and not asked without a pause: {}",
        job.version
    );
    assert_eq!(power(&rig), (1, 0, 0, 0));
    assert_eq!(left(&job)[0], "the card is flashed with 2.0.0.11999");
}

#[tokio::test]
async fn a_cancel_before_it_is_started_leaves_nothing() {
    let mut rig = rig(|_| {});
    let id = rig.submit(flashing_deployment()).await;
    rig.run_until(&id, "Flash the firmware").await;
    rig.step().await.unwrap().unwrap();
    cancel(&rig, &id).await;
    let job = rig.run(&id).await;
    assert_eq!(left(&job), Vec::<String>::new());
    assert_eq!(power(&rig), (0, 0, 0, 0));
}

#[tokio::test]
async fn a_cancel_never_leaves_the_server_switched_off() {
    let mut rig = rig(|_| {});
    let id = rig.submit(flashing_deployment()).await;
    while rig.world().host_on {
        rig.step().await.unwrap().unwrap();
    }
    cancel(&rig, &id).await;
    let job = rig.run(&id).await;
    assert_eq!(job.state.outcome(), JobOutcome::Cancelled);
    assert!(rig.world().host_on);
    assert_eq!(power(&rig), (1, 1, 1, 0));
    // It would have been seen with it, a moment later.
    assert_eq!(left(&job)[0], "the card is flashed with 2.0.0.11999");
}

#[tokio::test]
async fn without_the_hosts_bmc_a_person_cold_boots_it_and_a_retry_goes_on_without_a_second_flash() {
    for force in [false, true] {
        let by_hand = flashing(WANTED, |it| {
            it.host_bmc = None;
            it.force = force;
        });
        let mut rig = rig(|_| {});
        let failed = rig.run_job(by_hand).await;
        let told = failure(&failed);
        assert_eq!(
            (told.kind, told.step.as_str()),
            (FailureKind::Firmware, "Cold-boot the host")
        );
        assert!(format!("{:?}", told.retry).contains("retry from this step"));
        let steps = retry_steps(&failed);
        assert!(steps.iter().all(|step| step.why_not.is_none()), "{steps:?}");

        // Too early: it stops again, and flashes nothing.
        let early = again(&mut rig, &failed, "Cold-boot the host").await;
        assert_eq!(failure(&early).step, "Cold-boot the host");
        rig.world().cold_boots();
        rig.clock.advance(Duration::from_secs(60));
        let mut next = retry_from(&early, "Flash the firmware", rig.clock.now())
            .unwrap()
            .unwrap();
        next.id = "0190000000007000a000000000000003".parse().unwrap();
        rig.store.submit(&next, "goes on").await.unwrap();
        let job = rig.run(&next.id).await;
        succeeded(&rig, &job);
        assert_eq!(power(&rig), (1, 0, 0, 0), "forced: {force}");
    }
}

#[tokio::test]
async fn a_flash_that_never_ends_is_given_up_on_and_not_cut_off() {
    let mut rig = rig(|_| {});
    let id = rig.submit(flashing_deployment()).await;
    rig.run_until(&id, "Flash the firmware").await;
    while rig.world().effects.flashes == 0 {
        rig.step().await.unwrap().unwrap();
    }
    // It began, as podman sees it, far in the future: it runs for ever.
    rig.world().container.as_mut().unwrap().started = Some(i64::MAX / 2);
    let job = rig.run(&id).await;
    let told = failure(&job);
    assert_eq!(told.kind, FailureKind::Deadline);
    let causes = told.causes.join("\n");
    assert!(
        causes.contains("the flash still runs (`podman logs"),
        "{causes}"
    );
    assert!(rig.world().container.is_some(), "it is left to its end");
    assert_eq!(power(&rig), (1, 0, 0, 0));
    // While it runs, no other job flashes the card.
    let id = rig.submit(flashing_deployment()).await;
    let second = rig.run(&id).await;
    let told = failure(&second);
    assert_eq!(told.kind, FailureKind::Precondition);
    assert!(
        told.message.ends_with("still flashes this card"),
        "{told:?}"
    );
    assert_eq!(power(&rig), (1, 0, 0, 0));
}

#[tokio::test]
async fn a_flash_that_another_desk_has_begun_meanwhile_is_not_joined() {
    let mut rig = spoilt("another-runs");
    let id = rig.submit(flashing_deployment()).await;
    let job = rig.run(&id).await;
    let told = failure(&job);
    assert_eq!(told.step, "Flash the firmware");
    assert!(
        told.message.ends_with("still flashes this card"),
        "{told:?}"
    );
    assert!(!told.causes.join("\n").contains("half written"), "{told:?}");
    assert!(rig.world().container.is_none(), "ours is taken away");
    assert_eq!(power(&rig), (0, 0, 0, 0));
}

#[tokio::test]
async fn a_container_that_somebody_removed_is_not_started_again() {
    let mut rig = rig(|_| {});
    let id = rig.submit(flashing_deployment()).await;
    while rig.world().effects.flashes == 0 {
        rig.step().await.unwrap().unwrap();
    }
    rig.world().container = None;
    let job = rig.run(&id).await;
    let told = failure(&job);
    assert!(
        told.message.ends_with("nobody knows how the flash ended"),
        "{told:?}"
    );
    assert_eq!(power(&rig), (1, 0, 0, 0));
}

#[tokio::test]
async fn another_card_in_the_same_server_is_not_cold_booted_under_its_job() {
    let other = |id: &str| (id.parse().unwrap(), "Upgrade on dpu-02".to_owned());
    // An older job: this one is not begun.
    let older = other("0190000000007000a000000000000000");
    let mut late = rig(|world| world.others_in_server = vec![older]);
    let job = late.run_job(flashing_deployment()).await;
    assert_eq!(failure(&job).step, "Check the card");
    assert_eq!(late.world().effects.lasting(), Effects::default());

    // A newer one is waited for before the cold boot.
    let newer = other("0190000000007000a000000000000009");
    let mut first = rig(|world| world.others_in_server = vec![newer]);
    let id = first.submit(flashing_deployment()).await;
    first.run_until(&id, "Cold-boot the host").await;
    for _ in 0..3 {
        let job = first.step().await.unwrap().unwrap();
        let wait = job.wait.expect("it waits").reason.text();
        assert!(wait.contains("cut off Upgrade on dpu-02"), "{wait}");
    }
    first.world().others_in_server.clear();
    let job = first.run(&id).await;
    succeeded(&first, &job);
    assert_eq!(power(&first), (1, 1, 1, 0));
}

#[tokio::test]
async fn an_imc_that_does_not_come_back_is_told_as_flashed() {
    let mut rig = rig(|_| {});
    let id = rig.submit(flashing_deployment()).await;
    rig.run_until(&id, "Wait for the firmware").await;
    rig.world().faults.imc_shell = Some(no_answer("imc-01.lab:22"));
    let job = rig.run(&id).await;
    let told = failure(&job);
    assert_eq!(
        (told.kind, told.step.as_str()),
        (FailureKind::Deadline, "Wait for the firmware")
    );
    let causes = told.causes.join("\n");
    assert!(
        causes.contains("the card is flashed with 2.0.0.11999"),
        "{causes}"
    );
}

#[test]
fn the_plan_tells_the_flash_and_the_cold_boot_as_steps_and_commands() {
    let names = |spec: &JobSpec| {
        let dpu = crate::support::card(&"0190000000007000a0000000000000dd".parse().unwrap());
        slipway_core::job::planned_steps(spec, &dpu)
    };
    let with = names(&flashing_deployment());
    let without = names(&crate::support::deployment());
    assert_eq!(with.len(), without.len() + 3);
    let by_hand = names(&flashing(WANTED, |it| it.host_bmc = None));
    assert!(by_hand[2].commands.is_empty() && by_hand[2].effect.contains("by hand"));
}
