//! Who reads a published file, and how much of it went out: the only progress an insert shows.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use slipway_core::{
    ports::MediaReader,
    time::{ByteCount, Timestamp},
};

/// Old ones beyond this are forgotten, the inactive first.
const REMEMBERED: usize = 64;

/// The readers of one publication.
#[derive(Debug, Default)]
pub struct Readers(Mutex<Vec<Arc<Reader>>>);

#[derive(Debug)]
struct Reader {
    peer: String,
    started_at: Timestamp,
    /// Reads piece by piece; a whole read is an entry of its own.
    in_parts: bool,
    sent: AtomicU64,
    bodies: AtomicUsize,
}

/// One response body under way. Dropping it ends the reading.
#[derive(Debug)]
pub struct Reading(Arc<Reader>);

impl Reading {
    pub fn sent(&self, bytes: usize) {
        self.0.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.bodies.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Readers {
    /// A body begins. A reader that asks for parts makes thousands of requests: those of one peer
    /// are one entry. A whole read starts anew, so that its progress begins at zero.
    #[must_use]
    pub fn begin(&self, peer: &str, in_parts: bool, now: Timestamp) -> Reading {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |r: &&Arc<Reader>| in_parts && r.in_parts && r.peer == peer;
        if let Some(reader) = all.iter().rev().find(known) {
            reader.bodies.fetch_add(1, Ordering::Relaxed);
            return Reading(reader.clone());
        }
        if all.len() >= REMEMBERED {
            let idle = |r: &Arc<Reader>| r.bodies.load(Ordering::Relaxed) == 0;
            let oldest = all.iter().position(idle).unwrap_or(0);
            all.remove(oldest);
        }
        let reader = Arc::new(Reader {
            peer: peer.to_owned(),
            started_at: now,
            in_parts,
            sent: AtomicU64::new(0),
            bodies: AtomicUsize::new(1),
        });
        all.push(reader.clone());
        Reading(reader)
    }

    /// Newest last. What was sent never shows as more than the file: who reads in parts may read
    /// a part twice.
    #[must_use]
    pub fn list(&self, total: ByteCount) -> Vec<MediaReader> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .map(|reader| MediaReader {
                peer: reader.peer.clone(),
                sent: ByteCount(reader.sent.load(Ordering::Relaxed).min(total.0)),
                total,
                active: reader.bodies.load(Ordering::Relaxed) > 0,
                started_at: reader.started_at,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_reads_are_listed_each_and_parts_of_one_peer_together() {
        let readers = Readers::default();
        let at = Timestamp::from_millis;
        drop(readers.begin("10.0.0.1", false, at(1)));
        let whole = readers.begin("10.0.0.1", false, at(2));
        whole.sent(70);
        for n in 3..6 {
            readers.begin("10.0.0.2", true, at(n)).sent(40);
        }
        let list = readers.list(ByteCount(100));
        let seen: Vec<_> = list
            .iter()
            .map(|r| {
                (
                    r.peer.as_str(),
                    r.sent.0,
                    r.active,
                    r.started_at.as_millis(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("10.0.0.1", 0, false, 1),
                ("10.0.0.1", 70, true, 2),
                ("10.0.0.2", 100, false, 3),
            ]
        );
    }

    #[test]
    fn only_so_many_are_remembered_and_the_active_ones_first() {
        let readers = Readers::default();
        let kept = readers.begin("first", false, Timestamp::from_millis(0));
        for n in 0..200 {
            drop(readers.begin(&n.to_string(), false, Timestamp::from_millis(n)));
        }
        let list = readers.list(ByteCount(1));
        assert_eq!(list.len(), REMEMBERED);
        assert_eq!((list[0].peer.as_str(), list[0].active), ("first", true));
        assert_eq!(list[REMEMBERED - 1].peer, "199");
        drop(kept);
    }
}
