//! Pins: what was accepted, what was refused, and accepting something else on purpose.

use std::collections::HashMap;

use slipway_core::{
    ids::BmcId,
    ports::{BmcError, RemoteError},
    trust::{Fingerprint, Pin, PinKind},
};
use slipway_store::{RefusedKey, StoreError};

use crate::{
    AppError, ChangeTag, Fleet,
    views::{self, AcceptPin, PinView},
};

/// Why a certificate was accepted without a person.
pub(crate) const VOUCHED: &str = "vouched for by the site's CA";

/// Why a certificate or host key was accepted by a person.
const SHOWN: &str = "accepted when it was shown";

impl Fleet {
    /// Every pin, whose it is, and what was shown instead; those that block before all others.
    ///
    /// # Errors
    /// The database.
    pub async fn pins(&self) -> Result<Vec<PinView>, AppError> {
        let mut refused: HashMap<(PinKind, String), RefusedKey> =
            (self.store().refused_keys().await?.into_iter())
                .map(|key| ((key.kind, key.peer.clone()), key))
                .collect();
        let mut views: Vec<PinView> = Vec::new();
        for pin in self.store().pins().await? {
            let refused = refused.remove(&(pin.kind, pin.peer.clone()));
            views.push(pinned(pin, refused));
        }
        views.extend(refused.into_values().map(unpinned));
        self.name_owners(&mut views).await?;
        views.sort_by(|a, b| {
            (a.refused.is_none(), &a.peer, a.kind).cmp(&(b.refused.is_none(), &b.peer, b.kind))
        });
        Ok(views)
    }

    /// A person has compared a fingerprint and accepts it, in place of what was pinned.
    ///
    /// # Errors
    /// The database.
    pub async fn accept_pin(&self, pin: AcceptPin) -> Result<(), AppError> {
        self.accept(pin.kind, pin.peer.clone(), pin.fingerprint, SHOWN)
            .await?;
        // Whoever waited for that is asked again.
        for view in self.pins().await? {
            if view.kind == pin.kind
                && view.peer == pin.peer
                && let Some(bmc) = view.bmc.or(view.dpu.as_ref().map(BmcId::from))
            {
                self.look_soon(&bmc).await?;
            }
        }
        Ok(())
    }

    /// The one place that adds or replaces a pin.
    pub(crate) async fn accept(
        &self,
        kind: PinKind,
        peer: String,
        seen: Fingerprint,
        because: &str,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let pin = Pin {
            kind,
            peer,
            fingerprint: seen,
            accepted_because: because.into(),
            first_seen: now,
            last_seen: now,
        };
        self.store().put_pin(&pin).await?;
        self.changed(ChangeTag::Pin, None);
        Ok(())
    }

    /// Accepts what a person saw; a pin of the same keeps the reason for which it was accepted.
    pub(crate) async fn accept_shown(
        &self,
        kind: PinKind,
        peer: String,
        seen: Fingerprint,
    ) -> Result<(), AppError> {
        let kept = self.store().pin(kind, &peer).await?;
        if kept.is_some_and(|pin| pin.fingerprint == seen) {
            return Ok(());
        }
        Ok(self.accept(kind, peer, seen, SHOWN).await?)
    }

    /// Forgets a pin: the peer is a stranger again.
    ///
    /// # Errors
    /// There is none.
    pub async fn remove_pin(&self, kind: PinKind, peer: &str) -> Result<(), AppError> {
        if !self.store().remove_pin(kind, peer).await? {
            return Err(AppError::not_found(format!("nothing is pinned for {peer}"))
                .hint("`slipctl trust list` shows every pin"));
        }
        self.changed(ChangeTag::Pin, None);
        Ok(())
    }

    /// Keeps what a Redfish service showed in place of its pin, for the trust page.
    pub(crate) async fn note_certificate(&self, error: &BmcError) {
        match error {
            BmcError::CertificateUnknown { peer, seen }
            | BmcError::CertificateChanged { peer, seen, .. } => {
                self.note_refused(PinKind::TlsCertificate, peer, seen).await;
            }
            BmcError::Unreachable { .. }
            | BmcError::Unauthorized { .. }
            | BmcError::NotRedfish { .. }
            | BmcError::Refused { .. }
            | BmcError::Protocol { .. }
            | BmcError::NotOffered { .. } => {}
        }
    }

    /// Keeps what an SSH server showed in place of its pin.
    pub(crate) async fn note_host_key(&self, error: &RemoteError) {
        match error {
            RemoteError::HostKeyUnknown { peer, seen }
            | RemoteError::HostKeyChanged { peer, seen, .. } => {
                self.note_refused(PinKind::SshHostKey, peer, seen).await;
            }
            RemoteError::Unreachable { .. }
            | RemoteError::Unauthorized { .. }
            | RemoteError::Lost { .. }
            | RemoteError::TimedOut { .. } => {}
        }
    }

    async fn note_refused(&self, kind: PinKind, peer: &str, seen: &Fingerprint) {
        let refused = RefusedKey {
            kind,
            peer: peer.to_owned(),
            seen: seen.clone(),
            at: self.now(),
        };
        match self.store().put_refused_key(&refused).await {
            Ok(()) => self.changed(ChangeTag::Pin, None),
            Err(error) => tracing::warn!(peer, %error, "a refused key could not be kept"),
        }
    }

    /// The peer showed its pinned key.
    pub(crate) async fn touch(&self, kind: PinKind, peer: &str) {
        if let Err(error) = self.store().touch_pin(kind, peer, self.now()).await {
            tracing::warn!(peer, %error, "when a pin was seen last could not be kept");
        }
    }
}

fn pinned(pin: Pin, refused: Option<RefusedKey>) -> PinView {
    PinView {
        kind: pin.kind,
        peer: pin.peer,
        fingerprint: Some(pin.fingerprint),
        accepted_because: pin.accepted_because,
        first_seen: Some(pin.first_seen),
        last_seen: Some(pin.last_seen),
        refused: refused.map(shown),
        of: None,
        dpu: None,
        bmc: None,
    }
}

fn unpinned(refused: RefusedKey) -> PinView {
    PinView {
        kind: refused.kind,
        peer: refused.peer.clone(),
        fingerprint: None,
        accepted_because: "nobody has accepted it".into(),
        first_seen: None,
        last_seen: None,
        refused: Some(shown(refused)),
        of: None,
        dpu: None,
        bmc: None,
    }
}

fn shown(key: RefusedKey) -> views::RefusedKey {
    views::RefusedKey {
        seen: key.seen,
        at: key.at,
    }
}
