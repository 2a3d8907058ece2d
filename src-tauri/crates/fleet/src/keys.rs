//! What makes this desk itself: its certificate authority and its fleet key. Made at first start;
//! the private halves live in the secret store only.

use slipway_core::{
    ids::JobId,
    ports::{Secrets, SecretsError},
    secret::Password,
    time::Timestamp,
};
use slipway_media::CertificateAuthority;
use slipway_store::Store;

use crate::AppError;

const CA_KEY: &str = "desk/ca-key";
const FLEET_KEY: &str = "desk/fleet-key";
const CA_CERTIFICATE: &str = "desk.ca_certificate";
const FLEET_PUBLIC: &str = "desk.fleet_key_public";

/// The desk's own keys.
pub struct DeskKeys {
    pub ca: CertificateAuthority,
    /// OpenSSH private key that logs in on our cards.
    pub fleet_key: Password,
    /// Its public half, one `authorized_keys` line.
    pub fleet_key_public: String,
}

impl DeskKeys {
    /// Finds the keys, or makes them.
    ///
    /// # Errors
    /// The secret store or the database can't be used; or one half is there without the other,
    /// which is said and never mended silently: cards trust the old halves.
    pub async fn load(
        store: &Store,
        secrets: &dyn Secrets,
        now: Timestamp,
    ) -> Result<Self, AppError> {
        let (ca_pem, ca_key) = Self::pair(store, secrets, CA_CERTIFICATE, CA_KEY, || {
            let label = JobId::new();
            CertificateAuthority::create(label.short(), now)
                .map(|ca| (ca.certificate_pem().to_owned(), ca.key().clone()))
        })
        .await?;
        let ca = CertificateAuthority::load(&ca_pem, ca_key)
            .map_err(|error| AppError::from_chain(crate::ErrorCode::Other, &error))?;
        let (fleet_key_public, fleet_key) =
            Self::pair(store, secrets, FLEET_PUBLIC, FLEET_KEY, || {
                let (private, public) = slipway_remote::generate_key("slipway");
                Ok((public, private))
            })
            .await?;
        Ok(Self {
            ca,
            fleet_key,
            fleet_key_public,
        })
    }

    async fn pair(
        store: &Store,
        secrets: &dyn Secrets,
        public_name: &str,
        secret_name: &str,
        make: impl FnOnce() -> Result<(String, Password), slipway_media::ca::CaError>,
    ) -> Result<(String, Password), AppError> {
        if let Some(public) = store.setting::<String>(public_name).await? {
            return match secrets.get(secret_name).await {
                Ok(private) => Ok((public, private)),
                Err(SecretsError::Missing(_)) => Err(AppError::new(
                    crate::ErrorCode::SecretsLocked,
                    "the secret store does not have this desk's keys",
                )
                .because(format!(
                    "`{secret_name}` is missing in the {}",
                    secrets.place()
                ))
                .hint("open the secret store that this data folder was made with")),
                Err(error) => Err(error.into()),
            };
        }
        let (public, private) =
            make().map_err(|error| AppError::from_chain(crate::ErrorCode::Other, &error))?;
        secrets.put(secret_name, &private).await?;
        store.set_setting(public_name, &public).await?;
        Ok((public, private))
    }
}
