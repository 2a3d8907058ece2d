//! The looks at intervals, with a clock that the test moves: who is asked when, who is not asked
//! any more, and what is stale.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use slipway_core::{bmc::LookPolicy, ports::Clock, secret::Password, time::Timestamp};
use slipway_fleet::{
    Fleet, FleetConfig,
    views::{BmcQuery, BmcRow, BmcState},
};
use slipway_lab::{Fault, Lab, LabConfig};

struct MovedClock(Mutex<Timestamp>);

impl MovedClock {
    fn pass(&self, seconds: u64) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(Duration::from_secs(seconds));
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct Desk {
    lab: Lab,
    fleet: Fleet,
    clock: Arc<MovedClock>,
    _folders: (tempfile::TempDir, tempfile::TempDir),
}

const POLICY: LookPolicy = LookPolicy {
    every_seconds: 60,
    crawl_seconds: 3_600,
    cap_seconds: 1_000,
    stale_seconds: 600,
};

impl Desk {
    async fn start(cards: usize) -> Self {
        let folders = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let config = LabConfig::test(cards, folders.0.path().to_owned());
        let lab = Lab::start(config).await.unwrap();
        let clock = Arc::new(MovedClock(Mutex::new(Timestamp::from_millis(
            1_795_000_000_000,
        ))));
        let mut config = FleetConfig::new(folders.1.path());
        config.passphrase = Some(Password::new("a passphrase for tests"));
        config.looks = POLICY;
        let fleet = Fleet::open_at(config, clock.clone()).await.unwrap();
        fleet.join_lab(folders.0.path()).await.unwrap();
        Self {
            lab,
            fleet,
            clock,
            _folders: folders,
        }
    }

    async fn rows(&self) -> Vec<BmcRow> {
        let query = BmcQuery {
            with_imcs: true,
            ..BmcQuery::default()
        };
        self.fleet.bmcs(&query).await.unwrap().rows
    }

    /// How many were looked at now.
    async fn look(&self) -> u32 {
        self.fleet.look_at_due().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_asked_at_its_time_and_all_of_it_once_an_hour() {
    let desk = Desk::start(2).await;
    assert_eq!(desk.rows().await[0].state, BmcState::Unknown);
    assert_eq!(desk.look().await, 2);
    assert_eq!(desk.look().await, 0, "nothing is due at once again");
    let id = desk.rows().await[0].id.clone();
    let first = desk.fleet.bmc(&id).await.unwrap();
    assert_eq!(first.row.state, BmcState::Healthy);
    let read = first.read_at.unwrap();
    assert!(!first.inventory.unwrap().systems.is_empty());
    desk.clock.pass(67);
    assert_eq!(desk.look().await, 2);
    let second = desk.fleet.bmc(&id).await.unwrap();
    assert_eq!(
        second.read_at,
        Some(read),
        "a short look reads no inventory"
    );
    assert!(second.row.seen > first.row.seen);
    desk.clock.pass(3_600);
    assert_eq!(desk.look().await, 2);
    let third = desk.fleet.bmc(&id).await.unwrap();
    assert!(third.read_at > Some(read));
    desk.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_person_can_mend_is_not_asked_again_by_itself() {
    let desk = Desk::start(1).await;
    desk.look().await;
    desk.lab.card(1).inject(Fault::TlsCertificateChanged);
    // A connection that is still open shakes no hands; this closes it.
    desk.fleet.set_site_ca(None).await.unwrap();
    desk.clock.pass(70);
    desk.look().await;
    let row = desk.rows().await.remove(0);
    assert_eq!(row.state, BmcState::Untrusted);
    let view = desk.fleet.bmc(&row.id).await.unwrap();
    assert_eq!(view.next_look, None, "no time is promised");
    let told = desk.lab.inventory().cards[0].clone();
    let blocked = desk.fleet.pins().await.unwrap().remove(0);
    assert_eq!(blocked.refused.unwrap().seen, told.imc_tls_fingerprint);
    let failures = view.failures;
    for _ in 0..5 {
        desk.clock.pass(2_000);
        desk.look().await;
    }
    let view = desk.fleet.bmc(&row.id).await.unwrap();
    assert_eq!(view.failures, failures, "it was not asked");

    // Accepted by a person: asked at once.
    let pin = slipway_fleet::views::AcceptPin {
        kind: slipway_core::trust::PinKind::TlsCertificate,
        peer: told.imc_redfish.clone(),
        fingerprint: told.imc_tls_fingerprint.clone(),
    };
    desk.fleet.accept_pin(pin).await.unwrap();
    assert_eq!(desk.look().await, 1);
    assert_eq!(desk.rows().await[0].state, BmcState::Healthy);
    assert!(
        desk.fleet
            .pins()
            .await
            .unwrap()
            .iter()
            .all(|p| p.refused.is_none())
    );
    desk.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_is_asked_less_and_less_and_its_inventory_stays() {
    let desk = Desk::start(1).await;
    desk.look().await;
    let Desk {
        lab,
        fleet,
        clock,
        _folders,
    } = desk;
    lab.stop().await;
    let mut pauses = Vec::new();
    for _ in 0..6 {
        clock.pass(1_200);
        assert_eq!(fleet.look_at_due().await.unwrap(), 1);
        let query = BmcQuery {
            with_imcs: true,
            ..BmcQuery::default()
        };
        let row = fleet.bmcs(&query).await.unwrap().rows.remove(0);
        assert_eq!(row.state, BmcState::Unreachable, "{}", row.reason);
        let view = fleet.bmc(&row.id).await.unwrap();
        assert!(view.stale && view.inventory.is_some());
        pauses.push(view.next_look.unwrap().since(clock.now()).as_secs());
    }
    assert!(pauses[0] < 140 && pauses[1] > pauses[0], "{pauses:?}");
    assert!(pauses[5] > 890 && pauses[5] < 1_110, "the cap: {pauses:?}");
}
