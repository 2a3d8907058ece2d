//! One program for all tests of the store: some of them run it again as another process.

mod conformance;
mod database;
mod fleet;
mod jobs;
mod sample;
mod secrets;
