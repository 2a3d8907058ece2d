//! Room for the connections of a fleet in the process's table of open files.

use rustix::{
    io::fcntl_dupfd_cloexec,
    process::{Resource, Rlimit, getrlimit, setrlimit},
    stdio::stderr,
};

/// Four times what 1,000 BMCs take at two connections each.
const WANTED: u64 = 8192;

/// Raises this process's soft limit of open files to 8,192, where its hard limit allows, and has
/// the kernel make its table as large. The limit that a login gets, 1,024, just suffices for
/// 500 BMCs read at once, and not for 600 (tried).
///
/// To be called first thing, before there are threads: a table that grows while threads share it is
/// waited for by all of them until the kernel's readers are through (`synchronize_rcu`), some 10 ms
/// at each doubling, which a burst of connections goes through one after the other.
///
/// Where it is not granted all goes on as before: what finds no descriptor then says so.
pub fn room_for_connections() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let granted = maximum.map_or(WANTED, |hard| hard.min(WANTED));
    let now = current.unwrap_or(WANTED);
    if now < granted {
        let raised = Rlimit {
            current: Some(granted),
            maximum,
        };
        if setrlimit(Resource::Nofile, raised).is_err() {
            return;
        }
    }
    let last = granted.max(now).min(WANTED).saturating_sub(1);
    if let Ok(last) = i32::try_from(last) {
        // Closed again at once; the table does not shrink.
        drop(fcntl_dupfd_cloexec(stderr(), last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_the_hard_one_or_what_is_wanted() {
        room_for_connections();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let least = maximum.map_or(WANTED, |hard| hard.min(WANTED));
        assert!(current.is_none_or(|now| now >= least));
    }
}
