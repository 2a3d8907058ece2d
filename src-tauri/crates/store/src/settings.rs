//! Settings: one JSON value per name. What they mean is their reader's business.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Store, StoreError,
    columns::{Columns, json},
};

impl Store {
    /// The setting, or `None` where it was never set.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] where it is not a `T`.
    pub async fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let row = sqlx::query("SELECT value FROM setting WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| Columns::json(&row, "value")).transpose()
    }

    /// Never a secret.
    ///
    /// # Errors
    /// [`StoreError`] where it can't be written.
    pub async fn set_setting<T: Serialize + Sync>(
        &self,
        name: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO setting (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(json("setting", value)?)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
