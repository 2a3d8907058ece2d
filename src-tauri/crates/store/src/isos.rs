//! The library of installer ISOs: what is known of each file. The files are elsewhere.

use slipway_core::{ids::IsoId, iso::Iso};
use sqlx::sqlite::SqliteRow;

use crate::{
    Store, StoreError,
    columns::{Columns, json},
    error::Unique,
};

fn iso_of(row: &SqliteRow) -> Result<Iso, StoreError> {
    Ok(Iso {
        id: row.parsed("id")?,
        name: row.text("name")?,
        path: row.text("path")?,
        facts: Columns::json(row, "facts")?,
        imported_at: row.moment("imported_at")?,
        made: Columns::json(row, "made")?,
    })
}

impl Store {
    /// # Errors
    /// [`StoreError::Exists`] with the id of the ISO that has the same content, or the same name.
    pub async fn add_iso(&self, iso: &Iso) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let same = sqlx::query("SELECT id FROM iso WHERE sha256 = $1")
            .bind(&iso.facts.sha256)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = same {
            return Err(StoreError::Exists {
                what: Unique::IsoContent,
                value: iso.facts.sha256.clone(),
                id: row.text("id")?,
            });
        }
        let namesake = sqlx::query("SELECT id FROM iso WHERE name = $1")
            .bind(&iso.name)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = namesake {
            return Err(StoreError::Exists {
                what: Unique::IsoName,
                value: iso.name.clone(),
                id: row.text("id")?,
            });
        }
        sqlx::query(
            "INSERT INTO iso (id, name, path, sha256, facts, imported_at, made)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(iso.id.as_str())
        .bind(&iso.name)
        .bind(&iso.path)
        .bind(&iso.facts.sha256)
        .bind(json("facts", &iso.facts)?)
        .bind(iso.imported_at.to_string())
        .bind(json("made", &iso.made)?)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// All of them, newest first.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn isos(&self) -> Result<Vec<Iso>, StoreError> {
        let rows = sqlx::query("SELECT * FROM iso ORDER BY imported_at DESC, id DESC")
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(iso_of).collect()
    }

    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn iso(&self, id: &IsoId) -> Result<Iso, StoreError> {
        let row = sqlx::query("SELECT * FROM iso WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?
            .ok_or_else(|| StoreError::missing("ISO", id))?;
        iso_of(&row)
    }

    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn iso_by_name(&self, name: &str) -> Result<Option<Iso>, StoreError> {
        let row = sqlx::query("SELECT * FROM iso WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(iso_of).transpose()
    }

    /// Forgets it; the file is for the caller to delete. Whether a job still serves it, the caller
    /// knows.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn remove_iso(&self, id: &IsoId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("DELETE FROM iso WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("ISO", id));
        }
        Ok(tx.commit().await?)
    }
}
