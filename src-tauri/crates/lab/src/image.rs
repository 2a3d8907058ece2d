//! The lab's images: real OCI blobs with real digests, made in memory, the same in every lab.
//!
//! Three versions of `lab/dpu-os`, each for arm64 and amd64 under one index. Serving them is
//! [`crate::registry`]'s part.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use slipway_core::image::{ImageDigest, ImageReference};

/// The repository of the lab's image.
pub const REPOSITORY: &str = "lab/dpu-os";
/// The tag that the fleet follows.
pub const STABLE: &str = "stable";
/// What the lab has, oldest first.
pub const VERSIONS: [&str; 3] = ["1.0.0", "1.1.0", "1.2.0"];
/// greenboot's checks fail on this one.
pub const BAD_VERSION: &str = "1.2.0";

pub const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar";
/// A blob that is no manifest.
const OCTETS: &str = "application/octet-stream";

/// Why an image can't be had; the words are bootc's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PullError {
    #[error(
        "Creating importer: failed to invoke method OpenImage: pinging container registry {0}: Get \"https://{0}/v2/\": dial tcp {0}: connect: no route to host"
    )]
    NoRegistry(String),
    #[error(
        "Creating importer: failed to invoke method OpenImage: reading manifest {tag} in {name}: manifest unknown"
    )]
    NoManifest { tag: String, name: String },
    #[error("the lab has no version {0}")]
    NoVersion(String),
}

/// One image as a card sees it: what bootc tells of a boot entry's image.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Image {
    pub reference: String,
    /// `registry`, or `oci` for an image that came with an ISO.
    pub transport: String,
    /// `sha256:…` of the manifest for the card's architecture.
    pub digest: String,
    pub version: Option<String>,
    /// RFC 3339.
    pub built: Option<String>,
    /// `arm64`.
    pub architecture: String,
}

/// The blobs of one version for one architecture.
#[derive(Debug, Clone)]
pub struct OciImage {
    pub manifest: Vec<u8>,
    pub config: Vec<u8>,
    pub layer: Vec<u8>,
}

impl OciImage {
    /// A tiny image: one layer with `/usr/lib/os-release` that names the version.
    #[must_use]
    pub fn new(version: &str, architecture: &str) -> Self {
        let built = built(version);
        let text = format!(
            "NAME=\"Slipway lab OS\"\nID=slipway-lab\nVERSION_ID={version}\nARCHITECTURE={architecture}\n"
        );
        let layer = tar_of_one("usr/lib/os-release", text.as_bytes());
        let config = json!({
            "created": built,
            "architecture": architecture,
            "os": "linux",
            "config": {"Labels": {
                "containers.bootc": "1",
                "org.opencontainers.image.version": version,
            }},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(&layer)]},
            "history": [{"created": built, "created_by": "slipway-lab"}],
        });
        let config = config.to_string().into_bytes();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": descriptor(CONFIG_TYPE, &config),
            "layers": [descriptor(LAYER_TYPE, &layer)],
            "annotations": {"org.opencontainers.image.version": version},
        });
        Self {
            manifest: manifest.to_string().into_bytes(),
            config,
            layer,
        }
    }

    /// Of the manifest.
    #[must_use]
    pub fn digest(&self) -> String {
        digest_of(&self.manifest)
    }

    /// Manifest, config and layer.
    #[must_use]
    pub fn blobs(&self) -> [&[u8]; 3] {
        [&self.manifest, &self.config, &self.layer]
    }

    /// A descriptor of the manifest, as indexes hold it.
    #[must_use]
    pub fn manifest_descriptor(&self) -> Value {
        descriptor(MANIFEST_TYPE, &self.manifest)
    }
}

/// What is stored under a digest.
#[derive(Debug, Clone)]
pub struct Blob {
    pub media_type: &'static str,
    pub bytes: bytes::Bytes,
}

/// The images and tags of one lab.
#[derive(Debug)]
pub struct ImageStore {
    /// `127.0.0.1:PORT`.
    address: String,
    blobs: BTreeMap<String, Blob>,
    /// version → its images by architecture.
    versions: BTreeMap<String, BTreeMap<&'static str, OciImage>>,
    /// tag → digest of an index.
    tags: Mutex<BTreeMap<String, String>>,
}

impl ImageStore {
    /// All versions; `stable` is 1.1.0. `address` is where the registry will answer.
    #[must_use]
    pub fn new(address: &str) -> Self {
        let mut blobs = BTreeMap::new();
        let mut versions = BTreeMap::new();
        let mut tags = BTreeMap::new();
        let mut keep = |media_type, bytes: &[u8]| {
            let blob = Blob {
                media_type,
                bytes: bytes::Bytes::copy_from_slice(bytes),
            };
            blobs.insert(digest_of(bytes), blob);
        };
        for version in VERSIONS {
            let images = ["arm64", "amd64"].map(|arch| (arch, OciImage::new(version, arch)));
            let manifests: Vec<Value> = images
                .iter()
                .map(|(architecture, image)| {
                    let mut entry = image.manifest_descriptor();
                    entry["platform"] = json!({"architecture": architecture, "os": "linux"});
                    entry
                })
                .collect();
            for (_, image) in &images {
                keep(MANIFEST_TYPE, &image.manifest);
                keep(OCTETS, &image.config);
                keep(OCTETS, &image.layer);
            }
            let index =
                json!({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": manifests});
            let index = index.to_string().into_bytes();
            keep(INDEX_TYPE, &index);
            tags.insert(version.to_owned(), digest_of(&index));
            versions.insert(version.to_owned(), BTreeMap::from(images));
        }
        let stable = tags["1.1.0"].clone();
        tags.insert(STABLE.to_owned(), stable);
        Self {
            address: address.to_owned(),
            blobs,
            versions,
            tags: Mutex::new(tags),
        }
    }

    /// `127.0.0.1:PORT/lab/dpu-os:stable`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}/{REPOSITORY}:{STABLE}", self.address)
    }

    /// Moves `stable` to a version.
    ///
    /// # Errors
    /// [`PullError::NoVersion`].
    pub fn promote(&self, version: &str) -> Result<(), PullError> {
        if !self.versions.contains_key(version) {
            return Err(PullError::NoVersion(version.to_owned()));
        }
        let mut tags = self.tags();
        let digest = tags[version].clone();
        tags.insert(STABLE.to_owned(), digest);
        Ok(())
    }

    /// The version under `stable`.
    #[must_use]
    pub fn stable_version(&self) -> String {
        let tags = self.tags();
        VERSIONS
            .into_iter()
            .find(|version| tags[*version] == tags[STABLE])
            .unwrap_or_default()
            .to_owned()
    }

    /// The tags, sorted.
    #[must_use]
    pub fn tag_names(&self) -> Vec<String> {
        self.tags().keys().cloned().collect()
    }

    /// A manifest or index by tag or digest, with its digest.
    #[must_use]
    pub fn manifest(&self, tag_or_digest: &str) -> Option<(String, Blob)> {
        let digest = match self.tags().get(tag_or_digest) {
            Some(digest) => digest.clone(),
            None => tag_or_digest.to_owned(),
        };
        let blob = self.blobs.get(&digest)?;
        (blob.media_type != OCTETS).then(|| (digest, blob.clone()))
    }

    #[must_use]
    pub fn blob(&self, digest: &str) -> Option<&Blob> {
        self.blobs.get(digest)
    }

    /// A version's arm64 image under the reference that the fleet follows.
    ///
    /// # Errors
    /// [`PullError::NoVersion`].
    pub fn image(&self, version: &str) -> Result<Image, PullError> {
        let oci = self
            .oci(version, "arm64")
            .ok_or_else(|| PullError::NoVersion(version.to_owned()))?;
        Ok(Image {
            reference: self.reference(),
            transport: "registry".into(),
            digest: oci.digest(),
            version: Some(version.to_owned()),
            built: Some(built(version)),
            architecture: "arm64".into(),
        })
    }

    #[must_use]
    pub fn oci(&self, version: &str, architecture: &str) -> Option<&OciImage> {
        self.versions.get(version)?.get(architecture)
    }

    /// What a card gets when it pulls a reference for arm64.
    ///
    /// # Errors
    /// [`PullError`] in bootc's words.
    pub fn pull(&self, reference: &str) -> Result<Image, PullError> {
        let unknown = |tag: &str| PullError::NoManifest {
            tag: tag.to_owned(),
            name: reference.to_owned(),
        };
        let parsed: ImageReference = reference.parse().map_err(|_| unknown(reference))?;
        if parsed.registry() != self.address {
            return Err(PullError::NoRegistry(parsed.registry().to_owned()));
        }
        let wanted = parsed.tag_or_digest();
        let found = (parsed.repository() == REPOSITORY)
            .then(|| self.manifest(wanted))
            .flatten();
        let (digest, _) = found.ok_or_else(|| unknown(wanted))?;
        let version = VERSIONS.into_iter().find(|version| {
            let is = |arch| {
                self.oci(version, arch)
                    .is_some_and(|i| i.digest() == digest)
            };
            self.tags()[*version] == digest || is("arm64") || is("amd64")
        });
        let mut image = self.image(version.ok_or_else(|| unknown(wanted))?)?;
        image.reference = reference.to_owned();
        Ok(image)
    }

    /// Whether greenboot's checks pass on the image of this digest.
    #[must_use]
    pub fn passes_greenboot(&self, digest: &str) -> bool {
        self.oci(BAD_VERSION, "arm64")
            .is_none_or(|bad| bad.digest() != digest)
    }

    /// Some other image than this one: what a card with the fault `wrong-digest-booted` runs.
    #[must_use]
    pub fn other_than(&self, digest: &str) -> Option<Image> {
        VERSIONS
            .into_iter()
            .filter_map(|version| self.image(version).ok())
            .find(|image| image.digest != digest && self.passes_greenboot(&image.digest))
    }

    fn tags(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a version was built: fixed, so that digests are the same everywhere.
fn built(version: &str) -> String {
    let minute: u32 = version.bytes().map(u32::from).sum::<u32>() % 60;
    format!("2026-09-01T08:{minute:02}:00Z")
}

/// `sha256:…`.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::from("sha256:"), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The digest as core's type.
#[must_use]
pub fn typed(digest: &str) -> Option<ImageDigest> {
    digest.parse().ok()
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": digest_of(bytes), "size": bytes.len()})
}

/// A tar archive (ustar) with one file, owned by root, of the epoch.
fn tar_of_one(path: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut field = |at: usize, text: &str| {
        header[at..at + text.len()].copy_from_slice(text.as_bytes());
    };
    field(0, path);
    field(100, "0000644\0");
    field(108, "0000000\0");
    field(116, "0000000\0");
    field(124, &format!("{:011o}\0", bytes.len()));
    field(136, "00000000000\0");
    field(148, "        ");
    field(156, "0");
    field(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut tar = header.to_vec();
    tar.extend_from_slice(bytes);
    // Padding of the file, and the two empty blocks that end an archive.
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    tar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_do_not_depend_on_where_the_registry_is() {
        let (one, two) = (ImageStore::new("a:1"), ImageStore::new("b:2"));
        for version in VERSIONS {
            let digest = |store: &ImageStore| store.image(version).unwrap().digest;
            assert_eq!(digest(&one), digest(&two));
            assert!(typed(&digest(&one)).is_some());
        }
        assert_ne!(
            one.image("1.0.0").unwrap().digest,
            one.image("1.1.0").unwrap().digest
        );
    }

    #[test]
    fn a_pull_follows_the_tag_and_says_what_is_missing() {
        let store = ImageStore::new("127.0.0.1:5");
        let version = |reference: &str| store.pull(reference).map(|i| i.version.unwrap());
        assert_eq!(version(&store.reference()).unwrap(), "1.1.0");
        store.promote("1.2.0").unwrap();
        assert_eq!(store.stable_version(), "1.2.0");
        assert_eq!(version(&store.reference()).unwrap(), "1.2.0");
        let by_digest = format!(
            "127.0.0.1:5/lab/dpu-os@{}",
            store.image("1.0.0").unwrap().digest
        );
        assert_eq!(version(&by_digest).unwrap(), "1.0.0");
        assert_eq!(
            version("127.0.0.1:5/lab/dpu-os:nope")
                .unwrap_err()
                .to_string(),
            "Creating importer: failed to invoke method OpenImage: reading manifest nope in 127.0.0.1:5/lab/dpu-os:nope: manifest unknown"
        );
        assert!(matches!(
            version("10.0.0.9:5000/x:y"),
            Err(PullError::NoRegistry(_))
        ));
        assert!(store.promote("9").is_err());
    }

    #[test]
    fn the_layer_is_a_tar_that_tar_reads() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("layer.tar");
        std::fs::write(&path, &OciImage::new("1.0.0", "arm64").layer).unwrap();
        let out = std::process::Command::new("tar")
            .args(["-xOf"])
            .arg(&path)
            .arg("usr/lib/os-release")
            .output()
            .unwrap();
        assert!(
            String::from_utf8(out.stdout)
                .unwrap()
                .contains("VERSION_ID=1.0.0")
        );
    }
}
