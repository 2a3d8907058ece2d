//! Secrets in one encrypted file, for machines without a keyring.
//!
//! Each call reads the file anew and keeps no plaintext, so several processes may use it at once.
//! A change is read, changed and written under a lock, and replaces the file in one rename.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use slipway_core::{
    ports::{Secrets, SecretsError},
    secret::Password,
};
use zeroize::Zeroizing;

use super::envelope::{Entries, KdfCost, Key};

/// How long to wait for another process that changes the file.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// The encrypted file. Locked until a passphrase was given; the key is wiped when it is dropped.
pub struct FileSecrets {
    path: PathBuf,
    key: Mutex<Option<Arc<Key>>>,
}

impl std::fmt::Debug for FileSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileSecrets")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl FileSecrets {
    /// A file that is there, still locked.
    #[must_use]
    pub fn locked(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            key: Mutex::new(None),
        }
    }

    /// Makes the file (0600), or unlocks the one that is there already.
    ///
    /// # Errors
    /// [`SecretsError::Unusable`] where it can't be written or the passphrase is empty, and
    /// [`SecretsError::WrongPassphrase`] where the file is there under another one.
    pub async fn create(
        path: impl Into<PathBuf>,
        passphrase: &Password,
        cost: KdfCost,
    ) -> Result<Self, SecretsError> {
        let path = path.into();
        let passphrase = passphrase.clone();
        blocking(move || {
            let _lock = lock(&path)?;
            let key = match read(&path)? {
                Some(file) => right_key(&passphrase, &file)?,
                None => {
                    let key = Key::new(&passphrase, cost)?;
                    replace(&path, &key.seal(&Entries::new())?)?;
                    key
                }
            };
            Ok(Self {
                path,
                key: Mutex::new(Some(Arc::new(key))),
            })
        })
        .await
    }

    /// Takes about a second: deriving the key is meant to be slow.
    ///
    /// # Errors
    /// [`SecretsError::WrongPassphrase`], [`SecretsError::Unusable`] where there is no such file.
    pub async fn unlock(&self, passphrase: &Password) -> Result<(), SecretsError> {
        let path = self.path.clone();
        let passphrase = passphrase.clone();
        let key = blocking(move || right_key(&passphrase, &existing(&path)?)).await?;
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(key));
        Ok(())
    }

    fn key(&self) -> Result<Arc<Key>, SecretsError> {
        let key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        key.clone().ok_or(SecretsError::Locked)
    }

    /// Reads, changes and writes under the lock; writes nothing where nothing changed.
    async fn change(
        &self,
        change: impl FnOnce(&mut Entries) -> bool + Send + 'static,
    ) -> Result<(), SecretsError> {
        let key = self.key()?;
        let path = self.path.clone();
        blocking(move || {
            let _lock = lock(&path)?;
            let mut entries = key.open(&existing(&path)?)?;
            if change(&mut entries) {
                replace(&path, &key.seal(&entries)?)?;
            }
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Secrets for FileSecrets {
    async fn get(&self, key: &str) -> Result<Password, SecretsError> {
        let file_key = self.key()?;
        let path = self.path.clone();
        let name = key.to_owned();
        blocking(move || {
            let entries = file_key.open(&existing(&path)?)?;
            match entries.get(&name) {
                Some(value) => Ok(Password::new(value.as_str())),
                None => Err(SecretsError::Missing(name)),
            }
        })
        .await
    }

    async fn put(&self, key: &str, value: &Password) -> Result<(), SecretsError> {
        let key = key.to_owned();
        let value = Zeroizing::new(value.expose().to_owned());
        self.change(move |entries| entries.insert(key, value.clone()).as_ref() != Some(&value))
            .await
    }

    async fn delete(&self, key: &str) -> Result<(), SecretsError> {
        let key = key.to_owned();
        self.change(move |entries| entries.remove(&key).is_some())
            .await
    }

    fn place(&self) -> String {
        format!("encrypted file {}", self.path.display())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SecretsError> + Send + 'static,
) -> Result<T, SecretsError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| SecretsError::Unusable(error.to_string()))?
}

fn unusable(path: &Path, what: &str, error: impl std::fmt::Display) -> SecretsError {
    SecretsError::Unusable(format!("{what} {}: {error}", path.display()))
}

/// The derived key, tried on the file.
fn right_key(passphrase: &Password, file: &[u8]) -> Result<Key, SecretsError> {
    let key = Key::for_file(passphrase, file)?;
    key.open(file)?;
    Ok(key)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, SecretsError> {
    match fs::read(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(path, "reading", error)),
    }
}

fn existing(path: &Path) -> Result<Vec<u8>, SecretsError> {
    read(path)?.ok_or_else(|| unusable(path, "reading", "there is no such file"))
}

/// `name` and a suffix, in the same folder.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// Held until it is dropped. A file of its own, because the other one is replaced.
fn lock(path: &Path) -> Result<File, SecretsError> {
    let path = beside(path, ".lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|error| unusable(&path, "opening", error))?;
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(unusable(&path, "waiting for", "another process holds it"));
            }
            Err(TryLockError::Error(error)) => return Err(unusable(&path, "locking", error)),
        }
    }
}

/// Replaces the file as a whole, or leaves the old one as it is. Only under the lock.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), SecretsError> {
    let new = beside(path, ".new");
    let written = write_new(&new, bytes).and_then(|()| fs::rename(&new, path));
    if let Err(error) = written {
        // The old file is whole; a leftover of the new one is only in the way.
        drop(fs::remove_file(&new));
        return Err(unusable(path, "writing", error));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(|error| unusable(path, "writing", error))
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
