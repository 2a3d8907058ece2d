//! The last crawl of each BMC, and which card is in which host.

use std::collections::BTreeSet;

use serde_json::Value;
use slipway_core::{
    bmc::{Mark, Pairing},
    ids::{BmcId, DpuId},
    inventory::Inventory,
    ports::RawResource,
    time::Timestamp,
};
use sqlx::{Sqlite, Transaction, sqlite::SqliteRow};

use crate::{
    Store, StoreError,
    columns::{Columns, json},
};

/// On which side a mark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkSide {
    /// The card's own.
    Card,
    /// Of a part of the host.
    Host,
}

impl MarkSide {
    fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Host => "host",
        }
    }
}

fn pairing_of(row: &SqliteRow) -> Result<Pairing, StoreError> {
    Ok(Pairing {
        dpu: row.parsed("dpu")?,
        host: row.parsed("host")?,
        by: Columns::json(row, "paired_by")?,
        since: row.moment("since")?,
    })
}

async fn write_marks(
    tx: &mut Transaction<'static, Sqlite>,
    id: &BmcId,
    side: MarkSide,
    marks: &BTreeSet<Mark>,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM bmc_mark WHERE bmc = $1")
        .bind(id.as_str())
        .execute(&mut **tx)
        .await?;
    for mark in marks {
        sqlx::query("INSERT INTO bmc_mark (bmc, side, mark) VALUES ($1, $2, $3)")
            .bind(id.as_str())
            .bind(side.word())
            .bind(mark.to_string())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

impl Store {
    /// Keeps a crawl in place of the one before.
    ///
    /// # Errors
    /// [`StoreError`] where it can't be written.
    pub async fn save_crawl(
        &self,
        id: &BmcId,
        inventory: &Inventory,
        raw: &[RawResource],
        (side, marks): (MarkSide, &BTreeSet<Mark>),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let raw: Vec<(&str, &Value)> = raw.iter().map(|r| (r.path.as_str(), &r.body)).collect();
        let (inventory, raw) = (json("inventory", inventory)?, json("raw", &raw)?);
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO bmc_inventory (bmc, read_at, inventory, raw) VALUES ($1, $2, $3, $4)
             ON CONFLICT (bmc) DO UPDATE SET read_at = excluded.read_at,
                 inventory = excluded.inventory, raw = excluded.raw",
        )
        .bind(id.as_str())
        .bind(at.to_string())
        .bind(inventory)
        .bind(raw)
        .execute(&mut *tx)
        .await?;
        write_marks(&mut tx, id, side, marks).await?;
        Ok(tx.commit().await?)
    }

    /// The inventory and when it was read. One that another version wrote and this one can't read
    /// is none: the next crawl replaces it.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn inventory(
        &self,
        id: &BmcId,
    ) -> Result<Option<(Inventory, Timestamp)>, StoreError> {
        let row = sqlx::query("SELECT inventory, read_at FROM bmc_inventory WHERE bmc = $1")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        match Columns::json(&row, "inventory") {
            Ok(inventory) => Ok(Some((inventory, row.moment("read_at")?))),
            Err(StoreError::Unreadable { source, .. }) => {
                tracing::warn!(error = %source, "a stored inventory is left out");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The resources of the last crawl as the service wrote them, and when they were read.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn raw(
        &self,
        id: &BmcId,
    ) -> Result<Option<(Vec<RawResource>, Timestamp)>, StoreError> {
        let row = sqlx::query("SELECT raw, read_at FROM bmc_inventory WHERE bmc = $1")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let raw: Vec<(String, Value)> = Columns::json(&row, "raw")?;
        let raw = raw
            .into_iter()
            .map(|(path, body)| RawResource { path, body })
            .collect();
        Ok(Some((raw, row.moment("read_at")?)))
    }

    /// Hosts (or cards) that share a mark with this card (or host), and which.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn sharing_marks(
        &self,
        id: &BmcId,
        side: MarkSide,
    ) -> Result<Vec<(BmcId, Mark)>, StoreError> {
        let opposite = match side {
            MarkSide::Card => MarkSide::Host,
            MarkSide::Host => MarkSide::Card,
        };
        let rows = sqlx::query(
            "SELECT other.bmc, other.mark FROM bmc_mark AS own
             JOIN bmc_mark AS other ON other.mark = own.mark AND other.side = $3
             WHERE own.bmc = $1 AND own.side = $2 ORDER BY other.bmc, other.mark",
        )
        .bind(id.as_str())
        .bind(side.word())
        .bind(opposite.word())
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|row| Ok((row.parsed("bmc")?, row.parsed("mark")?)))
            .collect()
    }

    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn pairing(&self, dpu: &DpuId) -> Result<Option<Pairing>, StoreError> {
        let row = sqlx::query("SELECT * FROM pairing WHERE dpu = $1")
            .bind(dpu.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(pairing_of).transpose()
    }

    /// The cards in each host.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn pairings(&self) -> Result<Vec<Pairing>, StoreError> {
        let rows = sqlx::query("SELECT * FROM pairing ORDER BY host, dpu")
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(pairing_of).collect()
    }

    /// Adds it, or replaces the card's pairing. `since` stays where the host is the same.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where card or host is not there.
    pub async fn pair(&self, pairing: &Pairing) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (what, query, id) in [
            (
                "card",
                "SELECT id FROM dpu WHERE id = $1",
                pairing.dpu.as_str(),
            ),
            (
                "BMC",
                "SELECT id FROM bmc WHERE id = $1",
                pairing.host.as_str(),
            ),
        ] {
            sqlx::query(query)
                .bind(id)
                .fetch_optional(&mut *tx)
                .await?
                .ok_or_else(|| StoreError::missing(what, id))?;
        }
        sqlx::query(
            "INSERT INTO pairing (dpu, host, paired_by, since) VALUES ($1, $2, $3, $4)
             ON CONFLICT (dpu) DO UPDATE SET
                 since = CASE WHEN pairing.host = excluded.host
                              THEN pairing.since ELSE excluded.since END,
                 host = excluded.host, paired_by = excluded.paired_by",
        )
        .bind(pairing.dpu.as_str())
        .bind(pairing.host.as_str())
        .bind(json("paired_by", &pairing.by)?)
        .bind(pairing.since.to_string())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Answers whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] where it can't be written.
    pub async fn unpair(&self, dpu: &DpuId) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("DELETE FROM pairing WHERE dpu = $1")
            .bind(dpu.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}
