//! One program for all tests of the store: some of them run it again as another process.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

mod batches;
mod bmcs;
mod conformance;
mod database;
mod fleet;
mod jobs;
mod publications;
mod sample;
mod secrets;
