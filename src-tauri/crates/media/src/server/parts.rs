//! Parts of a file that go from the page cache to the socket without passing through our memory.
//!
//! hyper knows only bytes. So it gets a stand-in for each part: a piece of one placeholder that the
//! connection below hyper knows by its address, and sends the part instead of it
//! ([`super::sendfile`]). Which part is meant lies in a queue of that connection. hyper queues a
//! body's pieces untouched (`writev(true)`); were that ever otherwise, stand-ins and queue would not
//! match any more, and the connection ends: what stands in for a part never goes out as data.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, IoSlice},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

/// Of one part.
pub const LONGEST: usize = 1 << 20;

/// Never read nor written, so that the operating system gives no memory for it.
static PLACEHOLDER: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(vec![0; LONGEST]));

fn stands_in(slice: &[u8]) -> bool {
    PLACEHOLDER.as_ptr_range().contains(&slice.as_ptr())
}

/// What is left to send of a part.
#[derive(Debug)]
struct Part {
    file: Arc<File>,
    at: u64,
    sent: usize,
    length: usize,
}

/// One connection's parts that are not sent yet, in the order of their stand-ins.
#[derive(Debug, Clone, Default)]
pub struct Parts(Arc<Mutex<VecDeque<Part>>>);

/// What a connection is to send next.
pub enum Next<'a> {
    /// `more`: something follows at once.
    Memory {
        bytes: &'a [u8],
        more: bool,
    },
    Part {
        file: Arc<File>,
        at: u64,
        length: usize,
    },
    Nothing,
}

impl Parts {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Part>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stand-in for `length` bytes of the file from `at` on, at most [`LONGEST`], which has to
    /// go to the connection as the next that it is given.
    pub fn stand_in(&self, file: Arc<File>, at: u64, length: usize) -> Bytes {
        let length = length.min(LONGEST);
        let part = Part {
            file,
            at,
            sent: 0,
            length,
        };
        self.queue().push_back(part);
        PLACEHOLDER.slice(..length)
    }

    /// What these slices, which are all that waits to be sent, begin with.
    ///
    /// # Errors
    /// When they have not exactly the stand-ins of the queue.
    pub fn next<'a>(&self, slices: &'a [IoSlice<'_>]) -> io::Result<Next<'a>> {
        let queue = self.queue();
        let mut parts = queue.iter();
        let begun = PLACEHOLDER.as_ptr();
        for slice in slices.iter().filter(|slice| stands_in(slice)) {
            let meant = parts.next().is_some_and(|part| {
                slice.as_ptr() == begun.wrapping_add(part.sent)
                    && slice.len() == part.length - part.sent
            });
            if !meant {
                return Err(io::Error::other("a stand-in without its part of the file"));
            }
        }
        if parts.next().is_some() {
            return Err(io::Error::other("a part of the file without its stand-in"));
        }
        let mut slices = slices.iter().filter(|slice| !slice.is_empty());
        let Some(first) = slices.next() else {
            return Ok(Next::Nothing);
        };
        Ok(match queue.front() {
            Some(part) if stands_in(first) => Next::Part {
                file: part.file.clone(),
                at: part.at + part.sent as u64,
                length: part.length - part.sent,
            },
            _ => Next::Memory {
                bytes: first,
                more: slices.next().is_some(),
            },
        })
    }

    /// So much of the first part is sent.
    pub fn sent(&self, bytes: usize) {
        let mut queue = self.queue();
        if let Some(part) = queue.front_mut() {
            part.sent += bytes;
            if part.sent >= part.length {
                queue.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Arc<File> {
        Arc::new(tempfile::tempfile().unwrap())
    }

    fn is_part(next: io::Result<Next<'_>>) -> Option<(u64, usize)> {
        match next.unwrap() {
            Next::Part { at, length, .. } => Some((at, length)),
            Next::Memory { .. } | Next::Nothing => None,
        }
    }

    #[test]
    fn a_stand_in_means_its_part_and_what_is_left_of_it() {
        let parts = Parts::default();
        let head = b"head".to_vec();
        let mut one = parts.stand_in(file(), 100, 50);
        let two = parts.stand_in(file(), 150, LONGEST + 1);
        assert_eq!(two.len(), LONGEST);
        let all = [IoSlice::new(&head), IoSlice::new(&one), IoSlice::new(&two)];
        let Next::Memory { bytes, more } = parts.next(&all).unwrap() else {
            panic!("the head is memory");
        };
        assert_eq!((bytes, more), (&head[..], true));
        let slices = |one: &Bytes| parts_of(&parts, one, &two);
        assert_eq!(slices(&one), Some((100, 50)));
        parts.sent(20);
        bytes::Buf::advance(&mut one, 20);
        assert_eq!(slices(&one), Some((120, 30)));
        parts.sent(30);
        let left = [IoSlice::new(&two)];
        assert_eq!(is_part(parts.next(&left)), Some((150, LONGEST)));
    }

    fn parts_of(parts: &Parts, one: &Bytes, two: &Bytes) -> Option<(u64, usize)> {
        is_part(parts.next(&[IoSlice::new(one), IoSlice::new(two)]))
    }

    #[test]
    fn what_stands_in_never_goes_out_as_data() {
        let parts = Parts::default();
        let one = parts.stand_in(file(), 0, 50);
        let refused = |slices: &[&[u8]]| {
            let slices: Vec<_> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
            parts.next(&slices).is_err()
        };
        // Copied into memory, with a head or alone; left out; cut; given twice.
        let copied = one.to_vec();
        assert!(refused(&[&copied]));
        assert!(refused(&[b"head", &copied]));
        assert!(refused(&[b"head"]));
        assert!(refused(&[&one[..49]]));
        assert!(refused(&[&one[1..]]));
        assert!(refused(&[&one, &one]));
        assert!(!refused(&[&one]));
        // After its part is sent, and on another connection.
        parts.sent(50);
        assert!(refused(&[&one]));
        assert!(Parts::default().next(&[IoSlice::new(&one)]).is_err());
    }
}
