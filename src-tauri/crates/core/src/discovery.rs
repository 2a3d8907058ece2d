//! A list of addresses as people paste it: lines, ranges, networks, or CSV with a header.
//!
//! Bad lines are told by their number and the good ones go on. Nothing is asked of any address
//! here.

mod csv;
mod expand;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use specta::Type;

/// The most addresses of one list, and of one range or network.
pub const MOST_ADDRESSES: usize = 4_096;

/// One address to look at, and what its line said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Candidate {
    /// The line of the list, from 1.
    pub line: u32,
    /// Host name or IP address, with `:port` where the line had one.
    pub address: String,
    pub name: Option<String>,
    /// A user name, where it is another one than the profile's.
    pub user: Option<String>,
    /// A credential profile, by name.
    pub profile: Option<String>,
    /// The server that the card is in.
    pub host: Option<String>,
    pub labels: Vec<String>,
    /// `host:port` of the IMC's SSH.
    pub ssh: Option<String>,
    /// `host:port` of the ACC.
    pub acc: Option<String>,
    /// Its line names a network: nobody said that something is at this address.
    pub swept: bool,
}

/// A line, or a part of one, that can't be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LineProblem {
    pub line: u32,
    pub reason: String,
}

/// What a list says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AddressList {
    pub candidates: Vec<Candidate>,
    pub problems: Vec<LineProblem>,
}

/// Reads a list. CSV where its first line is a header with a column `address`, else lines.
#[must_use]
pub fn parse_list(text: &str) -> AddressList {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = if csv::is_csv(text) {
        csv::parse(text)
    } else {
        parse_lines(text)
    };
    found.leave_out_twins();
    found.candidates.truncate(MOST_ADDRESSES);
    found
}

fn parse_lines(text: &str) -> AddressList {
    let mut found = AddressList::default();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default();
        for word in line.split([' ', '\t', ',', ';']).filter(|w| !w.is_empty()) {
            let plain = Candidate {
                line: number,
                ..Candidate::default()
            };
            found.take(word, &plain);
        }
    }
    found
}

impl AddressList {
    fn problem(&mut self, line: u32, reason: impl Into<String>) {
        let reason = reason.into();
        self.problems.push(LineProblem { line, reason });
    }

    /// Takes what a word means: one address, a range or a network.
    fn take(&mut self, word: &str, said: &Candidate) {
        let room = MOST_ADDRESSES.saturating_sub(self.candidates.len());
        match expand::addresses(word) {
            Err(reason) => self.problem(said.line, reason),
            Ok(addresses) if addresses.len() > room => self.problem(
                said.line,
                format!(
                    "`{}` would make more than {MOST_ADDRESSES} addresses in one list",
                    shortened(word)
                ),
            ),
            Ok(addresses) => {
                let several = addresses.len() > 1;
                if several && (said.name.is_some() || said.ssh.is_some() || said.acc.is_some()) {
                    self.problem(
                        said.line,
                        "name, ssh and acc are for one address, not for a range",
                    );
                    return;
                }
                let swept = word.contains('/');
                self.candidates
                    .extend(addresses.into_iter().map(|address| Candidate {
                        address,
                        swept,
                        ..said.clone()
                    }));
            }
        }
    }

    fn leave_out_twins(&mut self) {
        let mut first: HashMap<String, u32> = HashMap::new();
        let mut twins = Vec::new();
        self.candidates.retain(|candidate| {
            let key = candidate.address.to_ascii_lowercase();
            match first.get(&key) {
                Some(line) => {
                    let reason = format!("{} is in line {line} already", candidate.address);
                    twins.push(LineProblem {
                        line: candidate.line,
                        reason,
                    });
                    false
                }
                None => {
                    first.insert(key, candidate.line);
                    true
                }
            }
        });
        self.problems.extend(twins);
        self.problems.sort_by_key(|problem| problem.line);
    }
}

/// Enough of a word to find it again.
pub(crate) fn shortened(word: &str) -> String {
    const ENOUGH: usize = 60;
    match word.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests;
