//! Cards and what is known of each: one at a time. Lists are in `fleet`.

use std::collections::HashMap;

use slipway_core::{
    bmc::KnownBmc,
    credential::ImcSshLogin,
    dpu::{Dpu, DpuFacts, Headline, HeadlineState},
    ids::{BmcId, DpuId},
    inventory::BmcKind,
    job::Job,
};
use sqlx::{Sqlite, SqliteConnection, Transaction, sqlite::SqliteRow};

use crate::{
    Store, StoreError,
    bmcs::{insert_bmc, replace_bmc},
    columns::{Columns, json, natural_key, parse, word},
    error::Unique,
    jobs::readable,
};

/// Reads a row with the columns of `dpu`.
pub(crate) fn dpu_of(row: &SqliteRow) -> Result<Dpu, StoreError> {
    let acc_credential = row.maybe_text("acc_credential")?;
    Ok(Dpu {
        id: row.parsed("id")?,
        name: row.text("name")?,
        imc_redfish: row.parsed("imc_redfish")?,
        imc_ssh: row.parsed("imc_ssh")?,
        acc: Columns::json(row, "acc")?,
        imc_credential: row.parsed("imc_credential")?,
        imc_ssh_login: ssh_login_of(row)?,
        acc_credential: acc_credential
            .as_deref()
            .map(|id| parse("acc_credential", id))
            .transpose()?,
        host: row.maybe_text("host")?,
        labels: Columns::json(row, "labels")?,
        identity: Columns::json(row, "identity")?,
        added_at: row.moment("added_at")?,
    })
}

fn ssh_login_of(row: &SqliteRow) -> Result<ImcSshLogin, StoreError> {
    Ok(match row.maybe_text("imc_ssh_credential")? {
        Some(id) => ImcSshLogin::Profile(parse("imc_ssh_credential", &id)?),
        None if row.truth("imc_ssh_empty")? => ImcSshLogin::EmptyPassword,
        None => ImcSshLogin::AsRedfish,
    })
}

fn ssh_columns(login: &ImcSshLogin) -> (Option<&str>, i64) {
    match login {
        ImcSshLogin::AsRedfish => (None, 0),
        ImcSshLogin::Profile(id) => (Some(id.as_str()), 0),
        ImcSshLogin::EmptyPassword => (None, 1),
    }
}

/// The IMC as a BMC: what of it is the card's.
fn imc_of(dpu: &Dpu) -> KnownBmc {
    KnownBmc {
        id: BmcId::from(&dpu.id),
        name: dpu.name.clone(),
        address: dpu.imc_redfish.clone(),
        kind: BmcKind::IntelImc,
        dpu: Some(dpu.id.clone()),
        credential: None,
        labels: dpu.labels.clone(),
        added_at: dpu.added_at,
    }
}

/// Facts are a cache of what cards answer: where they can't be read, nothing is known.
pub(crate) fn facts_of(row: &SqliteRow, column: &'static str) -> Result<DpuFacts, StoreError> {
    let facts: Result<DpuFacts, _> = Columns::json(row, column);
    match facts {
        Err(StoreError::Unreadable { source, .. }) => {
            tracing::warn!(error = %source, "a card's stored facts are left out");
            Ok(DpuFacts::default())
        }
        facts => facts,
    }
}

/// The word that is stored, and its place when people sort by state. Never change a number: they
/// are in databases.
pub(crate) fn rank(state: HeadlineState) -> i64 {
    match state {
        HeadlineState::Working => 100,
        HeadlineState::Failed => 200,
        HeadlineState::Unreachable => 300,
        HeadlineState::RolledBack => 400,
        HeadlineState::Degraded => 500,
        HeadlineState::Drifted => 600,
        HeadlineState::Staged => 700,
        HeadlineState::UpdateAvailable => 800,
        HeadlineState::NotImageMode => 900,
        HeadlineState::Unknown => 1000,
        HeadlineState::Current => 1100,
    }
}

async fn fetch_dpu(connection: &mut SqliteConnection, id: &DpuId) -> Result<Dpu, StoreError> {
    let row = sqlx::query("SELECT * FROM dpu WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| StoreError::missing("card", id))?;
    dpu_of(&row)
}

async fn fetch_facts(
    connection: &mut SqliteConnection,
    id: &DpuId,
) -> Result<DpuFacts, StoreError> {
    let row = sqlx::query("SELECT facts FROM dpu_facts WHERE dpu = $1")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| StoreError::missing("card", id))?;
    facts_of(&row, "facts")
}

async fn refuse_twins(tx: &mut Transaction<'static, Sqlite>, dpu: &Dpu) -> Result<(), StoreError> {
    let twins =
        sqlx::query("SELECT id, name FROM dpu WHERE (name = $1 OR imc_redfish = $2) AND id <> $3")
            .bind(&dpu.name)
            .bind(dpu.imc_redfish.to_string())
            .bind(dpu.id.as_str())
            .fetch_all(&mut **tx)
            .await?;
    let Some(twin) = twins.first() else {
        return Ok(());
    };
    let (what, value) = if twin.text("name")? == dpu.name {
        (Unique::DpuName, dpu.name.clone())
    } else {
        (Unique::DpuImc, dpu.imc_redfish.to_string())
    };
    Err(StoreError::Exists {
        what,
        value,
        id: twin.text("id")?,
    })
}

async fn require_credentials(
    tx: &mut Transaction<'static, Sqlite>,
    dpu: &Dpu,
) -> Result<(), StoreError> {
    for id in dpu.credentials() {
        sqlx::query("SELECT id FROM credential WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut **tx)
            .await?
            .ok_or_else(|| StoreError::missing("credential", id))?;
    }
    Ok(())
}

/// Writes the card's line of the fleet's list anew; the headline only where one is given.
async fn write_line(
    tx: &mut Transaction<'static, Sqlite>,
    dpu: &Dpu,
    facts: &DpuFacts,
    headline: Option<HeadlineState>,
) -> Result<(), StoreError> {
    let booted = facts.bootc.as_ref().and_then(|bootc| bootc.booted.as_ref());
    let version = booted.and_then(|entry| entry.version.clone());
    let available = facts
        .available
        .as_ref()
        .and_then(|image| image.version.clone());
    let last_seen = facts.acc_seen.max(facts.imc_seen);
    let mut search = vec![dpu.name.clone(), dpu.imc_redfish.to_string()];
    search.extend(dpu.host.clone());
    search.extend(dpu.labels.iter().cloned());
    search.extend(version.clone());
    sqlx::query(
        "UPDATE dpu_line SET
             name_key = $2, host_key = $3, version_key = $4, last_seen = $5, search = $6,
             booted_digest = $7, version = $8, available_version = $9
         WHERE dpu = $1",
    )
    .bind(dpu.id.as_str())
    .bind(natural_key(&dpu.name))
    .bind(natural_key(dpu.host.as_deref().unwrap_or_default()))
    .bind(natural_key(version.as_deref().unwrap_or_default()))
    .bind(last_seen.map(|at| at.to_string()).unwrap_or_default())
    .bind(search.join("\n").to_lowercase())
    .bind(
        booted
            .and_then(|entry| entry.digest.as_ref())
            .map(|digest| digest.as_str()),
    )
    .bind(version)
    .bind(available)
    .execute(&mut **tx)
    .await?;
    match headline {
        Some(state) => write_headline(tx, &dpu.id, state).await,
        None => Ok(()),
    }
}

async fn write_headline(
    tx: &mut Transaction<'static, Sqlite>,
    id: &DpuId,
    state: HeadlineState,
) -> Result<(), StoreError> {
    let done = sqlx::query("UPDATE dpu_line SET headline = $2, headline_rank = $3 WHERE dpu = $1")
        .bind(id.as_str())
        .bind(word("headline", &state)?)
        .bind(rank(state))
        .execute(&mut **tx)
        .await?;
    match done.rows_affected() {
        0 => Err(StoreError::missing("card", id)),
        _ => Ok(()),
    }
}

async fn write_facts(
    tx: &mut Transaction<'static, Sqlite>,
    dpu: &Dpu,
    facts: &DpuFacts,
    headline: HeadlineState,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE dpu_facts SET facts = $2 WHERE dpu = $1")
        .bind(dpu.id.as_str())
        .bind(json("facts", facts)?)
        .execute(&mut **tx)
        .await?;
    write_line(tx, dpu, facts, Some(headline)).await
}

impl Store {
    /// Adds a card of which nothing is known yet: its headline is `Unknown`.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where its name or its IMC's address is taken,
    /// [`StoreError::Missing`] where its credential is not there.
    pub async fn add_dpu(&self, dpu: &Dpu) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        refuse_twins(&mut tx, dpu).await?;
        require_credentials(&mut tx, dpu).await?;
        let (ssh_credential, ssh_empty) = ssh_columns(&dpu.imc_ssh_login);
        sqlx::query(
            "INSERT INTO dpu (id, name, imc_redfish, imc_ssh, acc, imc_credential, acc_credential,
                              host, labels, identity, added_at, imc_ssh_credential, imc_ssh_empty)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(dpu.id.as_str())
        .bind(&dpu.name)
        .bind(dpu.imc_redfish.to_string())
        .bind(dpu.imc_ssh.to_string())
        .bind(json("acc", &dpu.acc)?)
        .bind(dpu.imc_credential.as_str())
        .bind(dpu.acc_credential.as_ref().map(|id| id.as_str()))
        .bind(&dpu.host)
        .bind(json("labels", &dpu.labels)?)
        .bind(json("identity", &dpu.identity)?)
        .bind(dpu.added_at.to_string())
        .bind(ssh_credential)
        .bind(ssh_empty)
        .execute(&mut *tx)
        .await?;
        let facts = DpuFacts::default();
        sqlx::query("INSERT INTO dpu_facts (dpu, facts) VALUES ($1, $2)")
            .bind(dpu.id.as_str())
            .bind(json("facts", &facts)?)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO dpu_line (dpu, headline, headline_rank, name_key, host_key, version_key,
                                   last_seen, search)
             VALUES ($1, '', 0, '', '', '', '', '')",
        )
        .bind(dpu.id.as_str())
        .execute(&mut *tx)
        .await?;
        write_line(&mut tx, dpu, &facts, Some(HeadlineState::Unknown)).await?;
        insert_bmc(&mut tx, &imc_of(dpu)).await?;
        Ok(tx.commit().await?)
    }

    /// Replaces everything but `id` and `added_at`.
    ///
    /// # Errors
    /// As [`Self::add_dpu`], and [`StoreError::Missing`] where there is no such card.
    pub async fn update_dpu(&self, dpu: &Dpu) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        refuse_twins(&mut tx, dpu).await?;
        require_credentials(&mut tx, dpu).await?;
        let facts = fetch_facts(&mut tx, &dpu.id).await?;
        let (ssh_credential, ssh_empty) = ssh_columns(&dpu.imc_ssh_login);
        sqlx::query(
            "UPDATE dpu SET name = $2, imc_redfish = $3, imc_ssh = $4, acc = $5,
                 imc_credential = $6, acc_credential = $7, host = $8, labels = $9, identity = $10,
                 imc_ssh_credential = $11, imc_ssh_empty = $12
             WHERE id = $1",
        )
        .bind(dpu.id.as_str())
        .bind(&dpu.name)
        .bind(dpu.imc_redfish.to_string())
        .bind(dpu.imc_ssh.to_string())
        .bind(json("acc", &dpu.acc)?)
        .bind(dpu.imc_credential.as_str())
        .bind(dpu.acc_credential.as_ref().map(|id| id.as_str()))
        .bind(&dpu.host)
        .bind(json("labels", &dpu.labels)?)
        .bind(json("identity", &dpu.identity)?)
        .bind(ssh_credential)
        .bind(ssh_empty)
        .execute(&mut *tx)
        .await?;
        write_line(&mut tx, dpu, &facts, None).await?;
        replace_bmc(&mut tx, &imc_of(dpu)).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets the card and its facts. Its jobs stay: they are history.
    ///
    /// # Errors
    /// [`StoreError::CardIsBusy`] while a job is active, [`StoreError::Missing`].
    pub async fn remove_dpu(&self, id: &DpuId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let active = sqlx::query("SELECT id FROM job WHERE subject = $1 AND active = 1")
            .bind(id.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = active {
            return Err(StoreError::CardIsBusy {
                active: row.parsed("id")?,
            });
        }
        let done = sqlx::query("DELETE FROM dpu WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("card", id));
        }
        Ok(tx.commit().await?)
    }

    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn dpu(&self, id: &DpuId) -> Result<Dpu, StoreError> {
        let mut connection = self.read.acquire().await?;
        fetch_dpu(&mut connection, id).await
    }

    /// The ids and names of all cards.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn dpu_names(&self) -> Result<HashMap<DpuId, String>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT id, name FROM dpu")
            .fetch_all(&self.read)
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(id, name)| Some((id.parse().ok()?, name)))
            .collect())
    }

    /// Every card, in no order.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn all_dpus(&self) -> Result<Vec<Dpu>, StoreError> {
        let rows = sqlx::query("SELECT * FROM dpu")
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(dpu_of).collect()
    }

    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn dpu_by_name(&self, name: &str) -> Result<Option<Dpu>, StoreError> {
        let row = sqlx::query("SELECT * FROM dpu WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(dpu_of).transpose()
    }

    /// # Errors
    /// [`StoreError::Missing`] where there is no such card; of a card that was never asked the
    /// facts are empty.
    pub async fn facts(&self, id: &DpuId) -> Result<DpuFacts, StoreError> {
        let mut connection = self.read.acquire().await?;
        fetch_facts(&mut connection, id).await
    }

    /// Replaces what is known. Where others may learn something at the same time, use
    /// [`Self::change_facts`].
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn save_facts(
        &self,
        id: &DpuId,
        facts: &DpuFacts,
        headline: &Headline,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let dpu = fetch_dpu(&mut tx, id).await?;
        write_facts(&mut tx, &dpu, facts, headline.state).await?;
        Ok(tx.commit().await?)
    }

    /// Changes what is known in one transaction, so that a sweep and a job which both learn
    /// something don't undo each other. `change` is given the newest facts and the card's last
    /// job, and answers with the headline. Answers with the facts as saved.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn change_facts(
        &self,
        id: &DpuId,
        change: impl FnOnce(&mut DpuFacts, Option<&Job>) -> HeadlineState + Send,
    ) -> Result<DpuFacts, StoreError> {
        let mut tx = self.begin().await?;
        let dpu = fetch_dpu(&mut tx, id).await?;
        let mut facts = fetch_facts(&mut tx, id).await?;
        let before = facts.clone();
        let job = sqlx::query(
            "SELECT * FROM job WHERE subject = $1 ORDER BY created_at DESC, id DESC LIMIT 1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *tx)
        .await?;
        let job = job.as_ref().and_then(readable);
        let headline = change(&mut facts, job.as_ref());
        let line = sqlx::query("SELECT headline FROM dpu_line WHERE dpu = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        let shown = line.as_ref().map(|row| row.text("headline")).transpose()?;
        // A job that only waits says the same at every look, and a commit waits for the disk.
        if facts == before && shown == Some(word("headline", &headline)?) {
            return Ok(facts);
        }
        write_facts(&mut tx, &dpu, &facts, headline).await?;
        tx.commit().await?;
        Ok(facts)
    }

    /// For when a job started or ended: the caller knows what the headline is now.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn set_headline(&self, id: &DpuId, state: HeadlineState) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        write_headline(&mut tx, id, state).await?;
        Ok(tx.commit().await?)
    }
}
