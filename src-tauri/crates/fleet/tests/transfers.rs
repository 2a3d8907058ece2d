//! Long copies as they are cancelled: in the middle, by their number, and nothing of them is left.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

#[path = "support/plain_iso.rs"]
mod plain_iso;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use slipway_core::secret::Password;
use slipway_fleet::{
    ErrorCode, Fleet, FleetConfig,
    views::{TransferKind, TransferProgress},
};

use plain_iso::plain_iso;

struct Desk {
    fleet: Fleet,
    iso: PathBuf,
    dir: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let iso = plain_iso(dir.path(), 5_000_000);
        Self {
            fleet: Self::another(&dir.path().join("data")).await,
            iso,
            dir,
        }
    }

    async fn another(data: &Path) -> Fleet {
        let mut config = FleetConfig::new(data.to_owned());
        config.passphrase = Some(Password::new("a passphrase for tests"));
        Fleet::open(config).await.unwrap()
    }

    /// Cancels when some of it is copied; nothing is copied after that.
    fn cancelling(fleet: &Fleet, kind: TransferKind) -> impl FnMut(TransferProgress) + use<> {
        let fleet = fleet.clone();
        let mut cancelled = false;
        move |progress| {
            if cancelled {
                // The thread that hashes learns of it a moment later; what copies asks each time.
                assert_eq!(kind, TransferKind::ImportIso, "it goes on: {progress:?}");
                return;
            }
            let listed = fleet.transfers();
            let [transfer] = &listed[..] else {
                panic!("{listed:?}")
            };
            assert_eq!((&transfer.id, transfer.kind), (&progress.id, kind));
            assert_eq!(transfer.read, progress.read);
            if progress.read.0 > 0 {
                fleet.cancel_transfer(&progress.id).unwrap();
                assert!(fleet.transfers()[0].cancelling);
                cancelled = true;
            }
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut all: Vec<String> = entries
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        all.sort();
        all
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_bundle_leaves_nothing_and_can_be_written_again() {
    let desk = Desk::open().await;
    let iso = desk
        .fleet
        .import_iso(&desk.iso, None, |_| {})
        .await
        .unwrap();
    let folder = desk.dir.path().join("stick/bundle");
    let told = Desk::cancelling(&desk.fleet, TransferKind::WriteBundle);
    let error = desk
        .fleet
        .bundle_iso(&iso, &folder, told)
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled, "{error:?}");
    assert!(error.hint.is_some());
    assert_eq!(desk.fleet.transfers(), []);
    assert_eq!(Desk::names(&desk.dir.path().join("stick")), [""; 0]);
    desk.fleet.bundle_iso(&iso, &folder, |_| {}).await.unwrap();
    assert_eq!(Desk::names(&desk.dir.path().join("stick")), ["bundle"]);

    // And so on the other desk.
    let data = desk.dir.path().join("other");
    let other = Desk::another(&data).await;
    let told = Desk::cancelling(&other, TransferKind::ImportBundle);
    let error = other.import_bundle(&folder, None, told).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled, "{error:?}");
    assert_eq!(Desk::names(&data.join("isos")), [""; 0]);
    assert!(other.isos().await.unwrap().is_empty());
    other.import_bundle(&folder, None, |_| {}).await.unwrap();
    assert_eq!(Desk::names(&data.join("isos")), ["plain.iso"]);
    assert_eq!(other.transfers(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_cancelled_by_its_number_and_only_while_it_runs() {
    let desk = Desk::open().await;
    let told = Desk::cancelling(&desk.fleet, TransferKind::ImportIso);
    let error = desk
        .fleet
        .import_iso(&desk.iso, None, told)
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled, "{error:?}");
    assert!(desk.fleet.isos().await.unwrap().is_empty());

    let kept = Arc::new(Mutex::new(None));
    let keep = kept.clone();
    let told = move |progress: TransferProgress| *keep.lock().unwrap() = Some(progress.id);
    desk.fleet.import_iso(&desk.iso, None, told).await.unwrap();
    let number = kept.lock().unwrap().clone().unwrap();
    let over = desk.fleet.cancel_transfer(&number).unwrap_err();
    assert_eq!(over.code, ErrorCode::NotFound);
    assert_eq!(desk.fleet.isos().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_closes_waits_until_nothing_half_is_left() {
    let desk = Desk::open().await;
    let iso = desk
        .fleet
        .import_iso(&desk.iso, None, |_| {})
        .await
        .unwrap();
    let stick = desk.dir.path().join("stick");
    let begun = Arc::new(AtomicBool::new(false));
    let copying = tokio::spawn({
        let (fleet, folder, begun) = (desk.fleet.clone(), stick.join("bundle"), begun.clone());
        async move {
            // Slower than the test.
            let told = move |progress: TransferProgress| {
                if progress.read.0 > 0 {
                    begun.store(true, Ordering::Release);
                    std::thread::sleep(Duration::from_millis(200));
                }
            };
            fleet.bundle_iso(&iso, &folder, told).await
        }
    });
    while !begun.load(Ordering::Acquire) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    desk.fleet.end_transfers().await;
    assert_eq!(Desk::names(&stick), [""; 0]);
    let error = copying.await.unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
}
