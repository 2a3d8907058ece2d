//! The md5 that the media check of an Anaconda ISO looks for: of the file system but for its last
//! sectors, with 20 intermediate sums, written as text into the primary volume descriptor.
//!
//! The sums are taken over the bytes as they go by; only the 512 bytes of text come afterwards. The
//! format is isomd5sum's, as its `checkisomd5` reads it.

use std::fmt::Write as _;

use slipway_md5::Md5;

/// Where the text lies in the ISO.
pub const TEXT_AT: u64 = crate::iso::VOLUME_OFFSET + 883;
pub const TEXT_LENGTH: usize = 512;
/// The last sectors are not summed: some drives can't read them.
const SKIPPED_SECTORS: u64 = 15;
const FRAGMENTS: u64 = 20;
/// Hexadecimal digits of each intermediate sum.
const FRAGMENT_DIGITS: usize = 3;
/// The intermediate sums are taken between pieces of this size, which is part of the format.
const PIECE: usize = 32 * 1024;

/// Sums the bytes of an ISO in order. The text's place counts as spaces.
pub struct Implant {
    hash: Md5,
    at: u64,
    /// How many bytes are summed.
    total: u64,
    fragment: u64,
    fragments: String,
    pending: Vec<u8>,
}

/// What was summed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    pub md5: String,
    pub fragments: String,
}

impl Implant {
    /// For a file system of `size` bytes, as its volume descriptor says.
    #[must_use]
    pub fn new(size: u64) -> Self {
        Self {
            hash: Md5::new(),
            at: 0,
            total: size.saturating_sub(SKIPPED_SECTORS * 2048),
            fragment: 0,
            fragments: String::new(),
            pending: Vec::with_capacity(PIECE),
        }
    }

    /// The next bytes, in pieces of any size.
    pub fn update(&mut self, mut bytes: &[u8]) {
        if !self.pending.is_empty() {
            let missing = (PIECE - self.pending.len()).min(bytes.len());
            let (now, later) = bytes.split_at(missing);
            self.pending.extend_from_slice(now);
            bytes = later;
            if self.pending.len() < PIECE {
                return;
            }
            let piece = std::mem::take(&mut self.pending);
            self.piece(&piece);
        }
        let mut pieces = bytes.chunks_exact(PIECE);
        for piece in pieces.by_ref() {
            self.piece(piece);
        }
        self.pending.extend_from_slice(pieces.remainder());
    }

    fn piece(&mut self, bytes: &[u8]) {
        if self.at >= self.total {
            return;
        }
        let length = (self.total - self.at).min(bytes.len() as u64) as usize;
        let bytes = &bytes[..length];
        let text_end = TEXT_AT + TEXT_LENGTH as u64;
        if self.at < text_end && self.at + length as u64 > TEXT_AT {
            let mut blank = bytes.to_vec();
            blank_text(&mut blank, self.at);
            self.hash.update(&blank);
        } else {
            self.hash.update(bytes);
        }
        let fragment = self.at * (FRAGMENTS + 1) / self.total;
        if fragment != self.fragment {
            self.fragment = fragment;
            let so_far = self.hash.clone().finish();
            for byte in so_far.iter().take(FRAGMENT_DIGITS) {
                // One digit of each byte: so the format has it.
                let digits = format!("{byte:x}");
                self.fragments.push_str(&digits[..1]);
            }
        }
        self.at += length as u64;
    }

    #[must_use]
    pub fn finish(mut self) -> Sums {
        let rest = std::mem::take(&mut self.pending);
        self.piece(&rest);
        Sums {
            md5: crate::oci::hex(&self.hash.finish()),
            fragments: self.fragments,
        }
    }
}

/// Blanks the part of the text that lies in these bytes, which begin at `at`.
pub fn blank_text(bytes: &mut [u8], at: u64) {
    let end = at + bytes.len() as u64;
    let from = at.max(TEXT_AT);
    let to = end.min(TEXT_AT + TEXT_LENGTH as u64);
    if from < to {
        bytes[(from - at) as usize..(to - at) as usize].fill(b' ');
    }
}

impl Sums {
    /// The text that is implanted.
    #[must_use]
    pub fn text(&self) -> [u8; TEXT_LENGTH] {
        let mut text = String::new();
        let _ = write!(
            text,
            "ISO MD5SUM = {};SKIPSECTORS = {SKIPPED_SECTORS};RHLISOSTATUS=0;FRAGMENT SUMS = {};\
             FRAGMENT COUNT = {FRAGMENTS};THIS IS NOT THE SAME AS RUNNING MD5SUM ON THIS ISO!!",
            self.md5, self.fragments
        );
        let mut bytes = [b' '; TEXT_LENGTH];
        let length = text.len().min(TEXT_LENGTH);
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        bytes
    }
}

/// The md5 that a text names; `None` where none was implanted.
#[must_use]
pub fn named(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let (_, after) = text.split_once("ISO MD5SUM = ")?;
    let md5: String = after.chars().take(32).collect();
    (md5.len() == 32 && md5.bytes().all(|b| b.is_ascii_hexdigit())).then_some(md5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sums(bytes: &[u8], cuts: &[usize]) -> Sums {
        let mut implant = Implant::new(bytes.len() as u64);
        let mut rest = bytes;
        for cut in cuts {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            implant.update(now);
            rest = later;
        }
        implant.update(rest);
        implant.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_sums_do_not_depend_on_how_the_bytes_come(
            cuts in proptest::collection::vec(1..100_000_usize, 0..12),
            seed in any::<u8>(),
        ) {
            let bytes: Vec<u8> = (0..2_000_000_u32).map(|n| (n / 7) as u8 ^ seed).collect();
            prop_assert_eq!(sums(&bytes, &cuts), sums(&bytes, &[]));
        }
    }

    #[test]
    fn the_text_does_not_count_and_names_its_sum() {
        let mut bytes = vec![7; 1_000_000];
        let before = sums(&bytes, &[]);
        let text = before.text();
        let at = TEXT_AT as usize;
        bytes[at..at + TEXT_LENGTH].copy_from_slice(&text);
        assert_eq!(sums(&bytes, &[]), before);
        assert_eq!(before.fragments.len(), 60);
        assert_eq!(named(&text), Some(before.md5));
        assert_eq!(named(&[b' '; TEXT_LENGTH]), None);
    }
}
