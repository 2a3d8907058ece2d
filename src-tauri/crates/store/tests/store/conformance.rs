//! What every `JobStore` must do, whatever it is made of. Each function is given an empty one.

use std::time::Duration;

use futures::future::join_all;
use slipway_core::{
    dpu::JobOutcome,
    failure::{Failure, FailureKind, Retry},
    ids::{DpuId, JobId},
    job::{
        BootChangeState, EventKind, Job, JobFilter, JobState, JobStore, JobStoreError, NewEvent,
        Residue, Subject, Wait, WaitReason,
    },
    time::{ByteCount, Timestamp},
};

use crate::sample::{at, deployment, digest, upgrade};

fn event(kind: EventKind, text: &str, at: Timestamp) -> NewEvent {
    NewEvent {
        kind,
        step: "Stage the image".to_owned(),
        text: text.to_owned(),
        at,
    }
}

fn failed() -> JobState {
    JobState::BootChange(BootChangeState::Failed {
        failure: Failure {
            kind: FailureKind::Bootc,
            step: "Stage the image".to_owned(),
            message: "bootc said no".to_owned(),
            causes: vec!["exit 1".to_owned()],
            retry: Retry::AfterFix("free space on the card".to_owned()),
        },
    })
}

async fn end(store: &dyn JobStore, mut job: Job, now: Timestamp) -> Job {
    job.state = failed();
    job.ended_at = Some(now);
    job.version = store
        .save(&job, &[event(EventKind::Failed, "bootc said no", now)])
        .await
        .unwrap();
    job
}

/// Everything of a job comes back as it was given.
pub async fn a_job_comes_back_whole(store: &dyn JobStore) {
    let dpu = DpuId::new();
    let mut job = deployment(&dpu, at(0));
    store.submit(&job, "Deployment of rhel-dpu").await.unwrap();
    assert_eq!(store.job(&job.id).await.unwrap(), job);

    job.facts.boot_id_before = Some("b0".to_owned());
    job.facts.target = Some(digest('b'));
    job.facts.residue = vec![Residue {
        what: "virtual media still inserted".to_owned(),
        why: "the IMC does not answer".to_owned(),
    }];
    job.wait = Some(Wait {
        reason: WaitReason::ImcDownloads {
            read: ByteCount(12),
            total: ByteCount(2_000_000_000_000),
        },
        until: at(9_000),
    });
    job.attempt = 3;
    job.state_since = at(4_000);
    job.wake_at = at(9_000);
    job.version = store.save(&job, &[]).await.unwrap();
    assert_eq!(job.version, 1);
    assert_eq!(store.job(&job.id).await.unwrap(), job);
}

/// `submit` adds the `Submitted` event, with the state in which the job begins.
pub async fn submitting_is_an_event(store: &dyn JobStore) {
    let job = upgrade(&DpuId::new(), at(0));
    store.submit(&job, "Upgrade of dpu-1").await.unwrap();
    let events = store.events(Some(&job.id), 0, 10).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].kind, events[0].text.as_str(), events[0].at),
        (EventKind::Submitted, "Upgrade of dpu-1", at(0))
    );
    assert_eq!(events[0].step, job.state.name());
}

/// One active job per card; the refusal names it, leaves no trace, and ends with the job.
pub async fn a_card_has_one_active_job(store: &dyn JobStore) {
    let dpu = DpuId::new();
    let first = upgrade(&dpu, at(0));
    store.submit(&first, "first").await.unwrap();
    let second = upgrade(&dpu, at(1));
    match store.submit(&second, "second").await {
        Err(JobStoreError::Busy { active, .. }) => assert_eq!(active, first.id),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        store.job(&second.id).await,
        Err(JobStoreError::Missing(_))
    ));
    assert_eq!(store.events(None, 0, 10).await.unwrap().len(), 1);
    // Another card is another matter.
    store
        .submit(&upgrade(&DpuId::new(), at(1)), "other card")
        .await
        .unwrap();

    end(store, first, at(2)).await;
    store.submit(&second, "second").await.unwrap();
}

/// What is built is a subject as a card is, and comes back as it was.
pub async fn a_build_is_in_no_cards_way(store: &dyn JobStore) {
    let subject = Subject::Iso("/isos/it's one.iso".to_owned());
    let dpu = DpuId::new();
    let mut build = upgrade(&dpu, at(0));
    build.subject = subject.clone();
    store.submit(&build, "build").await.unwrap();
    store.submit(&upgrade(&dpu, at(1)), "card").await.unwrap();
    let mut again = upgrade(&dpu, at(2));
    again.subject = subject.clone();
    match store.submit(&again, "again").await {
        Err(JobStoreError::Busy { this, active }) => {
            assert_eq!((this, active), ("this ISO", build.id.clone()));
        }
        other => panic!("{other:?}"),
    }
    let filter = JobFilter {
        subject: Some(subject.clone()),
        ..JobFilter::default()
    };
    let found = store.jobs(&filter).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].subject, subject);
}

/// Of many at once, one wins.
pub async fn of_many_submits_one_wins(store: &dyn JobStore) {
    let dpu = DpuId::new();
    let jobs: Vec<Job> = (0..8).map(|n| upgrade(&dpu, at(n))).collect();
    let (a, b, c, d) = tokio::join!(
        store.submit(&jobs[0], "0"),
        store.submit(&jobs[1], "1"),
        store.submit(&jobs[2], "2"),
        store.submit(&jobs[3], "3"),
    );
    let results = [a, b, c, d];
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1);
    for refused in results.iter().filter_map(|r| r.as_ref().err()) {
        assert!(matches!(refused, JobStoreError::Busy { .. }), "{refused:?}");
    }
    let filter = JobFilter {
        subject: Some(dpu.into()),
        ..JobFilter::default()
    };
    assert_eq!(store.jobs(&filter).await.unwrap().len(), 1);
}

/// A save with an old version changes nothing, events neither.
pub async fn a_stale_save_is_refused(store: &dyn JobStore) {
    let mut job = upgrade(&DpuId::new(), at(0));
    store.submit(&job, "Upgrade").await.unwrap();
    let stale = job.clone();
    job.state = JobState::BootChange(BootChangeState::Checking);
    job.version = store
        .save(&job, &[event(EventKind::Entered, "Check the card", at(1))])
        .await
        .unwrap();

    let refused = store
        .save(&stale, &[event(EventKind::Note, "lost", at(2))])
        .await;
    assert!(matches!(refused, Err(JobStoreError::Stale(id)) if id == job.id));
    assert_eq!(store.job(&job.id).await.unwrap(), job);
    let texts: Vec<String> = store
        .events(Some(&job.id), 0, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|e| e.text)
        .collect();
    assert_eq!(texts, ["Upgrade", "Check the card"]);

    let nobody = upgrade(&DpuId::new(), at(0));
    assert!(matches!(
        store.save(&nobody, &[]).await,
        Err(JobStoreError::Missing(_))
    ));
    assert!(matches!(
        store.job(&nobody.id).await,
        Err(JobStoreError::Missing(_))
    ));
    assert!(matches!(
        store.mark_seen(&nobody.id).await,
        Err(JobStoreError::Missing(_))
    ));
    assert!(matches!(
        store.request_cancel(&nobody.id, at(0)).await,
        Err(JobStoreError::Missing(_))
    ));
}

/// Of many saves at once each is stored or refused by itself: those of another version, and all
/// but one of those of the same job.
pub async fn saves_that_come_together_are_answered_one_by_one(store: &dyn JobStore) {
    let mut saves = Vec::new();
    for number in 0..150_u64 {
        let mut job = deployment(&DpuId::new(), at(0));
        store.submit(&job, "Deployment").await.unwrap();
        job.attempt = 7;
        match number % 3 {
            0 => job.version = 5,
            1 => saves.push(job.clone()),
            _ => {}
        }
        saves.push(job);
    }
    let answers = join_all(saves.iter().map(|job| {
        let events = [event(EventKind::Note, "moved", at(1))];
        async move { store.save(job, &events).await }
    }))
    .await;
    let mut saved = 0;
    for (job, answer) in saves.iter().zip(&answers) {
        match answer {
            Ok(version) => {
                saved += 1;
                assert_eq!(*version, 1);
                assert_eq!(store.job(&job.id).await.unwrap().attempt, 7);
            }
            Err(JobStoreError::Stale(id)) => assert_eq!(*id, job.id),
            Err(error) => panic!("{error:?}"),
        }
        let events = store.events(Some(&job.id), 0, 10).await.unwrap();
        let moved = events.iter().filter(|event| event.text == "moved").count();
        assert_eq!(moved, usize::from(job.version == 0));
    }
    assert_eq!(saved, 100);
}

/// A step may be stopped while its save waits for the others.
pub async fn a_save_that_is_given_up_takes_no_other_with_it(store: &dyn JobStore) {
    let mut jobs = Vec::new();
    for _ in 0..20 {
        let mut job = deployment(&DpuId::new(), at(0));
        store.submit(&job, "Deployment").await.unwrap();
        job.attempt = 7;
        jobs.push(job);
    }
    let mut saves: Vec<_> = jobs
        .iter()
        .map(|job| Box::pin(store.save(job, &[])))
        .collect();
    // While the first is written, the others come in; then the second has the turn, and takes all.
    for save in &mut saves {
        assert!(futures::poll!(save).is_pending());
    }
    saves.remove(0).await.unwrap();
    let mut second = saves.remove(0);
    assert!(futures::poll!(&mut second).is_pending());
    drop(second);
    let answers = join_all(saves).await;
    for (answer, job) in answers.into_iter().zip(&jobs[2..]) {
        assert_eq!(answer.unwrap(), 1);
        assert_eq!(store.job(&job.id).await.unwrap().attempt, 7);
    }
    assert_eq!(store.job(&jobs[1].id).await.unwrap().attempt, 0);
}

/// Due are the active ones whose time has come, oldest wake first.
pub async fn due_jobs_come_oldest_wake_first(store: &dyn JobStore) {
    let mut ids = Vec::new();
    for wake in [300, 100, 200, 900] {
        let mut job = upgrade(&DpuId::new(), at(0));
        job.wake_at = at(wake);
        store.submit(&job, "Upgrade").await.unwrap();
        ids.push(job.id);
    }
    let mut over = upgrade(&DpuId::new(), at(0));
    store.submit(&over, "Upgrade").await.unwrap();
    over = end(store, over, at(50)).await;

    let due = |now, limit| async move {
        let due = store.due(now, limit).await.unwrap();
        due.into_iter().map(|job| job.id).collect::<Vec<JobId>>()
    };
    assert_eq!(due(at(99), 10).await, []);
    assert_eq!(
        due(at(300), 10).await,
        [ids[1].clone(), ids[2].clone(), ids[0].clone()]
    );
    assert_eq!(due(at(300), 2).await, [ids[1].clone(), ids[2].clone()]);
    assert_eq!(store.next_wake().await.unwrap(), Some(at(100)));
    assert!(over.state.is_terminal());
}

/// With nothing to do there is no next wake.
pub async fn an_idle_store_never_wakes(store: &dyn JobStore) {
    assert_eq!(store.next_wake().await.unwrap(), None);
    let job = upgrade(&DpuId::new(), at(0));
    store.submit(&job, "Upgrade").await.unwrap();
    end(store, job, at(1)).await;
    assert_eq!(store.next_wake().await.unwrap(), None);
    assert!(store.due(at(1_000_000), 10).await.unwrap().is_empty());
}

/// A wish to cancel wakes a waiting job at once, is told once, and is refused after the end.
pub async fn a_wish_to_cancel_wakes_the_job(store: &dyn JobStore) {
    let mut job = upgrade(&DpuId::new(), at(0));
    store.submit(&job, "Upgrade").await.unwrap();
    job.wake_at = at(3_600_000);
    job.version = store.save(&job, &[]).await.unwrap();
    assert!(store.due(at(10), 10).await.unwrap().is_empty());

    assert!(store.request_cancel(&job.id, at(10)).await.unwrap());
    assert!(store.request_cancel(&job.id, at(11)).await.unwrap());
    let due = store.due(at(10), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert!(due[0].cancel_requested);
    assert_eq!(due[0].version, job.version, "a wish is no save");
    let wishes = store.events(Some(&job.id), 0, 10).await.unwrap();
    let wishes = wishes
        .iter()
        .filter(|e| e.kind == EventKind::CancelRequested)
        .count();
    assert_eq!(wishes, 1);

    let ended = end(store, due[0].clone(), at(12)).await;
    assert!(!store.request_cancel(&ended.id, at(13)).await.unwrap());
}

/// The wish may come while a step runs whose save knows nothing of it: the job is due at once all
/// the same. Once a save knows, the job waits as any other.
pub async fn a_wish_during_a_step_is_not_lost(store: &dyn JobStore) {
    let mut job = upgrade(&DpuId::new(), at(0));
    store.submit(&job, "Upgrade").await.unwrap();
    assert!(store.request_cancel(&job.id, at(5)).await.unwrap());
    job.wake_at = at(60_000);
    job.seen = true;
    store.save(&job, &[]).await.unwrap();

    let due = store.due(at(5), 10).await.unwrap();
    assert_eq!(due.len(), 1, "due at once");
    let mut known = due[0].clone();
    assert!(known.cancel_requested, "a save leaves it as it is stored");
    assert!(!known.seen, "this too");

    known.wake_at = at(60_000);
    store.save(&known, &[]).await.unwrap();
    assert!(
        store.due(at(6), 10).await.unwrap().is_empty(),
        "no busy loop"
    );
    assert_eq!(store.next_wake().await.unwrap(), Some(at(60_000)));
}

/// Newest first, by card, the active ones only, limited.
pub async fn jobs_are_listed_newest_first(store: &dyn JobStore) {
    let (card, other) = (DpuId::new(), DpuId::new());
    let mut ids = Vec::new();
    for n in 0..3 {
        let job = upgrade(&card, at(n * 1000));
        store.submit(&job, "Upgrade").await.unwrap();
        ids.push(job.id.clone());
        if n < 2 {
            end(store, job, at(n * 1000 + 1)).await;
        }
    }
    store
        .submit(&upgrade(&other, at(5_000)), "Upgrade")
        .await
        .unwrap();
    let list = |filter: JobFilter| async move {
        let jobs = store.jobs(&filter).await.unwrap();
        jobs.into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    let of_card = JobFilter {
        subject: Some(card.into()),
        ..JobFilter::default()
    };
    assert_eq!(list(JobFilter::default()).await.len(), 4);
    assert_eq!(
        list(of_card.clone()).await,
        [ids[2].clone(), ids[1].clone(), ids[0].clone()]
    );
    let active = JobFilter {
        active_only: true,
        ..of_card.clone()
    };
    assert_eq!(list(active).await, [ids[2].clone()]);
    let one = JobFilter {
        limit: 1,
        ..of_card
    };
    assert_eq!(list(one).await, [ids[2].clone()]);
}

/// Numbers grow over all jobs; a reader goes on after the last one that it saw.
pub async fn events_are_read_from_where_one_stopped(store: &dyn JobStore) {
    let mut a = upgrade(&DpuId::new(), at(0));
    let b = upgrade(&DpuId::new(), at(0));
    store.submit(&a, "a").await.unwrap();
    store.submit(&b, "b").await.unwrap();
    a.version = store
        .save(
            &a,
            &[
                event(EventKind::Note, "a1", at(1)),
                event(EventKind::Retry, "a2", at(2)),
            ],
        )
        .await
        .unwrap();
    let all = store.events(None, 0, 100).await.unwrap();
    let texts: Vec<&str> = all.iter().map(|e| e.text.as_str()).collect();
    assert_eq!(texts, ["a", "b", "a1", "a2"]);
    assert!(all.is_sorted_by_key(|e| e.seq));
    assert_eq!(all[3].kind, EventKind::Retry);

    let rest = store.events(None, all[1].seq, 1).await.unwrap();
    assert_eq!(rest, [all[2].clone()]);
    let of_a = store.events(Some(&a.id), all[0].seq, 100).await.unwrap();
    assert_eq!(of_a.len(), 2);
}

pub async fn an_outcome_is_seen_once_somebody_looked(store: &dyn JobStore) {
    let job = upgrade(&DpuId::new(), at(0));
    store.submit(&job, "Upgrade").await.unwrap();
    let job = end(store, job, at(1)).await;
    assert_eq!(job.state.outcome(), JobOutcome::Failed);
    store.mark_seen(&job.id).await.unwrap();
    store.mark_seen(&job.id).await.unwrap();
    assert!(store.job(&job.id).await.unwrap().seen);
}

/// One owner at a time; another takes over when the lease ran out or was given back.
pub async fn the_lease_goes_to_another_after_it_ran_out(store: &dyn JobStore) {
    let until = |now: Timestamp| now.plus(Duration::from_secs(30));
    assert!(
        store
            .hold_lease("window", at(0), until(at(0)))
            .await
            .unwrap()
    );
    assert!(
        !store
            .hold_lease("slipctl", at(1_000), until(at(1_000)))
            .await
            .unwrap()
    );
    // Renewed at 20 s: at 31 s the first lease would have run out.
    assert!(
        store
            .hold_lease("window", at(20_000), until(at(20_000)))
            .await
            .unwrap()
    );
    assert!(
        !store
            .hold_lease("slipctl", at(31_000), until(at(31_000)))
            .await
            .unwrap()
    );
    assert!(
        store
            .hold_lease("slipctl", at(50_000), until(at(50_000)))
            .await
            .unwrap()
    );
    assert!(
        !store
            .hold_lease("window", at(50_001), until(at(50_001)))
            .await
            .unwrap()
    );

    store.release_lease("window").await.unwrap();
    assert!(
        !store
            .hold_lease("window", at(50_002), until(at(50_002)))
            .await
            .unwrap(),
        "nobody gives back what another holds"
    );
    store.release_lease("slipctl").await.unwrap();
    assert!(
        store
            .hold_lease("window", at(50_003), until(at(50_003)))
            .await
            .unwrap()
    );
}
