//! Credential profiles: a name for people, a user name, what they are for. The password or key is in
//! the secret store under `credential/<id>` and never here.

use serde::{Deserialize, Serialize};
use slipway_core::{
    credential::{CredentialKind, CredentialScope},
    ids::CredentialId,
    time::Timestamp,
};
use specta::Type;
use sqlx::{Sqlite, Transaction, sqlite::SqliteRow};

use crate::{
    Store, StoreError,
    columns::{Columns, from_word, json, word},
    error::Unique,
};

/// A credential without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CredentialProfile {
    pub id: CredentialId,
    pub name: String,
    pub user_name: String,
    pub kind: CredentialKind,
    /// A profile that people named; else one machine's own, made and removed with it.
    pub shared: bool,
    pub scope: CredentialScope,
    pub created_at: Timestamp,
}

/// How many users a refusal names.
const NAMED: usize = 3;

const USERS: &str = "SELECT id, name, 1 AS card FROM dpu
     WHERE imc_credential = $1 OR acc_credential = $1 OR imc_ssh_credential = $1
     UNION ALL SELECT id, name, 0 AS card FROM bmc WHERE credential = $1
     ORDER BY name";

fn profile_of(row: &SqliteRow) -> Result<CredentialProfile, StoreError> {
    Ok(CredentialProfile {
        id: row.parsed("id")?,
        name: row.text("name")?,
        user_name: row.text("user_name")?,
        kind: from_word("credential kind", row.text("kind")?)?,
        shared: row.truth("shared")?,
        scope: Columns::json(row, "scope")?,
        created_at: row.moment("created_at")?,
    })
}

async fn refuse_taken_name(
    tx: &mut Transaction<'static, Sqlite>,
    name: &str,
    id: &CredentialId,
) -> Result<(), StoreError> {
    let other = sqlx::query("SELECT id FROM credential WHERE name = $1 AND id <> $2")
        .bind(name)
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    match other {
        None => Ok(()),
        Some(row) => Err(StoreError::Exists {
            what: Unique::CredentialName,
            value: name.to_owned(),
            id: row.text("id")?,
        }),
    }
}

impl Store {
    /// # Errors
    /// [`StoreError::Exists`] where the name is taken.
    pub async fn add_credential(&self, profile: &CredentialProfile) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        refuse_taken_name(&mut tx, &profile.name, &profile.id).await?;
        sqlx::query(
            "INSERT INTO credential (id, name, user_name, kind, shared, scope, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(profile.id.as_str())
        .bind(&profile.name)
        .bind(&profile.user_name)
        .bind(word("credential kind", &profile.kind)?)
        .bind(i64::from(profile.shared))
        .bind(json("scope", &profile.scope)?)
        .bind(profile.created_at.to_string())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn credentials(&self) -> Result<Vec<CredentialProfile>, StoreError> {
        let rows = sqlx::query("SELECT * FROM credential ORDER BY name")
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(profile_of).collect()
    }

    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn credential(&self, id: &CredentialId) -> Result<CredentialProfile, StoreError> {
        let row = sqlx::query("SELECT * FROM credential WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?
            .ok_or_else(|| StoreError::missing("credential", id))?;
        profile_of(&row)
    }

    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn credential_named(
        &self,
        name: &str,
    ) -> Result<Option<CredentialProfile>, StoreError> {
        let row = sqlx::query("SELECT * FROM credential WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(profile_of).transpose()
    }

    /// Replaces everything but `id` and `created_at`.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where the name is taken, [`StoreError::Missing`].
    pub async fn update_credential(&self, profile: &CredentialProfile) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        refuse_taken_name(&mut tx, &profile.name, &profile.id).await?;
        let done = sqlx::query(
            "UPDATE credential SET name = $2, user_name = $3, kind = $4, shared = $5, scope = $6
             WHERE id = $1",
        )
        .bind(profile.id.as_str())
        .bind(&profile.name)
        .bind(&profile.user_name)
        .bind(word("credential kind", &profile.kind)?)
        .bind(i64::from(profile.shared))
        .bind(json("scope", &profile.scope)?)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("credential", &profile.id));
        }
        Ok(tx.commit().await?)
    }

    /// The names of the cards and BMCs that log in by it, with their ids (a card's and its IMC's
    /// are the same); whether it is a card.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be read.
    pub async fn credential_users(
        &self,
        id: &CredentialId,
    ) -> Result<Vec<(String, String, bool)>, StoreError> {
        let rows = sqlx::query(USERS)
            .bind(id.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|row| Ok((row.text("id")?, row.text("name")?, row.truth("card")?)))
            .collect()
    }

    /// The value in the secret store is for the caller to delete, after this.
    ///
    /// # Errors
    /// [`StoreError::CredentialInUse`] where cards or BMCs use it, [`StoreError::Missing`].
    pub async fn remove_credential(&self, id: &CredentialId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let users = sqlx::query(USERS)
            .bind(id.as_str())
            .fetch_all(&mut *tx)
            .await?;
        if !users.is_empty() {
            return Err(StoreError::CredentialInUse {
                count: u32::try_from(users.len()).unwrap_or(u32::MAX),
                users: users
                    .iter()
                    .take(NAMED)
                    .map(|row| row.text("name"))
                    .collect::<Result<_, _>>()?,
            });
        }
        let done = sqlx::query("DELETE FROM credential WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("credential", id));
        }
        Ok(tx.commit().await?)
    }
}
