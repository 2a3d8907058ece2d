//! New readers first: while connections that have just come have no answer yet, the bodies that
//! have begun stand still, for what they send takes the processors from the handshakes.
//!
//! Nobody starves the readers by it, with half-open connections or otherwise: a pause lasts
//! [`LONGEST`], and all together are one part in [`SHARE`] of the time. Only a connection's first
//! request counts: later ones have no handshake before them, and who reads a file by thousands of
//! parts is no newcomer.

use std::{
    future::{Ready, ready},
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Extension, middleware::AddExtension};
use axum_server::accept::Accept;
use tokio::{sync::Notify, time::timeout_at};
use tower_layer::Layer as _;

/// Of a pause. 32 handshakes on two busy processors take 70 to 100 ms.
pub const LONGEST: Duration = Duration::from_millis(200);
/// The bodies stand still for one part in so many of the time.
const SHARE: u32 = 10;
/// After the last of several answers, until it has arrived: a program that reads them all would
/// else be given megabytes of the others to read before it. A pause that could be no longer is none.
const AFTER: Duration = Duration::from_millis(5);

/// A server's newcomers. As an acceptor it gives each request of a connection the [`Newcomer`].
#[derive(Debug, Clone)]
pub struct Newcomers(Arc<Awaited>);

#[derive(Debug)]
struct Awaited {
    pause: Mutex<Pause>,
    changed: Notify,
}

impl Newcomers {
    pub fn new() -> Self {
        Self(Arc::new(Awaited {
            pause: Mutex::new(Pause::none(Instant::now())),
            changed: Notify::new(),
        }))
    }

    /// A connection is accepted.
    pub fn came(&self) -> Newcomer {
        Newcomer(Arc::new(Arrival {
            pause: self.0.pause().came(Instant::now()),
            answered: AtomicBool::new(false),
            awaited: self.0.clone(),
        }))
    }
}

impl Awaited {
    fn pause(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I, S> Accept<I, S> for Newcomers {
    type Stream = I;
    type Service = AddExtension<S, Newcomer>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        ready(Ok((stream, Extension(self.came()).layer(service))))
    }
}

/// A connection, from its accept to its end. One that ends without a request is waited for no more.
#[derive(Debug, Clone)]
pub struct Newcomer(Arc<Arrival>);

#[derive(Debug)]
struct Arrival {
    /// In which it counts.
    pause: Option<u64>,
    answered: AtomicBool,
    awaited: Arc<Awaited>,
}

impl Newcomer {
    /// The first byte is on its way.
    pub fn answered(&self) {
        self.0.answered();
    }

    /// Lets those go first that have no answer yet, if there are any.
    pub async fn step_back(&self) {
        let awaited = &self.0.awaited;
        loop {
            // Before the look: what changes after it is not missed.
            let changed = awaited.changed.notified();
            let until = awaited.pause().until(Instant::now());
            let Some(until) = until else { return };
            let _ = timeout_at(until.into(), changed).await;
        }
    }
}

impl Arrival {
    fn answered(&self) {
        if self.answered.swap(true, Ordering::Relaxed) {
            return;
        }
        let Some(pause) = self.pause else { return };
        if self.awaited.pause().answered(pause, Instant::now()) {
            self.awaited.changed.notify_waiters();
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.answered();
    }
}

/// The latest time in which the bodies stood still, or do.
#[derive(Debug)]
struct Pause {
    number: u64,
    came: usize,
    /// Of these, without an answer.
    awaited: usize,
    begun: Instant,
    ends: Instant,
    /// Which it may last.
    longest: Duration,
}

impl Pause {
    fn none(now: Instant) -> Self {
        Self {
            number: 0,
            came: 0,
            awaited: 0,
            begun: now,
            ends: now,
            longest: LONGEST,
        }
    }

    /// Until when, if it is not over.
    fn until(&self, now: Instant) -> Option<Instant> {
        (now < self.ends).then_some(self.ends)
    }

    /// A newcomer joins the pause, or begins the next: then it has a number. Where the pauses have
    /// used up their part of the time, it goes without.
    fn came(&mut self, now: Instant) -> Option<u64> {
        if self.until(now).is_none() {
            let left = self.longest - (self.ends - self.begun);
            let longest = (left + (now - self.ends) / SHARE).min(LONGEST);
            if longest <= AFTER {
                return None;
            }
            *self = Self {
                number: self.number + 1,
                came: 0,
                awaited: 0,
                begun: now,
                ends: now,
                longest,
            };
        }
        self.came += 1;
        self.awaited += 1;
        self.ends = self.begun + self.longest;
        Some(self.number)
    }

    /// A newcomer of the pause of that number has its answer, or is gone. Tells if it was the last,
    /// so that the pause ends sooner than was said.
    fn answered(&mut self, number: u64, now: Instant) -> bool {
        if self.number != number {
            return false;
        }
        self.awaited -= 1;
        let sooner = self.awaited == 0 && now < self.ends;
        if sooner {
            // Who comes alone does not wait for itself.
            let after = if self.came > 1 { AFTER } else { Duration::ZERO };
            self.ends = self.ends.min(now + after);
        }
        sooner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_pause_ends_soon_after_the_last_answer() {
        let now = Instant::now();
        let mut pause = Pause::none(now);
        assert_eq!(pause.until(now), None);
        let one = pause.came(now).unwrap();
        let two = pause.came(now + 20 * MS).unwrap();
        assert!(!pause.answered(one, now + 30 * MS));
        assert_eq!(pause.until(now + 30 * MS), Some(now + LONGEST));
        assert!(pause.answered(two, now + 40 * MS));
        assert_eq!(pause.until(now + 40 * MS), Some(now + 40 * MS + AFTER));
        // One that comes in that time joins it.
        let three = pause.came(now + 42 * MS).unwrap();
        assert_eq!(pause.until(now + 42 * MS), Some(now + LONGEST));
        assert!(pause.answered(three, now + 50 * MS));
        assert_eq!(pause.until(now + 50 * MS + AFTER), None);
    }

    #[test]
    fn who_comes_alone_does_not_wait_for_itself() {
        let now = Instant::now();
        let mut pause = Pause::none(now);
        let alone = pause.came(now).unwrap();
        assert!(pause.answered(alone, now + MS));
        assert_eq!(pause.until(now + MS), None);
    }

    #[test]
    fn who_asks_nothing_is_not_waited_for_long_nor_in_the_next_pause() {
        let now = Instant::now();
        let mut pause = Pause::none(now);
        let half_open = pause.came(now).unwrap();
        // It does not make the pause longer.
        let late = pause.came(now + LONGEST - MS).unwrap();
        assert_eq!(pause.until(now + LONGEST), None);
        assert!(!pause.answered(late, now + LONGEST));
        let next = now + 20 * LONGEST;
        let number = pause.came(next).unwrap();
        assert!(!pause.answered(half_open, next));
        assert!(pause.answered(number, next + MS));
    }

    #[test]
    fn short_pauses_follow_each_other_until_their_part_of_the_time_is_used_up() {
        let mut now = Instant::now();
        let mut pause = Pause::none(now);
        let mut pauses = 0;
        while let Some(number) = pause.came(now) {
            now += 28 * MS;
            assert!(pause.answered(number, now));
            pauses += 1;
        }
        // 4 ms are left.
        assert_eq!(pauses, 7);
        assert_eq!(pause.came(now + MS * SHARE), None);
        assert!(pause.came(now + 2 * MS * SHARE).is_some());
    }

    #[test]
    fn whatever_comes_the_bodies_stand_still_for_a_tenth_of_the_time() {
        let begun = Instant::now();
        let mut pause = Pause::none(begun);
        let mut still = Duration::ZERO;
        // Half-open connections, ten each millisecond for ten seconds.
        let step = MS / 10;
        for n in 0..100_000 {
            let now = begun + n * step;
            pause.came(now);
            if pause.until(now).is_some() {
                still += step;
            }
        }
        let share = Duration::from_secs(10) / SHARE;
        assert!(
            (share..share + LONGEST).contains(&still),
            "{still:?} of 10 s"
        );
    }

    #[tokio::test]
    async fn a_reader_goes_on_when_all_are_answered_or_gone_or_the_pause_is_over() {
        let newcomers = Newcomers::new();
        let reader = newcomers.came();
        reader.answered();
        let (one, two) = (newcomers.came(), newcomers.came());
        let (kept, begun) = (one.clone(), Instant::now());
        let mut stepped_back = Box::pin(reader.step_back());
        let waits = futures::poll!(&mut stepped_back).is_pending();
        assert!(waits || begun.elapsed() >= LONGEST / 2);
        one.answered();
        kept.answered();
        let waits = futures::poll!(&mut stepped_back).is_pending();
        assert!(waits || begun.elapsed() >= LONGEST / 2);
        // It is gone without a request.
        drop(two);
        stepped_back.await;
        let _half_open = newcomers.came();
        reader.step_back().await;
    }
}
