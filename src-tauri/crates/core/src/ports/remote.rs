//! A machine that runs commands over SSH.

use std::time::Duration;

use async_trait::async_trait;

use super::Stage;
use crate::{
    command::CommandLine,
    failure::{FailureKind, StepError},
    trust::Fingerprint,
};

/// What a command left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// 0 to 255; 128 + n for a signal n.
    pub exit: u32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl CommandOutput {
    #[must_use]
    pub fn ok(&self) -> bool {
        self.exit == 0
    }
    /// Standard output as text, trimmed.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }
    /// The last line of standard error: where programs say why.
    #[must_use]
    pub fn reason(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        text.lines()
            .rev()
            .map(str::trim)
            .find(|l| !l.is_empty())
            .unwrap_or("no reason given")
            .to_owned()
    }
}

/// Why an SSH command could not be run at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    #[error("{peer} does not answer ({stage:?}): {reason}")]
    Unreachable {
        peer: String,
        stage: Stage,
        reason: String,
    },
    #[error("{peer} shows an SSH host key that nobody has accepted yet: {seen}")]
    HostKeyUnknown { peer: String, seen: Fingerprint },
    #[error("the SSH host key of {peer} has changed: pinned {pinned}, now {seen}")]
    HostKeyChanged {
        peer: String,
        pinned: Fingerprint,
        seen: Fingerprint,
    },
    #[error("{peer} refuses to log in as {user} (tried: {tried})")]
    Unauthorized {
        peer: String,
        user: String,
        tried: String,
    },
    #[error("the connection to {peer} was lost: {reason}")]
    Lost { peer: String, reason: String },
    #[error("{peer}: `{command}` gave no answer within {seconds} s")]
    TimedOut {
        peer: String,
        command: String,
        seconds: u64,
    },
}

impl From<RemoteError> for StepError {
    fn from(error: RemoteError) -> Self {
        let message = error.to_string();
        match error {
            RemoteError::Unreachable { .. }
            | RemoteError::Lost { .. }
            | RemoteError::TimedOut { .. } => {
                Self::new(FailureKind::Unreachable, message).transient()
            }
            RemoteError::HostKeyUnknown { .. } => Self::new(FailureKind::TrustUnknown, message)
                .hint("compare the fingerprint, then accept it on the card's Trust tab or by `slipctl trust accept`"),
            RemoteError::HostKeyChanged { .. } => Self::new(FailureKind::TrustChanged, message)
                .hint("find out why it changed; then accept the new one on the card's Trust tab or by `slipctl trust accept`"),
            RemoteError::Unauthorized { .. } => Self::new(FailureKind::Authentication, message)
                .hint("correct the card's credential"),
        }
    }
}

/// A machine that runs commands over SSH.
#[async_trait]
pub trait Remote: Send + Sync {
    /// Runs one command to its end. A non-zero exit is an answer, not an error.
    async fn run(
        &self,
        command: &CommandLine,
        stdin: Option<&[u8]>,
        deadline: Duration,
    ) -> Result<CommandOutput, RemoteError>;
}
