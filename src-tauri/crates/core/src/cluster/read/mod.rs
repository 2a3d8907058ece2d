//! From the tree to the model, with everything that is wrong on the way.
//!
//! Nothing stops at the first problem: what can't be read is left out of the model, and named.

mod card;
mod checks;
mod file;
mod login;
mod step;

use std::collections::BTreeSet;

use crate::address::Address;

use super::{
    model::{ClusterFile, Kept},
    problem::{Migration, Problem, ProblemCode, ProblemSeverity},
    source::{Source, Span},
    template::{missing_in, without_value},
    tree::{Entry, Node, Value},
    values::MissingValue,
    yaml11::Reading,
};

/// What is known besides the file.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Redfish of the IMCs in the inventory: their logins come from there, not from the file.
    pub known_imcs: BTreeSet<Address>,
}

/// The places of what later questions are about (is this card known, is this ISO there), in the
/// order of the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterSpans {
    pub name: Option<Span>,
    pub iso: Option<Span>,
    pub cards: Vec<Span>,
}

/// Whether a plan needs a value: then what is wrong with it is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Plan,
    Nothing,
}

impl Need {
    fn severity(self) -> ProblemSeverity {
        match self {
            Self::Plan => ProblemSeverity::Error,
            Self::Nothing => ProblemSeverity::Warning,
        }
    }
}

/// Reads a filled-in tree.
pub fn read_file(
    tree: &Node,
    source: &Source,
    missing: &[MissingValue],
    around: &Surroundings,
) -> ReadFile {
    let mut reader = Reader {
        source,
        missing,
        around,
        named: BTreeSet::new(),
        problems: Vec::new(),
        migrations: Vec::new(),
        secrets: Vec::new(),
        spans: Vec::new(),
        step: None,
    };
    let file = reader.file(tree);
    for (number, value) in missing.iter().enumerate() {
        if !reader.named.contains(&number) {
            // Only a comment asks for it; CDA's lookup would fail all the same.
            reader.problems.push(without_value(value, source, None));
        }
    }
    ReadFile {
        file,
        problems: reader.problems,
        migrations: reader.migrations,
        secrets: reader.secrets,
        spans: reader.spans,
    }
}

pub struct ReadFile {
    pub file: ClusterFile,
    pub problems: Vec<Problem>,
    pub migrations: Vec<Migration>,
    pub secrets: Vec<Span>,
    pub spans: Vec<ClusterSpans>,
}

struct Reader<'s> {
    source: &'s Source,
    missing: &'s [MissingValue],
    around: &'s Surroundings,
    /// Missing values that were named already.
    named: BTreeSet<usize>,
    problems: Vec<Problem>,
    migrations: Vec<Migration>,
    secrets: Vec<Span>,
    spans: Vec<ClusterSpans>,
    /// The pre- or post-step that is being read.
    step: Option<String>,
}

impl Reader<'_> {
    fn say(
        &mut self,
        severity: ProblemSeverity,
        code: ProblemCode,
        span: Span,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let mut problem = Problem::new(severity, code, message, fix).at(self.source, span);
        problem.step.clone_from(&self.step);
        self.problems.push(problem);
    }

    fn migrated(&mut self, span: Span, of: &str, from: &str, to: &str) {
        self.migrations.push(Migration {
            place: self.source.place(span.start),
            of: of.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        });
    }

    /// A scalar's text as it was written, without a judgement of its content; `None`, named, where
    /// it is no scalar, or where its value is missing.
    fn raw(&mut self, entry: &Entry, need: Need) -> Option<String> {
        let Some(scalar) = entry.value.scalar() else {
            let message = format!(
                "`{}` is text, and this is {}",
                entry.key,
                entry.value.words()
            );
            let fix = "write one value";
            let severity = need.severity();
            self.say(
                severity,
                ProblemCode::WrongType,
                entry.value.span,
                message,
                fix,
            );
            return None;
        };
        let missing: Vec<usize> = missing_in(&scalar.text)
            .filter(|number| *number < self.missing.len())
            .collect();
        for number in &missing {
            if let Some(value) = self.missing.get(*number)
                && self.named.insert(*number)
            {
                let at = Some(entry.value.span);
                let mut problem = without_value(value, self.source, at);
                problem.severity = need.severity();
                problem.step.clone_from(&self.step);
                self.problems.push(problem);
            } else {
                self.asked_again(*number, need);
            }
        }
        if !missing.is_empty() || scalar.reading == Reading::Null {
            return None;
        }
        let text = scalar.text.as_str();
        if text.trim().is_empty() {
            let message = format!("`{}` is empty", entry.key);
            let fix = "write a value, or leave the key out";
            let span = entry.value.span;
            self.say(need.severity(), ProblemCode::Missing, span, message, fix);
            return None;
        }
        if unexpanded(text) {
            let message = format!(
                "`{}` has a variable of a shell in it; neither CDA nor Slipway expands it",
                entry.key
            );
            let fix =
                "write the value, or a template: `{{ name }}` with `name: …` in the variables file";
            let span = entry.value.span;
            self.say(need.severity(), ProblemCode::Unexpanded, span, message, fix);
            return None;
        }
        Some(text.to_owned())
    }

    /// A missing value was named at its first place; this one may need it more.
    fn asked_again(&mut self, number: usize, need: Need) {
        let Some(value) = self.missing.get(number) else {
            return;
        };
        let asked = format!("`{value}`");
        let known = self.problems.iter_mut().find(|problem| {
            problem.code == ProblemCode::MissingValue && problem.message.starts_with(&asked)
        });
        if let Some(problem) = known {
            problem.severity = problem.severity.min(need.severity());
            if problem.step != self.step {
                problem.step = None;
            }
        }
    }

    /// Text. What YAML 1.1 reads as something else is taken as it was written, and named.
    fn text(&mut self, entry: &Entry, need: Need) -> Option<String> {
        let text = self.raw(entry, need)?.trim().to_owned();
        let reading = entry.value.scalar().map(|scalar| scalar.reading.clone())?;
        if reading != Reading::Text {
            let message = format!(
                "CDA reads `{text}` as {}; Slipway takes it as it is written",
                reading.words()
            );
            let fix = format!("put it in quotes: \"{text}\"");
            let span = entry.value.span;
            self.say(
                ProblemSeverity::Warning,
                ProblemCode::Reading,
                span,
                message,
                fix,
            );
        }
        if let Some(word) = checks::placeholder(&text) {
            let message = format!("`{}` still has its placeholder, {word}", entry.key);
            let fix = "write the real value";
            let span = entry.value.span;
            self.say(
                need.severity(),
                ProblemCode::Placeholder,
                span,
                message,
                fix,
            );
        }
        Some(text)
    }

    /// A password or key: never named in a message, hidden where its line is shown.
    fn secret(&mut self, entry: &Entry, need: Need) -> Option<String> {
        self.secrets.push(entry.value.span);
        let text = self.raw(entry, need)?;
        let is_text = entry
            .value
            .scalar()
            .is_some_and(|scalar| scalar.reading == Reading::Text);
        if !is_text {
            let message = format!("CDA does not read `{}` as text", entry.key);
            let fix = "put it in quotes";
            let span = entry.value.span;
            self.say(
                ProblemSeverity::Warning,
                ProblemCode::Reading,
                span,
                message,
                fix,
            );
        }
        if checks::placeholder(&text).is_some() {
            let message = format!("`{}` still has its placeholder", entry.key);
            let fix = "write the real value";
            let span = entry.value.span;
            self.say(
                need.severity(),
                ProblemCode::Placeholder,
                span,
                message,
                fix,
            );
        }
        Some(text)
    }

    fn flag(&mut self, entry: &Entry) -> bool {
        match entry.value.scalar().map(|scalar| &scalar.reading) {
            Some(Reading::Bool(value)) => *value,
            Some(Reading::Text) if entry.value.scalar().is_some_and(|s| s.text == "false") => {
                // Python takes every text that is not empty as true.
                let message = format!("CDA takes `{}: \"false\"`, a text, as true", entry.key);
                let fix = "leave out the quotes: false";
                self.say(
                    ProblemSeverity::Error,
                    ProblemCode::WrongType,
                    entry.value.span,
                    message,
                    fix,
                );
                false
            }
            _ => {
                let words = entry.value.words();
                let message = format!("`{}` is true or false, and this is {words}", entry.key);
                let fix = "write true or false, without quotes";
                self.say(
                    ProblemSeverity::Error,
                    ProblemCode::WrongType,
                    entry.value.span,
                    message,
                    fix,
                );
                false
            }
        }
    }

    /// A list; nothing, named, where it is something else. CDA stops at an empty `masters:`.
    fn list<'n>(&mut self, entry: &'n Entry, need: Need) -> &'n [Node] {
        match &entry.value.value {
            Value::List(items) => items,
            Value::Scalar(_) | Value::Map(_) => {
                let words = entry.value.words();
                let message = format!("`{}` is a list, and this is {words}", entry.key);
                let fix = format!(
                    "write `{}:` and below it lines that begin with `- `",
                    entry.key
                );
                self.say(
                    need.severity(),
                    ProblemCode::WrongType,
                    entry.value.span,
                    message,
                    fix,
                );
                &[]
            }
        }
    }

    /// Something that is kept as it is; missing values in it are named, for they can't be kept.
    fn keep(&mut self, entry: &Entry) -> Kept {
        self.kept(&entry.key, &entry.value)
    }

    fn kept(&mut self, key: &str, node: &Node) -> Kept {
        match &node.value {
            Value::Scalar(scalar) => {
                let has_login = scalar.text.contains("://") && scalar.text.contains('@');
                if has_login || checks::is_secret_key(key) {
                    self.secrets.push(node.span);
                }
                for number in missing_in(&scalar.text) {
                    if let Some(value) = self.missing.get(number)
                        && self.named.insert(number)
                    {
                        let mut problem = without_value(value, self.source, Some(node.span));
                        problem.severity = ProblemSeverity::Warning;
                        self.problems.push(problem);
                    }
                }
                let is_null = scalar.reading == Reading::Null;
                Kept::Scalar {
                    text: if is_null {
                        "null".into()
                    } else {
                        scalar.text.clone()
                    },
                    is_text: scalar.reading == Reading::Text,
                }
            }
            Value::List(items) => {
                Kept::List(items.iter().map(|item| self.kept(key, item)).collect())
            }
            Value::Map(entries) => Kept::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), self.kept(&entry.key, &entry.value)))
                    .collect(),
            ),
        }
    }

    /// A key that nobody knows. One that is nearly a needed key was meant as that.
    fn unknown_key(
        &mut self,
        entry: &Entry,
        of: &str,
        needed: &[&str],
        others: &[&str],
        cda: &str,
    ) {
        let all = needed.iter().chain(others).copied();
        let meant = nearest(&entry.key, all);
        let needed = meant.is_some_and(|meant| needed.contains(&meant));
        if meant.is_some_and(checks::is_secret_key) {
            self.secrets.push(entry.value.span);
        }
        let severity = if needed {
            ProblemSeverity::Error
        } else {
            ProblemSeverity::Warning
        };
        let fix = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "leave it out".to_owned(),
        };
        let message = format!("`{}` is no key of {of}; {cda}", entry.key);
        self.say(
            severity,
            ProblemCode::UnknownKey,
            entry.key_span,
            message,
            fix,
        );
    }
}

/// `${NAME}`, `$(command)`, or nothing but `$NAME`; a password may well have a `$` in it.
fn unexpanded(text: &str) -> bool {
    let name = |text: &str| {
        let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(letter)
    };
    let bracketed = |open: &str, close: char| {
        text.split_once(open)
            .is_some_and(|(_, rest)| rest.contains(close))
    };
    bracketed("${", '}') || bracketed("$(", ')') || text.strip_prefix('$').is_some_and(name)
}

/// What was probably meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_ascii_lowercase().replace('-', "_");
    let distance = |known: &str| {
        strsim::damerau_levenshtein(&lower, &known.to_ascii_lowercase().replace('-', "_"))
    };
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let scored = known.into_iter().map(|known| (distance(known), known));
    scored
        .filter(|(distance, known)| *distance <= allowed && *distance < known.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
