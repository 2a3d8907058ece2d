//! Between our types and the texts and numbers of a row. No SQL here.

use std::str::FromStr;

use serde::{Serialize, de::DeserializeOwned};
use slipway_core::time::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};

use crate::error::StoreError;

fn unreadable(
    what: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Unreadable {
        what,
        source: source.into(),
    }
}

pub(crate) fn json<T: Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable(what, error))
}

pub(crate) fn from_json<T: DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| unreadable(what, error))
}

/// The word of a unit-only enum, as serde writes it: `"update_available"` without the quotes.
pub(crate) fn word<T: Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(_) => Err(unreadable(what, "not a word")),
        Err(error) => Err(unreadable(what, error)),
    }
}

pub(crate) fn from_word<T: DeserializeOwned>(
    what: &'static str,
    word: String,
) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| unreadable(what, error))
}

pub(crate) fn parse<T>(what: &'static str, text: &str) -> Result<T, StoreError>
where
    T: FromStr,
    T::Err: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    text.parse()
        .map_err(|error: T::Err| unreadable(what, error))
}

/// What a row holds, read by column name.
pub(crate) trait Columns {
    fn text(&self, column: &'static str) -> Result<String, StoreError>;
    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StoreError>;
    fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError>;
    fn truth(&self, column: &'static str) -> Result<bool, StoreError>;
    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError>;
    fn parsed<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: FromStr,
        T::Err: Into<Box<dyn std::error::Error + Send + Sync>>;
    fn moment(&self, column: &'static str) -> Result<Timestamp, StoreError>;
}

impl Columns for SqliteRow {
    fn text(&self, column: &'static str) -> Result<String, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError> {
        let number: i64 = self.try_get(column)?;
        T::try_from(number).map_err(|_| unreadable(column, "the number is out of its range"))
    }

    fn truth(&self, column: &'static str) -> Result<bool, StoreError> {
        Ok(self.number::<i64>(column)? != 0)
    }

    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        from_json(column, &self.text(column)?)
    }

    fn parsed<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: FromStr,
        T::Err: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        parse(column, &self.text(column)?)
    }

    fn moment(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.parsed(column)
    }
}

/// A key whose order by bytes is the order that people expect: `dpu-2` before `dpu-10`, and no
/// difference between cases. Each run of digits is written after its own length.
pub(crate) fn natural_key(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut key = String::with_capacity(lower.len() + 8);
    let mut rest = lower.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        key.push_str(&rest[..start]);
        let run = &rest[start..];
        let end = run.find(|c: char| !c.is_ascii_digit()).unwrap_or(run.len());
        let digits = run[..end].trim_start_matches('0');
        // Longer numbers than 999 digits only lose their order among each other.
        key.push_str(&format!("{:03}", digits.len().min(999)));
        key.push_str(digits);
        rest = &run[end..];
    }
    key.push_str(rest);
    key
}

/// A pattern for `LIKE … ESCAPE '\'` that finds the text anywhere; the column is in lower case.
pub(crate) fn anywhere(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = [
            "DPU-10", "dpu-2", "dpu-9a", "dpu-1", "dpu", "dpu-02b", "cpu-100",
        ];
        names.sort_by_key(|name| natural_key(name));
        assert_eq!(
            names,
            [
                "cpu-100", "dpu", "dpu-1", "dpu-2", "dpu-02b", "dpu-9a", "DPU-10"
            ]
        );
        assert!(natural_key("1.9.12") < natural_key("1.10.0"));
    }

    #[test]
    fn a_percent_sign_is_looked_for_and_not_a_wildcard() {
        assert_eq!(anywhere(r"50%_A\"), r"%50\%\_a\\%");
    }

    proptest! {
        #[test]
        fn any_two_numbers_keep_their_order(a in any::<u64>(), b in any::<u64>()) {
            let key = |n| natural_key(&format!("dpu-{n}.x"));
            prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
        }
    }
}
