//! Expansion: a word of the syntax tree to the fields that a program gets.

use futures::future::{BoxFuture, FutureExt as _};

use super::{
    Machine,
    lex::{Piece, Word},
    run::Shell,
};
use crate::files::Files;

/// A field in the making: its text, and which of it may be a pattern.
#[derive(Default)]
struct Field {
    text: String,
    pattern: bool,
    there: bool,
}

impl<M: Machine> Shell<'_, M> {
    /// The fields of several words.
    pub(super) async fn fields(&mut self, words: &[Word]) -> Result<Vec<String>, String> {
        let mut all = Vec::new();
        for word in words {
            for field in self.split(word).await? {
                if field.pattern {
                    let found = self
                        .machine
                        .files(|files| glob(files, &self.cwd, &field.text));
                    if !found.is_empty() {
                        all.extend(found);
                        continue;
                    }
                }
                all.push(field.text);
            }
        }
        Ok(all)
    }

    /// A word as one text: assignments, redirections, here-documents.
    pub(super) fn text<'a>(&'a mut self, word: &'a Word) -> BoxFuture<'a, Result<String, String>> {
        async move {
            let mut text = String::new();
            for piece in word {
                match piece {
                    Piece::Plain(plain) | Piece::Quoted(plain) => text.push_str(plain),
                    Piece::Variable {
                        name, otherwise, ..
                    } => text.push_str(&self.value(name, otherwise.as_ref()).await?),
                    Piece::Command { script, .. } => text.push_str(&self.substitute(script).await),
                }
            }
            Ok(text)
        }
        .boxed()
    }

    async fn split(&mut self, word: &Word) -> Result<Vec<Field>, String> {
        let mut fields = Vec::new();
        let mut field = Field::default();
        for piece in word {
            let (text, quoted) = match piece {
                Piece::Plain(text) => {
                    let text = match text.strip_prefix('~') {
                        Some(rest)
                            if !field.there && (rest.is_empty() || rest.starts_with('/')) =>
                        {
                            format!("/root{rest}")
                        }
                        _ => text.clone(),
                    };
                    field.pattern |= text.contains(['*', '?']);
                    field.there = true;
                    field.text.push_str(&text);
                    continue;
                }
                Piece::Quoted(text) => {
                    field.there = true;
                    field.text.push_str(text);
                    continue;
                }
                Piece::Variable { name, quoted, .. } if name == "@" && *quoted => {
                    // "$@": one field for each argument.
                    for (position, argument) in self.args[1..].iter().enumerate() {
                        if position > 0 {
                            fields.push(std::mem::take(&mut field));
                        }
                        field.text.push_str(argument);
                        field.there = true;
                    }
                    continue;
                }
                Piece::Variable {
                    name,
                    otherwise,
                    quoted,
                } => (self.value(name, otherwise.as_ref()).await?, *quoted),
                Piece::Command { script, quoted } => (self.substitute(script).await, *quoted),
            };
            if quoted {
                field.there = true;
                field.text.push_str(&text);
                continue;
            }
            let mut parts = text.split([' ', '\t', '\n']).peekable();
            while let Some(part) = parts.next() {
                if !part.is_empty() {
                    field.text.push_str(part);
                    field.there = true;
                }
                if parts.peek().is_some() && field.there {
                    fields.push(std::mem::take(&mut field));
                }
            }
        }
        if field.there {
            fields.push(field);
        }
        Ok(fields)
    }

    async fn value(
        &mut self,
        name: &str,
        otherwise: Option<&(String, Vec<Piece>)>,
    ) -> Result<String, String> {
        let found = match name {
            "?" => Some(self.last.to_string()),
            "#" => Some((self.args.len() - 1).to_string()),
            "$" => Some("4711".to_owned()),
            "@" | "*" => Some(self.args[1..].join(" ")),
            name => match name.parse::<usize>() {
                Ok(position) => self.args.get(position).cloned(),
                Err(_) => self.vars.get(name).cloned(),
            },
        };
        let Some((operator, word)) = otherwise else {
            return match found {
                None if self.nounset => Err(format!("{name}: unbound variable")),
                found => Ok(found.unwrap_or_default()),
            };
        };
        let set = found.filter(|text| !operator.starts_with(':') || !text.is_empty());
        let word = self.text(word).await?;
        Ok(match operator.trim_start_matches(':') {
            "-" => set.unwrap_or(word),
            "=" => match set {
                Some(text) => text,
                None => {
                    self.vars.insert(name.to_owned(), word.clone());
                    word
                }
            },
            "+" => set.map(|_| word).unwrap_or_default(),
            "?" => match set {
                Some(text) => text,
                None => return Err(format!("{name}: {word}")),
            },
            "#" => {
                let text = set.unwrap_or_default();
                let rest = text.strip_prefix(&word).map(str::to_owned);
                rest.unwrap_or(text)
            }
            "%" => {
                let text = set.unwrap_or_default();
                let rest = text.strip_suffix(&word).map(str::to_owned);
                rest.unwrap_or(text)
            }
            "[" if name == "PIPESTATUS" => self
                .pipestatus
                .first()
                .map(u32::to_string)
                .unwrap_or_default(),
            _ => return Err(format!("${{{name}{operator}…}}: bad substitution")),
        })
    }

    /// `$(…)`: the output without its last newlines.
    async fn substitute(&mut self, script: &str) -> String {
        let (exit, out) = self.captured(script).await;
        self.substituted = exit;
        let text = String::from_utf8_lossy(&out).into_owned();
        text.trim_end_matches('\n').to_owned()
    }
}

/// Paths that a pattern fits; folders are taken one by one.
fn glob(files: &Files, cwd: &str, pattern: &str) -> Vec<String> {
    let absolute = pattern.starts_with('/');
    let mut found = vec![if absolute {
        String::new()
    } else {
        cwd.to_owned()
    }];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = found
            .iter()
            .flat_map(|at| {
                let folder = if at.is_empty() { "/" } else { at };
                let names = match part.contains(['*', '?']) {
                    true => files.list(folder).unwrap_or_default(),
                    false => vec![part.to_owned()],
                };
                let fitting = names.into_iter().filter(|name| fits(part, name));
                fitting
                    .map(|name| format!("{at}/{name}"))
                    .collect::<Vec<_>>()
            })
            .filter(|path| files.exists(path))
            .collect();
    }
    if !absolute {
        let prefix = format!("{cwd}/");
        for path in &mut found {
            *path = path.strip_prefix(&prefix).unwrap_or(path).to_owned();
        }
    }
    found
}

/// `*` and `?` against one name; a leading dot is not for patterns.
fn fits(pattern: &str, name: &str) -> bool {
    fn step(pattern: &[char], name: &[char]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            (['*', rest @ ..], name) => {
                step(rest, name) || (!name.is_empty() && step(pattern, &name[1..]))
            }
            (['?', rest @ ..], [_, after @ ..]) => step(rest, after),
            ([a, rest @ ..], [b, after @ ..]) => a == b && step(rest, after),
            _ => false,
        }
    }
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    (!name.starts_with('.') || pattern.starts_with('.')) && step(&chars(pattern), &chars(name))
}
