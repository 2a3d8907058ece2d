//! What the tests stand on: a lab, a data folder with `slipctl` to work on it, and waiting.

pub mod desk;
#[path = "../../../../redfish/tests/support/emulator.rs"]
#[expect(
    dead_code,
    reason = "its certificate is trusted as it is shown, not as a CA's"
)]
pub mod emulator;
pub mod https;
pub mod lab_process;
pub mod netns;
pub mod rack;
pub mod sshd;
pub mod studio;
pub mod tree;

use std::{
    thread,
    time::{Duration, Instant},
};

pub use desk::{Desk, Ran};
pub use rack::Rack;

/// Long enough for a slow machine; nothing waits for it when all is well.
pub const LONG: Duration = Duration::from_secs(90);

/// Looks until there is something; fails the test at the deadline.
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    look_every(Duration::from_millis(5), what, look)
}

/// For a moment that lasts no longer than an answer's way over loopback.
pub fn within_a_blink<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    look_every(Duration::from_micros(200), what, look)
}

fn look_every<T>(pause: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "it never came to this: {what}");
        thread::sleep(pause);
    }
}

/// Snapshots without what differs from run to run.
pub fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, shown) in [
        // Tables are as wide as their widest cell.
        (r"[─═╌]+", "─"),
        (r"(just now|\d+ (s|min) ago)", "AGO"),
        (r"SHA256:[A-Za-z0-9+/]{43}", "FINGERPRINT"),
        (r"AAAA[A-Za-z0-9+/=]{20,}", "KEY"),
        (r"\b[0-9a-f]{64}\b", "SHA-256"),
        (r"\b[0-9a-f]{32}\b", "ID"),
        (r"\b[0-9a-f]{12}\b", "DIGEST"),
        (r"\b[0-9a-f]{8}\b", "SHORT"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"port \d+ on", "port PORT on"),
        (r"ssh -p \d+", "ssh -p PORT"),
        (r"/tmp/[A-Za-z0-9._-]+/", "/TMP/"),
        (r"20\d\d-\d\d-\d\dT[0-9:.]+(Z|\+00:00)?", "TIME"),
        (r"up for \d+ s", "up for N s"),
        (r"\d+\.\d [kMG]i?B", "SIZE"),
        (r" +([┆│])", " $1"),
        (r" {2,}", "  "),
        (r"[ \t]+\n", "\n"),
    ] {
        settings.add_filter(pattern, shown);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A card on which nothing was installed keeps what its IMC was prepared with, and the job says so.
pub fn only_the_preparation_is_left(residue: &serde_json::Value) {
    let [left] = residue.as_array().unwrap().as_slice() else {
        panic!("not one residue: {residue:#}");
    };
    let what = left["what"].as_str().unwrap();
    assert!(what.starts_with("the IMC stays prepared: "), "{residue:#}");
}
