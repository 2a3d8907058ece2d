//! Serving ISOs as they are, to whoever has the URL: on which address, for how long, and taking
//! them down again, also from another process.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
    time::Duration,
};

use slipway_core::{
    ids::{IsoId, JobId},
    iso::published_name,
    ports::Publication,
    time::Timestamp,
};
use slipway_media::Scheme;
use slipway_store::StoredPublication;

use crate::{
    AppError, ChangeTag, Fleet,
    isos::check_file,
    views::{MediaAddress, PublicationView, PublishRequest},
};

/// A process that dies is known to serve no more after this long.
const LEASE: Duration = Duration::from_secs(10);
/// How soon a wish of another process to take something down is heard.
const LOOK: Duration = Duration::from_secs(1);

/// What this process serves.
#[derive(Clone)]
pub(crate) struct Plain {
    iso: IsoId,
    token: String,
    view: PublicationView,
}

impl Fleet {
    /// Serves the ISO as it is, until it expires, is taken down, or this process ends.
    ///
    /// # Errors
    /// The file is gone; the address is not this machine's, or its port can't be bound.
    pub async fn publish_iso(&self, request: &PublishRequest) -> Result<PublicationView, AppError> {
        let iso = self.store().iso(&request.iso).await?;
        check_file(&iso).await?;
        let address = self.publish_address(request).await?;
        let token = slipway_media::new_token();
        let file_name = published_name(&iso.name, &iso.facts.sha256, None);
        let publication = Publication {
            token: token.clone(),
            file_name: file_name.clone(),
            iso_path: iso.path.clone().into(),
            size: iso.facts.size,
            overlay: None,
        };
        let media = &self.inner.media;
        let scheme = match request.http {
            true => Scheme::Http,
            false => Scheme::Https,
        };
        let url = media.publish_on(address, scheme, publication).await?;
        let now = self.now();
        let expires_at = request
            .expires_in_s
            .map(|s| now.plus(Duration::from_secs(s.into())));
        let view = PublicationView {
            // A job's kind of id: sortable, and long enough to be nobody else's.
            id: JobId::new().short().to_owned(),
            url: url.to_string(),
            file_name: file_name.clone(),
            job: None,
            elsewhere: false,
            expires_at,
            readers: vec![],
        };
        let stored = StoredPublication {
            id: view.id.clone(),
            iso: iso.id.clone(),
            place: format!("{}://{}", url.scheme(), url.authority()),
            file_name,
            since: now,
            expires_at,
            served_until: now.plus(LEASE),
            withdrawn: false,
        };
        if let Err(error) = self.store().add_publication(&stored).await {
            media.unpublish(&token).await;
            return Err(error.into());
        }
        if let Ok(mut all) = self.inner.plain.lock() {
            all.push(Plain {
                iso: iso.id.clone(),
                token,
                view: view.clone(),
            });
        }
        tokio::spawn(self.clone().keep_published(stored));
        self.changed(ChangeTag::Iso, Some(iso.id.to_string()));
        Ok(view)
    }

    async fn publish_address(&self, request: &PublishRequest) -> Result<IpAddr, AppError> {
        if let Some(text) = &request.address {
            return text.parse().map_err(|_| {
                AppError::invalid(format!("`{text}` is no IP address"))
                    .hint("give one of this machine's addresses")
            });
        }
        let in_the_lab = self
            .store()
            .setting::<bool>(crate::cards::LAB_SETTING)
            .await?
            .unwrap_or(false);
        Ok(match self.inner.config.media_address {
            // The lab's cards are on this machine, and nobody else needs its ISO.
            None if in_the_lab => Ipv4Addr::LOCALHOST.into(),
            Some(_) | None => self.inner.media.outward().await,
        })
    }

    /// Tells the other processes that it is still served, until it expires or one of them wants it
    /// taken down.
    async fn keep_published(self, stored: StoredPublication) {
        let id = stored.id.clone();
        loop {
            tokio::time::sleep(LOOK).await;
            if !self.plain_ids().contains(&id) {
                return;
            }
            let now = self.now();
            let expired = stored.expires_at.is_some_and(|at| at <= now);
            let wanted = match self.still_wanted(&stored, now).await {
                Ok(wanted) => wanted,
                Err(error) => {
                    tracing::warn!(%error, "a publication could not be renewed");
                    true
                }
            };
            if !wanted || expired {
                self.take_down(&id).await;
                return;
            }
        }
    }

    /// Whether nobody has withdrawn it. A row whose lease ran out (this machine slept) may have been
    /// taken for a dead process's, and removed: it is added again.
    async fn still_wanted(
        &self,
        stored: &StoredPublication,
        now: Timestamp,
    ) -> Result<bool, AppError> {
        let until = now.plus(LEASE);
        if self.store().renew_publication(&stored.id, until).await? {
            return Ok(true);
        }
        let all = self.store().publications(Timestamp::from_millis(0)).await?;
        if all.iter().any(|one| one.id == stored.id) {
            return Ok(false);
        }
        let again = StoredPublication {
            served_until: until,
            ..stored.clone()
        };
        self.store().add_publication(&again).await?;
        Ok(true)
    }

    fn plain(&self) -> Vec<Plain> {
        let plain = self.inner.plain.lock();
        plain.map(|all| all.clone()).unwrap_or_default()
    }

    fn plain_ids(&self) -> Vec<String> {
        self.plain().into_iter().map(|one| one.view.id).collect()
    }

    /// What is served as it is: here with who reads it, elsewhere as far as the database knows.
    pub(crate) async fn plain_publications(
        &self,
    ) -> Result<Vec<(IsoId, PublicationView)>, AppError> {
        let mut all: Vec<(IsoId, PublicationView)> = self
            .plain()
            .into_iter()
            .map(|one| {
                let readers = self.inner.media.readers(&one.token);
                (
                    one.iso,
                    PublicationView {
                        readers,
                        ..one.view
                    },
                )
            })
            .collect();
        for stored in self.store().publications(self.now()).await? {
            if all.iter().any(|(_, view)| view.id == stored.id) || stored.withdrawn {
                continue;
            }
            let view = PublicationView {
                url: format!("{}/iso/…/{}", stored.place, stored.file_name),
                id: stored.id,
                file_name: stored.file_name,
                job: None,
                elsewhere: true,
                expires_at: stored.expires_at,
                readers: vec![],
            };
            all.push((stored.iso, view));
        }
        Ok(all)
    }

    /// Takes a plain publication down, whichever process serves it. Deployments take their own
    /// down.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`], the database.
    pub async fn unpublish_iso(&self, id: &str) -> Result<(), AppError> {
        if self.plain_ids().iter().any(|one| one == id) {
            self.take_down(id).await;
            return Ok(());
        }
        if !self.store().withdraw_publication(id).await? {
            return Err(
                AppError::not_found(format!("nothing is served under the number {id}"))
                    .hint("`slipctl iso list` shows what is served"),
            );
        }
        self.changed(ChangeTag::Iso, None);
        Ok(())
    }

    async fn take_down(&self, id: &str) {
        let taken = self.inner.plain.lock().ok().and_then(|mut all| {
            let at = all.iter().position(|one| one.view.id == id)?;
            Some(all.remove(at))
        });
        if let Some(taken) = taken {
            self.inner.media.unpublish(&taken.token).await;
        }
        if let Err(error) = self.store().forget_publication(id, self.now()).await {
            tracing::warn!(%error, "a publication could not be forgotten");
        }
        self.changed(ChangeTag::Iso, None);
    }

    /// Writes the certificate of our own authority, PEM: for readers that are to trust our server.
    ///
    /// # Errors
    /// The file can't be written.
    pub async fn export_ca_certificate(&self, path: &Path) -> Result<(), AppError> {
        written(path, self.ca_certificate_pem()).await
    }

    /// Writes the file that firmware 1.8 needs for an ISO of more than 2 GB.
    ///
    /// # Errors
    /// The file can't be written.
    pub async fn export_reserved_memory_file(&self, path: &Path) -> Result<(), AppError> {
        written(path, self.reserved_memory_file()).await
    }

    /// This machine's addresses, those that others reach first.
    #[must_use]
    pub fn media_addresses(&self) -> Vec<MediaAddress> {
        slipway_media::local_addresses()
            .into_iter()
            .map(|(address, interface)| MediaAddress {
                address: address.to_string(),
                interface,
                loopback: address.is_loopback(),
            })
            .collect()
    }
}

/// A file of a person's own choice; what lies there is replaced, as the dialog that asked has said.
async fn written(path: &Path, text: impl AsRef<[u8]>) -> Result<(), AppError> {
    tokio::fs::write(path, text).await.map_err(|error| {
        AppError::new(
            crate::ErrorCode::Other,
            format!("{} can't be written", path.display()),
        )
        .because(error.to_string())
        .hint("choose another place")
    })
}
