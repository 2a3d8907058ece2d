//! What a look at a text found: where, why, and what to do about it.

use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It does not work, or gives a secret away: nothing is built with it.
    Error,
    Warning,
    /// Worth knowing.
    Note,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Finding {
    pub severity: Severity,
    /// From 1; `None` where something is missing as a whole.
    pub line: Option<u32>,
    /// A short stable word: `plaintext-password`.
    pub rule: String,
    pub reason: String,
    pub fix: String,
}

impl Finding {
    #[must_use]
    pub fn new(severity: Severity, rule: &str, reason: impl Into<String>, fix: &str) -> Self {
        Self {
            severity,
            line: None,
            rule: rule.to_owned(),
            reason: reason.into(),
            fix: fix.to_owned(),
        }
    }

    /// `line` counts from 0, as lines are enumerated.
    #[must_use]
    pub fn at(mut self, line: usize) -> Self {
        self.line = u32::try_from(line + 1).ok();
        self
    }
}
