//! Secrets in the system keyring: the Secret Service on the session's D-Bus.
//!
//! Used by its store crate and not by `keyring`'s own entry type, because that one remembers for
//! the life of the process that there was no keyring.

use std::{
    collections::HashMap,
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use keyring_core::{Entry, Error, api::CredentialStoreApi};
use slipway_core::{
    ports::{Secrets, SecretsError},
    secret::Password,
};
use uuid::Uuid;
use zbus_secret_service_keyring_store::Store as SecretService;
use zeroize::Zeroize;

/// The attribute `service` of all our items.
const SERVICE: &str = "slipway";
/// Says that this folder's secrets are in the keyring, and under which name.
const MARKER_FILE: &str = "secrets.keyring";
/// A locked keyring asks somebody for its password; that takes as long as they take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The keyring's items of one data folder.
pub struct KeyringSecrets {
    /// Before every key, so that two data folders don't share `ca/key`.
    folder: String,
    service: Arc<Mutex<Arc<SecretService>>>,
}

impl std::fmt::Debug for KeyringSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyringSecrets")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The marker's path, where there is one.
pub(super) fn marker(data_dir: &Path) -> Option<PathBuf> {
    let path = data_dir.join(MARKER_FILE);
    path.exists().then_some(path)
}

impl KeyringSecrets {
    /// Whether a keyring answers and takes, gives and forgets a value. A locked one asks for its
    /// password now and not in the middle of something.
    ///
    /// # Errors
    /// [`SecretsError::Unusable`] with the reason.
    pub async fn available() -> Result<(), SecretsError> {
        let probe = format!("probe/{}", Uuid::new_v4().simple());
        aside(move || {
            let entry = item(&*connect()?, &probe)?;
            entry.set_password("probe").map_err(unusable)?;
            let read = entry.get_password().map_err(unusable);
            entry.delete_credential().map_err(unusable)?;
            match read?.as_str() {
                "probe" => Ok(()),
                _ => Err(SecretsError::Unusable(
                    "the system keyring does not give back what it was given".into(),
                )),
            }
        })
        .await
    }

    /// The keyring's items of this data folder; marks the folder where it has no marker yet.
    ///
    /// # Errors
    /// [`SecretsError::Unusable`] where no keyring answers or the marker can't be written.
    pub async fn open(data_dir: &Path) -> Result<Self, SecretsError> {
        let path = data_dir.join(MARKER_FILE);
        aside(move || {
            let service = connect()?;
            let folder = folder_name(&path).map_err(|error| {
                SecretsError::Unusable(format!("marking {}: {error}", path.display()))
            })?;
            Ok(Self {
                folder,
                service: Arc::new(Mutex::new(service)),
            })
        })
        .await
    }

    /// Runs `work` on the item. Where the keyring was started anew since, its session is gone:
    /// that is tried once more with a new one.
    async fn with_item<T: Send + 'static>(
        &self,
        key: &str,
        work: impl Fn(&Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, SecretsError> {
        let user = format!("{}/{key}", self.folder);
        let key = key.to_owned();
        let shared = Arc::clone(&self.service);
        aside(move || {
            let current = shared
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            let done = match work(&item(&current, &user)?) {
                Err(Error::PlatformFailure(_)) => {
                    let fresh = connect()?;
                    let done = work(&item(&fresh, &user)?);
                    *shared.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
                    done
                }
                done => done,
            };
            done.map_err(|error| match error {
                Error::NoEntry => SecretsError::Missing(key),
                error => unusable(error),
            })
        })
        .await
    }
}

#[async_trait]
impl Secrets for KeyringSecrets {
    async fn get(&self, key: &str) -> Result<Password, SecretsError> {
        let value = self.with_item(key, Entry::get_password).await?;
        Ok(Password::new(value))
    }

    async fn put(&self, key: &str, value: &Password) -> Result<(), SecretsError> {
        let value = value.clone();
        self.with_item(key, move |entry| entry.set_password(value.expose()))
            .await
    }

    async fn delete(&self, key: &str) -> Result<(), SecretsError> {
        match self.with_item(key, Entry::delete_credential).await {
            Err(SecretsError::Missing(_)) => Ok(()),
            done => done,
        }
    }

    fn place(&self) -> String {
        "system keyring".to_owned()
    }
}

fn connect() -> Result<Arc<SecretService>, SecretsError> {
    SecretService::new().map_err(unusable)
}

fn item(service: &SecretService, user: &str) -> Result<Entry, SecretsError> {
    // What a keyring's own window shows.
    let label = format!("Slipway: {user}");
    let with = HashMap::from([("label", label.as_str())]);
    service.build(SERVICE, user, Some(&with)).map_err(unusable)
}

/// Never the error's bytes: they would be the secret.
fn unusable(error: Error) -> SecretsError {
    let chain = match error {
        Error::BadEncoding(mut bytes) | Error::BadDataFormat(mut bytes, _) => {
            bytes.zeroize();
            "the value is not a text".to_owned()
        }
        error => slipway_core::failure::chain(&error)
            .pop()
            .unwrap_or_default(),
    };
    SecretsError::Unusable(format!("the system keyring does not answer ({chain})"))
}

/// The folder's name in the keyring: a random one, made once.
fn folder_name(path: &Path) -> std::io::Result<String> {
    let read = || -> std::io::Result<String> {
        let text = std::fs::read_to_string(path)?;
        let name = Uuid::try_parse(text.trim()).map_err(std::io::Error::other)?;
        Ok(name.simple().to_string())
    };
    match read() {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        done => return done,
    }
    // Written whole under another name first: another process may read it at any time.
    let name = Uuid::new_v4().simple().to_string();
    let new = path.with_file_name(format!("{MARKER_FILE}.{name}"));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    writeln!(file, "{name}")?;
    file.sync_all()?;
    // A link fails where the name is taken: then the other process was first, and its name counts.
    let linked = std::fs::hard_link(&new, path);
    std::fs::remove_file(&new)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => read(),
    }
}

/// Runs blocking D-Bus calls on a thread that nobody has to wait for: a password prompt that stays
/// unanswered would keep tokio's blocking pool, and with it the process, from ending.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SecretsError> + Send + 'static,
) -> Result<T, SecretsError> {
    let (done, wait) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(move || drop(done.send(work())))
        .map_err(|error| SecretsError::Unusable(error.to_string()))?;
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(SecretsError::Unusable(
            "the system keyring's client stopped".into(),
        )),
        Err(_) => Err(SecretsError::Unusable(format!(
            "the system keyring gave no answer within {} s; does it ask for its password somewhere?",
            PATIENCE.as_secs()
        ))),
    }
}
