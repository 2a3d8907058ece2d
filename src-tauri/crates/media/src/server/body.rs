//! The bytes of a published file with a card's overlay put over them, as a stream.
//!
//! What lies in the page cache is sent at once: a hop to a thread that may wait costs more than the
//! reading, and a machine's processors are busy with the readers. Only what has to come from a disk
//! is waited for elsewhere. Over plain HTTP on Linux the file's bytes don't even pass through here
//! ([`Way::Sendfile`]).

use std::{
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{Stream, stream};
use tokio::task::JoinHandle;

use super::{
    newcomers::Newcomer,
    page_cache,
    parts::{LONGEST, Parts},
};

/// Of a fast reader: from a disk each costs a hop to a blocking thread, and small ones are far from
/// a disk's speed.
const LARGEST: u64 = LONGEST as u64;
/// Of a slow one, which holds its chunk, and the next, for as long as it takes: a rack of cards
/// that read at once would else hold 2 MiB each.
const SMALLEST: u64 = 64 << 10;
/// Chunks in the second at a reader's speed.
const A_SECOND: u64 = 16;
/// Of what is copied from the page cache: it stays in the processor's cache until it is encrypted.
const AT_ONCE: usize = 128 << 10;
/// A reader gets so much, then the others that wait, among them one whose first byte is due.
const TURN: usize = 256 << 10;

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

/// How bytes come from the file to the socket.
pub enum Way {
    /// Through our memory: what is encrypted, and where there is no sendfile.
    Memory(Shelf),
    Sendfile(Parts),
}

/// One reader's buffers that are not in use. New memory for each chunk would have to be cleared.
#[derive(Debug, Clone, Default)]
pub struct Shelf(Arc<Mutex<Vec<Vec<u8>>>>);

impl Shelf {
    fn take(&self) -> Lent {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Lent {
            buffer: kept.pop().unwrap_or_else(|| vec![0; AT_ONCE]),
            filled: 0,
            shelf: self.clone(),
        }
    }
}

/// A buffer that goes back to its shelf when hyper has sent it.
struct Lent {
    buffer: Vec<u8>,
    filled: usize,
    shelf: Shelf,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let kept = self.shelf.0.lock();
        let mut kept = kept.unwrap_or_else(PoisonError::into_inner);
        kept.push(std::mem::take(&mut self.buffer));
    }
}

/// What is left to stream to one reader.
struct Reading {
    file: Arc<File>,
    left: Range<u64>,
    overlay: Option<Overlay>,
    revoked: Arc<AtomicBool>,
    way: Way,
    /// Itself once. It lets newer ones go first.
    newcomer: Newcomer,
    since: Instant,
    taken: u64,
    /// Of this reader's turn.
    in_turn: usize,
    /// The next chunk is read from the disk while the one before is encrypted and sent. What is
    /// only brought into the page cache is empty.
    ahead: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Reading {
    /// The next chunk, if it has to come from the disk.
    fn wanted(&self) -> Range<u64> {
        let length = chunk_length(self.taken, self.since.elapsed());
        let at = self.left.start;
        at..at.saturating_add(length).min(self.left.end)
    }

    /// Begins to read the next chunk from the disk.
    fn read(&mut self) -> JoinHandle<io::Result<Bytes>> {
        let wanted = self.wanted();
        self.left.start = wanted.end;
        let (file, overlay) = (self.file.clone(), self.overlay.clone());
        tokio::task::spawn_blocking(move || {
            let mut chunk = vec![0; (wanted.end - wanted.start) as usize];
            file.read_exact_at(&mut chunk, wanted.start)?;
            if let Some(overlay) = &overlay {
                splice(&mut chunk, wanted.start, overlay);
            }
            Ok(Bytes::from(chunk))
        })
    }

    /// The next chunk by way of our memory.
    async fn copied(&mut self, shelf: &Shelf) -> io::Result<Bytes> {
        if self.ahead.is_none()
            && let Some(chunk) = self.at_once(shelf)
        {
            return Ok(chunk);
        }
        let ahead = self.ahead.take();
        let ahead = ahead.unwrap_or_else(|| self.read());
        let chunk = ahead.await.map_err(io::Error::other)??;
        if !self.left.is_empty() && !page_cache::holds(&self.file, &self.wanted()) {
            self.ahead = Some(self.read());
        }
        Ok(chunk)
    }

    /// What is at hand.
    fn at_once(&mut self, shelf: &Shelf) -> Option<Bytes> {
        let mut lent = shelf.take();
        let at = self.left.start;
        let room = (self.left.end - at).min(AT_ONCE as u64) as usize;
        lent.filled = page_cache::read(&self.file, &mut lent.buffer[..room], at)?;
        if let Some(overlay) = &self.overlay {
            splice(&mut lent.buffer[..lent.filled], at, overlay);
        }
        self.left.start += lent.filled as u64;
        Some(Bytes::from_owner(lent))
    }

    fn bring_in(&self, part: Range<u64>) -> JoinHandle<io::Result<Bytes>> {
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || {
            page_cache::bring_in(&file, part)?;
            Ok(Bytes::new())
        })
    }

    /// The next chunk as a part of the file that goes out by itself, or the overlay's bytes.
    async fn stand_in(&mut self, parts: &Parts) -> io::Result<Bytes> {
        let mut wanted = self.wanted();
        if let Some((offset, bytes)) = &self.overlay {
            let over = *offset..offset + bytes.len() as u64;
            if over.contains(&wanted.start) {
                let end = over.end.min(self.left.end);
                let here = |position: u64| (position - over.start) as usize;
                let chunk = Bytes::copy_from_slice(&bytes[here(wanted.start)..here(end)]);
                self.left.start = end;
                return Ok(chunk);
            }
            if wanted.start < over.start && !over.is_empty() {
                wanted.end = wanted.end.min(over.start);
            }
        }
        // sendfile would wait for the disk where all readers' connections are driven.
        let mut from_disk = false;
        if let Some(ahead) = self.ahead.take() {
            ahead.await.map_err(io::Error::other)??;
            from_disk = true;
        }
        if !page_cache::holds(&self.file, &wanted) {
            let brought = self.bring_in(wanted.clone()).await;
            brought.map_err(io::Error::other)??;
            from_disk = true;
        }
        self.left.start = wanted.end;
        if from_disk && !self.left.is_empty() {
            let next = self.wanted();
            if !page_cache::holds(&self.file, &next) {
                self.ahead = Some(self.bring_in(next));
            }
        }
        let length = (wanted.end - wanted.start) as usize;
        Ok(parts.stand_in(self.file.clone(), wanted.start, length))
    }

    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        // What was read ahead is a chunk to come; what was brought in still counts as left.
        if self.left.is_empty() && self.ahead.is_none() {
            return Ok(None);
        }
        if self.in_turn >= TURN {
            self.in_turn = 0;
            tokio::task::yield_now().await;
        }
        if self.taken > 0 {
            self.newcomer.step_back().await;
        }
        if self.revoked.load(Ordering::Relaxed) {
            return Err(io::Error::other("no longer published"));
        }
        let chunk = match &self.way {
            Way::Memory(shelf) => {
                let shelf = shelf.clone();
                self.copied(&shelf).await?
            }
            Way::Sendfile(parts) => {
                let parts = parts.clone();
                self.stand_in(&parts).await?
            }
        };
        self.taken += chunk.len() as u64;
        self.in_turn += chunk.len();
        Ok(Some((chunk, self)))
    }
}

/// Streams `range` of the file. Ends with an error when `revoked` is set or the file got shorter.
pub fn stream(
    file: Arc<File>,
    range: Range<u64>,
    overlay: Option<Overlay>,
    revoked: Arc<AtomicBool>,
    way: Way,
    newcomer: Newcomer,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let reading = Reading {
        file,
        left: range,
        overlay,
        revoked,
        way,
        newcomer,
        since: Instant::now(),
        taken: 0,
        in_turn: 0,
        ahead: None,
    };
    stream::try_unfold(reading, Reading::next)
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, task::Poll};

    use futures::StreamExt as _;
    use proptest::prelude::*;

    use super::{
        super::newcomers::{self, Newcomers},
        *,
    };

    #[tokio::test]
    async fn a_body_begins_at_once_and_goes_on_after_the_newcomers() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 3 * AT_ONCE]).unwrap();
        let newcomers = Newcomers::new();
        let (begun, reader) = (Instant::now(), newcomers.came());
        let way = Way::Memory(Shelf::default());
        let (file, whole) = (Arc::new(file), 0..3 * AT_ONCE as u64);
        let body = stream(file, whole, None, Arc::default(), way, reader.clone());
        let mut body = Box::pin(body);
        let mut got = body.next().await.unwrap().unwrap().len();
        assert!((1..=AT_ONCE).contains(&got));
        let newcomer = newcomers.came();
        reader.answered();
        if let Poll::Ready(chunk) = futures::poll!(body.next()) {
            assert!(begun.elapsed() >= newcomers::LONGEST);
            got += chunk.unwrap().unwrap().len();
        }
        newcomer.answered();
        while let Some(chunk) = body.next().await {
            got += chunk.unwrap().len();
        }
        assert_eq!(got, 3 * AT_ONCE);
    }

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
