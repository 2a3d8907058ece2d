//! Pins: what was accepted, and accepting something else on purpose.

use slipway_core::trust::{Pin, PinKind};

use crate::{AppError, ChangeTag, Fleet, views::AcceptPin};

impl Fleet {
    /// Every pin.
    ///
    /// # Errors
    /// The database.
    pub async fn pins(&self) -> Result<Vec<Pin>, AppError> {
        Ok(self.store().pins().await?)
    }

    /// A person has compared a fingerprint and accepts it, in place of what was pinned.
    ///
    /// # Errors
    /// The database.
    pub async fn accept_pin(&self, pin: AcceptPin) -> Result<(), AppError> {
        self.accept(pin.kind, pin.peer, pin.fingerprint).await
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
}
