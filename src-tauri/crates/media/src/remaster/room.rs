//! Room on the disk, asked for before anything is written.

use std::path::{Path, PathBuf};

use slipway_core::{
    failure::{FailureKind, StepError},
    time::ByteCount,
};

/// For boot catalogues, padding and rounding.
const SPARE: u64 = 64 << 20;

/// The nearest folder that is there: the output's own may be made yet.
fn existing(path: &Path) -> PathBuf {
    let folders = path.ancestors().skip(1);
    let found = folders.into_iter().find(|folder| folder.is_dir());
    found.unwrap_or(Path::new("/")).to_owned()
}

/// Bytes that somebody who is not root may still write where `path` will lie.
pub fn free(path: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(existing(path))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// # Errors
/// [`FailureKind::Precondition`] where less than `needed` is free, with both figures.
pub fn ask(path: &Path, needed: u64) -> Result<String, StepError> {
    let needed = needed + SPARE;
    let folder = existing(path);
    let free = free(path).map_err(|error| {
        StepError::new(
            FailureKind::Local,
            format!("the room in {} can't be asked for", folder.display()),
        )
        .because(error.to_string())
        .hint("check that the folder is there and readable")
    })?;
    if free < needed {
        return Err(StepError::new(
            FailureKind::Precondition,
            format!(
                "{} has {} free, and {} are needed",
                folder.display(),
                ByteCount(free),
                ByteCount(needed)
            ),
        )
        .hint("make room there, or choose another place (`--output`)"));
    }
    Ok(format!(
        "{} needed, {} free in {}",
        ByteCount(needed),
        ByteCount(free),
        folder.display()
    ))
}
