//! Batches: a card never gets two jobs, whoever looks, and whatever was written in between.

use slipway_core::{
    batch::{Batch, BatchCardState, BatchRules, BatchState, Seen, Waves, decide},
    dpu::JobOutcome,
    ids::DpuId,
    job::{Job, JobStore},
};
use slipway_store::{CardStart, NewBatchCard, Store, StoreError};

use crate::sample::{at, dpu, store, upgrade};

/// A batch over as many cards of the inventory.
async fn batch_of(cards: u32) -> (Store, Batch, Vec<DpuId>) {
    let (store, credential) = store().await;
    let rules = BatchRules {
        waves: Waves(vec![1]),
        ..BatchRules::default()
    };
    let batch = Batch::new("Upgrade".to_owned(), rules, at(0));
    let (mut new, mut ids) = (Vec::new(), Vec::new());
    for number in 1..=cards {
        let card = dpu(number, &credential);
        store.add_dpu(&card).await.unwrap();
        let spec = upgrade(&card.id, at(0)).spec;
        new.push(NewBatchCard {
            dpu: card.id.clone(),
            spec,
        });
        ids.push(card.id);
    }
    store.add_batch(&batch, &new).await.unwrap();
    (store, batch, ids)
}

fn running(batch: &Batch) -> Batch {
    Batch {
        state: BatchState::Running { forgiven: 0 },
        ..batch.clone()
    }
}

async fn started(store: &Store, batch: &mut Batch, dpu: &DpuId) -> Job {
    let job = upgrade(dpu, at(1));
    let start = store.start_batch_card(batch, &job, "go").await.unwrap();
    assert_eq!(
        start,
        CardStart::Started {
            version: batch.version + 1
        }
    );
    batch.version += 1;
    job
}

#[tokio::test]
async fn a_batch_comes_back_as_it_was_written() {
    let (store, batch, ids) = batch_of(3).await;
    assert_eq!(store.batch(&batch.id).await.unwrap(), batch);
    assert_eq!(store.batches(10).await.unwrap(), [batch.clone()]);
    assert_eq!(store.active_batches().await.unwrap(), [batch.clone()]);
    let cards = store.batch_cards(&batch.id).await.unwrap();
    let order: Vec<_> = cards.iter().map(|card| card.dpu.clone()).collect();
    assert_eq!(order, ids);
    let waves: Vec<u32> = cards.iter().map(|card| card.wave).collect();
    assert_eq!(waves, [0, 1, 1]);
    assert!(cards.iter().all(|card| card.seen == Seen::default()));
    let spec = store.batch_spec(&batch.id, &ids[0]).await.unwrap();
    assert_eq!(spec, upgrade(&ids[0], at(0)).spec);
    assert_eq!(store.waiting_specs().await.unwrap().len(), 3);
    let nobody = store.batch_spec(&batch.id, &DpuId::new()).await;
    assert!(matches!(nobody, Err(StoreError::Missing { .. })));
}

#[tokio::test]
async fn a_card_and_its_job_are_written_together_and_once() {
    let (store, batch, ids) = batch_of(2).await;
    let before = store.batches_stamp().await.unwrap();
    let mut batch = running(&batch);
    let job = started(&store, &mut batch, &ids[0]).await;
    assert_eq!(store.batch(&batch.id).await.unwrap(), batch);
    assert_ne!(store.batches_stamp().await.unwrap(), before);
    let cards = store.batch_cards(&batch.id).await.unwrap();
    let runs = BatchCardState::Running {
        job: job.id.clone(),
    };
    assert_eq!(cards[0].state, runs);
    assert_eq!(cards[0].seen.outcome, Some(JobOutcome::Running));
    assert_eq!(cards[0].seen.other_job, None, "its own is no other one");
    assert_eq!(store.job(&job.id).await.unwrap().id, job.id);
    let jobs = store.batch_jobs(&batch.id).await.unwrap();
    assert_eq!(jobs.into_keys().collect::<Vec<_>>(), [job.id.clone()]);

    // Its job has ended, and nobody has written that yet: it still gets no second one.
    let mut ended = store.job(&job.id).await.unwrap();
    ended.state = failed();
    store.save(&ended, &[]).await.unwrap();
    let again = upgrade(&ids[0], at(2));
    let start = store.start_batch_card(&batch, &again, "go").await.unwrap();
    assert_eq!(start, CardStart::Stale);
    assert!(store.job(&again.id).await.is_err(), "nothing was written");
    assert_eq!(store.batch(&batch.id).await.unwrap(), batch);
    let cards = store.batch_cards(&batch.id).await.unwrap();
    assert_eq!(cards[0].seen.outcome, Some(JobOutcome::Failed));
}

fn failed() -> slipway_core::job::JobState {
    use slipway_core::{
        failure::{FailureKind, StepError},
        job::{BootChangeState, JobState},
    };
    let failure = StepError::new(FailureKind::Bootc, "no").into_failure("Stage the image");
    JobState::BootChange(BootChangeState::Failed { failure })
}

#[tokio::test]
async fn of_two_that_move_it_one_wins_and_the_other_writes_nothing() {
    let (store, batch, ids) = batch_of(2).await;
    let paused = Batch {
        state: BatchState::Paused {
            forgiven: 0,
            since: at(1),
        },
        ..batch.clone()
    };
    assert_eq!(store.save_batch(&paused, &[]).await.unwrap(), Some(1));
    // The runner had read it before.
    let job = upgrade(&ids[0], at(1));
    let start = store.start_batch_card(&running(&batch), &job, "go").await;
    assert_eq!(start.unwrap(), CardStart::Stale);
    assert!(store.job(&job.id).await.is_err());
    assert_eq!(store.save_batch(&running(&batch), &[]).await.unwrap(), None);
    assert_eq!(store.batch(&batch.id).await.unwrap().state, paused.state);
}

#[tokio::test]
async fn a_card_with_another_job_is_named_and_waits() {
    let (store, batch, ids) = batch_of(1).await;
    let other = upgrade(&ids[0], at(0));
    store.submit(&other, "somebody else's").await.unwrap();
    let job = upgrade(&ids[0], at(1));
    let start = store.start_batch_card(&running(&batch), &job, "go").await;
    assert_eq!(start.unwrap(), CardStart::Busy(other.id.clone()));
    assert_eq!(store.batch(&batch.id).await.unwrap(), batch, "as it was");
    let cards = store.batch_cards(&batch.id).await.unwrap();
    assert_eq!(cards[0].seen.other_job, Some(other.id));
    assert_eq!(decide(&batch, &cards, at(2)).start, []);
}

#[tokio::test]
async fn what_moved_is_saved_with_the_state_and_a_removed_card_is_seen() {
    let (store, batch, ids) = batch_of(2).await;
    store.remove_dpu(&ids[0]).await.unwrap();
    let cards = store.batch_cards(&batch.id).await.unwrap();
    assert!(!cards[0].seen.in_inventory && cards[1].seen.in_inventory);
    let decision = decide(&batch, &cards, at(1));
    assert_eq!(decision.start, [ids[1].clone()], "the canary is gone");
    let version = store.save_batch(&running(&batch), &decision.moved).await;
    assert_eq!(version.unwrap(), Some(1));
    let cards = store.batch_cards(&batch.id).await.unwrap();
    assert!(cards[0].state.is_done());

    let ended = Batch {
        state: BatchState::Ended,
        version: 1,
        ended_at: Some(at(5)),
        ..batch.clone()
    };
    store.save_batch(&ended, &[]).await.unwrap();
    assert_eq!(store.active_batches().await.unwrap(), []);
    assert_eq!(store.waiting_specs().await.unwrap(), []);
    let read = store.batch(&batch.id).await.unwrap();
    assert_eq!((read.ended_at, read.version), (Some(at(5)), 2));
}
