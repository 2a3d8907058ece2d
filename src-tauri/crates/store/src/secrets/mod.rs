//! Secrets: in the system keyring where there is one, else in an encrypted file.
//!
//! Which of the two a data folder uses is decided once. A folder whose secrets are in the keyring
//! has a marker with its own name in there; so two data folders of one user (a demo, say) don't
//! write over each other, and a session without the keyring does not start a second, empty store.

mod envelope;
mod file;
mod keyring;

use std::{path::Path, sync::Arc};

use slipway_core::{
    ports::{Secrets, SecretsError},
    secret::Password,
};

pub use envelope::KdfCost;
pub use file::FileSecrets;
pub use keyring::KeyringSecrets;

/// The encrypted file's name in the data folder.
pub const SECRETS_FILE: &str = "secrets.slipway";

/// Whether this data folder's secrets are in an encrypted file, so that its passphrase is needed.
#[must_use]
pub fn file_secrets_exist(data_dir: &Path) -> bool {
    data_dir.join(SECRETS_FILE).exists()
}

/// Opens this data folder's secrets: the encrypted file where there is one, else the keyring where
/// one answers, else a new file under the passphrase.
///
/// # Errors
/// [`SecretsError::Locked`] where there is a file and no passphrase was given,
/// [`SecretsError::WrongPassphrase`], and [`SecretsError::Unusable`] with what to do.
pub async fn open_secrets(
    data_dir: &Path,
    passphrase: Option<Password>,
) -> Result<Arc<dyn Secrets>, SecretsError> {
    let path = data_dir.join(SECRETS_FILE);
    if file_secrets_exist(data_dir) {
        let secrets = FileSecrets::locked(path);
        secrets.unlock(&passphrase.ok_or(SecretsError::Locked)?).await?;
        return Ok(Arc::new(secrets));
    }
    let reason = match KeyringSecrets::available().await {
        Ok(()) => return Ok(Arc::new(KeyringSecrets::open(data_dir).await?)),
        Err(error) => match error {
            SecretsError::Unusable(reason) => reason,
            SecretsError::Missing(_) | SecretsError::Locked | SecretsError::WrongPassphrase => {
                error.to_string()
            }
        },
    };
    if let Some(marker) = keyring::marker(data_dir) {
        return Err(SecretsError::Unusable(format!(
            "this data folder's secrets are in the system keyring, and {reason}; start the keyring, \
             or remove {} to begin anew with a passphrase",
            marker.display()
        )));
    }
    match passphrase {
        Some(passphrase) => {
            let secrets = FileSecrets::create(path, &passphrase, KdfCost::default()).await?;
            Ok(Arc::new(secrets))
        }
        None => Err(SecretsError::Unusable(format!(
            "{reason}; start a keyring or give a passphrase with --passphrase-fd"
        ))),
    }
}
