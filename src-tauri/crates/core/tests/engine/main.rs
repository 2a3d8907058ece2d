//! The job engine against a simulated card: killed after every state, faulted in every way, never
//! asleep.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

#[path = "../support/mod.rs"]
mod support;

mod kill;
