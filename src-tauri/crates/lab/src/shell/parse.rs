//! POSIX shell syntax, as far as people and Slipway use it over SSH: text to a tree, no running.
//!
//! Left out: functions, `case`, arithmetic, job control. What is left out is a syntax error or a
//! command that is not found, never something else than a shell would do.

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

/// What a redirection does with its descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    Read {
        to: Word,
    },
    Write {
        fd: u32,
        to: Word,
    },
    Append {
        fd: u32,
        to: Word,
    },
    /// `2>&1`, `>&-`.
    Copy {
        fd: u32,
        from: Word,
    },
    /// `&>file`.
    WriteBoth {
        to: Word,
    },
    /// A here-document's text.
    Text {
        text: Word,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connector {
    Always,
    And,
    Or,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    pub negated: bool,
    pub commands: Vec<Command>,
}

/// `a && b || c`, with how each is connected to what is before it.
pub type AndOr = Vec<(Connector, Pipeline)>;
pub type List = Vec<AndOr>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub body: Body,
    pub redirects: Vec<Redirect>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Simple {
        assignments: Vec<(String, Word)>,
        words: Vec<Word>,
    },
    Group(List),
    Subshell(List),
    If {
        arms: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    For {
        name: String,
        words: Vec<Word>,
        body: List,
    },
    While {
        until: bool,
        condition: List,
        body: List,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(Word),
    /// `;`, `&&`, `(`, newline, …
    Operator(&'static str),
    /// A redirection operator with its descriptor.
    Redirect(Option<u32>, &'static str),
    /// A here-document, its text already taken.
    Here(Word),
}

/// Reads a script.
///
/// # Errors
/// [`SyntaxError`].
pub fn parse(script: &str) -> Result<List, SyntaxError> {
    let tokens = Lexer::new(script).tokens()?;
    let mut parser = Parser { tokens, at: 0 };
    let list = parser.list(&[])?;
    match parser.next() {
        None => Ok(list),
        Some(token) => Err(SyntaxError::Unexpected(token.shown())),
    }
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
    fn shown(&self) -> String {
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

struct Lexer<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
    /// Here-documents whose text starts after the next newline: place, delimiter, quoted, tabs.
    waiting: Vec<(usize, String, bool, bool)>,
}

impl<'a> Lexer<'a> {
    fn new(script: &'a str) -> Self {
        Self {
            rest: script,
            tokens: Vec::new(),
            waiting: Vec::new(),
        }
    }

    fn tokens(mut self) -> Result<Vec<Token>, SyntaxError> {
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
            if c.is_whitespace() || ";&|()<>".contains(c) {
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
            let name_end = name_length(inner).max(inner.len().min(1));
            let (name, operator) = inner.split_at(name_end);
            let otherwise = if operator.is_empty() {
                None
            } else {
                let length = if operator.starts_with(':') { 2 } else { 1 };
                let (operator, word) = operator.split_at(length.min(operator.len()));
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
fn name_length(text: &str) -> usize {
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

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn operator(&mut self, text: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Operator(o)) if *o == text);
        self.at += usize::from(there);
        there
    }

    /// A reserved word at this place.
    fn keyword(&self) -> Option<&str> {
        match self.peek()? {
            Token::Word(word) => match word.as_slice() {
                [Piece::Plain(text)] => Some(text),
                _ => None,
            },
            Token::Operator(text) => Some(text),
            Token::Redirect(..) | Token::Here(_) => None,
        }
    }

    fn expect(&mut self, word: &str) -> Result<(), SyntaxError> {
        if self.keyword() == Some(word) {
            self.at += 1;
            return Ok(());
        }
        match self.next() {
            Some(token) => Err(SyntaxError::Unexpected(token.shown())),
            None => Err(SyntaxError::End),
        }
    }

    /// Up to one of the words, which is left there.
    fn list(&mut self, until: &[&str]) -> Result<List, SyntaxError> {
        let mut list = List::new();
        loop {
            while self.operator("\n") {}
            match self.keyword() {
                Some(word) if until.contains(&word) => return Ok(list),
                _ if self.peek().is_none() => return Ok(list),
                _ => {}
            }
            if until.is_empty() && matches!(self.peek(), Some(Token::Operator(")"))) {
                return Ok(list);
            }
            list.push(self.and_or()?);
            // Nothing runs in the background here: `&` is a `;`.
            if !(self.operator(";") || self.operator("&") || self.operator("\n")) {
                let ends = match self.keyword() {
                    Some(word) => until.contains(&word),
                    None => self.peek().is_none(),
                };
                if !ends {
                    return match self.next() {
                        Some(token) => Err(SyntaxError::Unexpected(token.shown())),
                        None => Ok(list),
                    };
                }
            }
        }
    }

    fn and_or(&mut self) -> Result<AndOr, SyntaxError> {
        let mut all = vec![(Connector::Always, self.pipeline()?)];
        loop {
            let connector = if self.operator("&&") {
                Connector::And
            } else if self.operator("||") {
                Connector::Or
            } else {
                return Ok(all);
            };
            while self.operator("\n") {}
            all.push((connector, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, SyntaxError> {
        let negated = self.keyword() == Some("!");
        self.at += usize::from(negated);
        let mut commands = vec![self.command()?];
        while self.operator("|") {
            while self.operator("\n") {}
            commands.push(self.command()?);
        }
        Ok(Pipeline { negated, commands })
    }

    fn command(&mut self) -> Result<Command, SyntaxError> {
        let body = match self.keyword() {
            Some("{") => {
                self.at += 1;
                let list = self.list(&["}"])?;
                self.expect("}")?;
                Body::Group(list)
            }
            Some("(") => {
                self.at += 1;
                let list = self.list(&[")"])?;
                self.expect(")")?;
                Body::Subshell(list)
            }
            Some("if") => self.conditional()?,
            Some("for") => self.for_loop()?,
            Some(word @ ("while" | "until")) => {
                let until = word == "until";
                self.at += 1;
                let condition = self.list(&["do"])?;
                let body = self.loop_body()?;
                Body::While {
                    until,
                    condition,
                    body,
                }
            }
            _ => return self.simple(),
        };
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(Command { body, redirects })
    }

    fn conditional(&mut self) -> Result<Body, SyntaxError> {
        let mut arms = Vec::new();
        loop {
            // `if` or `elif`.
            self.at += 1;
            let condition = self.list(&["then"])?;
            self.expect("then")?;
            let body = self.list(&["elif", "else", "fi"])?;
            arms.push((condition, body));
            if self.keyword() != Some("elif") {
                break;
            }
        }
        let otherwise = if self.keyword() == Some("else") {
            self.at += 1;
            Some(self.list(&["fi"])?)
        } else {
            None
        };
        self.expect("fi")?;
        Ok(Body::If { arms, otherwise })
    }

    fn for_loop(&mut self) -> Result<Body, SyntaxError> {
        self.at += 1;
        let name = self.keyword().unwrap_or_default().to_owned();
        self.at += 1;
        let mut words = Vec::new();
        if self.keyword() == Some("in") {
            self.at += 1;
            while let Some(Token::Word(word)) = self.peek() {
                words.push(word.clone());
                self.at += 1;
            }
        }
        while self.operator(";") || self.operator("\n") {}
        let body = self.loop_body()?;
        Ok(Body::For { name, words, body })
    }

    fn loop_body(&mut self) -> Result<List, SyntaxError> {
        self.expect("do")?;
        let body = self.list(&["done"])?;
        self.expect("done")?;
        Ok(body)
    }

    fn simple(&mut self) -> Result<Command, SyntaxError> {
        let mut assignments = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut redirects = Vec::new();
        loop {
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            let Some(Token::Word(word)) = self.peek() else {
                break;
            };
            let word = word.clone();
            self.at += 1;
            match assignment(&word).filter(|_| words.is_empty()) {
                Some(assignment) => assignments.push(assignment),
                None => words.push(word),
            }
        }
        if assignments.is_empty() && words.is_empty() && redirects.is_empty() {
            return match self.next() {
                Some(token) => Err(SyntaxError::Unexpected(token.shown())),
                None => Err(SyntaxError::End),
            };
        }
        Ok(Command {
            body: Body::Simple { assignments, words },
            redirects,
        })
    }

    fn redirect(&mut self) -> Result<Option<Redirect>, SyntaxError> {
        let (fd, kind) = match self.peek() {
            Some(Token::Here(text)) => {
                let text = text.clone();
                self.at += 1;
                return Ok(Some(Redirect::Text { text }));
            }
            Some(Token::Redirect(fd, kind)) => (*fd, *kind),
            _ => return Ok(None),
        };
        self.at += 1;
        let word = match self.next() {
            Some(Token::Word(word)) => word,
            Some(token) => return Err(SyntaxError::Unexpected(token.shown())),
            None => return Err(SyntaxError::Unexpected("newline".into())),
        };
        let fd = fd.unwrap_or(1);
        Ok(Some(match kind {
            "<" => Redirect::Read { to: word },
            ">>" => Redirect::Append { fd, to: word },
            ">&" | "<&" => Redirect::Copy { fd, from: word },
            "&>" => Redirect::WriteBoth { to: word },
            _ => Redirect::Write { fd, to: word },
        }))
    }
}

/// `name=value` at a word's beginning.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let [Piece::Plain(first), rest @ ..] = word.as_slice() else {
        return None;
    };
    let (name, value) = first.split_once('=')?;
    if name.is_empty() || name_length(name) != name.len() {
        return None;
    }
    let mut pieces = Word::new();
    if !value.is_empty() {
        pieces.push(Piece::Plain(value.to_owned()));
    }
    pieces.extend(rest.iter().cloned());
    Some((name.to_owned(), pieces))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_script_is_said_as_bash_says_it() {
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(error("a && "), "syntax error: unexpected end of file");
        assert_eq!(error("| a"), "syntax error near unexpected token `|'");
        assert_eq!(
            error("echo 'a"),
            "unexpected EOF while looking for matching `''"
        );
        assert_eq!(
            error("if true; then a"),
            "syntax error: unexpected end of file"
        );
        assert_eq!(error("a )"), "syntax error near unexpected token `)'");
    }

    #[test]
    fn a_directive_has_its_words() {
        assert_eq!(
            plain_words(r#"sshkey --username=root "ssh-ed25519 AAAA me@x""#),
            ["sshkey", "--username=root", "ssh-ed25519 AAAA me@x"]
        );
    }
}
