//! Where a build keeps what is not finished: beside its output, on the same disk, under names that
//! the next run knows.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Hidden, and told apart from the output by its ends: a listing shows no half ISO.
fn beside(output: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(output.file_name().unwrap_or_default());
    name.push(end);
    output.with_file_name(name)
}

/// The ISO while it is written and verified.
pub fn part(output: &Path) -> PathBuf {
    beside(output, ".part")
}

/// A folder for the image and small files.
pub fn work(output: &Path) -> PathBuf {
    beside(output, ".work")
}

/// The image in the work folder.
pub fn container(output: &Path) -> PathBuf {
    work(output).join("container")
}
