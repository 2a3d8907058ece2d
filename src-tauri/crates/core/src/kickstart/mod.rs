//! Kickstarts: the main one that an ISO carries, made from a form or brought by the user and
//! linted, and the per-card overlay that it includes.
//!
//! Nothing here runs a program; `ksvalidator`'s opinion is asked for in slipway-media.

mod area;
mod form;
mod lint;
mod mask;
mod overlay;
mod render;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

pub use area::{AreaInclude, INCLUDE_LINE, with_area};
pub use form::{InvalidField, KickstartForm, RhcCredentials, RootLogin, check_karg};
pub use lint::{holds_secrets, lint};
pub use mask::masked;
pub use overlay::{
    InvalidOverlay, NONCE_FILE, Overlay, check_hostname, check_public_key, empty_area,
};
pub use render::{Rendered, preview, render};

/// Where Anaconda finds the ISO's files.
pub const REPOSITORY: &str = "/run/install/repo";

/// A quoted here-document whose delimiter comes from the content's hash: the content can't end it,
/// and the same inputs give the same bytes.
fn heredoc(text: &mut String, path: &str, content: &str) {
    let delimiter = delimiter(content);
    let _ = writeln!(text, "cat > {path} <<'{delimiter}'\n{content}{delimiter}");
}

fn delimiter(content: &str) -> String {
    let hash = Sha256::digest(content.as_bytes());
    hash.iter()
        .take(8)
        .fold(String::from("SLIPWAY_"), |mut all, byte| {
            let _ = write!(all, "{byte:02x}");
            all
        })
}

/// The sections of a kickstart, apart from its commands: whether each line lies in one.
///
/// `%include` and `%ksappend` are directives and no sections.
fn sections(text: &str) -> Vec<Place> {
    let mut inside: Option<usize> = None;
    let mut places = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let head = line.split_whitespace().next().unwrap_or_default();
        let directive = matches!(head, "%include" | "%ksappend");
        if inside.is_none() && line.starts_with('%') && !directive {
            inside = Some(number);
            places.push(Place::Header);
        } else if inside.is_some() && head == "%end" && line.starts_with('%') {
            inside = None;
            places.push(Place::End);
        } else {
            places.push(inside.map_or(Place::Commands, |header| Place::Body { header }));
        }
    }
    places
}

/// Where a line of a kickstart stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Commands,
    /// `%post …`
    Header,
    /// In the section whose header is that line.
    Body {
        header: usize,
    },
    End,
}
