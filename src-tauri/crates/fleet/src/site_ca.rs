//! The certificate authorities of a site: whom it trusts to vouch for its BMCs.

use slipway_redfish::SiteCa;

use crate::{AppError, ChangeTag, ErrorCode, Fleet, views::SiteCaView};

const SITE_CA: &str = "desk.site_ca";

impl Fleet {
    /// The authorities, if there are any.
    ///
    /// # Errors
    /// The database.
    pub async fn site_ca(&self) -> Result<SiteCaView, AppError> {
        let pem = self
            .store()
            .setting::<Option<String>>(SITE_CA)
            .await?
            .flatten();
        let authorities = match &pem {
            Some(pem) => read(pem)?.authorities(),
            None => Vec::new(),
        };
        Ok(SiteCaView { pem, authorities })
    }

    /// Trusts these authorities for Redfish from now on, in place of those before; `None`: nobody.
    /// What was pinned by their word stays pinned.
    ///
    /// # Errors
    /// What is no PEM bundle of certificates.
    pub async fn set_site_ca(&self, pem: Option<String>) -> Result<SiteCaView, AppError> {
        let pem = pem.filter(|pem| !pem.trim().is_empty());
        if let Some(pem) = &pem {
            read(pem)?;
        }
        self.store().set_setting(SITE_CA, &pem).await?;
        self.inner.links.forget_all();
        self.changed(ChangeTag::Pin, None);
        self.site_ca().await
    }

    /// For the adapter. A stored bundle that can't be read any more vouches for nobody.
    pub(crate) async fn site_authorities(&self) -> Result<Option<SiteCa>, AppError> {
        let pem = self.store().setting::<Option<String>>(SITE_CA).await?;
        Ok(pem.flatten().and_then(|pem| match SiteCa::from_pem(&pem) {
            Ok(ca) => Some(ca),
            Err(error) => {
                tracing::warn!(%error, "the site's CA bundle vouches for nobody");
                None
            }
        }))
    }
}

fn read(pem: &str) -> Result<SiteCa, AppError> {
    SiteCa::from_pem(pem).map_err(|error| {
        AppError::from_chain(ErrorCode::Invalid, &error)
            .hint("give the CA's certificates as PEM, one after the other")
    })
}
