//! From the layers' errors to what people read.

use slipway_core::{
    failure::{StepError, chain},
    job::JobStoreError,
    ports::{BmcError, RemoteError, SecretsError},
};
use slipway_store::StoreError;

use crate::views::{AppError, ErrorCode};

impl AppError {
    /// Refused, not broken.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Precondition, message)
    }

    /// What was typed can't be meant.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Invalid, message)
    }

    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, what)
    }

    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
            retryable: false,
        }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// The error's own sentence, and what lies under it as causes.
    pub fn from_chain(code: ErrorCode, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut all = chain(error);
        let message = if all.is_empty() {
            String::new()
        } else {
            all.remove(0)
        };
        Self {
            causes: all,
            ..Self::new(code, message)
        }
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}

impl From<StepError> for AppError {
    fn from(error: StepError) -> Self {
        Self {
            code: error.kind.into(),
            message: error.message,
            causes: error.causes,
            hint: error.hint,
            retryable: error.transient,
        }
    }
}

impl From<BmcError> for AppError {
    fn from(error: BmcError) -> Self {
        StepError::from(error).into()
    }
}

impl From<RemoteError> for AppError {
    fn from(error: RemoteError) -> Self {
        StepError::from(error).into()
    }
}

impl From<JobStoreError> for AppError {
    fn from(error: JobStoreError) -> Self {
        let (code, hint) = match &error {
            JobStoreError::Busy { .. } => (
                ErrorCode::Precondition,
                Some("wait for the job or cancel it"),
            ),
            JobStoreError::Missing(_) => {
                (ErrorCode::NotFound, Some("`slipctl job list` shows all"))
            }
            JobStoreError::Stale(_) => (ErrorCode::Other, None),
            // The store's own words say what to do: a full disk, say.
            JobStoreError::Database(source) => {
                let hint = source.downcast_ref().and_then(StoreError::hint);
                (ErrorCode::Other, hint)
            }
        };
        let app = Self::from_chain(code, &error);
        match hint {
            Some(hint) => app.hint(hint),
            None => app,
        }
    }
}

impl From<SecretsError> for AppError {
    fn from(error: SecretsError) -> Self {
        let locked = matches!(error, SecretsError::Locked | SecretsError::WrongPassphrase);
        let code = if locked {
            ErrorCode::SecretsLocked
        } else {
            ErrorCode::Other
        };
        let hint = match &error {
            SecretsError::Locked | SecretsError::Unusable(_) => {
                "start a keyring (Secret Service), or give the passphrase of the secret file"
            }
            SecretsError::WrongPassphrase => {
                "give the passphrase that the secret file was made with"
            }
            SecretsError::Missing(_) => "enter the secret again",
        };
        Self::from_chain(code, &error).hint(hint)
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::NewerDatabase { .. } => ErrorCode::NewerDatabase,
            StoreError::Exists { .. }
            | StoreError::CardIsBusy { .. }
            | StoreError::CredentialInUse { .. } => ErrorCode::Precondition,
            StoreError::Missing { .. } => ErrorCode::NotFound,
            StoreError::NotADatabase { .. }
            | StoreError::Damaged(_)
            | StoreError::DiskFull
            | StoreError::Locked
            | StoreError::ReadOnly
            | StoreError::Open { .. }
            | StoreError::Migrate(_)
            | StoreError::Unreadable { .. }
            | StoreError::Database(_) => ErrorCode::Other,
        };
        let hint = error.hint().or(match &error {
            StoreError::Exists { .. } => Some("use the one that is there, or remove it first"),
            StoreError::Missing { .. } => Some("list what is there; it may have been removed"),
            StoreError::NewerDatabase { .. }
            | StoreError::CardIsBusy { .. }
            | StoreError::CredentialInUse { .. }
            | StoreError::NotADatabase { .. }
            | StoreError::Damaged(_)
            | StoreError::DiskFull
            | StoreError::Locked
            | StoreError::ReadOnly
            | StoreError::Open { .. }
            | StoreError::Migrate(_)
            | StoreError::Unreadable { .. }
            | StoreError::Database(_) => None,
        });
        let app = Self::from_chain(code, &error);
        match hint {
            Some(hint) => app.hint(hint),
            None => app,
        }
    }
}
