//! Pins: accepted certificates and host keys. Whether to accept is not decided here.

use slipway_core::{
    time::Timestamp,
    trust::{Pin, PinKind},
};
use sqlx::sqlite::SqliteRow;

use crate::{
    Store, StoreError,
    columns::{Columns, from_word, word},
};

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
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}
