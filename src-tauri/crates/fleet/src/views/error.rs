//! Errors as they cross.

use serde::{Deserialize, Serialize};
use slipway_core::failure::FailureKind;
use specta::Type;

/// An error as it crosses: what happened, the evidence, the next action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AppError {
    pub code: ErrorCode,
    pub message: String,
    pub causes: Vec<String>,
    pub hint: Option<String>,
    pub retryable: bool,
}

/// A code exists only where a shell branches on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Refused, not broken: shown as a warning.
    Precondition,
    /// What was typed can't be meant.
    Invalid,
    NotFound,
    TrustUnknown,
    TrustChanged,
    Authentication,
    Unreachable,
    SecretsLocked,
    NewerDatabase,
    /// Somebody wanted it to stop, and nothing of it is left.
    Cancelled,
    Other,
}

impl From<FailureKind> for ErrorCode {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Precondition => Self::Precondition,
            FailureKind::TrustUnknown => Self::TrustUnknown,
            FailureKind::TrustChanged => Self::TrustChanged,
            FailureKind::Authentication => Self::Authentication,
            FailureKind::Unreachable | FailureKind::Deadline => Self::Unreachable,
            FailureKind::NotAnImc
            | FailureKind::Firmware
            | FailureKind::Refused
            | FailureKind::MediaTransfer
            | FailureKind::WrongImage
            | FailureKind::Unhealthy
            | FailureKind::Bootc
            | FailureKind::Local
            | FailureKind::Protocol => Self::Other,
        }
    }
}
