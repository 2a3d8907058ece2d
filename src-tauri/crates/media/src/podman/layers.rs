//! A built image's layers, read for the lint: names, links, small texts, and what is in the
//! initramfs. Everything is streamed; nothing is unpacked to disk.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use slipway_core::{
    command::CommandLine,
    containerfile::{ImageFile, ImageLayers, wants_text},
    failure::{FailureKind, StepError},
    image::ImageDigest,
};

use super::{PodmanCli, said_no};
use crate::cpio;

/// skopeo copies an image of some gigabytes.
const COPY_DEADLINE: Duration = Duration::from_secs(1800);
const TEXT_LIMIT: u64 = 64 << 10;
const INITRAMFS_LIMIT: u64 = 512 << 20;

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: ImageDigest,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct ImageConfig {
    #[serde(default)]
    config: Settings,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Settings {
    labels: Option<std::collections::BTreeMap<String, String>>,
    env: Option<Vec<String>>,
}

/// Reads an image that podman has, or an archive, by way of an OCI directory in `scratch`.
///
/// # Errors
/// skopeo is missing or says no; the copy makes no sense.
pub async fn read_image(
    cli: &PodmanCli,
    source: &str,
    scratch: &Path,
) -> Result<ImageLayers, StepError> {
    let copy = Scratch::new(scratch)?;
    let to = format!("oci:{}:latest", copy.0.display());
    let line = CommandLine::new(["skopeo", "copy", "--quiet", source, &to]);
    let answer = cli.ask(&line, COPY_DEADLINE).await?;
    if !answer.ok {
        let mut error = said_no(&line, &answer.stderr);
        error.message = error.message.replacen("podman", "skopeo", 1);
        return Err(error);
    }
    read_oci(&copy.0).await
}

/// A folder that goes with this value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(parent: &Path) -> Result<Self, StepError> {
        let path = parent.join(format!("lint-{}", slipway_core::ids::JobId::new()));
        fs::create_dir_all(&path).map_err(|error| unreadable(&path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Reads an OCI directory.
///
/// # Errors
/// It is none, or can't be read.
pub async fn read_oci(dir: &Path) -> Result<ImageLayers, StepError> {
    let dir = dir.to_owned();
    let read = tokio::task::spawn_blocking(move || read_dir(&dir)).await;
    read.unwrap_or_else(|_| {
        Err(StepError::new(
            FailureKind::Local,
            "Slipway is shutting down",
        ))
    })
}

fn read_dir(dir: &Path) -> Result<ImageLayers, StepError> {
    let index: Index = json(&dir.join("index.json"))?;
    let Some(first) = index.manifests.first() else {
        return Err(no_image(dir, "its index is empty"));
    };
    let manifest: Manifest = json(&blob(dir, &first.digest))?;
    let config: ImageConfig = json(&blob(dir, &manifest.config.digest))?;
    let mut image = ImageLayers {
        labels: config.config.labels.unwrap_or_default(),
        environment: config.config.env.unwrap_or_default(),
        ..ImageLayers::default()
    };
    for (number, layer) in (1..).zip(&manifest.layers) {
        let path = blob(dir, &layer.digest);
        let read = decompressed(&path).and_then(|reader| read_layer(number, reader, &mut image));
        read.map_err(|error| unreadable(&path, &error))?;
    }
    Ok(image)
}

fn blob(dir: &Path, digest: &ImageDigest) -> PathBuf {
    let digits = digest.as_str().trim_start_matches("sha256:");
    dir.join("blobs/sha256").join(digits)
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, StepError> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    serde_json::from_str(&text).map_err(|error| no_image(path, &error.to_string()))
}

fn unreadable(path: &Path, error: &io::Error) -> StepError {
    StepError::new(
        FailureKind::Local,
        format!("{} can't be read", path.display()),
    )
    .because(error.to_string())
    .hint("choose an image that podman has, an OCI directory or an OCI archive")
}

fn no_image(path: &Path, why: &str) -> StepError {
    StepError::new(
        FailureKind::Local,
        format!("{} is no OCI image", path.display()),
    )
    .because(why)
    .hint("make it again with `skopeo copy … oci:DIR:latest`")
}

/// A blob is told by its first bytes: its media type may be missing.
fn decompressed(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut magic = [0; 4];
    let length = File::open(path)?.read(&mut magic)?;
    let file = BufReader::with_capacity(1 << 20, File::open(path)?);
    Ok(match &magic[..length] {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(file)),
        [0x28, 0xb5, 0x2f, 0xfd] => {
            Box::new(ruzstd::decoding::StreamingDecoder::new(file).map_err(io::Error::other)?)
        }
        _ => Box::new(file),
    })
}

fn read_layer(number: u32, reader: impl Read, image: &mut ImageLayers) -> io::Result<()> {
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let path = format!("/{}", path.trim_start_matches("./").trim_matches('/'));
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if name == ".wh..wh..opq" {
            image
                .files
                .push((number, folder.to_owned(), ImageFile::Emptied));
            continue;
        }
        if let Some(gone) = name.strip_prefix(".wh.") {
            let path = format!("{folder}/{gone}");
            image.files.push((number, path, ImageFile::Removed));
            continue;
        }
        let kind = entry.header().entry_type();
        let file = if kind.is_symlink() {
            let to = entry.link_name()?.unwrap_or_default();
            ImageFile::Link(to.to_string_lossy().into_owned())
        } else if kind.is_file() {
            let size = entry.header().size()?;
            if is_initramfs(&path) && size <= INITRAMFS_LIMIT {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                image.initramfs = Some(cpio::names(&bytes));
                ImageFile::File { text: None }
            } else if size <= TEXT_LIMIT && (size == 0 || wants_text(&path)) {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                ImageFile::File {
                    text: String::from_utf8(bytes).ok(),
                }
            } else {
                ImageFile::File { text: None }
            }
        } else if kind.is_hard_link() {
            ImageFile::File { text: None }
        } else {
            continue;
        };
        image.files.push((number, path, file));
    }
    Ok(())
}

fn is_initramfs(path: &str) -> bool {
    path.strip_prefix("/usr/lib/modules/")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(_, name)| name == "initramfs.img")
}
