//! Making installer ISOs: a stock Anaconda ISO, a kickstart and an image become one ISO, by one
//! pass of xorriso, without root and on any architecture.
//!
//! What is not finished has a name of its own beside the output; the output appears whole and
//! verified, by a rename. What it is not: it keeps no library and knows no jobs but by their id.

mod base;
mod bootcfg;
mod builder;
mod fat;
mod fetch;
mod image;
mod md5;
mod output;
mod pass;
mod paths;
mod room;
mod verify;
mod workshop;
mod write;

pub use image::ImageAccess;
pub(crate) use room::ask as ask_room;
pub use verify::{IsoReport, verify};
pub use workshop::Workshop;

use slipway_core::lint::{Finding, Severity};

/// The moment of everything that needs one and means nothing by it: 2020-01-01.
const EPOCH: u64 = 1_577_836_800;

/// The programs that a build runs, with what they are for and how they are installed.
const PROGRAMS: [(&str, &str, &str); 4] = [
    (
        "xorriso",
        "writes the ISO",
        "install xorriso: `dnf install xorriso`, `apt install xorriso` or `brew install xorriso`",
    ),
    (
        "mcopy",
        "edits the boot menu in the EFI image",
        "install mtools: `dnf install mtools`, `apt install mtools` or `brew install mtools`",
    ),
    (
        "mkfs.fat",
        "makes the EFI image larger where its menu grows",
        "install dosfstools: `dnf install dosfstools`, `apt install dosfstools` or `brew install dosfstools`",
    ),
    (
        "skopeo",
        "copies images",
        "install skopeo: `dnf install skopeo`, `apt install skopeo` or `brew install skopeo`",
    ),
];

/// Programs that a build needs and that are not here.
#[must_use]
pub fn missing_programs() -> Vec<Finding> {
    PROGRAMS
        .iter()
        .filter(|(program, _, _)| !crate::programs::is_there(program))
        .map(|(program, what, fix)| {
            let reason = format!("{program} is missing: it {what}");
            Finding::new(Severity::Error, "program-missing", reason, fix)
        })
        .collect()
}
