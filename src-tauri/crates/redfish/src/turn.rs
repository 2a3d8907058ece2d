//! Many connections at once begin in turn, so that the first get going.
//!
//! Where hundreds of BMCs are asked at the same moment, the handshakes are more work than the
//! processors have time for. Left alone they all advance together and end together, at the end of
//! that work, and do so again where each BMC gets its second connection, while nothing is done in
//! between. In turn, the first BMC has its answer when the last one begins (`bench redfish`,
//! docs/status.md).

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::{sync::Semaphore, time};

/// Enough that the processors are never without work.
const AT_ONCE: usize = 32;
/// A place is for the processors' work. What the network takes, let alone a host that does not
/// answer, keeps nobody waiting.
const HELD: Duration = Duration::from_millis(4);

/// The connection, begun once there is a place.
pub(crate) async fn in_turn<T>(connecting: BoxFuture<'static, T>) -> T {
    static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);
    at_a_place(&PLACES, HELD, connecting).await
}

async fn at_a_place<T>(
    places: &Semaphore,
    held: Duration,
    mut connecting: BoxFuture<'static, T>,
) -> T {
    let place = places.acquire().await;
    match time::timeout(held, &mut connecting).await {
        Ok(connected) => connected,
        Err(_) => {
            drop(place);
            connecting.await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::{
        FutureExt,
        future::{join_all, pending},
    };

    use super::*;

    #[tokio::test]
    async fn hosts_that_do_not_answer_do_not_keep_their_places() {
        let places = Semaphore::new(2);
        let dead = (0..10).map(|_| at_a_place(&places, HELD, pending::<()>().boxed()));
        let live = at_a_place(&places, HELD, async { "connected" }.boxed());
        tokio::select! {
            biased;
            _ = join_all(dead) => unreachable!("they never answer"),
            connected = live => assert_eq!(connected, "connected"),
        }
    }

    #[tokio::test]
    async fn no_more_are_at_work_at_once_than_there_are_places() {
        static NOW: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let places = Semaphore::new(3);
        let connections = (0..20).map(|number| {
            let connecting = async move {
                let now = NOW.fetch_add(1, Ordering::SeqCst) + 1;
                MOST.fetch_max(now, Ordering::SeqCst);
                tokio::task::yield_now().await;
                NOW.fetch_sub(1, Ordering::SeqCst);
                number
            };
            at_a_place(&places, Duration::from_secs(3600), connecting.boxed())
        });
        let done = join_all(connections).await;
        assert_eq!(done, (0..20).collect::<Vec<_>>());
        assert_eq!(MOST.load(Ordering::SeqCst), 3);
    }
}
