//! Why the program ends with something else than 0.

use std::process::ExitCode;

use slipway_core::failure::chain;
use slipway_fleet::{AppError, ErrorCode};

/// An error for people, and the exit code for scripts.
#[derive(Debug)]
pub struct Failed {
    pub error: AppError,
    pub code: u8,
}

/// The job that was waited for did not succeed.
pub const JOB_FAILED: u8 = 1;
pub const INTERRUPTED: u8 = 130;

impl From<AppError> for Failed {
    fn from(error: AppError) -> Self {
        let code = match error.code {
            ErrorCode::Invalid => 2,
            ErrorCode::NotFound => 3,
            ErrorCode::Precondition => 4,
            ErrorCode::TrustUnknown | ErrorCode::TrustChanged => 5,
            ErrorCode::Authentication => 6,
            ErrorCode::Unreachable => 7,
            ErrorCode::SecretsLocked => 8,
            ErrorCode::NewerDatabase => 9,
            ErrorCode::Other => 1,
        };
        Self { error, code }
    }
}

impl Failed {
    /// Something of our own side: a file, a descriptor, a socket.
    pub fn local(message: impl Into<String>, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut app = AppError::new(ErrorCode::Other, message);
        app.causes = chain(error);
        app.into()
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        AppError::invalid(message).into()
    }

    pub fn exit(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}
