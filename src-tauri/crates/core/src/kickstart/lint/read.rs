//! A kickstart as its rules look at it: lines, the section of each, and commands.

use crate::kickstart::{Place, sections};

pub(super) struct Kickstart<'a> {
    pub(super) lines: Vec<&'a str>,
    pub(super) places: Vec<Place>,
    pub(super) commands: Vec<Command<'a>>,
}

pub(super) struct Command<'a> {
    pub(super) line: usize,
    pub(super) words: Vec<&'a str>,
}

impl<'a> Kickstart<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let places = sections(text);
        let lines: Vec<&str> = text.lines().collect();
        let commands = lines
            .iter()
            .zip(&places)
            .enumerate()
            .filter(|(_, (line, place))| {
                **place == Place::Commands && !line.trim_start().starts_with('#')
            })
            .map(|(number, (line, _))| Command {
                line: number,
                words: line.split_whitespace().collect(),
            })
            .filter(|command| !command.words.is_empty())
            .collect();
        Self {
            lines,
            places,
            commands,
        }
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Command<'a>> {
        self.commands.iter().filter(move |c| c.is(name))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The lines of the sections of this name, with their numbers.
    pub(super) fn body(&self, name: &str) -> impl Iterator<Item = (usize, &'a str)> {
        let of_section = move |header: usize| {
            self.lines[header]
                .split_whitespace()
                .next()
                .unwrap_or_default()
                == name
        };
        self.lines.iter().zip(&self.places).enumerate().filter_map(
            move |(number, (line, place))| match place {
                Place::Body { header } if of_section(*header) => Some((number, *line)),
                Place::Body { .. } | Place::Commands | Place::Header | Place::End => None,
            },
        )
    }
}

impl<'a> Command<'a> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.words[0] == name
    }

    pub(super) fn has(&self, option: &str) -> bool {
        self.words[1..].contains(&option)
    }

    /// `--option=value` or `--option value`.
    pub(super) fn value(&self, option: &str) -> Option<&'a str> {
        let mut words = self.words[1..].iter();
        while let Some(word) = words.next() {
            if *word == option {
                return words.next().copied();
            }
            if let Some(value) = word.strip_prefix(option).and_then(|w| w.strip_prefix('=')) {
                return Some(value);
            }
        }
        None
    }

    /// The first word that is no option.
    pub(super) fn plain(&self) -> Option<&'a str> {
        self.words[1..]
            .iter()
            .find(|word| !word.starts_with("--"))
            .copied()
    }
}
