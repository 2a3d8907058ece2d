//! Bundles on the disk: an ISO with its image and checksums is copied into a folder, and out of it
//! again. Every byte that is copied is hashed on its way. Blocking work in threads of its own: the
//! token stops it, and nothing half is left when the answer comes. Dropping the future stops it too,
//! a moment later.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{Context, SHA256};
use slipway_core::{
    bundle::{
        BUNDLE_FILE, BundleManifest, FileSum, IMAGE_DIR, InvalidBundle, SUMS_FILE, parse_sums,
        sums_text,
    },
    failure::{FailureKind, StepError},
    iso::CONTAINER_DIR,
    time::ByteCount,
};
use tokio_util::sync::CancellationToken;

use crate::{
    iso::{Inside, read},
    oci::hex,
    remaster::ask_room,
};

const CHUNK: usize = 1 << 20;

/// What was written, or checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleSize {
    pub files: u32,
    pub bytes: ByteCount,
}

/// Copies an ISO and the image in it into a new folder, which appears whole. `progress` gets the
/// bytes copied so far and all of them.
///
/// # Errors
/// The folder is there already, the disk has no room, the ISO is not what its manifest says.
pub async fn write_bundle(
    iso: &Path,
    manifest: BundleManifest,
    folder: &Path,
    stop: &CancellationToken,
    mut progress: impl FnMut(ByteCount, ByteCount) + Send + 'static,
) -> Result<BundleSize, StepError> {
    if folder.exists() {
        return Err(StepError::new(
            FailureKind::Precondition,
            format!("{} is there already", folder.display()),
        )
        .hint("name a folder that is not there yet"));
    }
    let inside = Inside::read(iso).await?;
    let (iso, folder) = (iso.to_owned(), folder.to_owned());
    let image = image_files(&inside);
    let total = inside.iso.size + image.iter().map(|(_, size)| size).sum::<u64>();
    ask_room(&folder, total)?;
    in_thread(stop, move |stop| {
        let half = half_of(&folder)?;
        let mut copying = Copying {
            stop,
            done: 0,
            told: &mut |done| progress(ByteCount(done), ByteCount(total)),
        };
        let sha256 = copying.copy(&mut File::open(&iso)?, &half.path().join(&manifest.iso))?;
        if sha256 != manifest.sha256 {
            return Err(Stopped::Step(
                StepError::new(
                    FailureKind::Precondition,
                    format!("{} is not what was imported", iso.display()),
                )
                .because(format!(
                    "its SHA-256 is {sha256}, it had {}",
                    manifest.sha256
                ))
                .hint("remove the ISO from the library, and import or build it again"),
            ));
        }
        let mut sums = vec![FileSum {
            sha256,
            path: manifest.iso.clone(),
        }];
        for (path, _) in &image {
            let placed = &inside.report.files[path];
            let inner = path.trim_start_matches(&format!("/{CONTAINER_DIR}/"));
            let path = format!("{IMAGE_DIR}/{inner}");
            let to = half.path().join(&path);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut from = read::Extents::new(&inside.iso.file, placed);
            let sha256 = copying.copy(&mut from, &to)?;
            sums.push(FileSum { sha256, path });
        }
        let json = serde_json::to_vec_pretty(&manifest).map_err(io::Error::other)?;
        let sha256 = copying.copy(&mut json.as_slice(), &half.path().join(BUNDLE_FILE))?;
        sums.push(FileSum {
            sha256,
            path: BUNDLE_FILE.into(),
        });
        let text = sums_text(&sums);
        copying.copy(&mut text.as_bytes(), &half.path().join(SUMS_FILE))?;
        let bytes = ByteCount(copying.done);
        fs::rename(half.path(), &folder)?;
        // It has its name: there is nothing to remove any more.
        let _ = half.keep();
        Ok(BundleSize {
            files: u32::try_from(sums.len()).unwrap_or(u32::MAX),
            bytes,
        })
    })
    .await
}

/// What a folder says that it holds.
///
/// # Errors
/// It is no bundle, or a newer Slipway's.
pub fn read_bundle(folder: &Path) -> Result<BundleManifest, StepError> {
    let json = fs::read(folder.join(BUNDLE_FILE))
        .map_err(|error| no_bundle(folder, format!("{BUNDLE_FILE}: {error}")))?;
    BundleManifest::parse(&json).map_err(|error| invalid(folder, &error))
}

/// Whether a folder says that it is a bundle.
#[must_use]
pub fn is_bundle(folder: &Path) -> bool {
    folder.join(BUNDLE_FILE).is_file()
}

/// Compares every file of a bundle with its checksum, and copies the ISO to `output`, where it
/// appears whole.
///
/// # Errors
/// A file that is missing, changed, or not in the list: by its name.
pub async fn take_from_bundle(
    folder: &Path,
    manifest: BundleManifest,
    output: &Path,
    stop: &CancellationToken,
    mut progress: impl FnMut(ByteCount, ByteCount) + Send + 'static,
) -> Result<BundleSize, StepError> {
    if output.exists() {
        return Err(StepError::new(
            FailureKind::Precondition,
            format!("{} is there already", output.display()),
        )
        .hint("give the ISO another name (`--name`)"));
    }
    ask_room(output, manifest.size.0)?;
    let (folder, output) = (folder.to_owned(), output.to_owned());
    in_thread(stop, move |stop| {
        let text = fs::read_to_string(folder.join(SUMS_FILE))
            .map_err(|error| no_bundle(&folder, format!("{SUMS_FILE}: {error}")))?;
        let sums = parse_sums(&text).map_err(|error| invalid(&folder, &error))?;
        let wanted: BTreeMap<&str, &str> = sums
            .iter()
            .map(|sum| (sum.path.as_str(), sum.sha256.as_str()))
            .collect();
        let there = files_below(&folder, "")?;
        for path in [manifest.iso.as_str(), BUNDLE_FILE] {
            if !wanted.contains_key(path) {
                let error = InvalidBundle::NotSummed(path.to_owned());
                return Err(Stopped::Step(invalid(&folder, &error)));
            }
        }
        if let Some((path, _)) = there
            .iter()
            .find(|(path, _)| !wanted.contains_key(path.as_str()) && *path != SUMS_FILE)
        {
            let error = InvalidBundle::NotSummed(path.clone());
            return Err(Stopped::Step(invalid(&folder, &error)));
        }
        let total = there.values().sum::<u64>();
        let mut copying = Copying {
            stop,
            done: 0,
            told: &mut |done| progress(ByteCount(done), ByteCount(total)),
        };
        let parent = output.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent)?;
        let half = tempfile::Builder::new()
            .prefix(".bundle-")
            .suffix(".part")
            .tempfile_in(parent)?;
        for (path, sha256) in &wanted {
            let mut from = File::open(folder.join(path))
                .map_err(|error| damaged(&folder, path, &format!("it can't be read: {error}")))?;
            let seen = if *path == manifest.iso {
                copying.write(&mut from, &mut half.as_file())?
            } else {
                copying.write(&mut from, &mut io::sink())?
            };
            if seen != *sha256 {
                let why = format!("its SHA-256 is {seen}, not {sha256}");
                return Err(Stopped::Step(damaged(&folder, path, &why)));
            }
        }
        if wanted.get(manifest.iso.as_str()) != Some(&manifest.sha256.as_str()) {
            let why = format!("{BUNDLE_FILE} and {SUMS_FILE} name another SHA-256 each");
            return Err(Stopped::Step(damaged(&folder, &manifest.iso, &why)));
        }
        half.as_file().sync_all()?;
        readable(half.path())?;
        half.persist_noclobber(&output)
            .map_err(|error| error.error)?;
        File::open(parent)?.sync_all()?;
        Ok(BundleSize {
            files: u32::try_from(there.len()).unwrap_or(u32::MAX),
            bytes: ByteCount(copying.done),
        })
    })
    .await
}

/// The files of the image on an ISO, with their sizes.
fn image_files(inside: &Inside) -> Vec<(String, u64)> {
    let tree = format!("/{CONTAINER_DIR}/");
    let files = inside.report.files.iter();
    files
        .filter(|(path, _)| path.starts_with(&tree))
        .map(|(path, placed)| (path.clone(), placed.size))
        .collect()
}

/// A folder beside the one that is wanted; it goes when it is dropped.
fn half_of(folder: &Path) -> io::Result<tempfile::TempDir> {
    let parent = folder.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent)?;
    let half = tempfile::Builder::new()
        .prefix(".bundle-")
        .suffix(".part")
        .tempdir_in(parent)?;
    // A bundle is carried by others: as open as any new folder. What is secret is said beside it.
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(half.path(), fs::Permissions::from_mode(0o755))?;
    Ok(half)
}

/// A temporary file is for its owner only; an ISO is like other files.
fn readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

/// All files, by their path below the folder.
fn files_below(folder: &Path, prefix: &str) -> io::Result<BTreeMap<String, u64>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            all.extend(files_below(&entry.path(), &format!("{path}/"))?);
        } else {
            all.insert(path, metadata.len());
        }
    }
    Ok(all)
}

/// Copies, hashing; one for all files of a bundle, so that its count is the bundle's.
struct Copying<'a> {
    stop: &'a CancellationToken,
    done: u64,
    told: &'a mut dyn FnMut(u64),
}

impl Copying<'_> {
    fn copy(&mut self, from: &mut dyn io::Read, to: &Path) -> Result<String, Stopped> {
        let mut file = File::options().write(true).create_new(true).open(to)?;
        let sum = self.write(from, &mut file)?;
        file.sync_all()?;
        Ok(sum)
    }

    fn write(
        &mut self,
        from: &mut dyn io::Read,
        to: &mut dyn io::Write,
    ) -> Result<String, Stopped> {
        let mut hash = Context::new(&SHA256);
        let mut chunk = Vec::with_capacity(CHUNK);
        loop {
            if self.stop.is_cancelled() {
                return Err(Stopped::Cancelled);
            }
            chunk.clear();
            from.take(CHUNK as u64).read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                return Ok(hex(hash.finish().as_ref()));
            }
            hash.update(&chunk);
            to.write_all(&chunk)?;
            self.done += chunk.len() as u64;
            (self.told)(self.done);
        }
    }
}

enum Stopped {
    Cancelled,
    Step(StepError),
    Io(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<StepError> for Stopped {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}

async fn in_thread<T: Send + 'static>(
    stop: &CancellationToken,
    work: impl FnOnce(&CancellationToken) -> Result<T, Stopped> + Send + 'static,
) -> Result<T, StepError> {
    let stopped = stop.child_token();
    // Nobody waits for it any more, whoever holds the token.
    let _stop_on_drop = stopped.clone().drop_guard();
    let done = tokio::task::spawn_blocking(move || work(&stopped)).await;
    let cancelled = || StepError::new(FailureKind::Precondition, "it was cancelled");
    match done {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(Stopped::Step(error))) => Err(error),
        Ok(Err(Stopped::Cancelled)) | Err(_) => Err(cancelled()),
        Ok(Err(Stopped::Io(error))) => Err(StepError::new(
            FailureKind::Local,
            match error.kind() {
                ErrorKind::StorageFull => "the disk is full",
                _ => "the bundle can't be copied",
            },
        )
        .because(error.to_string())
        .hint("check the room on the disk and the folder's permissions; nothing half is left")),
    }
}

fn no_bundle(folder: &Path, why: String) -> StepError {
    StepError::new(
        FailureKind::Precondition,
        format!("{} is no bundle", folder.display()),
    )
    .because(why)
    .hint("choose the folder that `slipctl iso bundle` made, as a whole")
}

fn invalid(folder: &Path, error: &InvalidBundle) -> StepError {
    let hint = match error {
        InvalidBundle::Newer(_) => "use the Slipway that made it, or a newer one",
        InvalidBundle::Manifest(_) | InvalidBundle::Sum { .. } | InvalidBundle::NotSummed(_) => {
            "make the bundle again; what came with it later is not of it"
        }
    };
    StepError::new(
        FailureKind::Precondition,
        format!("{} can't be taken over", folder.display()),
    )
    .because(error.to_string())
    .hint(hint)
}

fn damaged(folder: &Path, path: &str, why: &str) -> StepError {
    StepError::new(
        FailureKind::Precondition,
        format!("{} is damaged: {path}", folder.display()),
    )
    .because(why.to_owned())
    .hint("copy the bundle again from where it was made")
}

/// Where the image of a bundle lies.
#[must_use]
pub fn image_of(folder: &Path) -> PathBuf {
    folder.join(IMAGE_DIR)
}
