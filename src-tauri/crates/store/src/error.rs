//! Why the database did not do what was asked.

use std::{fmt, path::PathBuf};

use slipway_core::ids::JobId;
use sqlx::migrate::MigrateError;

/// What can't be there twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    DpuName,
    DpuImc,
    BmcName,
    BmcAddress,
    CredentialName,
    IsoName,
    /// The same file, byte for byte.
    IsoContent,
}

impl fmt::Display for Unique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DpuName => "a card named",
            Self::DpuImc => "a card whose IMC is",
            Self::BmcName => "a card or BMC named",
            Self::BmcAddress => "a card or BMC at",
            Self::CredentialName => "a credential named",
            Self::IsoName => "an ISO named",
            Self::IsoContent => "an ISO with SHA-256",
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Refused, and nothing was changed in the file.
    #[error("{} was written by a newer Slipway (schema {found}, this one knows {known})", path.display())]
    NewerDatabase {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error("{} is not a Slipway database", path.display())]
    NotADatabase { path: PathBuf },
    #[error("the database file is damaged")]
    Damaged(#[source] sqlx::Error),
    #[error("no space is left for the database")]
    DiskFull,
    /// Another process wrote for longer than we wait.
    #[error("the database is held by another process")]
    Locked,
    #[error("the database can't be written to")]
    ReadOnly,
    #[error("opening {}", path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("bringing the database to this version's shape")]
    Migrate(#[source] Box<MigrateError>),
    /// Refused, not broken.
    #[error("{what} {value} is there already")]
    Exists {
        what: Unique,
        value: String,
        /// The id of the one that is there.
        id: String,
    },
    #[error("there is no {what} {id}")]
    Missing { what: &'static str, id: String },
    /// Refused, not broken.
    #[error("the card has an active job ({active})")]
    CardIsBusy { active: JobId },
    /// Refused, not broken.
    #[error("the credential is used by {}", used_by(users, *count))]
    CredentialInUse {
        /// The first few, by name.
        users: Vec<String>,
        count: u32,
    },
    /// Written by hand or by another version.
    #[error("the stored {what} can't be read")]
    Unreadable {
        what: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
}

fn used_by(users: &[String], count: u32) -> String {
    let more = (count as usize).saturating_sub(users.len());
    let names = users.join(", ");
    if more == 0 {
        names
    } else {
        format!("{names} and {more} more")
    }
}

impl StoreError {
    /// What to do about it, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NewerDatabase { .. } => Some("update Slipway or use another --data-dir"),
            Self::NotADatabase { .. } => Some("move the file away or use another --data-dir"),
            Self::Damaged(_) => Some("restore the data folder from a backup"),
            Self::DiskFull => Some("free some space and try again; nothing was lost"),
            Self::Locked => Some("find out which other Slipway writes for so long, and try again"),
            Self::ReadOnly | Self::Open { .. } => {
                Some("check who owns the data folder, or use another --data-dir")
            }
            Self::CardIsBusy { .. } => Some("wait for the job or cancel it"),
            Self::CredentialInUse { .. } => Some("give those another credential first"),
            Self::Migrate(_)
            | Self::Exists { .. }
            | Self::Missing { .. }
            | Self::Unreadable { .. }
            | Self::Database(_) => None,
        }
    }

    pub(crate) fn missing(what: &'static str, id: impl fmt::Display) -> Self {
        Self::Missing {
            what,
            id: id.to_string(),
        }
    }
}

/// <https://www.sqlite.org/rescode.html>: the low byte is the primary code.
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const NOTADB: i32 = 26;
    /// The shared-memory file could not grow: on a full disk this comes before `FULL`.
    pub(super) const IOERR_SHMSIZE: i32 = 4874;
}

fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// Whether SQLite looked at the file and did not find its own format.
pub(crate) fn is_not_a_database(error: &sqlx::Error) -> bool {
    sqlite_code(error).is_some_and(|code| code & 0xff == code::NOTADB)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let Some(extended) = sqlite_code(&error) else {
            return Self::Database(error);
        };
        match extended & 0xff {
            _ if extended == code::IOERR_SHMSIZE => Self::DiskFull,
            code::FULL => Self::DiskFull,
            code::BUSY | code::LOCKED => Self::Locked,
            code::READONLY => Self::ReadOnly,
            code::CORRUPT | code::NOTADB => Self::Damaged(error),
            _ => Self::Database(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => error.into(),
            MigrateError::ExecuteMigration(error, version) => match Self::from(error) {
                // A refusal of the migration itself: keep which one it was.
                Self::Database(error) => {
                    Self::Migrate(Box::new(MigrateError::ExecuteMigration(error, version)))
                }
                environment => environment,
            },
            other => Self::Migrate(Box::new(other)),
        }
    }
}
