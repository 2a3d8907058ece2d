//! Why the program ends with something else than 0.

use std::{collections::BTreeSet, process::ExitCode};

use slipway_core::{
    dpu::JobOutcome,
    failure::{Failure, chain},
};
use slipway_fleet::{
    AppError, ErrorCode,
    views::{BatchView, JobView},
};

/// An error for people, and the exit code for scripts.
#[derive(Debug)]
pub struct Failed {
    pub error: AppError,
    pub code: u8,
}

/// The job that was waited for did not succeed.
const JOB_FAILED: u8 = 1;
pub const INTERRUPTED: u8 = 130;

impl From<AppError> for Failed {
    fn from(error: AppError) -> Self {
        let code = code(error.code);
        Self { error, code }
    }
}

fn code(error: ErrorCode) -> u8 {
    match error {
        ErrorCode::Invalid => 2,
        ErrorCode::NotFound => 3,
        ErrorCode::Precondition => 4,
        ErrorCode::TrustUnknown | ErrorCode::TrustChanged => 5,
        ErrorCode::Authentication => 6,
        ErrorCode::Unreachable => 7,
        ErrorCode::SecretsLocked => 8,
        ErrorCode::NewerDatabase => 9,
        ErrorCode::Cancelled => INTERRUPTED,
        ErrorCode::Other => 1,
    }
}

/// How jobs ended: 5 or 6 where all that did not succeed failed for that one reason (then somebody
/// has to act, and trying again is no use), else 1.
pub fn jobs<'a>(ended: impl Iterator<Item = &'a JobView>) -> u8 {
    let bad = ended.filter(|view| view.row.outcome != JobOutcome::Succeeded);
    all(bad.map(|view| view.failure.as_ref()))
}

/// How a batch stands, in the same codes. Cards that it never started say nothing of their own
/// where others failed.
pub fn batch(view: &BatchView) -> u8 {
    let counts = view.row.counts;
    if counts.succeeded == counts.cards {
        return 0;
    }
    if counts.failed == 0 {
        return JOB_FAILED;
    }
    let failures = view.cards.iter().map(|card| card.failure.as_ref());
    all(failures.filter(Option::is_some))
}

fn all<'a>(failures: impl Iterator<Item = Option<&'a Failure>>) -> u8 {
    let codes: BTreeSet<u8> = failures
        .map(
            |failure| match failure.map(|failure| code(failure.kind.into())) {
                Some(told @ (5 | 6)) => told,
                Some(_) | None => JOB_FAILED,
            },
        )
        .collect();
    match (codes.first(), codes.len()) {
        (None, _) => 0,
        (Some(only), 1) => *only,
        (Some(_), _) => JOB_FAILED,
    }
}

impl Failed {
    /// Something of our own side: a file, a descriptor, a socket.
    pub fn local(message: impl Into<String>, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut app = AppError::new(ErrorCode::Other, message);
        app.causes = chain(error);
        app.into()
    }

    /// What was typed can't be read as what it should be.
    pub fn unusable(error: &(dyn std::error::Error + 'static), hint: &str) -> Self {
        AppError::from_chain(ErrorCode::Invalid, error)
            .hint(hint)
            .into()
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        AppError::invalid(message).into()
    }

    pub fn exit(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}
