//! A file's text, and the way from its bytes to lines and columns.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use specta::Type;

/// Bytes of the text as it was written, before any template was filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }
}

/// Where something stands, as editors count: both from 1, columns in characters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

/// A text with the name under which people know it. No `Debug`: there are passwords in it.
pub struct Source {
    name: String,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// What must not be shown: passwords and keys, in order.
    secrets: Vec<Span>,
}

impl Source {
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let mut source = Self {
            name: name.to_owned(),
            text: text.to_owned(),
            lines: std::iter::once(0).chain(breaks).collect(),
            secrets: Vec::new(),
        };
        source.hide_what_looks_secret();
        source
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty where it lies outside.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    #[must_use]
    pub fn place(&self, offset: usize) -> Place {
        let offset = self.floor(offset);
        let line = self.lines.partition_point(|start| *start <= offset).max(1) - 1;
        let before = self.text.get(self.lines[line]..offset).unwrap_or_default();
        let number = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        Place {
            line: number(line),
            column: number(before.chars().count()),
        }
    }

    /// The line in which a span begins, with every secret in it replaced by `…`, and the part of
    /// that line which the span covers.
    #[must_use]
    pub fn shown_line(&self, span: Span) -> (String, Range<usize>) {
        let start = self.floor(span.start);
        let line = self.lines.partition_point(|at| *at <= start).max(1) - 1;
        let begin = self.lines[line];
        let end = self.lines.get(line + 1).map_or(self.text.len(), |n| n - 1);
        let span_end = self.floor(span.end).clamp(start, end.max(start));
        let mut shown = String::new();
        let (mut from, mut to) = (None, None);
        let mut at = begin;
        for secret in self
            .secrets
            .iter()
            .chain(std::iter::once(&Span::new(end, end)))
        {
            let (hidden, after) = (secret.start.clamp(at, end), secret.end.clamp(at, end));
            let plain = self.text.get(at..hidden).unwrap_or_default();
            for (of, target) in [(start, &mut from), (span_end, &mut to)] {
                if target.is_none() && of <= hidden {
                    *target = Some(shown.len() + of.saturating_sub(at));
                }
            }
            shown.push_str(plain);
            // Two that overlap get one sign.
            if after > hidden && !(plain.is_empty() && shown.ends_with('…')) {
                shown.push('…');
            }
            if after > hidden {
                // A span that ends in the secret ends after the sign for it.
                if to.is_none() && span_end <= after {
                    to = Some(shown.len());
                }
            }
            at = after.max(at);
        }
        let trimmed = shown.trim_end_matches(['\r', '\n']).len();
        shown.truncate(trimmed);
        let from = from.unwrap_or(trimmed).min(trimmed);
        (shown, from..to.unwrap_or(trimmed).clamp(from, trimmed))
    }

    /// Every line as it may be shown.
    #[must_use]
    pub fn shown_lines(&self) -> Vec<String> {
        let starts = self.lines.iter();
        let mut all: Vec<String> = starts
            .map(|start| self.shown_line(Span::new(*start, *start)).0)
            .collect();
        // What stands after the last newline is no line.
        if all.last().is_some_and(String::is_empty) {
            all.pop();
        }
        all
    }

    pub(super) fn hide(&mut self, span: Span) {
        if span.end > span.start {
            self.secrets.push(span);
            self.secrets.sort_unstable();
        }
    }

    /// A file that can't be parsed is shown too, and then nobody knows yet which value is a
    /// password; so the rest of each line after such a key is hidden from the start.
    fn hide_what_looks_secret(&mut self) {
        let mut found = Vec::new();
        let lower = self.text.to_ascii_lowercase();
        for word in ["passw", "activation", "secret", "token"] {
            for (at, _) in lower.match_indices(word) {
                let rest = &self.text[at..];
                let line = rest.find('\n').unwrap_or(rest.len());
                let Some(colon) = rest[..line].find(':') else {
                    continue;
                };
                let value = &rest[colon + 1..line];
                let begin = at + colon + 1 + (value.len() - value.trim_start().len());
                let end = at + colon + 1 + value_length(value);
                // A template names a secret and is none.
                let text = self.text[begin..end].trim_matches(['"', '\'']);
                if end > begin && !(text.starts_with("{{") && text.ends_with("}}")) {
                    found.push(Span::new(begin, end));
                }
            }
        }
        for span in found {
            self.hide(span);
        }
    }

    /// The character boundary at or before an offset.
    fn floor(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// How far a value on one line reaches: to the end of its quotes, else to what may end it.
fn value_length(value: &str) -> usize {
    let lead = value.len() - value.trim_start().len();
    let body = &value[lead..];
    let mut characters = body.char_indices().peekable();
    let Some((_, quote @ ('"' | '\''))) = characters.next() else {
        let end = body.find(", ").unwrap_or(body.len());
        let end = body[..end].find(" #").unwrap_or(end);
        return lead + body[..end].trim_end().len();
    };
    while let Some((at, c)) = characters.next() {
        let doubled = quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'');
        match c {
            '\\' if quote == '"' => {
                characters.next();
            }
            c if c == quote && doubled => {
                characters.next();
            }
            c if c == quote => return lead + at + 1,
            _ => {}
        }
    }
    value.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let source = Source::new("f", "ä: 1\nböse: x\n");
        assert_eq!(source.place(0), Place { line: 1, column: 1 });
        let x = source.text().find('x').unwrap();
        assert_eq!(source.place(x), Place { line: 2, column: 7 });
        assert_eq!(source.place(9_999).line, 3);
    }

    #[test]
    fn a_password_is_not_shown_and_the_marks_stay_where_they_belong() {
        let text = "bmc: {password: \"sentinel one\", url: \"x\"}\n";
        let source = Source::new("f", text);
        let url = text.find("\"x\"").unwrap();
        let (line, range) = source.shown_line(Span::new(url, url + 3));
        assert_eq!(line, "bmc: {password: …, url: \"x\"}");
        assert_eq!(&line[range], "\"x\"");
        let secret = text.find("\"sen").unwrap();
        let (line, range) = source.shown_line(Span::new(secret, secret + 14));
        assert_eq!(&line[range], "…");
        assert_eq!(source.shown_lines(), ["bmc: {password: …, url: \"x\"}"]);
        // Half-written: no closing quote.
        let source = Source::new("f", "bmc_password: \"sentinel\\");
        assert_eq!(source.shown_line(Span::new(0, 12)).0, "bmc_password: …");
        for value in ["a,b}c", "'it''s, a'", "\"x\\\", y\"", "{{ a }}b"] {
            let text = format!("password: {value}, url: x # y");
            let line = Source::new("f", &text).shown_line(Span::new(0, 1)).0;
            assert_eq!(line, "password: …, url: x # y", "{text}");
        }
    }
}
