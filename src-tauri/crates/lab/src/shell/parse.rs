//! POSIX shell syntax, as far as people and Slipway use it over SSH: text to a tree, no running.
//!
//! Left out: functions, `case`, arithmetic, job control. What is left out is a syntax error or a
//! command that is not found, never something else than a shell would do.

use super::lex::{Lexer, Piece, SyntaxError, Token, Word, name_length};

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
}
