//! The place in a kickstart that a user brought where a card's own part is included.

use super::{Place, sections};
use crate::iso::AREA_FILE;

/// The line that includes the kickstart area.
pub const INCLUDE_LINE: &str = "%include /run/install/repo/slipway-card.ks";

/// Whether a kickstart includes the area, and where it was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaInclude {
    WasThere,
    /// As this line, from 1.
    AddedAt(usize),
}

/// The kickstart with the area included: after its last `network` command, so that a card's host
/// name is the last word about it; else before its first section; else at its end.
#[must_use]
pub fn with_area(text: &str) -> (String, AreaInclude) {
    let includes = |line: &str| {
        let mut words = line.split_whitespace();
        words.next() == Some("%include")
            && words.next().is_some_and(|path| path.ends_with(AREA_FILE))
    };
    let places = sections(text);
    let lines: Vec<&str> = text.lines().collect();
    let commands = || {
        let all = lines.iter().zip(&places).enumerate();
        all.filter(|(_, (_, place))| **place == Place::Commands)
    };
    if commands().any(|(_, (line, _))| includes(line)) {
        return (text.to_owned(), AreaInclude::WasThere);
    }
    let network = commands()
        .filter(|(_, (line, _))| line.split_whitespace().next() == Some("network"))
        .map(|(number, _)| number + 1)
        .next_back();
    let section = places.iter().position(|place| *place == Place::Header);
    let at = network.or(section).unwrap_or(lines.len());
    let mut made: Vec<&str> = lines;
    made.insert(at, INCLUDE_LINE);
    let mut text = made.join("\n");
    text.push('\n');
    (text, AreaInclude::AddedAt(at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kickstart::REPOSITORY;

    #[test]
    fn the_area_comes_after_the_network_and_before_the_sections() {
        let (text, place) = with_area("network --hostname=a\nreboot\n%post\nnetwork x\n%end\n");
        assert_eq!(place, AreaInclude::AddedAt(2));
        assert_eq!(
            text,
            format!("network --hostname=a\n{INCLUDE_LINE}\nreboot\n%post\nnetwork x\n%end\n")
        );
        let (text, place) = with_area("text\n%post\n%end\n");
        assert_eq!(place, AreaInclude::AddedAt(2));
        assert!(text.starts_with(&format!("text\n{INCLUDE_LINE}\n%post\n")));
        assert_eq!(with_area("text\n").1, AreaInclude::AddedAt(2));
        assert_eq!(with_area(&text), (text.clone(), AreaInclude::WasThere));
    }

    #[test]
    fn an_include_in_a_script_is_none() {
        let text = format!("%post\n{INCLUDE_LINE}\n%end\n");
        assert_eq!(with_area(&text).1, AreaInclude::AddedAt(1));
    }

    #[test]
    fn the_line_names_the_area() {
        assert_eq!(INCLUDE_LINE, format!("%include {REPOSITORY}/{AREA_FILE}"));
    }
}
