//! Opening: permissions, foreign and newer files, several at once; and that no secret gets in.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::sample::{at, credential, deployment, dpu};
use slipway_core::{job::JobStore, ports::Secrets, secret::Password};
use slipway_store::{FileSecrets, KdfCost, Store, StoreError};
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

async fn sql(path: &Path, text: &str) {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    raw.execute(AssertSqlSafe(text.to_owned())).await.unwrap();
    raw.close().await.unwrap();
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_folder_and_the_file_are_for_their_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a/b");
    let path = data.join("slipway.db");
    let store = Store::open(&path).await.unwrap();
    store.add_credential(&credential("lab")).await.unwrap();
    assert_eq!((mode(&data), mode(&path)), (0o700, 0o600));
    for file in fs::read_dir(&data).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    store.close().await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    Store::open(&path).await.unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_newer_database_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slipway.db");
    Store::open(&path).await.unwrap().close().await;
    sql(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9001, 'from the future', 1, x'00', 0);
         PRAGMA journal_mode = DELETE",
    )
    .await;
    let before = fs::read(&path).unwrap();
    let refused = Store::open(&path).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::NewerDatabase { found: 9001, .. }),
        "{refused:?}"
    );
    assert!(
        refused
            .to_string()
            .ends_with("was written by a newer Slipway (schema 9001, this one knows 4)")
    );
    assert_eq!(
        refused.hint(),
        Some("update Slipway or use another --data-dir")
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    let files: Vec<PathBuf> = fs::read_dir(folder.path())
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    assert_eq!(files, [path]);
}

#[tokio::test]
async fn another_program_s_file_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database ".repeat(500)).unwrap();
    let foreign = folder.path().join("browser.db");
    sql(&foreign, "CREATE TABLE bookmark (url TEXT)").await;
    for path in [text, foreign] {
        let before = fs::read(&path).unwrap();
        let refused = Store::open(&path).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::NotADatabase { .. }),
            "{refused:?}"
        );
        assert!(refused.hint().is_some());
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    let refused = Store::open(folder.path()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Open { .. }), "{refused:?}");
}

#[tokio::test]
async fn many_may_open_a_new_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slipway.db");
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let path = path.clone();
        opening.spawn(async move { Store::open(path).await });
    }
    let stores: Vec<Store> = opening
        .join_all()
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    for (n, store) in stores.iter().enumerate() {
        store
            .add_credential(&credential(&format!("c{n}")))
            .await
            .unwrap();
    }
    assert_eq!(stores[0].credentials().await.unwrap().len(), 8);
}

#[tokio::test]
async fn writers_of_one_process_queue() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("slipway.db")).await.unwrap();
    let mut writing = tokio::task::JoinSet::new();
    for n in 0..50 {
        let store = store.clone();
        writing.spawn(async move { store.set_setting(&format!("n{n}"), &n).await });
    }
    assert!(writing.join_all().await.iter().all(Result::is_ok));
}

/// The passwords of a fleet in use are in no byte of the database's files.
#[tokio::test]
async fn no_secret_is_in_the_database() {
    const SENTINEL: &str = "Sentinel-Passw0rd-7f3a";
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("slipway.db")).await.unwrap();
    let cheap = KdfCost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
    let passphrase = Password::new(format!("{SENTINEL}-passphrase"));
    let secrets = FileSecrets::create(folder.path().join("secrets.slipway"), &passphrase, cheap)
        .await
        .unwrap();
    let profile = credential("lab");
    store.add_credential(&profile).await.unwrap();
    let key = format!("credential/{}", profile.id);
    secrets.put(&key, &Password::new(SENTINEL)).await.unwrap();
    let card = dpu(1, &profile.id);
    store.add_dpu(&card).await.unwrap();
    let job = deployment(&card.id, at(0));
    store.submit(&job, "Deployment").await.unwrap();
    let host_key = format!("deployment/{}/host-key", job.id);
    secrets
        .put(&host_key, &Password::new(SENTINEL))
        .await
        .unwrap();
    store
        .set_setting("last_credential", &profile.name)
        .await
        .unwrap();
    assert_eq!(secrets.get(&key).await.unwrap().expose(), SENTINEL);

    let mut looked_at = Vec::new();
    for file in fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let found = bytes
            .windows(SENTINEL.len())
            .any(|w| w == SENTINEL.as_bytes());
        assert!(!found, "{}", path.display());
        looked_at.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    for expected in ["slipway.db", "slipway.db-wal", "secrets.slipway"] {
        assert!(
            looked_at.iter().any(|name| name == expected),
            "{looked_at:?}"
        );
    }
    let printed = format!("{secrets:?} {store:?} {passphrase:?}");
    assert!(!printed.contains(SENTINEL));
}
