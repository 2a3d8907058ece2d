//! What a check says: how it ended, by which evidence, and what to do about it.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::DoctorCheckId;
use crate::{
    failure::StepError,
    ids::JobId,
    trust::{Fingerprint, PinKind},
};

/// One check, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DoctorCheck {
    pub id: DoctorCheckId,
    pub title: String,
    pub outcome: CheckOutcome,
}

/// How a check ended. The evidence is a sentence with the values that were seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum CheckOutcome {
    Pass {
        evidence: String,
    },
    /// A deployment can be tried; this is worth knowing before.
    Warn {
        evidence: String,
        fix: CheckFix,
    },
    /// A deployment would fail, or must not be tried.
    Fail {
        evidence: String,
        fix: CheckFix,
    },
    /// It says nothing: it could not be asked, or nobody asked for it.
    Skipped {
        because: String,
    },
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CheckFix {
    pub text: String,
    /// What a button does, where there is something that Slipway can do.
    pub action: Option<FixAction>,
    /// The same as a command, to be copied as it is.
    pub command: Option<String>,
}

/// What Slipway can do about it, once a person wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum FixAction {
    AcceptPin {
        kind: PinKind,
        peer: String,
        fingerprint: Fingerprint,
    },
    /// Sets the IMC's clock and installs our CA's certificate, as a deployment does.
    PrepareImc,
    EnterPassword,
    ChooseLogin,
    EjectMedia,
    ShowJob {
        job: JobId,
    },
    /// Installs firmware 1.8's file on the IMC, after a person's word.
    ReservedMemoryFile,
}

impl FixAction {
    /// The same with `slipctl`.
    fn command(&self, card: &str) -> String {
        match self {
            Self::AcceptPin {
                kind,
                peer,
                fingerprint,
            } => {
                let kind = match kind {
                    PinKind::TlsCertificate => "certificate",
                    PinKind::SshHostKey => "host-key",
                };
                format!("slipctl trust accept {kind} {peer} {fingerprint}")
            }
            Self::PrepareImc => format!("slipctl bmc prepare {card}"),
            Self::EnterPassword => {
                format!("slipctl bmc password {card} --password-fd 0")
            }
            Self::ChooseLogin => format!("slipctl bmc login {card} --ssh-profile PROFILE"),
            Self::EjectMedia => format!("slipctl bmc eject {card}"),
            Self::ShowJob { job } => format!("slipctl job show {job}"),
            Self::ReservedMemoryFile => format!("slipctl bmc prepare {card} --reserved-memory"),
        }
    }
}

impl CheckFix {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            action: None,
            command: None,
        }
    }

    pub(super) fn by(self, action: FixAction, card: &str) -> Self {
        Self {
            command: Some(action.command(card)),
            action: Some(action),
            ..self
        }
    }

    /// Something that only a person can run.
    pub(super) fn run(self, command: impl Into<String>) -> Self {
        Self {
            command: Some(command.into()),
            ..self
        }
    }
}

impl CheckOutcome {
    pub(super) fn pass(evidence: impl Into<String>) -> Self {
        Self::Pass {
            evidence: evidence.into(),
        }
    }

    pub(super) fn warn(evidence: impl Into<String>, fix: CheckFix) -> Self {
        Self::Warn {
            evidence: evidence.into(),
            fix,
        }
    }

    pub(super) fn fail(evidence: impl Into<String>, fix: CheckFix) -> Self {
        Self::Fail {
            evidence: evidence.into(),
            fix,
        }
    }

    pub(super) fn skip(because: impl Into<String>) -> Self {
        Self::Skipped {
            because: because.into(),
        }
    }

    /// Whether what needs this one can be asked.
    pub(super) fn lets_on(&self) -> bool {
        match self {
            Self::Pass { .. } | Self::Warn { .. } => true,
            Self::Fail { .. } | Self::Skipped { .. } => false,
        }
    }

    #[must_use]
    pub fn fix(&self) -> Option<&CheckFix> {
        match self {
            Self::Warn { fix, .. } | Self::Fail { fix, .. } => Some(fix),
            Self::Pass { .. } | Self::Skipped { .. } => None,
        }
    }

    /// The evidence, or why there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Pass { evidence } | Self::Warn { evidence, .. } | Self::Fail { evidence, .. } => {
                evidence
            }
            Self::Skipped { because } => because,
        }
    }
}

/// An error with all of its causes, as evidence.
pub(super) fn told(error: &StepError) -> String {
    let causes = error.causes.iter().map(String::as_str);
    std::iter::once(error.message.as_str())
        .chain(causes)
        .collect::<Vec<_>>()
        .join(": ")
}

/// The fix that an error brings along, or this one.
pub(super) fn fix_of(error: &StepError, otherwise: &str) -> CheckFix {
    CheckFix::new(error.hint.as_deref().unwrap_or(otherwise))
}

/// How many checks ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Tally {
    pub passed: u32,
    pub warned: u32,
    pub failed: u32,
    pub skipped: u32,
}

impl Tally {
    #[must_use]
    pub fn of(checks: &[DoctorCheck]) -> Self {
        let mut tally = Self::default();
        for check in checks {
            let count = match check.outcome {
                CheckOutcome::Pass { .. } => &mut tally.passed,
                CheckOutcome::Warn { .. } => &mut tally.warned,
                CheckOutcome::Fail { .. } => &mut tally.failed,
                CheckOutcome::Skipped { .. } => &mut tally.skipped,
            };
            *count += 1;
        }
        tally
    }
}
