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

use crate::database::create_private_folder;

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
    create_private_folder(data_dir).map_err(|error| {
        SecretsError::Unusable(format!("making {}: {error}", data_dir.display()))
    })?;
    let path = data_dir.join(SECRETS_FILE);
    if file_secrets_exist(data_dir) {
        let secrets = FileSecrets::locked(path);
        secrets
            .unlock(&passphrase.ok_or(SecretsError::Locked)?)
            .await?;
        return Ok(Arc::new(secrets));
    }
    if let Some(marker) = keyring::marker(data_dir) {
        return match KeyringSecrets::open(data_dir).await {
            Ok(secrets) => Ok(Arc::new(secrets)),
            Err(error) => Err(SecretsError::Unusable(format!(
                "this data folder's secrets are in the system keyring, and {}; start the keyring, \
                 or remove {} to begin anew with a passphrase",
                reason(error),
                marker.display()
            ))),
        };
    }
    match (KeyringSecrets::available().await, passphrase) {
        (Ok(()), _) => Ok(Arc::new(KeyringSecrets::open(data_dir).await?)),
        (Err(_), Some(passphrase)) => {
            let secrets = FileSecrets::create(path, &passphrase, KdfCost::default()).await?;
            Ok(Arc::new(secrets))
        }
        (Err(error), None) => Err(SecretsError::Unusable(format!(
            "{}; start a keyring or give a passphrase with --passphrase-fd",
            reason(error)
        ))),
    }
}

/// Without the sentence that whoever shows it says again.
fn reason(error: SecretsError) -> String {
    match error {
        SecretsError::Unusable(reason) => reason,
        SecretsError::Missing(_) | SecretsError::Locked | SecretsError::WrongPassphrase => {
            error.to_string()
        }
    }
}
