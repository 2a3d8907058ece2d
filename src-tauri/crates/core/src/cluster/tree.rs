//! YAML's events, composed into a tree in which every value knows where it was written.
//!
//! Anchors and merge keys are resolved as PyYAML does, plain scalars are read as YAML 1.1, and a
//! key that is there twice is named.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{
    problem::{Problem, ProblemCode, ProblemSeverity},
    source::{Source, Span},
    yaml11::{Reading, read_plain},
};

/// Nested deeper than anything a person writes.
const DEEPEST: usize = 48;
/// With all aliases followed.
const MOST_NODES: usize = 100_000;

#[derive(Clone)]
pub struct Node {
    pub span: Span,
    pub value: Value,
    /// Itself and everything below it.
    weight: usize,
}

#[derive(Clone)]
pub enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone)]
pub struct Scalar {
    /// As it was written, quotes and folding resolved.
    pub text: String,
    pub reading: Reading,
}

#[derive(Clone)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    pub fn map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar(_) | Value::List(_) => None,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        let entries = self.map()?;
        entries.iter().find(|e| e.key == key).map(|e| &e.value)
    }

    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|s| s.reading == Reading::Null)
    }

    /// "a list", "text": for sentences.
    pub fn words(&self) -> String {
        match &self.value {
            Value::Scalar(scalar) => scalar.reading.words(),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a mapping".into(),
        }
    }

    /// Whether both say the same, wherever they stand.
    fn same(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Scalar(a), Value::Scalar(b)) => a.text == b.text && a.reading == b.reading,
            (Value::List(a), Value::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Value::Map(a), Value::Map(b)) => {
                let pair = |(a, b): (&Entry, &Entry)| a.key == b.key && a.value.same(&b.value);
                a.len() == b.len() && a.iter().zip(b).all(pair)
            }
            (Value::Scalar(_) | Value::List(_) | Value::Map(_), _) => false,
        }
    }
}

/// From a byte range of the parsed text to one of the file as it was written.
pub type Origin<'a> = &'a dyn Fn(Span) -> Span;

/// The tree of a text; `None`, with an error, where it is no YAML.
pub fn compose(
    text: &str,
    source: &Source,
    origin: Origin<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Node> {
    let mut composer = Composer {
        parser: Parser::new_from_str(text),
        bytes: text
            .char_indices()
            .map(|(at, _)| at)
            .chain(std::iter::once(text.len()))
            .collect(),
        source,
        origin,
        anchors: HashMap::new(),
        nodes: 0,
        problems: Vec::new(),
    };
    let tree = composer.document();
    problems.append(&mut composer.problems);
    match tree {
        Ok(node) => Some(node),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

struct Composer<'t, 's> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// Byte offset of each character.
    bytes: Vec<usize>,
    source: &'s Source,
    origin: Origin<'s>,
    /// `None` while the anchored node is still being composed.
    anchors: HashMap<usize, Option<Node>>,
    nodes: usize,
    problems: Vec<Problem>,
}

type Composed<T> = Result<T, Box<Problem>>;

impl<'t> Composer<'t, '_> {
    fn span(&self, span: saphyr_parser::Span) -> Span {
        let byte = |index: usize| {
            let last = self.bytes.last().copied().unwrap_or_default();
            self.bytes.get(index).copied().unwrap_or(last)
        };
        (self.origin)(Span::new(byte(span.start.index()), byte(span.end.index())))
    }

    fn error(&self, span: Span, message: impl Into<String>, fix: &str) -> Box<Problem> {
        let problem = Problem::new(ProblemSeverity::Error, ProblemCode::Syntax, message, fix);
        Box::new(problem.at(self.source, span))
    }

    fn next(&mut self) -> Composed<(Event<'t>, Span)> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.span(span))),
            Some(Err(error)) => {
                let mark = *error.marker();
                let span = self.span(saphyr_parser::Span::empty(mark));
                Err(self.error(
                    span,
                    format!("this is no YAML: {}", error.info()),
                    "look at the indentation, the quotes and the colons of this line and the one above; values in {{ }} must be quoted",
                ))
            }
            None => Ok((Event::StreamEnd, Span::new(0, 0))),
        }
    }

    fn document(&mut self) -> Composed<Node> {
        loop {
            match self.next()? {
                (Event::StreamEnd, span) => {
                    let fix = "write `clusters:` and a list of clusters";
                    return Err(self.error(span, "the file is empty", fix));
                }
                (Event::Nothing | Event::StreamStart | Event::DocumentStart(_), _) => {}
                (event, span) => {
                    let node = self.node(event, span, 0)?;
                    self.no_more()?;
                    return Ok(node);
                }
            }
        }
    }

    fn no_more(&mut self) -> Composed<()> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), span) => {
                    return Err(self.error(
                        span,
                        "a second YAML document begins here; CDA stops at that",
                        "put all clusters under one `clusters:`, without `---` between them",
                    ));
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Composed<Node> {
        if depth > DEEPEST {
            let fix = "a cluster file is a few levels deep";
            return Err(self.error(span, format!("nested deeper than {DEEPEST} levels"), fix));
        }
        let (node, anchor) = match event {
            Event::Alias(anchor) => {
                let Some(Some(node)) = self.anchors.get(&anchor) else {
                    let fix = "let an alias point to something above it";
                    return Err(self.error(span, "this alias contains itself", fix));
                };
                let node = node.clone();
                (node, 0)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref();
                let plain = style == ScalarStyle::Plain;
                let reading = self.reading(&text, plain, tag, span)?;
                let value = Value::Scalar(Scalar {
                    text: text.into_owned(),
                    reading,
                });
                let weight = 1;
                (
                    Node {
                        span,
                        value,
                        weight,
                    },
                    anchor,
                )
            }
            Event::SequenceStart(anchor, tag) => {
                self.no_own_tag(tag.as_deref(), span)?;
                self.anchors.insert(anchor, None);
                (self.list(span, depth)?, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.no_own_tag(tag.as_deref(), span)?;
                self.anchors.insert(anchor, None);
                (self.mapping(span, depth)?, anchor)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                return Err(self.error(span, "a value is missing here", "write one"));
            }
        };
        // What an alias repeats counts each time; what it repeats from within was counted.
        self.nodes += if anchor == 0 { node.weight } else { 1 };
        if self.nodes > MOST_NODES {
            let message = format!("more than {MOST_NODES} values, with all aliases followed");
            return Err(self.error(span, message, "use fewer aliases"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Some(node.clone()));
        }
        Ok(node)
    }

    fn list(&mut self, span: Span, depth: usize) -> Composed<Node> {
        let mut items = Vec::new();
        let mut weight = 1;
        loop {
            let (event, at) = self.next()?;
            if event == Event::SequenceEnd {
                let value = Value::List(items);
                return Ok(Node {
                    span,
                    value,
                    weight,
                });
            }
            let node = self.node(event, at, depth + 1)?;
            weight += node.weight;
            items.push(node);
        }
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Composed<Node> {
        let mut own: Vec<Entry> = Vec::new();
        let mut merged: Vec<Entry> = Vec::new();
        let mut weight = 1;
        loop {
            let (event, key_span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.node(event, key_span, depth + 1)?;
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            weight += key.weight + value.weight;
            let Value::Scalar(key) = key.value else {
                return Err(self.error(
                    key_span,
                    "a list or a mapping can't be a key; CDA stops at that",
                    "quote it: a value in {{ }} without quotes is read as a mapping",
                ));
            };
            if key.reading == Reading::Merge {
                self.merge(value, &mut merged)?;
                continue;
            }
            let entry = Entry {
                key: key.text,
                key_span,
                value,
            };
            match own.iter_mut().find(|known| known.key == entry.key) {
                Some(known) => {
                    let first = std::mem::replace(known, entry);
                    let twice = twice(self.source, &first, known);
                    self.problems.push(twice);
                }
                None => own.push(entry),
            }
        }
        merged.retain(|entry| own.iter().all(|known| known.key != entry.key));
        merged.append(&mut own);
        let value = Value::Map(merged);
        Ok(Node {
            span,
            value,
            weight,
        })
    }

    /// `<<: *base` or `<<: [*one, *two]`: earlier ones win, and the mapping's own keys win over all.
    fn merge(&self, from: Node, merged: &mut Vec<Entry>) -> Composed<()> {
        let span = from.span;
        let maps = match from.value {
            Value::List(maps) => maps,
            Value::Map(_) | Value::Scalar(_) => vec![from],
        };
        for map in maps {
            let Value::Map(entries) = map.value else {
                let fix = "give `<<` an alias of a mapping, or a list of those";
                return Err(self.error(span, "`<<` merges mappings only", fix));
            };
            for entry in entries {
                if merged.iter().all(|known| known.key != entry.key) {
                    merged.push(entry);
                }
            }
        }
        Ok(())
    }

    fn no_own_tag(&self, tag: Option<&Tag>, span: Span) -> Composed<()> {
        match tag {
            Some(tag) if !tag.is_yaml_core_schema() && tag.handle != "!" => Err(self.own_tag(span)),
            Some(tag) if tag.handle == "!" && !tag.suffix.is_empty() => Err(self.own_tag(span)),
            _ => Ok(()),
        }
    }

    fn own_tag(&self, span: Span) -> Box<Problem> {
        self.error(span, "CDA stops at this tag", "leave the tag (`!…`) out")
    }

    fn reading(&self, text: &str, plain: bool, tag: Option<&Tag>, span: Span) -> Composed<Reading> {
        let implicit = if plain {
            read_plain(text)
        } else {
            Reading::Text
        };
        let Some(tag) = tag else {
            return Ok(implicit);
        };
        self.no_own_tag(Some(tag), span)?;
        Ok(match tag.suffix.as_str() {
            "int" | "float" | "bool" | "null" | "timestamp" => read_plain(text),
            _ => Reading::Text,
        })
    }
}

fn twice(source: &Source, first: &Entry, last: &Entry) -> Problem {
    let same = first.value.same(&last.value);
    let (severity, message) = if same {
        let message = format!("`{}` is here twice, with the same value", last.key);
        (ProblemSeverity::Warning, message)
    } else {
        let message = format!(
            "`{}` is here twice; CDA takes the last one without a word",
            last.key
        );
        (ProblemSeverity::Error, message)
    };
    Problem::new(
        severity,
        ProblemCode::DuplicateKey,
        message,
        "keep the one that is meant",
    )
    .at(source, last.key_span)
    .and_at(source, first.key_span, "the first one")
}
