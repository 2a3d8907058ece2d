//! Reading an installer ISO on import: what is inside, where a card's kickstart goes, its hash.
//!
//! xorriso, as a subprocess, tells the boot images and where each file lies; the few small files
//! are then read from those places. Nothing is unpacked to disk, nothing is mounted, nothing is
//! written. What it is not: it makes no ISO (that is `crate::remaster`).

pub(crate) mod container;
mod grub;
mod inside;
pub(crate) mod read;
pub(crate) mod report;
mod volume;

use std::{
    ffi::OsString,
    fs::File,
    io::{self, ErrorKind},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use slipway_core::{
    failure::{FailureKind, StepError, chain},
    image::ImageDigest,
    iso::IsoFacts,
    time::ByteCount,
};

pub(crate) use self::{
    inside::Inside, volume::OFFSET as VOLUME_OFFSET, volume::parse as parse_volume,
};
use self::{report::Report, volume::Volume};

/// Why an ISO can't be imported. [`IsoError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum IsoError {
    #[error("there is no file {path}")]
    NoSuchFile { path: PathBuf },
    #[error("{path} can't be read")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not an ISO 9660 image")]
    NotAnIso { path: PathBuf },
    #[error("{path} is truncated: it should have {expected}, and has {actual}")]
    Truncated {
        path: PathBuf,
        expected: ByteCount,
        actual: ByteCount,
    },
    #[error("xorriso is not installed")]
    XorrisoMissing,
    #[error("xorriso can't read {path}: {reason}")]
    Xorriso { path: PathBuf, reason: String },
    /// `file` is a path in the ISO.
    #[error("{file} in the ISO makes no sense: {reason}")]
    BadFile { file: String, reason: String },
    #[error("the ISO says that it carries the image {manifest}, but its container is {container}")]
    DigestMismatch {
        manifest: ImageDigest,
        container: ImageDigest,
    },
    /// `dir` is no OCI directory, or its image is for another machine.
    #[error("{dir} can't be put on the ISO: {reason}")]
    Container { dir: PathBuf, reason: String },
    #[error("the import was cancelled")]
    Cancelled,
}

impl IsoError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoSuchFile { .. } => "check the path, and that the disk is connected",
            Self::Unreadable { .. } => "check the file's permissions and the disk",
            Self::NotAnIso { .. } => "choose an installer ISO (a raw disk image is none)",
            Self::Truncated { .. } => "copy or download it again: it is not complete",
            Self::XorrisoMissing => {
                "install xorriso: `dnf install xorriso`, `apt install xorriso` or `brew install xorriso`"
            }
            Self::Xorriso { .. } => "copy or download it again, or try another ISO",
            Self::BadFile { .. } | Self::DigestMismatch { .. } => {
                "build the ISO again: it was changed after it was built, or the build failed"
            }
            Self::Container { .. } => {
                "give an OCI directory with an image for this architecture, as `skopeo copy … oci:DIR` makes it"
            }
            Self::Cancelled => "import it again",
        }
    }
}

impl From<IsoError> for StepError {
    fn from(error: IsoError) -> Self {
        let hint = error.hint();
        let mut chain = chain(&error).into_iter();
        let step = Self::new(FailureKind::Local, chain.next().unwrap_or_default()).hint(hint);
        chain.fold(step, Self::because)
    }
}

/// Reads an ISO. `progress` gets the bytes hashed so far and the size; it is called from another
/// thread. Dropping the future cancels: xorriso is stopped, and so is the hashing.
///
/// # Errors
/// [`IsoError`], each with what to do. The cheap checks come before the long hash.
pub async fn inspect(
    path: &Path,
    progress: impl FnMut(ByteCount, ByteCount) + Send + 'static,
) -> Result<IsoFacts, IsoError> {
    let inside = Inside::read(path).await?;
    let (inside, facts) = blocking(move || {
        let facts = inside.facts()?;
        Ok((inside, facts))
    })
    .await?;
    let opened = inside.iso;
    let sha256 = {
        let opened = opened.clone();
        let stop = StopOnDrop::default();
        let stopped = stop.0.clone();
        blocking(move || opened.hash(&stopped, progress)).await?
    };
    Ok(IsoFacts { sha256, ..facts })
}

/// The same without the hash, for a file whose hash is known.
///
/// # Errors
/// [`IsoError`], each with what to do.
pub async fn look(path: &Path) -> Result<IsoFacts, IsoError> {
    let inside = Inside::read(path).await?;
    blocking(move || inside.facts()).await
}

impl Inside {
    /// Opens the ISO and asks xorriso what lies where.
    pub(crate) async fn read(path: &Path) -> Result<Self, IsoError> {
        let path = path.to_owned();
        let iso = blocking(move || open(&path)).await?;
        let report = ask_xorriso(&iso.path).await?;
        Ok(Self { iso, report })
    }
}

/// Tells the blocking thread that nobody waits for it any more.
#[derive(Default)]
pub(crate) struct StopOnDrop(pub Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IsoError> + Send + 'static,
) -> Result<T, IsoError> {
    // The only other outcome of a blocking task is a runtime that shuts down.
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(IsoError::Cancelled))
}

/// An ISO file whose volume descriptor was read.
#[derive(Clone)]
pub(crate) struct Opened {
    pub path: PathBuf,
    pub file: Arc<File>,
    pub size: u64,
    pub volume: Volume,
}

fn open(path: &Path) -> Result<Opened, IsoError> {
    let unreadable = |source: io::Error| match source.kind() {
        ErrorKind::NotFound => IsoError::NoSuchFile { path: path.into() },
        _ => IsoError::Unreadable {
            path: path.into(),
            source,
        },
    };
    let absolute = path.canonicalize().map_err(unreadable)?;
    let file = File::open(&absolute).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let not_an_iso = || IsoError::NotAnIso { path: path.into() };
    if !metadata.is_file() {
        return Err(not_an_iso());
    }
    let mut descriptor = [0; volume::LENGTH];
    file.read_exact_at(&mut descriptor, volume::OFFSET)
        .map_err(|source| match source.kind() {
            ErrorKind::UnexpectedEof => not_an_iso(),
            _ => unreadable(source),
        })?;
    let volume = volume::parse(&descriptor).ok_or_else(not_an_iso)?;
    if volume.size > metadata.len() {
        return Err(IsoError::Truncated {
            path: path.into(),
            expected: ByteCount(volume.size),
            actual: ByteCount(metadata.len()),
        });
    }
    Ok(Opened {
        path: absolute,
        file: Arc::new(file),
        size: metadata.len(),
        volume,
    })
}

impl Opened {
    pub(crate) fn unreadable(&self, source: io::Error) -> IsoError {
        IsoError::Unreadable {
            path: self.path.clone(),
            source,
        }
    }

    fn hash(
        &self,
        stop: &AtomicBool,
        mut progress: impl FnMut(ByteCount, ByteCount),
    ) -> Result<String, IsoError> {
        let total = ByteCount(self.size);
        let told = |done| progress(ByteCount(done), total);
        let hash = read::sha256(&self.file, self.size, stop, told);
        hash.map_err(|e| self.unreadable(e))?
            .ok_or(IsoError::Cancelled)
    }
}

/// One run, reading only: `-indev` alone opens nothing for writing.
async fn ask_xorriso(path: &Path) -> Result<Report, IsoError> {
    // With the prefix, a path is never taken for a drive or an option.
    let mut device = OsString::from("stdio:");
    device.push(path);
    let output = tokio::process::Command::new("xorriso")
        .args(["-no_rc", "-report_about", "FAILURE", "-indev"])
        .arg(device)
        .args(["-report_el_torito", "plain", "-report_system_area", "plain"])
        .args(["-find", "/", "-type", "f", "-exec", "report_lba", "--"])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let failed = |reason: String| IsoError::Xorriso {
        path: path.into(),
        reason,
    };
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => IsoError::XorrisoMissing,
        _ => failed(error.to_string()),
    })?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let reason = errors.lines().find(|line| line.contains("FAILURE"));
        return Err(failed(
            reason.unwrap_or("no reason given").trim().to_owned(),
        ));
    }
    Ok(report::parse(&String::from_utf8_lossy(&output.stdout)))
}
