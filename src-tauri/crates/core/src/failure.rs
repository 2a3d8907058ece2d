//! What people read when something did not work: what happened, the evidence, the next action.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What went wrong, for branching: retry rules, exit codes and the UI's panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// No answer: name, TCP, TLS or HTTP.
    Unreachable,
    /// The user name or the password was refused. Never retried.
    Authentication,
    /// A pinned certificate or host key is another one now. Never retried.
    TrustChanged,
    /// Never seen before, and nobody has accepted it yet.
    TrustUnknown,
    /// It answers, but is not what the job is for.
    NotAnImc,
    /// Firmware that the job does not support.
    Firmware,
    /// The peer understood and said no.
    Refused,
    /// The IMC could not fetch the ISO, or says so.
    MediaTransfer,
    /// A state's deadline passed.
    Deadline,
    /// It booted, and not what was asked for.
    WrongImage,
    /// It booted what was asked for and does not feel well.
    Unhealthy,
    /// `bootc` said no or stopped.
    Bootc,
    /// The card, the ISO or the job is in a state in which this can't be done.
    Precondition,
    /// Our side: disk, database, a program that is missing.
    Local,
    /// The answer made no sense.
    Protocol,
}

/// Whether trying again can help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "when", content = "hint")]
pub enum Retry {
    Now,
    /// After somebody did what the hint says.
    AfterFix(String),
    No,
}

/// A failed job's reason, kept with the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Failure {
    pub kind: FailureKind,
    /// The state in which it happened, as the plan names it.
    pub step: String,
    /// What happened, one sentence.
    pub message: String,
    /// The evidence: error chain, answers, digests; most general first. Never a secret.
    pub causes: Vec<String>,
    pub retry: Retry,
}

/// An error as a step meets it: classified, and either worth waiting for or final.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StepError {
    pub kind: FailureKind,
    pub message: String,
    pub causes: Vec<String>,
    pub hint: Option<String>,
    /// Worth trying again by itself, until the state's deadline.
    pub transient: bool,
}

impl StepError {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
            transient: false,
        }
    }

    #[must_use]
    pub fn transient(mut self) -> Self {
        self.transient = true;
        self
    }

    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn into_failure(self, step: &str) -> Failure {
        let retry = match self.hint {
            Some(hint) => Retry::AfterFix(hint),
            None if self.transient => Retry::Now,
            None => Retry::No,
        };
        Failure {
            kind: self.kind,
            step: step.to_owned(),
            message: self.message,
            causes: self.causes,
            retry,
        }
    }
}

/// The messages of an error and of everything below it, each one's own sentence.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |e| e.source())
        .map(ToString::to_string)
        .collect()
}
