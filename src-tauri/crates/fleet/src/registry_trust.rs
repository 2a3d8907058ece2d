//! Registries whose certificate a person accepted by its fingerprint, as a BMC's is. It is kept as a
//! whole, in a folder that our own client, podman and skopeo read as they read `certs.d`.

use slipway_core::{
    address::Address,
    trust::{CertificateInfo, Fingerprint},
};
use slipway_media::registry::tls::AcceptedCertificates;

use crate::{
    AppError, ChangeTag, ErrorCode, Fleet,
    image_views::{AcceptedRegistry, RegistryCertificate},
};

const HTTPS: u16 = 443;

impl Fleet {
    pub(crate) fn accepted_certificates(&self) -> AcceptedCertificates {
        AcceptedCertificates::in_folder(self.inner.config.data_dir.join("registry-certs"))
    }

    /// The registries with an accepted certificate.
    pub(crate) fn accepted_registries(&self) -> Vec<AcceptedRegistry> {
        let all = self.accepted_certificates().all().into_iter();
        all.map(|(registry, der)| AcceptedRegistry {
            registry,
            certificate: slipway_redfish::describe(&der),
        })
        .collect()
    }

    /// What a registry shows to a stranger, and what was accepted for it before. Accepts nothing.
    ///
    /// # Errors
    /// No registry's name; it does not answer, or speaks no TLS.
    pub async fn registry_certificate(
        &self,
        registry: &str,
    ) -> Result<RegistryCertificate, AppError> {
        let (registry, address) = named(registry)?;
        let (_, shown) = shown_by(&address).await?;
        let before = self.accepted_certificates().of(&registry);
        Ok(RegistryCertificate {
            accepted: before.map(|der| slipway_redfish::describe(&der).fingerprint),
            trusted: self.registry().await.trusts(&registry).await.is_ok(),
            registry,
            shown,
        })
    }

    /// Accepts the certificate with this fingerprint for one registry, and for no other.
    ///
    /// # Errors
    /// It shows another one; or it is no use even so, because it is for another name or not valid
    /// now: then it is not kept.
    pub async fn trust_registry(
        &self,
        registry: &str,
        fingerprint: &Fingerprint,
    ) -> Result<(), AppError> {
        let (registry, address) = named(registry)?;
        let (der, shown) = shown_by(&address).await?;
        if shown.fingerprint != *fingerprint {
            return Err(AppError::new(
                ErrorCode::TrustChanged,
                format!("{registry} shows another certificate than the one to be accepted"),
            )
            .because(format!("it shows {}", shown.fingerprint))
            .because(format!("to be accepted was {fingerprint}"))
            .hint("look at it again, and compare it with what the registry's owner says"));
        }
        let kept = self.accepted_certificates();
        let failed = |error: std::io::Error| {
            AppError::new(ErrorCode::Other, "the certificate can't be kept")
                .because(format!("{}: {error}", kept.folder().display()))
        };
        let before = kept.of(&registry);
        kept.keep(&registry, &der).map_err(failed)?;
        if let Err(error) = self.registry().await.trusts(&registry).await {
            match before {
                Some(before) => kept.keep(&registry, &before).map_err(failed)?,
                None => {
                    kept.forget(&registry).map_err(failed)?;
                }
            }
            return Err(AppError::from(error).hint(
                "podman and skopeo take a certificate only for the names that it is for, and while \
                 it is valid: the registry needs another one. Where podman's certs.d has a folder \
                 for this registry, only that one counts",
            ));
        }
        self.changed(ChangeTag::Pin, None);
        Ok(())
    }

    /// Forgets what was accepted for a registry.
    ///
    /// # Errors
    /// Nothing was.
    pub fn distrust_registry(&self, registry: &str) -> Result<(), AppError> {
        let (registry, _) = named(registry)?;
        let forgotten = self.accepted_certificates().forget(&registry);
        let forgotten = forgotten.map_err(|error| {
            AppError::new(ErrorCode::Other, "the certificate can't be forgotten")
                .because(error.to_string())
        })?;
        if !forgotten {
            return Err(AppError::not_found(format!(
                "no certificate of {registry} was accepted here"
            ))
            .hint("`slipctl image registries` shows those that were"));
        }
        self.changed(ChangeTag::Pin, None);
        Ok(())
    }
}

async fn shown_by(address: &Address) -> Result<(Vec<u8>, CertificateInfo), AppError> {
    let der = slipway_redfish::shown_certificate(address).await?;
    let shown = slipway_redfish::describe(&der);
    Ok((der, shown))
}

/// `host[:port]` as references begin, and where that is.
fn named(registry: &str) -> Result<(String, Address), AppError> {
    let registry = registry.trim();
    let address = Address::parse_or(registry, HTTPS).map_err(|error| {
        AppError::from_chain(ErrorCode::Invalid, &error)
            .hint("write host or host:port, as image references begin")
    })?;
    Ok((registry.to_owned(), address))
}
