//! What is served to whoever has the URL, by which address: so that one process can see, and take
//! down, what another one serves.

use slipway_core::{ids::IsoId, time::Timestamp};
use sqlx::sqlite::SqliteRow;

use crate::{Store, StoreError, columns::Columns};

/// A file that some process serves. Without its token: only that process has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPublication {
    pub id: String,
    pub iso: IsoId,
    /// `https://host:port`.
    pub place: String,
    pub file_name: String,
    pub since: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// The process that serves it moves this on while it lives.
    pub served_until: Timestamp,
    /// Somebody wants it taken down.
    pub withdrawn: bool,
}

fn publication_of(row: &SqliteRow) -> Result<StoredPublication, StoreError> {
    let expires_at = row.maybe_text("expires_at")?;
    Ok(StoredPublication {
        id: row.text("id")?,
        iso: row.parsed("iso")?,
        place: row.text("place")?,
        file_name: row.text("file_name")?,
        since: row.moment("since")?,
        expires_at: expires_at
            .as_deref()
            .map(|at| crate::columns::parse("expires_at", at))
            .transpose()?,
        served_until: row.moment("served_until")?,
        withdrawn: row.truth("withdrawn")?,
    })
}

impl Store {
    /// # Errors
    /// [`StoreError`] where the database can't be written, or the ISO is gone.
    pub async fn add_publication(&self, one: &StoredPublication) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO publication
                 (id, iso, place, file_name, since, expires_at, served_until, withdrawn)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&one.id)
        .bind(one.iso.as_str())
        .bind(&one.place)
        .bind(&one.file_name)
        .bind(one.since.to_string())
        .bind(one.expires_at.map(|at| at.to_string()))
        .bind(one.served_until.to_string())
        .bind(i64::from(one.withdrawn))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// What is served now, newest first.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be used.
    pub async fn publications(&self, now: Timestamp) -> Result<Vec<StoredPublication>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM publication WHERE served_until > $1 ORDER BY since DESC, id DESC",
        )
        .bind(now.to_string())
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(publication_of).collect()
    }

    /// The process that serves it still does. False where somebody wants it taken down, or where it
    /// is forgotten.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be written.
    pub async fn renew_publication(&self, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done =
            sqlx::query("UPDATE publication SET served_until = $2 WHERE id = $1 AND withdrawn = 0")
                .bind(id)
                .bind(until.to_string())
                .execute(&mut *tx)
                .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Asks whoever serves it to take it down. False where there is none of this id.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be written.
    pub async fn withdraw_publication(&self, id: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("UPDATE publication SET withdrawn = 1 WHERE id = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// It is served no more; with it goes what processes that are gone left.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be written.
    pub async fn forget_publication(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM publication WHERE id = $1 OR served_until <= $2")
            .bind(id)
            .bind(now.to_string())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}
