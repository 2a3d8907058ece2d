//! New readers first: while connections that have just come have had no answer, the bodies under
//! way stand still, because what they send takes the processors (and the reader's own program, if
//! it reads several) from the handshakes.
//!
//! Nobody can starve the readers by it: the bodies stand still for [`LONGEST`] at a time and one
//! part in [`SHARE`] of the time, whatever comes. Only a connection's first request counts. Later
//! ones have no handshake before them, and who reads a file by thousands of parts is no newcomer.

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

/// Of a pause.
const LONGEST: Duration = Duration::from_millis(300);
/// Less is not worth a timer, which is a millisecond late.
const SHORTEST: Duration = Duration::from_millis(5);
/// After a pause it takes so many times as long until there may be another such.
const SHARE: u32 = 10;

/// A server's newcomers. As an acceptor it gives each request of a connection the [`Newcomer`].
#[derive(Debug, Clone)]
pub struct Newcomers(Arc<Awaited>);

#[derive(Debug)]
struct Awaited {
    pause: Mutex<Pause>,
    over: Notify,
}

impl Newcomers {
    pub fn new() -> Self {
        Self(Arc::new(Awaited {
            pause: Mutex::new(Pause::none(Instant::now())),
            over: Notify::new(),
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

    /// Lets those go first that have come since, if there are any.
    pub async fn step_back(&self) {
        let awaited = &self.0.awaited;
        // Before the look: a pause that ends after it is not missed.
        let over = awaited.over.notified();
        let until = awaited.pause().until(Instant::now());
        if let Some(until) = until {
            let _ = timeout_at(until.into(), over).await;
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
            self.awaited.over.notify_waiters();
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
    /// Its newcomers that have no answer yet.
    awaited: usize,
    begun: Instant,
    ends: Instant,
    longest: Duration,
}

impl Pause {
    fn none(now: Instant) -> Self {
        Self {
            number: 0,
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

    /// A newcomer joins the pause, or begins one. Without a number it has to do without.
    fn came(&mut self, now: Instant) -> Option<u64> {
        if self.until(now).is_none() {
            let saved = self.longest - (self.ends - self.begun);
            let longest = (saved + (now - self.ends) / SHARE).min(LONGEST);
            if longest < SHORTEST {
                return None;
            }
            *self = Self {
                number: self.number + 1,
                awaited: 0,
                begun: now,
                ends: now + longest,
                longest,
            };
        }
        self.awaited += 1;
        Some(self.number)
    }

    /// A newcomer of the pause of that number is answered, or gone. Tells if that ends the pause.
    fn answered(&mut self, number: u64, now: Instant) -> bool {
        if self.number != number {
            return false;
        }
        self.awaited -= 1;
        let ends = self.awaited == 0 && now < self.ends;
        if ends {
            self.ends = now;
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_pause_ends_with_the_last_answer() {
        let now = Instant::now();
        let mut pause = Pause::none(now);
        assert_eq!(pause.until(now), None);
        let one = pause.came(now).unwrap();
        let two = pause.came(now + 20 * MS).unwrap();
        assert!(!pause.answered(one, now + 30 * MS));
        assert_eq!(pause.until(now + 30 * MS), Some(now + LONGEST));
        assert!(pause.answered(two, now + 40 * MS));
        assert_eq!(pause.until(now + 40 * MS), None);
    }

    #[test]
    fn who_asks_nothing_is_not_waited_for_long_and_not_in_the_next_pause() {
        let now = Instant::now();
        let mut pause = Pause::none(now);
        let half_open = pause.came(now).unwrap();
        // It joins that pause and does not make it longer.
        let late = pause.came(now + 90 * MS).unwrap();
        assert_eq!(pause.until(now + LONGEST), None);
        let next = pause.came(now + 20 * LONGEST).unwrap();
        assert!(!pause.answered(half_open, now + 20 * LONGEST));
        assert!(!pause.answered(late, now + 20 * LONGEST));
        assert!(pause.answered(next, now + 20 * LONGEST + MS));
    }

    #[test]
    fn short_pauses_follow_each_other_until_their_time_is_used_up() {
        let mut now = Instant::now();
        let mut pause = Pause::none(now);
        let mut pauses = 0;
        while let Some(number) = pause.came(now) {
            now += 10 * MS;
            assert!(pause.answered(number, now));
            pauses += 1;
        }
        assert_eq!(pauses, 10);
        assert_eq!(pause.came(now + (SHORTEST - MS) * SHARE), None);
        now += SHORTEST * SHARE;
        pause.came(now).unwrap();
        assert_eq!(pause.until(now), Some(now + SHORTEST));
    }

    #[test]
    fn whatever_comes_the_bodies_stand_still_for_a_tenth_of_the_time() {
        let begun = Instant::now();
        let mut pause = Pause::none(begun);
        let mut still = 0;
        // Half-open connections, one each millisecond for ten seconds.
        for n in 0..10_000 {
            let now = begun + n * MS;
            pause.came(now);
            still += u32::from(pause.until(now).is_some());
        }
        assert!((900..1200).contains(&still), "{still} ms");
    }

    #[tokio::test]
    async fn a_reader_goes_on_with_the_answer_or_with_the_end_of_a_connection_or_of_the_pause() {
        let newcomers = Newcomers::new();
        let reader = newcomers.came();
        reader.answered();
        reader.step_back().await;
        let (one, two) = (newcomers.came(), newcomers.came());
        let kept = one.clone();
        let mut stepped_back = Box::pin(reader.step_back());
        assert!(futures::poll!(&mut stepped_back).is_pending());
        one.answered();
        kept.answered();
        assert!(futures::poll!(&mut stepped_back).is_pending());
        drop(two);
        assert!(futures::poll!(&mut stepped_back).is_ready());
        let _half_open = newcomers.came();
        let begun = Instant::now();
        reader.step_back().await;
        assert!(begun.elapsed() < 100 * LONGEST);
        reader.step_back().await;
    }
}
