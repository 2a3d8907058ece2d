//! What a person is told of what ended: a batch with a card that failed, a job by itself.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

#[path = "support/rack.rs"]
mod rack;

use std::time::{Duration, Instant};

use slipway_core::{batch::BatchRules, ids::DpuId};
use slipway_fleet::{
    Begun, Ending, Endings,
    views::{BatchRequest, BatchWhat, DeployRequest, DpuQuery},
};
use slipway_lab::Fault;

use rack::Rack;

const PATIENCE: Duration = Duration::from_secs(120);

async fn deploy_of(rack: &Rack, cards: std::ops::Range<usize>) -> DeployRequest {
    let rows = rack.fleet.dpus(&DpuQuery::default()).await.unwrap().rows;
    let dpus: Vec<DpuId> = rows[cards].iter().map(|row| row.id.clone()).collect();
    DeployRequest {
        dpus,
        iso: rack.fleet.isos().await.unwrap()[0].iso.id.clone(),
        domain: None,
        authorized_keys: vec![],
        allow_release: None,
        imc_certificate: false,
    }
}

/// The next that ends; one look at a time.
async fn next(endings: &mut Endings) -> Ending {
    let start = Instant::now();
    loop {
        let mut ended = endings.look().await.unwrap();
        if let Some(ending) = ended.pop() {
            assert!(ended.is_empty(), "{ended:?}");
            return ending;
        }
        assert!(start.elapsed() < PATIENCE, "nothing ends");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_tells_how_many_are_verified_and_who_failed_and_a_job_tells_why() {
    let rack = Rack::start(3).await;
    rack.lab.card(2).inject(Fault::MediaUnreachable);
    let mut endings = Endings::new(rack.fleet.clone());
    assert_eq!(endings.look().await.unwrap(), []);
    let running = rack.fleet.start_running();
    let request = BatchRequest {
        what: BatchWhat::Deploy(deploy_of(&rack, 0..2).await),
        rules: BatchRules::default(),
    };
    let batch = rack.fleet.start_batch(&request).await.unwrap();
    assert_eq!(endings.look().await.unwrap(), [], "it has just begun");
    let ending = next(&mut endings).await;
    assert_eq!(
        ending,
        Ending {
            of: Begun::Batch(batch),
            title: "Deploy dpu-os-1.0.0.iso to 2 cards: ended".into(),
            body: "1 of 2 cards verified; failed: dpu-02 (Insert the ISO)".into(),
            well: false,
        }
    );
    assert_eq!(endings.look().await.unwrap(), [], "once is enough");

    // A job of nobody here is not told of; one that is expected is, with its reason.
    let one = deploy_of(&rack, 1..2).await;
    let job = rack.fleet.deploy(&one).await.unwrap().remove(0);
    endings.expect(job.clone());
    let ending = next(&mut endings).await;
    assert_eq!(ending.of, Begun::Job(job));
    assert_eq!(ending.title, "Deployment of dpu-02 failed");
    assert!(
        ending
            .body
            .starts_with("Insert the ISO: the IMC could not fetch the ISO"),
        "{ending:?}"
    );
    rack.lab.card(2).clear_faults();
    let job = rack.fleet.deploy(&one).await.unwrap().remove(0);
    endings.expect(job);
    let ending = next(&mut endings).await;
    assert_eq!(ending.title, "Deployment of dpu-02 succeeded");
    assert!(ending.well && ending.body.ends_with(": booted and verified"));
    running.stop().await.unwrap();
    rack.lab.stop().await;
}

/// As after a restart of the app: whoever looks anew knows nothing of what was begun before.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_before_the_first_look_is_told_when_it_ends_and_a_batchs_jobs_are_not() {
    let rack = Rack::start(3).await;
    let job = deploy_of(&rack, 0..1).await;
    let job = rack.fleet.deploy(&job).await.unwrap().remove(0);
    let request = BatchRequest {
        what: BatchWhat::Deploy(deploy_of(&rack, 1..3).await),
        rules: BatchRules::default(),
    };
    let batch = rack.fleet.start_batch(&request).await.unwrap();
    // No job gets on, and the batch has given its cards theirs before anybody looks.
    let cards = || (1..=3).map(|number| rack.lab.card(number));
    cards().for_each(|card| card.inject(Fault::ImcGone));
    let running = rack.fleet.start_running();
    let start = Instant::now();
    while rack.fleet.jobs(None, false).await.unwrap().len() < 3 {
        assert!(start.elapsed() < PATIENCE, "the batch gives no jobs");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.stop().await.unwrap();
    assert_eq!(rack.fleet.jobs(None, true).await.unwrap().len(), 3);

    let mut endings = Endings::new(rack.fleet.clone());
    assert_eq!(endings.look().await.unwrap(), [], "what moves is no news");
    cards().for_each(|card| card.clear_faults());
    let running = rack.fleet.start_running();
    let mut told = vec![];
    while told.len() < 2 {
        assert!(start.elapsed() < PATIENCE, "{told:?}");
        let ended = endings.look().await.unwrap();
        told.extend(ended.into_iter().map(|ending| ending.of));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(told.contains(&Begun::Job(job)), "{told:?}");
    assert!(told.contains(&Begun::Batch(batch)), "{told:?}");
    assert_eq!(endings.look().await.unwrap(), []);
    running.stop().await.unwrap();
    rack.lab.stop().await;
}
