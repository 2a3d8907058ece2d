//! What is wrong with a file, where, and what to write instead.

use serde::Serialize;
use specta::Type;

use super::source::{Place, Source, Span};

/// Whether a plan can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ProblemSeverity {
    /// No plan can be made, or it would not be the one that was meant.
    Error,
    /// Not needed for a plan, or harmless.
    Warning,
}

/// What kind of thing is wrong; shown in brackets, and what tests and the window go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    Syntax,
    Template,
    MissingValue,
    UnknownKey,
    DuplicateKey,
    WrongType,
    /// YAML 1.1 reads something else than what is written.
    Reading,
    Missing,
    Unexpanded,
    Placeholder,
    OutOfScope,
    UnknownKind,
    UnknownStep,
    NotUnique,
    NetworkPort,
    Mac,
    Ip,
    Host,
    Name,
    Password,
    Iso,
    Unused,
}

impl ProblemCode {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Template => "template",
            Self::MissingValue => "missing-value",
            Self::UnknownKey => "unknown-key",
            Self::DuplicateKey => "duplicate-key",
            Self::WrongType => "wrong-type",
            Self::Reading => "reading",
            Self::Missing => "missing",
            Self::Unexpanded => "unexpanded",
            Self::Placeholder => "placeholder",
            Self::OutOfScope => "out-of-scope",
            Self::UnknownKind => "unknown-kind",
            Self::UnknownStep => "unknown-step",
            Self::NotUnique => "not-unique",
            Self::NetworkPort => "network-port",
            Self::Mac => "mac",
            Self::Ip => "ip",
            Self::Host => "host",
            Self::Name => "name",
            Self::Password => "password",
            Self::Iso => "iso",
            Self::Unused => "unused",
        }
    }
}

/// One thing that is wrong. Never says a password or a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Problem {
    pub severity: ProblemSeverity,
    pub code: ProblemCode,
    /// What is wrong, one sentence.
    pub message: String,
    /// What to write instead, or to do.
    pub fix: String,
    pub file: String,
    /// Missing where it is about the file as a whole.
    pub place: Option<Place>,
    /// Another place that it is about: "the first one is here".
    pub related: Option<Related>,
    /// The pre- or post-step that it is about: who skips that step may ignore it.
    pub step: Option<String>,
    #[serde(skip)]
    pub span: Option<Span>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Related {
    pub place: Place,
    pub words: String,
    #[serde(skip)]
    pub span: Option<Span>,
}

impl Problem {
    pub(super) fn new(
        severity: ProblemSeverity,
        code: ProblemCode,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            fix: fix.into(),
            file: String::new(),
            place: None,
            related: None,
            step: None,
            span: None,
        }
    }

    pub(super) fn at(mut self, source: &Source, span: Span) -> Self {
        source.name().clone_into(&mut self.file);
        self.place = Some(source.place(span.start));
        self.span = Some(span);
        self
    }

    pub(super) fn and_at(mut self, source: &Source, span: Span, words: &str) -> Self {
        self.related = Some(Related {
            place: source.place(span.start),
            words: words.to_owned(),
            span: Some(span),
        });
        self
    }
}

/// An older way of writing that was understood, and how it is written today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Migration {
    pub place: Place,
    /// `masters[0]`, or the name of the card.
    pub of: String,
    pub from: String,
    pub to: String,
}
