//! The bytes of a published file with a card's overlay put over them, as a stream.

use std::{
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{Stream, stream};
use tokio::task::JoinHandle;

/// Of a fast reader: each costs a hop to a blocking thread, and small ones are far from a disk's
/// speed.
const LARGEST: u64 = 1 << 20;
/// Of a slow one, which holds its chunk, and the next, for as long as it takes: a rack of cards
/// that read at once would else hold 2 MiB each.
const SMALLEST: u64 = 64 << 10;
/// Chunks in the second at a reader's speed.
const A_SECOND: u64 = 16;

/// What is put over a file's bytes, and where.
pub type Overlay = (u64, Arc<Vec<u8>>);

/// Puts the part of the overlay that lies in `chunk` (which begins at `at` in the file) over it.
pub fn splice(chunk: &mut [u8], at: u64, (offset, bytes): &Overlay) {
    let end = at + chunk.len() as u64;
    let from = at.max(*offset);
    let to = end.min(offset + bytes.len() as u64);
    if from >= to {
        return;
    }
    // Both differences are under the lengths of slices in memory.
    let here = |position: u64, base: u64| (position - base) as usize;
    chunk[here(from, at)..here(to, at)]
        .copy_from_slice(&bytes[here(from, *offset)..here(to, *offset)]);
}

/// The length of the next chunk of a reader that has taken so many bytes in this time. The second
/// more is for what the network takes at once, before a reader's speed is seen.
fn chunk_length(taken: u64, time: Duration) -> u64 {
    let chunk = taken as f64 / (time.as_secs_f64() + 1.0) / A_SECOND as f64;
    (chunk as u64).clamp(SMALLEST, LARGEST)
}

/// What is left to stream to one reader.
struct Reading {
    file: Arc<File>,
    left: Range<u64>,
    overlay: Option<Overlay>,
    revoked: Arc<AtomicBool>,
    since: Instant,
    taken: u64,
    /// The next chunk is read while the one before is encrypted and sent.
    ahead: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Reading {
    /// Begins to read the next chunk; `None` at the end.
    fn read(&mut self) -> Option<JoinHandle<io::Result<Bytes>>> {
        let at = self.left.start;
        let wanted = chunk_length(self.taken, self.since.elapsed());
        let length = wanted.min(self.left.end.saturating_sub(at));
        if length == 0 {
            return None;
        }
        self.left.start += length;
        let (file, overlay) = (self.file.clone(), self.overlay.clone());
        Some(tokio::task::spawn_blocking(move || {
            let mut chunk = vec![0; length as usize];
            file.read_exact_at(&mut chunk, at)?;
            if let Some(overlay) = &overlay {
                splice(&mut chunk, at, overlay);
            }
            Ok(Bytes::from(chunk))
        }))
    }

    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        if self.revoked.load(Ordering::Relaxed) {
            return Err(io::Error::other("no longer published"));
        }
        let ahead = self.ahead.take();
        let Some(read) = ahead.or_else(|| self.read()) else {
            return Ok(None);
        };
        let chunk = read.await.map_err(io::Error::other)??;
        self.taken += chunk.len() as u64;
        self.ahead = self.read();
        Ok(Some((chunk, self)))
    }
}

/// Streams `range` of the file. Ends with an error when `revoked` is set or the file got shorter.
pub fn stream(
    file: Arc<File>,
    range: Range<u64>,
    overlay: Option<Overlay>,
    revoked: Arc<AtomicBool>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let reading = Reading {
        file,
        left: range,
        overlay,
        revoked,
        since: Instant::now(),
        taken: 0,
        ahead: None,
    };
    stream::try_unfold(reading, Reading::next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chunk_is_a_small_part_of_a_second_at_the_readers_speed() {
        let after = |taken: u64, seconds| chunk_length(taken, Duration::from_secs(seconds));
        assert_eq!(after(0, 0), SMALLEST);
        // What fits into a socket's buffers says nothing of the reader.
        assert!(after(3 << 20, 0) < LARGEST / 4);
        // An IMC at 500 kB in a second, and a server on the same switch.
        assert_eq!(after(30_000_000, 60), SMALLEST);
        assert_eq!(after(1 << 30, 10), LARGEST);
        assert_eq!(after(40_000_000, 9), 250_000);
    }

    proptest! {
        #[test]
        fn any_part_is_the_part_of_the_whole_with_the_overlay(
            file in proptest::collection::vec(0..100_u8, 1..300),
            overlay in proptest::collection::vec(100..200_u8, 0..120),
            offset in 0..300_usize,
            start in 0..300_usize,
            length in 0..300_usize,
        ) {
            let offset = offset.min(file.len().saturating_sub(overlay.len()));
            let overlay = &overlay[..overlay.len().min(file.len() - offset)];
            let mut naive = file.clone();
            naive[offset..offset + overlay.len()].copy_from_slice(overlay);
            let start = start.min(file.len());
            let end = (start + length).min(file.len());
            let mut part = file[start..end].to_vec();
            splice(&mut part, start as u64, &(offset as u64, Arc::new(overlay.to_vec())));
            prop_assert_eq!(&part, &naive[start..end]);
        }
    }
}
