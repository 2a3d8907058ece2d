//! The conformance suite on SQLite, in memory and in a file; and what only a file can show.

use crate::sample::{at, credential, deployment, dpu, upgrade};
use slipway_core::{
    ids::DpuId,
    job::{JobFilter, JobStore},
};
use slipway_store::Store;

macro_rules! conforms {
    ($($name:ident)*) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $name() {
                let store = slipway_store::Store::open_in_memory().await.unwrap();
                crate::conformance::$name(&store).await;
            })*
        }
        mod in_a_file {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let store = slipway_store::Store::open(folder.path().join("slipway.db")).await.unwrap();
                crate::conformance::$name(&store).await;
                store.close().await;
            })*
        }
    };
}

conforms! {
    a_job_comes_back_whole
    submitting_is_an_event
    a_card_has_one_active_job
    a_build_is_in_no_cards_way
    of_many_submits_one_wins
    a_stale_save_is_refused
    saves_that_come_together_are_answered_one_by_one
    a_save_that_is_given_up_takes_no_other_with_it
    due_jobs_come_oldest_wake_first
    an_idle_store_never_wakes
    a_wish_to_cancel_wakes_the_job
    a_wish_during_a_step_is_not_lost
    jobs_are_listed_newest_first
    events_are_read_from_where_one_stopped
    an_outcome_is_seen_once_somebody_looked
    the_lease_goes_to_another_after_it_ran_out
}

#[tokio::test]
async fn a_store_that_is_opened_again_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slipway.db");
    let store = Store::open(&path).await.unwrap();
    let job = deployment(&DpuId::new(), at(0));
    store.submit(&job, "Deployment").await.unwrap();
    assert!(store.hold_lease("first", at(0), at(30_000)).await.unwrap());
    let seq = store.latest_seq().await.unwrap();
    assert!(seq > 0);
    // As after a crash: nothing is closed.
    drop(store);

    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.job(&job.id).await.unwrap(), job);
    assert_eq!(store.latest_seq().await.unwrap(), seq);
    assert!(
        !store
            .hold_lease("second", at(29_999), at(60_000))
            .await
            .unwrap()
    );
    assert!(
        store
            .hold_lease("second", at(30_000), at(60_000))
            .await
            .unwrap()
    );
    assert_eq!(store.due(at(0), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slipway.db");
    let window = Store::open(&path).await.unwrap();
    let slipctl = Store::open(&path).await.unwrap();
    let card = DpuId::new();
    let (a, b) = (upgrade(&card, at(0)), upgrade(&card, at(1)));
    let (one, two) = tokio::join!(window.submit(&a, "a"), slipctl.submit(&b, "b"));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
    let seen = slipctl.jobs(&JobFilter::default()).await.unwrap();
    assert_eq!(seen, window.jobs(&JobFilter::default()).await.unwrap());
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn a_job_of_another_version_does_not_keep_the_others_from_running() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slipway.db");
    let store = Store::open(&path).await.unwrap();
    let (bad, good) = (upgrade(&DpuId::new(), at(0)), upgrade(&DpuId::new(), at(1)));
    store.submit(&bad, "bad").await.unwrap();
    store.submit(&good, "good").await.unwrap();
    let spoil = format!(
        "UPDATE job SET state = '{{\"kind\":\"dance\"}}' WHERE id = '{}'",
        bad.id
    );
    sql(&path, &spoil).await;

    let due = store.due(at(10), 10).await.unwrap();
    assert_eq!(
        due.iter().map(|job| &job.id).collect::<Vec<_>>(),
        [&good.id]
    );
    let refused = store.job(&bad.id).await.unwrap_err();
    let words = slipway_core::failure::chain(&refused).join(": ");
    assert!(
        words.starts_with("the job database: the stored state can't be read: "),
        "{words}"
    );
}

#[tokio::test]
async fn a_removed_card_leaves_its_history() {
    let (store, id) = {
        let store = Store::open_in_memory().await.unwrap();
        let profile = credential("lab");
        store.add_credential(&profile).await.unwrap();
        (store, profile.id)
    };
    let card = dpu(1, &id);
    store.add_dpu(&card).await.unwrap();
    let mut job = upgrade(&card.id, at(0));
    store.submit(&job, "Upgrade").await.unwrap();
    assert!(matches!(
        store.remove_dpu(&card.id).await,
        Err(slipway_store::StoreError::CardIsBusy { active }) if active == job.id
    ));
    job.state =
        slipway_core::job::JobState::BootChange(slipway_core::job::BootChangeState::Cancelled {
            residue: Vec::new(),
        });
    job.ended_at = Some(at(1));
    store.save(&job, &[]).await.unwrap();
    store.remove_dpu(&card.id).await.unwrap();
    assert_eq!(store.job(&job.id).await.unwrap().subject, card.id.into());
    assert_eq!(store.events(Some(&job.id), 0, 10).await.unwrap().len(), 1);
}

/// Past the store's own back.
async fn sql(path: &std::path::Path, text: &str) {
    use sqlx::{Connection, Executor};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut raw = sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap();
    raw.execute(sqlx::AssertSqlSafe(text.to_owned()))
        .await
        .unwrap();
    raw.close().await.unwrap();
}
