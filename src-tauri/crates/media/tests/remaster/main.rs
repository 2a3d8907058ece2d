//! Remastering ISOs that are made here as lorax makes them, looked at with other programs than the
//! ones under test.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod anaconda;
mod bad_input;
mod bench;
mod boots;
mod boots_aarch64;
mod boots_efi;
#[path = "../support/debian.rs"]
mod debian;
mod layouts;
mod machine;
