//! Credential profiles: a name for people and a user name. The password is in the secret store
//! under `credential/<id>` and never here.

use serde::{Deserialize, Serialize};
use slipway_core::{ids::CredentialId, time::Timestamp};
use specta::Type;
use sqlx::{Sqlite, Transaction, sqlite::SqliteRow};

use crate::{Store, StoreError, columns::Columns, error::Unique};

/// A credential without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CredentialProfile {
    pub id: CredentialId,
    pub name: String,
    pub user_name: String,
    pub created_at: Timestamp,
}

/// How many cards a refusal names.
const NAMED: u32 = 3;

fn profile_of(row: &SqliteRow) -> Result<CredentialProfile, StoreError> {
    Ok(CredentialProfile {
        id: row.parsed("id")?,
        name: row.text("name")?,
        user_name: row.text("user_name")?,
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
            "INSERT INTO credential (id, name, user_name, created_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(profile.id.as_str())
        .bind(&profile.name)
        .bind(&profile.user_name)
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
    /// [`StoreError::Exists`] where the name is taken, [`StoreError::Missing`].
    pub async fn rename_credential(&self, id: &CredentialId, name: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        refuse_taken_name(&mut tx, name, id).await?;
        let done = sqlx::query("UPDATE credential SET name = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(name)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("credential", id));
        }
        Ok(tx.commit().await?)
    }

    /// The value in the secret store is for the caller to delete, after this.
    ///
    /// # Errors
    /// [`StoreError::CredentialInUse`] where cards use it, [`StoreError::Missing`].
    pub async fn remove_credential(&self, id: &CredentialId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let users = sqlx::query(
            "SELECT name, COUNT(*) OVER () AS cards FROM dpu
             WHERE imc_credential = $1 OR acc_credential = $1 ORDER BY name LIMIT $2",
        )
        .bind(id.as_str())
        .bind(i64::from(NAMED))
        .fetch_all(&mut *tx)
        .await?;
        if let Some(first) = users.first() {
            return Err(StoreError::CredentialInUse {
                count: first.number("cards")?,
                cards: users
                    .iter()
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
