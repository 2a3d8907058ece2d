//! Text to tokens: quoting, expansions, here-documents. What they mean is [`super::parse`]'s part.

/// Text that is no script; said as bash says it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    #[error("syntax error near unexpected token `{0}'")]
    Unexpected(String),
    #[error("syntax error: unexpected end of file")]
    End,
    #[error("unexpected EOF while looking for matching `{0}'")]
    Unmatched(char),
}

/// A piece of a word; what was quoted is neither split nor taken for a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Plain(String),
    Quoted(String),
    Variable {
        name: String,
        /// `${name:-word}` and its like: the operator and the word.
        otherwise: Option<(String, Vec<Piece>)>,
        quoted: bool,
    },
    /// `$(…)`.
    Command {
        script: String,
        quoted: bool,
    },
}

pub type Word = Vec<Piece>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `;`, `&&`, `(`, newline, …
    Operator(&'static str),
    /// A redirection operator with its descriptor.
    Redirect(Option<u32>, &'static str),
    /// A here-document, its text already taken.
    Here(Word),
}

/// The words of one line without expansion: for kickstart directives.
#[must_use]
pub fn plain_words(line: &str) -> Vec<String> {
    let tokens = Lexer::new(line).tokens().unwrap_or_default();
    let text = |word: Word| {
        word.into_iter()
            .map(|piece| match piece {
                Piece::Plain(text) | Piece::Quoted(text) => text,
                Piece::Variable { name, .. } => format!("${name}"),
                Piece::Command { script, .. } => format!("$({script})"),
            })
            .collect::<String>()
    };
    tokens
        .into_iter()
        .filter_map(|token| match token {
            Token::Word(word) => Some(text(word)),
            Token::Operator(_) | Token::Redirect(..) | Token::Here(_) => None,
        })
        .collect()
}

impl Token {
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(word) => match word.first() {
                Some(Piece::Plain(text) | Piece::Quoted(text)) => text.clone(),
                Some(Piece::Variable { name, .. }) => format!("${name}"),
                Some(Piece::Command { script, .. }) => format!("$({script})"),
                None => String::new(),
            },
            Self::Operator("\n") => "newline".into(),
            Self::Operator(text) | Self::Redirect(_, text) => (*text).to_owned(),
            Self::Here(_) => "<<".into(),
        }
    }
}

/// Longest first.
const OPERATORS: [&str; 9] = ["&&", "||", ";;", "\n", ";", "&", "|", "(", ")"];
const REDIRECTS: [&str; 9] = ["<<-", "&>", "<<", ">>", ">&", "<&", ">|", ">", "<"];

pub(super) struct Lexer<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
    /// Here-documents whose text starts after the next newline: place, delimiter, quoted, tabs.
    waiting: Vec<(usize, String, bool, bool)>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(script: &'a str) -> Self {
        Self {
            rest: script,
            tokens: Vec::new(),
            waiting: Vec::new(),
        }
    }

    pub(super) fn tokens(mut self) -> Result<Vec<Token>, SyntaxError> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
            if let Some(rest) = self.rest.strip_prefix("\\\n") {
                self.rest = rest;
                continue;
            }
            if self.rest.starts_with('#') {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.rest = &self.rest[end..];
            }
            if self.rest.is_empty() {
                break;
            }
            if self.redirect() {
                continue;
            }
            let operator = OPERATORS
                .into_iter()
                .find_map(|text| Some((text, self.rest.strip_prefix(text)?)));
            if let Some((text, rest)) = operator {
                self.rest = rest;
                self.tokens.push(Token::Operator(text));
                if text == "\n" {
                    self.here_documents()?;
                }
                continue;
            }
            let word = self.word()?;
            self.tokens.push(Token::Word(word));
            self.here_delimiter();
        }
        self.here_documents()?;
        Ok(self.tokens)
    }

    fn redirect(&mut self) -> bool {
        let digits = self.rest.len()
            - self
                .rest
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .len();
        let (number, after) = self.rest.split_at(digits);
        let found = REDIRECTS
            .into_iter()
            .find_map(|text| Some((text, after.strip_prefix(text)?)));
        let Some((text, rest)) = found else {
            return false;
        };
        if text == "&>" && digits > 0 {
            return false;
        }
        self.tokens.push(Token::Redirect(number.parse().ok(), text));
        self.rest = rest;
        true
    }

    /// After the word behind `<<`: it becomes a here-document whose text is still to come.
    fn here_delimiter(&mut self) {
        let [
            ..,
            Token::Redirect(_, kind @ ("<<" | "<<-")),
            Token::Word(word),
        ] = self.tokens.as_slice()
        else {
            return;
        };
        let tabs = *kind == "<<-";
        let quoted = word.iter().any(|piece| matches!(piece, Piece::Quoted(_)));
        let delimiter: String = word
            .iter()
            .map(|piece| match piece {
                Piece::Plain(text) | Piece::Quoted(text) => text.as_str(),
                Piece::Variable { name, .. } => name.as_str(),
                Piece::Command { script, .. } => script.as_str(),
            })
            .collect();
        self.tokens.truncate(self.tokens.len() - 2);
        self.waiting
            .push((self.tokens.len(), delimiter, quoted, tabs));
        self.tokens.push(Token::Here(Vec::new()));
    }

    fn here_documents(&mut self) -> Result<(), SyntaxError> {
        for (place, delimiter, quoted, tabs) in std::mem::take(&mut self.waiting) {
            let mut text = String::new();
            // A missing delimiter is forgiven at the end of the script, as shells do.
            while !self.rest.is_empty() {
                let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
                self.rest = rest;
                let line = if tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if line == delimiter {
                    break;
                }
                text.push_str(line);
                text.push('\n');
            }
            self.tokens[place] = Token::Here(if quoted {
                vec![Piece::Quoted(text)]
            } else {
                let mut inner = Lexer::new(&text);
                inner.double_quoted(None)?
            });
        }
        Ok(())
    }

    fn word(&mut self) -> Result<Word, SyntaxError> {
        let mut word = Word::new();
        let mut plain = String::new();
        while let Some(c) = self.rest.chars().next() {
            // Only these separate words: other white space of Unicode is part of one.
            if " \t\r\n;&|()<>".contains(c) {
                break;
            }
            let after = &self.rest[c.len_utf8()..];
            match c {
                '\'' => {
                    let (text, rest) =
                        after.split_once('\'').ok_or(SyntaxError::Unmatched('\''))?;
                    flush(&mut word, &mut plain);
                    word.push(Piece::Quoted(text.to_owned()));
                    self.rest = rest;
                }
                '"' => {
                    flush(&mut word, &mut plain);
                    self.rest = after;
                    let pieces = self.double_quoted(Some('"'))?;
                    if pieces.is_empty() {
                        word.push(Piece::Quoted(String::new()));
                    }
                    word.extend(pieces);
                }
                '\\' => {
                    let mut chars = after.chars();
                    match chars.next() {
                        Some('\n') | None => {}
                        Some(escaped) => {
                            flush(&mut word, &mut plain);
                            word.push(Piece::Quoted(escaped.to_string()));
                        }
                    }
                    self.rest = chars.as_str();
                }
                '$' | '`' => {
                    flush(&mut word, &mut plain);
                    let piece = self.expansion(false)?;
                    word.push(piece);
                }
                c => {
                    plain.push(c);
                    self.rest = after;
                }
            }
        }
        flush(&mut word, &mut plain);
        Ok(word)
    }

    /// Up to the closing quote, or to the end where there is none to look for.
    fn double_quoted(&mut self, close: Option<char>) -> Result<Word, SyntaxError> {
        let mut word = Word::new();
        let mut text = String::new();
        loop {
            let Some(c) = self.rest.chars().next() else {
                if let Some(close) = close {
                    return Err(SyntaxError::Unmatched(close));
                }
                break;
            };
            let after = &self.rest[c.len_utf8()..];
            if Some(c) == close {
                self.rest = after;
                break;
            }
            match c {
                '\\' => match after.chars().next() {
                    Some(escaped @ ('$' | '`' | '"' | '\\')) => {
                        text.push(escaped);
                        self.rest = &after[1..];
                    }
                    Some('\n') => self.rest = &after[1..],
                    Some(_) | None => {
                        text.push('\\');
                        self.rest = after;
                    }
                },
                '$' | '`' => {
                    if !text.is_empty() {
                        word.push(Piece::Quoted(std::mem::take(&mut text)));
                    }
                    let piece = self.expansion(true)?;
                    word.push(piece);
                }
                c => {
                    text.push(c);
                    self.rest = after;
                }
            }
        }
        if !text.is_empty() {
            word.push(Piece::Quoted(text));
        }
        Ok(word)
    }

    /// `$…` or a backquoted command; the text begins with it.
    fn expansion(&mut self, quoted: bool) -> Result<Piece, SyntaxError> {
        if let Some(rest) = self.rest.strip_prefix('`') {
            let (script, rest) = rest.split_once('`').ok_or(SyntaxError::Unmatched('`'))?;
            self.rest = rest;
            let script = script.replace("\\`", "`");
            return Ok(Piece::Command { script, quoted });
        }
        let rest = &self.rest[1..];
        if let Some(inner) = rest.strip_prefix('(') {
            let end = matching(inner, '(', ')').ok_or(SyntaxError::Unmatched(')'))?;
            self.rest = &inner[end + 1..];
            let script = inner[..end].to_owned();
            return Ok(Piece::Command { script, quoted });
        }
        if let Some(inner) = rest.strip_prefix('{') {
            let end = matching(inner, '{', '}').ok_or(SyntaxError::Unmatched('}'))?;
            self.rest = &inner[end + 1..];
            let inner = &inner[..end];
            let first = inner.chars().next().map_or(0, char::len_utf8);
            let name_end = name_length(inner).max(first);
            let (name, operator) = inner.split_at(name_end);
            let otherwise = if operator.is_empty() {
                None
            } else {
                let characters = if operator.starts_with(':') { 2 } else { 1 };
                let length = operator.chars().take(characters).map(char::len_utf8).sum();
                let (operator, word) = operator.split_at(length);
                let pieces = Lexer::new(word).double_quoted(None)?;
                Some((operator.to_owned(), pieces))
            };
            let name = name.to_owned();
            return Ok(Piece::Variable {
                name,
                otherwise,
                quoted,
            });
        }
        let special = rest.starts_with(|c: char| "?@*#$!".contains(c) || c.is_ascii_digit());
        let length = if special { 1 } else { name_length(rest) };
        let (name, rest) = rest.split_at(length);
        self.rest = rest;
        if name.is_empty() {
            return Ok(Piece::Quoted("$".into()));
        }
        Ok(Piece::Variable {
            name: name.to_owned(),
            otherwise: None,
            quoted,
        })
    }
}

fn flush(word: &mut Word, plain: &mut String) {
    if !plain.is_empty() {
        word.push(Piece::Plain(std::mem::take(plain)));
    }
}

/// How much of the text is a variable's name.
pub(super) fn name_length(text: &str) -> usize {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let name = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    if starts {
        text.find(name).unwrap_or(text.len())
    } else {
        0
    }
}

/// Where the bracket closes that was opened before the text; quotes are passed over.
fn matching(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 1;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => {
                chars.next();
            }
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, c) if c == open => depth += 1,
            (None, c) if c == close => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_has_its_words() {
        assert_eq!(
            plain_words(r#"sshkey --username=root "ssh-ed25519 AAAA me@x""#),
            ["sshkey", "--username=root", "ssh-ed25519 AAAA me@x"]
        );
    }
}
