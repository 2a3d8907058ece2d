//! The ISO library: import, list, publish.

use std::path::Path;

use slipway_core::{
    ids::IsoId,
    iso::{Iso, IsoFacts, IsoOrigin},
    job::{JobFilter, JobSpec, JobStore},
    time::ByteCount,
};
use slipway_media::IsoError;

use crate::{
    AppError, ChangeTag, ErrorCode, Fleet,
    views::{IsoView, PublicationView, TransferKind, TransferProgress},
};

/// What an IMC's virtual media holds at most (13,760 MiB; intel/ipu-redfish).
const IMC_MEDIA_LIMIT: u64 = 13_760 * 1024 * 1024;
/// Above this, MEV 1.8 needs its reserved-memory file.
const MEV_1_8_COMFORT: u64 = 2_000_000_000;

impl Fleet {
    /// Reads an ISO file into the library. The file stays where it is.
    ///
    /// # Errors
    /// Not an ISO, cut off, no such file, already there under another name: each says what to do.
    pub async fn import_iso(
        &self,
        path: &Path,
        name: Option<&str>,
        progress: impl FnMut(TransferProgress) + Send + 'static,
    ) -> Result<Iso, AppError> {
        let path = std::path::absolute(path)
            .map_err(|error| AppError::from_chain(ErrorCode::Invalid, &error))?;
        let transfer = self.begin_transfer(TransferKind::ImportIso, &path, progress);
        let facts = tokio::select! {
            biased;
            () = transfer.stop().cancelled() => Err(IsoError::Cancelled),
            // It may have been stopped while the last of it was read: nothing is kept yet.
            facts = slipway_media::inspect(&path, transfer.told()) => {
                if transfer.stop().is_cancelled() { Err(IsoError::Cancelled) } else { facts }
            }
        };
        let facts = transfer.ended(facts.map_err(|error| import_error(&error)))?;
        let known = self.store().isos().await?;
        if let Some(known) = known.iter().find(|iso| iso.facts.sha256 == facts.sha256) {
            return Err(AppError::refused(format!(
                "this ISO is in the library already, as {}",
                known.name
            ))
            .because(format!(
                "{} has the same SHA-256, {}",
                known.path, facts.sha256
            ))
            .hint("use that one; to give it another place or name, remove it first"));
        }
        let file_name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let iso = Iso {
            id: IsoId::new(),
            name: name
                .map(str::to_owned)
                .or(file_name)
                .unwrap_or_else(|| "installer.iso".into()),
            path: path.display().to_string(),
            facts,
            imported_at: self.now(),
            made: IsoOrigin::Imported {
                by: Some(crate::desk::me()),
            },
        };
        self.store().add_iso(&iso).await?;
        self.changed(ChangeTag::Iso, Some(iso.id.to_string()));
        Ok(iso)
    }

    /// By id, name, or the first digits of the SHA-256.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`].
    pub async fn find_iso(&self, text: &str) -> Result<Iso, AppError> {
        let all = self.store().isos().await?;
        let hash = |iso: &Iso| text.len() >= 8 && iso.facts.sha256.starts_with(text);
        all.into_iter()
            .find(|iso| iso.id.as_str() == text || iso.name == text || hash(iso))
            .ok_or_else(|| {
                AppError::not_found(format!("there is no ISO `{text}` in the library"))
                    .hint("`slipctl iso list` shows all, `slipctl iso import` adds one")
            })
    }

    /// The library, with who reads what right now.
    ///
    /// # Errors
    /// The database.
    pub async fn isos(&self) -> Result<Vec<IsoView>, AppError> {
        let active = self
            .store()
            .jobs(&JobFilter {
                active_only: true,
                ..JobFilter::default()
            })
            .await?;
        let plain = self.plain_publications().await?;
        let isos = self.store().isos().await?;
        Ok(isos
            .into_iter()
            .map(|iso| {
                let mut publications: Vec<PublicationView> = plain
                    .iter()
                    .filter(|(id, _)| *id == iso.id)
                    .map(|(_, view)| view.clone())
                    .collect();
                publications.extend(active.iter().filter_map(|job| {
                    let JobSpec::Deployment(plan) = &job.spec else {
                        return None;
                    };
                    let prepared = job.facts.prepared.as_ref()?;
                    (plan.iso == iso.id).then(|| PublicationView {
                        id: String::new(),
                        // Who has the whole URL can read the card's host key while it is served.
                        url: format!(
                            "https://{}/iso/…/{}",
                            prepared.url.authority(),
                            prepared.file_name
                        ),
                        file_name: prepared.file_name.clone(),
                        job: Some(job.id.clone()),
                        elsewhere: false,
                        expires_at: None,
                        readers: self.inner.media.readers(&prepared.token),
                    })
                }));
                IsoView {
                    publications,
                    why_not_deployable: why_not_deployable(&iso),
                    warnings: warnings(&iso),
                    needs_reserved_memory: needs_reserved_memory(&iso.facts),
                    iso,
                }
            })
            .collect())
    }

    /// Takes an ISO out of the library; the file stays.
    ///
    /// # Errors
    /// Refused while a deployment uses it.
    pub async fn remove_iso(&self, id: &IsoId) -> Result<(), AppError> {
        let active = self
            .store()
            .jobs(&JobFilter {
                active_only: true,
                ..JobFilter::default()
            })
            .await?;
        if active
            .iter()
            .any(|job| matches!(&job.spec, JobSpec::Deployment(plan) if plan.iso == *id))
        {
            return Err(
                AppError::refused("a deployment uses this ISO").hint("wait for it, or cancel it")
            );
        }
        let waiting = self.store().waiting_specs().await?;
        if waiting
            .iter()
            .any(|spec| matches!(spec, JobSpec::Deployment(plan) if plan.iso == *id))
        {
            return Err(AppError::refused("cards of a batch wait for this ISO")
                .hint("let the batch end, or cancel it"));
        }
        for (of, view) in self.plain_publications().await? {
            if of == *id {
                self.unpublish_iso(&view.id).await?;
            }
        }
        self.store().remove_iso(id).await?;
        self.changed(ChangeTag::Iso, Some(id.to_string()));
        Ok(())
    }
}

pub(crate) fn import_error(error: &IsoError) -> AppError {
    AppError::from_chain(code(error), error).hint(error.hint())
}

fn code(error: &IsoError) -> ErrorCode {
    match error {
        IsoError::NoSuchFile { .. } => ErrorCode::NotFound,
        IsoError::NotAnIso { .. }
        | IsoError::Truncated { .. }
        | IsoError::Xorriso { .. }
        | IsoError::BadFile { .. }
        | IsoError::Container { .. }
        | IsoError::DigestMismatch { .. } => ErrorCode::Invalid,
        IsoError::Unreadable { .. } | IsoError::XorrisoMissing | IsoError::Cancelled => {
            ErrorCode::Other
        }
    }
}

/// The file is where it was, and as long as it was.
pub(crate) async fn check_file(iso: &Iso) -> Result<(), AppError> {
    let gone = |cause: String| {
        AppError::refused(format!("the file of {} is not what was imported", iso.name))
            .because(cause)
            .hint("remove the ISO and import it again")
    };
    let found = tokio::fs::metadata(&iso.path)
        .await
        .map_err(|e| gone(format!("{}: {e}", iso.path)))?;
    if found.len() != iso.facts.size.0 {
        return Err(gone(format!(
            "{} has {} bytes, had {}",
            iso.path,
            found.len(),
            iso.facts.size.0
        )));
    }
    Ok(())
}

pub(crate) fn why_not_deployable(iso: &Iso) -> Option<String> {
    why_not_deployable_facts(&iso.facts)
}

pub(crate) fn why_not_deployable_facts(facts: &IsoFacts) -> Option<String> {
    if facts.image_digest.is_none() {
        return Some(
            "there is no image in it (no /container): success could not be checked".into(),
        );
    }
    if facts.area.is_none() {
        return Some(
            "it has no kickstart area: a card could not be given its name and keys".into(),
        );
    }
    if !facts.bootable {
        return Some("it has no boot record".into());
    }
    if let Some(arch) = facts.architecture.as_deref()
        && arch != "aarch64"
    {
        return Some(format!("it is for {arch}; an IPU's ACC is aarch64"));
    }
    if facts.size.0 > IMC_MEDIA_LIMIT {
        return Some(format!(
            "it has {}, an IMC takes {}",
            facts.size,
            ByteCount(IMC_MEDIA_LIMIT)
        ));
    }
    None
}

fn needs_reserved_memory(facts: &IsoFacts) -> bool {
    facts.size.0 > MEV_1_8_COMFORT
}

pub(crate) fn warnings(iso: &Iso) -> Vec<String> {
    let facts = &iso.facts;
    let mut all = Vec::new();
    match &facts.image_reference {
        None => all.push(
            "the ISO does not say which registry its image comes from: a card could never upgrade until it is switched"
                .to_owned(),
        ),
        Some(reference) if reference.is_local_only() => all.push(format!(
            "{reference} lives in no registry: a card could never upgrade until it is switched"
        )),
        Some(_) => {}
    }
    if facts.contains_secrets {
        all.push(
            "it holds secrets (a password's hash, a login, a key): whoever can fetch it can read them"
                .into(),
        );
    }
    if needs_reserved_memory(facts) {
        all.push("over 2 GB: firmware 1.8 needs its reserved-memory file for it (`slipctl iso reserved-memory` prints it, `slipctl bmc prepare CARD --reserved-memory` installs it)".into());
    }
    if !facts
        .kargs
        .iter()
        .any(|arg| arg.starts_with("netroot=iscsi:"))
    {
        all.push("its boot entries have no netroot=iscsi: argument; an IPU's installer would not find its disk".into());
    }
    all
}
