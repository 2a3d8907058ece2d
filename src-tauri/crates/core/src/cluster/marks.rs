//! Marks that a text carries through its templates, so that each part of the filled-in text knows
//! where it was written.

use std::collections::BTreeMap;

use super::source::{Source, Span};

/// Private-use characters around the number of a segment. A file that has them itself is refused.
const SEGMENT: [char; 2] = ['\u{E000}', '\u{E001}'];

/// From `at` on, the filled-in text comes from `from` of the written one.
#[derive(Clone, Copy)]
pub struct Run {
    pub at: usize,
    pub from: Span,
    pub literal: bool,
}

/// A part of the written text: plain text of one line, or one `{{ … }}`.
pub struct Segment {
    span: Span,
    literal: bool,
}

/// What of the text reaches the output: lines, cut where a template begins; not `{% … %}` and
/// `{# … #}`.
pub fn segments(text: &str) -> Vec<Segment> {
    let mut all = Vec::new();
    let mut push = |start: usize, end: usize, literal: bool| {
        // A mark after the last newline would keep Jinja from dropping that.
        if end > start {
            all.push(Segment {
                span: Span::new(start, end),
                literal,
            });
        }
    };
    let (mut at, mut begin) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let (closer, is_shown) = match rest.get(..2) {
            Some("{{") => ("}}", true),
            Some("{%") => ("%}", false),
            Some("{#") => ("#}", false),
            _ => {
                let step = rest.chars().next().map_or(1, char::len_utf8);
                at += step;
                if rest.starts_with('\n') {
                    push(begin, at, true);
                    begin = at;
                }
                continue;
            }
        };
        push(begin, at, true);
        let end = end_of_tag(rest, closer).map_or(text.len(), |length| at + length);
        if is_shown {
            push(at, end, false);
        }
        at = end;
        begin = end;
    }
    push(begin, at, true);
    all
}

/// The length of a tag; its closer inside of quotes is text.
fn end_of_tag(tag: &str, closer: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in tag.char_indices().skip(2) {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if closer != "#}" => quote = Some(c),
            (None, _) if tag[at..].starts_with(closer) => return Some(at + closer.len()),
            (None, _) => {}
        }
    }
    None
}

pub fn with_marks(text: &str, segments: &[Segment]) -> String {
    let mut marked = String::new();
    let mut at = 0;
    for (number, segment) in segments.iter().enumerate() {
        marked.push_str(&text[at..segment.span.start]);
        marked.push_str(&format!("{}{number}{}", SEGMENT[0], SEGMENT[1]));
        marked.push_str(source_slice(text, segment.span));
        at = segment.span.end;
    }
    marked.push_str(&text[at..]);
    marked
}

fn source_slice(text: &str, span: Span) -> &str {
    text.get(span.start..span.end).unwrap_or_default()
}

pub fn without_marks(marked: &str, segments: &[Segment]) -> (String, Vec<Run>) {
    let mut text = String::new();
    let mut runs = Vec::new();
    let mut parts = marked.split(SEGMENT[0]);
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (number, rest) = part.split_once(SEGMENT[1]).unwrap_or((part, ""));
        let segment = number.parse().ok().and_then(|n: usize| segments.get(n));
        if let Some(segment) = segment {
            runs.push(Run {
                at: text.len(),
                from: segment.span,
                literal: segment.literal,
            });
        }
        text.push_str(rest);
    }
    (text, runs)
}

pub fn line_by_line(plain: &str, source: &Source) -> Vec<Run> {
    let mut written = BTreeMap::new();
    let mut from = 0;
    for (number, line) in source.text().split_inclusive('\n').enumerate() {
        written.insert(number, Span::new(from, from + line.len()));
        from += line.len();
    }
    let mut runs = Vec::new();
    let mut at = 0;
    for (number, line) in plain.split_inclusive('\n').enumerate() {
        let end = Span::new(from, from);
        runs.push(Run {
            at,
            from: written.get(&number).copied().unwrap_or(end),
            literal: true,
        });
        at += line.len();
    }
    runs
}
