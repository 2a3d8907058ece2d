//! The certificate authorities of a site: whom it trusts to vouch for its BMCs and its registries.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

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

    /// Trusts these authorities for Redfish and registries from now on, in place of those before;
    /// `None`: nobody. What was pinned by their word stays pinned.
    ///
    /// # Errors
    /// What is no PEM bundle of certificates.
    pub async fn set_site_ca(&self, pem: Option<String>) -> Result<SiteCaView, AppError> {
        let pem = pem.filter(|pem| !pem.trim().is_empty());
        if let Some(pem) = &pem {
            read(pem)?;
        }
        self.store().set_setting(SITE_CA, &pem).await?;
        self.site_certificates().await;
        self.inner.links.forget_all();
        self.changed(ChangeTag::Pin, None);
        self.site_ca().await
    }

    /// For registries, and for podman: a folder of the data folder that holds the authorities as
    /// they are now, or nothing. It is read at each question, so a change counts at once.
    pub(crate) async fn site_certificates(&self) -> Option<PathBuf> {
        let folder = self.inner.config.data_dir.join("site-ca");
        let pem = self.store().setting::<Option<String>>(SITE_CA).await;
        let pem = pem.inspect_err(|error| tracing::warn!(%error, "the site's CA can't be read"));
        let pem = pem.ok()?.flatten();
        let told = {
            let folder = folder.clone();
            tokio::task::spawn_blocking(move || laid_out(&folder, pem.as_deref())).await
        };
        match told {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the site's CA can't be laid out for podman"),
            Err(error) => tracing::warn!(%error, "the site's CA was not laid out for podman"),
        }
        Some(folder)
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

fn laid_out(folder: &Path, pem: Option<&str>) -> io::Result<()> {
    let file = folder.join("site.crt");
    let Some(pem) = pem else {
        return match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        };
    };
    if fs::read_to_string(&file).is_ok_and(|known| known == pem) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let part = folder.join("site.part");
    fs::write(&part, pem)?;
    fs::rename(part, file)
}

fn read(pem: &str) -> Result<SiteCa, AppError> {
    SiteCa::from_pem(pem).map_err(|error| {
        AppError::from_chain(ErrorCode::Invalid, &error)
            .hint("give the CA's certificates as PEM, one after the other")
    })
}
