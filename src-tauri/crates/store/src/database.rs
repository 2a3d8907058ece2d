//! Opening the database file. The questions that are asked of it are in the other modules.

use std::{
    fs::{DirBuilder, OpenOptions, Permissions},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, Connection, Row, Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    error::{StoreError, is_not_a_database},
    saves::Saves,
};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long a write waits for another process.
const BUSY: Duration = Duration::from_secs(5);
/// How long a write waits for the others of this process.
const QUEUE: Duration = Duration::from_secs(120);
const READERS: u32 = 4;

/// The database. Clones are the same one.
///
/// One connection writes: the writers of a process queue in order instead of polling a lock.
/// Readers see the last commit and wait for nobody (WAL).
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) read: SqlitePool,
    write: SqlitePool,
    pub(crate) saves: Saves,
}

impl Store {
    /// Opens the database file, or creates it (0600) and its folder (0700), and brings its tables
    /// to this version's shape.
    ///
    /// # Errors
    /// [`StoreError`]: a newer or foreign file is refused before anything is changed in it.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_waiting(path.as_ref(), BUSY).await
    }

    pub(crate) async fn open_waiting(path: &Path, busy: Duration) -> Result<Self, StoreError> {
        prepare_file(path)?;
        // SQLite gives up at once, timeout or not, where two turn on WAL at the same time.
        let deadline = Instant::now() + busy;
        loop {
            match Self::open_once(path, busy).await {
                Err(StoreError::Locked) if Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                done => return done,
            }
        }
    }

    async fn open_once(path: &Path, busy: Duration) -> Result<Self, StoreError> {
        refuse_what_is_not_ours(path, busy).await?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(busy)
            .synchronous(SqliteSynchronous::Full);
        let write = pool(1)
            .connect_with(options.clone().journal_mode(SqliteJournalMode::Wal))
            .await?;
        if let Err(error) = migrate(&write).await {
            write.close().await;
            return Err(error);
        }
        let read = pool(READERS)
            .connect_with(options.pragma("query_only", "on"))
            .await?;
        Ok(Self {
            read,
            write,
            saves: Saves::default(),
        })
    }

    /// A database that lives as long as this value, for tests.
    ///
    /// # Errors
    /// [`StoreError`] where there is no memory.
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(":memory:")
            .foreign_keys(true);
        // Another connection would be another database: this one reads and writes.
        let only = pool(1).min_connections(1).connect_with(options).await?;
        migrate(&only).await?;
        Ok(Self {
            read: only.clone(),
            write: only,
            saves: Saves::default(),
        })
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// A transaction that holds the write lock from its first moment, so that what it reads is
    /// what it changes.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.write.begin_with("BEGIN IMMEDIATE").await?)
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(QUEUE)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// For its owner only where it is made here; a folder that exists is left as it is.
pub(crate) fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    if folder.as_os_str().is_empty() || folder.exists() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Never opens a file that exists: closing it again would drop the locks that SQLite holds on it
/// for another connection of this process (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
fn prepare_file(path: &Path) -> Result<(), StoreError> {
    let failed = |source: std::io::Error| match source.kind() {
        ErrorKind::StorageFull => StoreError::DiskFull,
        _ => StoreError::Open {
            path: path.to_owned(),
            source,
        },
    };
    if let Some(folder) = path.parent() {
        create_private_folder(folder).map_err(failed)?;
    }
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let metadata = path.metadata().map_err(failed)?;
            if !metadata.is_file() {
                return Err(failed(std::io::Error::other("it is not a file")));
            }
            // A copy that was put back from a backup, say.
            if metadata.permissions().mode() & 0o077 != 0
                && let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(0o600))
            {
                tracing::warn!(path = %path.display(), %error, "the database can be read by others");
            }
            Ok(())
        }
        Err(error) => Err(failed(error)),
    }
}

/// Looks without writing: not even the journal mode is set in a file that isn't ours to change.
async fn refuse_what_is_not_ours(path: &Path, busy: Duration) -> Result<(), StoreError> {
    let empty = path.metadata().is_ok_and(|metadata| metadata.len() == 0);
    if empty {
        return Ok(());
    }
    let foreign = |error: sqlx::Error| {
        if is_not_a_database(&error) {
            StoreError::NotADatabase {
                path: path.to_owned(),
            }
        } else {
            error.into()
        }
    };
    let mut looking = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(busy)
        .connect()
        .await
        .map_err(foreign)?;
    let found = look(&mut looking).await.map_err(foreign);
    looking.close().await?;
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    match found? {
        Found::Nothing => Ok(()),
        Found::Others => Err(StoreError::NotADatabase {
            path: path.to_owned(),
        }),
        Found::Ours { newest } if newest > known => Err(StoreError::NewerDatabase {
            path: path.to_owned(),
            found: newest,
            known,
        }),
        Found::Ours { .. } => Ok(()),
    }
}

enum Found {
    Nothing,
    /// Tables that some other program made.
    Others,
    Ours {
        newest: i64,
    },
}

async fn look(connection: &mut sqlx::SqliteConnection) -> Result<Found, sqlx::Error> {
    let tables = sqlx::query("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(&mut *connection)
        .await?;
    let mut names = Vec::with_capacity(tables.len());
    for table in &tables {
        names.push(table.try_get::<String, _>(0)?);
    }
    if names.is_empty() {
        return Ok(Found::Nothing);
    }
    if !names.contains(&MIGRATIONS.table_name.to_string()) {
        return Ok(Found::Others);
    }
    let newest = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await?;
    Ok(Found::Ours {
        newest: newest.try_get(0)?,
    })
}

/// Another process may be doing the same: sqlx takes no lock for SQLite, but each migration is a
/// transaction, so the slower one fails once per migration and finds it done when it looks again.
///
/// A disk that is full is not tried again: after its failed commit the connection still shows what
/// it could not keep, and the next try would find nothing left to do.
async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut tries = MIGRATIONS.iter().count();
    loop {
        match MIGRATIONS.run(pool).await.map_err(StoreError::from) {
            Ok(()) => return Ok(()),
            Err(full @ StoreError::DiskFull) => return Err(full),
            Err(error) if tries == 0 => return Err(error),
            Err(_) => tries -= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_another_process_holds_is_said_to_be_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slipway.db");
        let patience = Duration::from_millis(100);
        let store = Store::open_waiting(&path, patience).await.unwrap();
        let other = Store::open_waiting(&path, patience).await.unwrap();
        let held = other.begin().await.unwrap();
        let refused = store.set_setting("a", &1).await.unwrap_err();
        assert!(matches!(refused, StoreError::Locked), "{refused:?}");
        assert_eq!(
            store.setting::<u8>("a").await.unwrap(),
            None,
            "readers wait for nobody"
        );
        drop(held);
        // The rollback happens behind our back: the next writer of that process waits for it.
        other.begin().await.unwrap().rollback().await.unwrap();
        store.set_setting("a", &1).await.unwrap();
    }

    #[tokio::test]
    async fn what_matters_is_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("slipway.db")).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for (pragma, wanted) in [
            ("PRAGMA synchronous", "2"),
            ("PRAGMA foreign_keys", "1"),
            ("PRAGMA busy_timeout", "5000"),
        ] {
            let row = sqlx::query(pragma).fetch_one(&mut *tx).await.unwrap();
            assert_eq!(row.get::<i64, _>(0).to_string(), wanted, "{pragma}");
        }
        let row = sqlx::query("PRAGMA journal_mode")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(row.get::<String, _>(0), "wal");
    }
}
