//! Redfish services: one at a time, lists, and which are to be looked at.

use slipway_core::{
    bmc::{BmcFacts, KnownBmc},
    ids::{BmcId, DpuId},
    time::Timestamp,
};
use sqlx::{Sqlite, SqliteConnection, Transaction, sqlite::SqliteRow};

use crate::{
    Store, StoreError,
    columns::{Columns, anywhere, json, natural_key, parse},
    error::Unique,
};

/// A BMC with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BmcRow {
    pub bmc: KnownBmc,
    pub facts: BmcFacts,
}

/// Which part of the BMCs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BmcQuery {
    /// In name, address, kind, model, serial number, firmware and labels, in any case.
    pub search: Option<String>,
    /// The cards' IMCs too.
    pub with_imcs: bool,
    pub offset: u32,
    pub limit: u32,
}

fn bmc_of(row: &SqliteRow) -> Result<KnownBmc, StoreError> {
    let reference = |column| -> Result<Option<String>, StoreError> { row.maybe_text(column) };
    Ok(KnownBmc {
        id: row.parsed("id")?,
        name: row.text("name")?,
        address: row.parsed("address")?,
        kind: Columns::json(row, "kind")?,
        dpu: reference("dpu")?
            .as_deref()
            .map(|id| parse("dpu", id))
            .transpose()?,
        credential: reference("credential")?
            .as_deref()
            .map(|id| parse("credential", id))
            .transpose()?,
        labels: Columns::json(row, "labels")?,
        added_at: row.moment("added_at")?,
    })
}

/// Facts are a cache of what was answered: where they can't be read, nothing is known.
fn facts_of(row: &SqliteRow) -> Result<BmcFacts, StoreError> {
    match Columns::json(row, "facts") {
        Err(StoreError::Unreadable { source, .. }) => {
            tracing::warn!(error = %source, "a BMC's stored facts are left out");
            Ok(BmcFacts::default())
        }
        facts => facts,
    }
}

fn row_of(row: &SqliteRow) -> Result<BmcRow, StoreError> {
    Ok(BmcRow {
        bmc: bmc_of(row)?,
        facts: facts_of(row)?,
    })
}

async fn fetch(connection: &mut SqliteConnection, id: &BmcId) -> Result<BmcRow, StoreError> {
    let row = sqlx::query("SELECT * FROM bmc JOIN bmc_facts ON bmc = id WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| StoreError::missing("BMC", id))?;
    row_of(&row)
}

/// A name or an address is one card's or one BMC's.
pub(crate) async fn refuse_bmc_twins(
    tx: &mut Transaction<'static, Sqlite>,
    bmc: &KnownBmc,
) -> Result<(), StoreError> {
    let twin =
        sqlx::query("SELECT id, name FROM bmc WHERE (name = $1 OR address = $2) AND id <> $3")
            .bind(&bmc.name)
            .bind(bmc.address.to_string())
            .bind(bmc.id.as_str())
            .fetch_optional(&mut **tx)
            .await?;
    let Some(twin) = twin else { return Ok(()) };
    let (what, value) = if twin.text("name")? == bmc.name {
        (Unique::BmcName, bmc.name.clone())
    } else {
        (Unique::BmcAddress, bmc.address.to_string())
    };
    Err(StoreError::Exists {
        what,
        value,
        id: twin.text("id")?,
    })
}

async fn write_facts(
    tx: &mut Transaction<'static, Sqlite>,
    bmc: &KnownBmc,
    facts: &BmcFacts,
) -> Result<(), StoreError> {
    let mut search = vec![
        bmc.name.clone(),
        bmc.address.to_string(),
        json("kind", &bmc.kind)?,
    ];
    search.extend(
        [&facts.model, &facts.serial_number, &facts.firmware]
            .map(Clone::clone)
            .into_iter()
            .flatten(),
    );
    search.extend(bmc.labels.iter().cloned());
    sqlx::query(
        "INSERT INTO bmc_facts (bmc, facts, next_look, name_key, search)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (bmc) DO UPDATE SET facts = excluded.facts, next_look = excluded.next_look,
             name_key = excluded.name_key, search = excluded.search",
    )
    .bind(bmc.id.as_str())
    .bind(json("facts", facts)?)
    .bind(facts.next_look.map(|at| at.to_string()).unwrap_or_default())
    .bind(natural_key(&bmc.name))
    .bind(search.join("\n").to_lowercase())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_bmc(
    tx: &mut Transaction<'static, Sqlite>,
    bmc: &KnownBmc,
) -> Result<(), StoreError> {
    refuse_bmc_twins(tx, bmc).await?;
    sqlx::query(
        "INSERT INTO bmc (id, name, address, kind, dpu, credential, labels, added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(bmc.id.as_str())
    .bind(&bmc.name)
    .bind(bmc.address.to_string())
    .bind(json("kind", &bmc.kind)?)
    .bind(bmc.dpu.as_ref().map(DpuId::as_str))
    .bind(bmc.credential.as_ref().map(|id| id.as_str()))
    .bind(json("labels", &bmc.labels)?)
    .bind(bmc.added_at.to_string())
    .execute(&mut **tx)
    .await?;
    write_facts(tx, bmc, &BmcFacts::default()).await
}

/// Replaces everything but `id`, `dpu` and `added_at`.
pub(crate) async fn replace_bmc(
    tx: &mut Transaction<'static, Sqlite>,
    bmc: &KnownBmc,
) -> Result<(), StoreError> {
    refuse_bmc_twins(tx, bmc).await?;
    let known = fetch(tx, &bmc.id).await?;
    sqlx::query(
        "UPDATE bmc SET name = $2, address = $3, kind = $4, credential = $5, labels = $6
         WHERE id = $1",
    )
    .bind(bmc.id.as_str())
    .bind(&bmc.name)
    .bind(bmc.address.to_string())
    .bind(json("kind", &bmc.kind)?)
    .bind(bmc.credential.as_ref().map(|id| id.as_str()))
    .bind(json("labels", &bmc.labels)?)
    .execute(&mut **tx)
    .await?;
    write_facts(tx, bmc, &known.facts).await
}

impl Store {
    /// Adds a Redfish service that is no card's IMC; those come with their cards.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where name or address is taken, by a card's IMC too.
    pub async fn add_bmc(&self, bmc: &KnownBmc) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        insert_bmc(&mut tx, bmc).await?;
        Ok(tx.commit().await?)
    }

    /// Replaces everything but `id`, `dpu` and `added_at`.
    ///
    /// # Errors
    /// As [`Self::add_bmc`], and [`StoreError::Missing`].
    pub async fn update_bmc(&self, bmc: &KnownBmc) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        replace_bmc(&mut tx, bmc).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets a BMC with its inventory, and that cards are in it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none, or where it is a card's IMC: that goes with
    /// its card.
    pub async fn remove_bmc(&self, id: &BmcId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("DELETE FROM bmc WHERE id = $1 AND dpu IS NULL")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("BMC", id));
        }
        Ok(tx.commit().await?)
    }

    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn bmc(&self, id: &BmcId) -> Result<BmcRow, StoreError> {
        let mut connection = self.read.acquire().await?;
        fetch(&mut connection, id).await
    }

    /// By name or by address: both are one BMC's.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn bmc_named(&self, text: &str) -> Result<Option<KnownBmc>, StoreError> {
        let row = sqlx::query("SELECT * FROM bmc WHERE name = $1 OR address = $1")
            .bind(text)
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(bmc_of).transpose()
    }

    /// A page of them, by name, and how many there are in all.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn bmcs(&self, query: &BmcQuery) -> Result<(Vec<BmcRow>, u32), StoreError> {
        let pattern = anywhere(query.search.as_deref().unwrap_or_default().trim());
        let with_imcs = i64::from(query.with_imcs);
        let total = sqlx::query(
            r"SELECT COUNT(*) AS total FROM bmc JOIN bmc_facts ON bmc = id
              WHERE search LIKE $1 ESCAPE '\' AND (dpu IS NULL OR $2 = 1)",
        )
        .bind(&pattern)
        .bind(with_imcs)
        .fetch_one(&self.read)
        .await?;
        let rows = sqlx::query(
            r"SELECT * FROM bmc JOIN bmc_facts ON bmc = id
              WHERE search LIKE $1 ESCAPE '\' AND (dpu IS NULL OR $2 = 1)
              ORDER BY name_key, id LIMIT $3 OFFSET $4",
        )
        .bind(&pattern)
        .bind(with_imcs)
        .bind(i64::from(query.limit))
        .bind(i64::from(query.offset))
        .fetch_all(&self.read)
        .await?;
        let rows = rows.iter().map(row_of).collect::<Result<_, _>>()?;
        Ok((rows, total.number("total")?))
    }

    /// Those whose next look has come, the longest waiting first.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn bmcs_due(&self, now: Timestamp, limit: u32) -> Result<Vec<BmcRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM bmc JOIN bmc_facts ON bmc = id WHERE next_look <= $1
             ORDER BY next_look, id LIMIT $2",
        )
        .bind(now.to_string())
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(row_of).collect()
    }

    /// Changes what is known in one transaction. Answers with the facts as saved.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn change_bmc_facts(
        &self,
        id: &BmcId,
        change: impl FnOnce(&mut BmcFacts) + Send,
    ) -> Result<BmcFacts, StoreError> {
        let mut tx = self.begin().await?;
        let BmcRow { bmc, mut facts } = fetch(&mut tx, id).await?;
        change(&mut facts);
        write_facts(&mut tx, &bmc, &facts).await?;
        tx.commit().await?;
        Ok(facts)
    }
}
