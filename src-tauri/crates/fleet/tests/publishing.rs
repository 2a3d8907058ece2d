//! Publications as their readers meet them, with a clock that the test moves: until they expire or
//! are taken down they are sent, and afterwards there is nothing.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

#[path = "support/plain_iso.rs"]
mod plain_iso;

use std::{
    fs,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use slipway_core::{iso::Iso, ports::Clock, secret::Password, time::Timestamp};
use slipway_fleet::{
    Fleet, FleetConfig,
    views::{PublicationView, PublishRequest},
};

use plain_iso::plain_iso;

const LONG: Duration = Duration::from_secs(60);

struct MovedClock(Mutex<Timestamp>);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct Desk {
    fleet: Fleet,
    clock: Arc<MovedClock>,
    iso: Iso,
    bytes: Vec<u8>,
    dir: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = plain_iso(dir.path(), 3_000_000);
        let clock = Arc::new(MovedClock(Mutex::new(Timestamp::from_millis(
            1_795_000_000_000,
        ))));
        let mut config = FleetConfig::new(dir.path().join("data"));
        config.passphrase = Some(Password::new("a passphrase for tests"));
        let fleet = Fleet::open_at(config, clock.clone()).await.unwrap();
        let iso = fleet.import_iso(&path, None, |_| {}).await.unwrap();
        Self {
            bytes: fs::read(&path).unwrap(),
            fleet,
            clock,
            iso,
            dir,
        }
    }

    async fn publish(&self, expires_in_s: Option<u32>) -> PublicationView {
        let request = PublishRequest {
            iso: self.iso.id.clone(),
            address: Some("127.0.0.1".into()),
            http: true,
            expires_in_s,
        };
        self.fleet.publish_iso(&request).await.unwrap()
    }

    /// The status that curl gets; what it got lies in the file.
    async fn get(&self, url: &str) -> String {
        let (to, url) = (self.dir.path().join("got"), url.to_owned());
        let asked = tokio::task::spawn_blocking(move || {
            Command::new("curl")
                .args(["-sS", "--noproxy", "*", "-w", "%{http_code}", "-o"])
                .arg(to)
                .arg(url)
                .output()
                .unwrap()
        });
        String::from_utf8(asked.await.unwrap().stdout).unwrap()
    }

    async fn is_served(&self, url: &str) {
        assert_eq!(self.get(url).await, "200");
        assert!(fs::read(self.dir.path().join("got")).unwrap() == self.bytes);
    }

    async fn is_gone(&self, url: &str) {
        let until = Instant::now() + LONG;
        while self.get(url).await != "404" {
            assert!(Instant::now() < until, "it is still served");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.fleet.isos().await.unwrap()[0].publications.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_gone_and_what_has_not_stays() {
    let desk = Desk::open().await;
    let short = desk.publish(Some(600)).await;
    let long = desk.publish(None).await;
    assert_ne!(short.url, long.url, "each has a path of its own");
    desk.is_served(&short.url).await;
    let now = desk.clock.now().plus(Duration::from_secs(599));
    *desk.clock.0.lock().unwrap() = now;
    desk.is_served(&short.url).await;
    *desk.clock.0.lock().unwrap() = now.plus(Duration::from_secs(1));
    let until = Instant::now() + LONG;
    while desk.get(&short.url).await != "404" {
        assert!(Instant::now() < until, "it does not expire");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Its lease ran out too while the clock stood still; it is served and listed all the same.
    desk.is_served(&long.url).await;
    let until = Instant::now() + LONG;
    while desk.fleet.isos().await.unwrap()[0].publications.len() != 1 {
        assert!(Instant::now() < until, "the long one was forgotten");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let left = &desk.fleet.isos().await.unwrap()[0].publications;
    assert_eq!(left[0].id, long.id);
    assert_eq!(left[0].readers[0].sent.0, desk.bytes.len() as u64);
    desk.fleet.unpublish_iso(&long.id).await.unwrap();
    desk.is_gone(&long.url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_from_the_library_is_not_served_any_more() {
    let desk = Desk::open().await;
    let served = desk.publish(None).await;
    desk.is_served(&served.url).await;
    desk.fleet.remove_iso(&desk.iso.id).await.unwrap();
    assert_eq!(desk.get(&served.url).await, "404");
    assert!(desk.fleet.isos().await.unwrap().is_empty());
    let again = desk.fleet.unpublish_iso(&served.id).await.unwrap_err();
    assert_eq!(again.code, slipway_fleet::ErrorCode::NotFound);
}
