//! Pins: accepted certificates and host keys. Whether to accept is not decided here.

use slipway_core::{
    time::Timestamp,
    trust::{Fingerprint, Pin, PinKind},
};
use sqlx::{Sqlite, Transaction, sqlite::SqliteRow};

use crate::{
    Store, StoreError,
    columns::{Columns, from_word, word},
};

/// What a peer showed in place of its pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedKey {
    pub kind: PinKind,
    pub peer: String,
    pub seen: Fingerprint,
    pub at: Timestamp,
}

async fn forget_refused(
    tx: &mut Transaction<'static, Sqlite>,
    kind: &str,
    peer: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM refused_key WHERE kind = $1 AND peer = $2")
        .bind(kind)
        .bind(peer)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn pin_of(row: &SqliteRow) -> Result<Pin, StoreError> {
    Ok(Pin {
        kind: from_word("pin kind", row.text("kind")?)?,
        peer: row.text("peer")?,
        fingerprint: row.parsed("fingerprint")?,
        accepted_because: row.text("accepted_because")?,
        first_seen: row.moment("first_seen")?,
        last_seen: row.moment("last_seen")?,
    })
}

impl Store {
    /// # Errors
    /// [`StoreError`] where the database can't be read; a pin that can't be read is an error and
    /// never "none".
    pub async fn pin(&self, kind: PinKind, peer: &str) -> Result<Option<Pin>, StoreError> {
        let row = sqlx::query("SELECT * FROM pin WHERE kind = $1 AND peer = $2")
            .bind(word("pin kind", &kind)?)
            .bind(peer)
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(pin_of).transpose()
    }

    /// All of them, by peer.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn pins(&self) -> Result<Vec<Pin>, StoreError> {
        let rows = sqlx::query("SELECT * FROM pin ORDER BY peer, kind")
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(pin_of).collect()
    }

    /// Adds it, or replaces the peer's pin of this kind. `first_seen` stays where the fingerprint
    /// is the same.
    ///
    /// # Errors
    /// [`StoreError`] where it can't be written.
    pub async fn put_pin(&self, pin: &Pin) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO pin (kind, peer, fingerprint, accepted_because, first_seen, last_seen)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (kind, peer) DO UPDATE SET
                 first_seen = CASE WHEN pin.fingerprint = excluded.fingerprint
                                   THEN pin.first_seen ELSE excluded.first_seen END,
                 fingerprint = excluded.fingerprint,
                 accepted_because = excluded.accepted_because,
                 last_seen = excluded.last_seen",
        )
        .bind(word("pin kind", &pin.kind)?)
        .bind(&pin.peer)
        .bind(pin.fingerprint.as_str())
        .bind(&pin.accepted_because)
        .bind(pin.first_seen.to_string())
        .bind(pin.last_seen.to_string())
        .execute(&mut *tx)
        .await?;
        forget_refused(&mut tx, &word("pin kind", &pin.kind)?, &pin.peer).await?;
        Ok(tx.commit().await?)
    }

    /// The peer showed its pinned key again. Touching what isn't there is no error.
    ///
    /// # Errors
    /// [`StoreError`] where it can't be written.
    pub async fn touch_pin(
        &self,
        kind: PinKind,
        peer: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE pin SET last_seen = $3 WHERE kind = $1 AND peer = $2")
            .bind(word("pin kind", &kind)?)
            .bind(peer)
            .bind(at.to_string())
            .execute(&mut *tx)
            .await?;
        forget_refused(&mut tx, &word("pin kind", &kind)?, peer).await?;
        Ok(tx.commit().await?)
    }

    /// Answers whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] where it can't be written.
    pub async fn remove_pin(&self, kind: PinKind, peer: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("DELETE FROM pin WHERE kind = $1 AND peer = $2")
            .bind(word("pin kind", &kind)?)
            .bind(peer)
            .execute(&mut *tx)
            .await?;
        let refused = forget_refused(&mut tx, &word("pin kind", &kind)?, peer).await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0 || refused)
    }

    /// The peer showed another key than its pinned one (or one where none is pinned), and was
    /// refused. Kept until a person accepts one or forgets the peer, or it shows the pinned one.
    ///
    /// # Errors
    /// [`StoreError`] where it can't be written.
    pub async fn put_refused_key(&self, refused: &RefusedKey) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO refused_key (kind, peer, fingerprint, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kind, peer) DO UPDATE SET
                 fingerprint = excluded.fingerprint, at = excluded.at",
        )
        .bind(word("pin kind", &refused.kind)?)
        .bind(&refused.peer)
        .bind(refused.seen.as_str())
        .bind(refused.at.to_string())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// All of them, by peer.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn refused_keys(&self) -> Result<Vec<RefusedKey>, StoreError> {
        let rows = sqlx::query("SELECT * FROM refused_key ORDER BY peer, kind")
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(RefusedKey {
                    kind: from_word("pin kind", row.text("kind")?)?,
                    peer: row.text("peer")?,
                    seen: row.parsed("fingerprint")?,
                    at: row.moment("at")?,
                })
            })
            .collect()
    }
}
