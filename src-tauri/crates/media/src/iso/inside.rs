//! What the files of an ISO say: the manifest, the OCI directory, grub.cfg, the kickstart area.
//! Blocking.

use std::{io::ErrorKind, os::unix::fs::FileExt as _};

use slipway_core::{
    image::{ImageDigest, ImageReference},
    iso::{
        AREA_FILE, AREA_SIGNATURE, AREA_SIZE, CONTAINER_DIR, IsoFacts, IsoManifest, KickstartArea,
        MANIFEST_FILE,
    },
    time::ByteCount,
};

use super::{IsoError, Opened, grub, read, report::Report};
use crate::oci::{self, Descriptor, Document};

/// Manifests, configurations, grub.cfg: text of kilobytes.
const TEXT_LIMIT: u64 = 8 << 20;

/// The files of an ISO and what they say.
pub(super) struct Inside {
    pub iso: Opened,
    pub report: Report,
}

/// The image in the OCI directory.
struct Container {
    digest: ImageDigest,
    reference: Option<ImageReference>,
    version: Option<String>,
    architecture: Option<String>,
}

impl Inside {
    /// All but the volume's name, the size and the hash.
    pub fn facts(&self) -> Result<IsoFacts, IsoError> {
        let manifest = self.manifest()?;
        let architecture = self
            .discinfo_architecture()?
            .or_else(|| manifest.as_ref().map(|m| m.architecture.clone()))
            .or_else(|| self.firmware_architecture());
        let container = self.container(architecture.as_deref())?;
        match (&manifest, &container) {
            (Some(manifest), Some(container)) if manifest.digest != container.digest => {
                return Err(IsoError::DigestMismatch {
                    manifest: manifest.digest.clone(),
                    container: container.digest.clone(),
                });
            }
            (Some(_), None) => {
                let reason = format!("it names an image, but there is no /{CONTAINER_DIR}");
                return Err(bad(MANIFEST_FILE, reason));
            }
            (Some(_) | None, Some(_)) | (None, None) => {}
        }
        let grub = self
            .text_if_there("/EFI/BOOT/grub.cfg")?
            .unwrap_or_default();
        let (mut image_reference, mut image_version) = (None, None);
        if let Some(manifest) = manifest {
            (image_reference, image_version) = (manifest.reference, manifest.version);
        }
        let (mut image_digest, mut image_architecture) = (None, None);
        if let Some(container) = container {
            image_digest = Some(container.digest);
            image_reference = image_reference.or(container.reference);
            image_version = image_version.or(container.version);
            image_architecture = container.architecture;
        }
        Ok(IsoFacts {
            volume_id: String::new(),
            size: ByteCount(0),
            sha256: String::new(),
            architecture: architecture.or(image_architecture),
            image_digest,
            image_reference,
            image_version,
            area: self.area()?,
            kargs: grub::default_kernel_arguments(&grub),
            bootable: self.report.bootable,
        })
    }

    fn bytes_if_there(&self, path: &str) -> Result<Option<Vec<u8>>, IsoError> {
        let Some(placed) = self.report.files.get(path) else {
            return Ok(None);
        };
        match read::file(&self.iso.file, placed, TEXT_LIMIT) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Err(bad(path, error.to_string()))
            }
            Err(error) => Err(self.iso.unreadable(error)),
        }
    }

    fn text_if_there(&self, path: &str) -> Result<Option<String>, IsoError> {
        let bytes = self.bytes_if_there(path)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn manifest(&self) -> Result<Option<IsoManifest>, IsoError> {
        let Some(bytes) = self.bytes_if_there(&format!("/{MANIFEST_FILE}"))? else {
            return Ok(None);
        };
        let manifest: IsoManifest =
            serde_json::from_slice(&bytes).map_err(|e| bad(MANIFEST_FILE, e.to_string()))?;
        match manifest.format {
            1 => Ok(Some(manifest)),
            other => Err(bad(
                MANIFEST_FILE,
                format!("format {other} is newer than this Slipway"),
            )),
        }
    }

    /// Its third line, where lorax made the ISO.
    fn discinfo_architecture(&self) -> Result<Option<String>, IsoError> {
        let text = self.text_if_there("/.discinfo")?.unwrap_or_default();
        let line = text.lines().nth(2).map(str::trim);
        Ok(line.filter(|l| !l.is_empty()).map(str::to_owned))
    }

    fn firmware_architecture(&self) -> Option<String> {
        let has = |name: &str| {
            let mut paths = self.report.files.keys();
            paths.any(|path| path.eq_ignore_ascii_case(name))
        };
        if has("/EFI/BOOT/BOOTAA64.EFI") {
            Some("aarch64".to_owned())
        } else if has("/EFI/BOOT/BOOTX64.EFI") {
            Some("x86_64".to_owned())
        } else {
            None
        }
    }

    fn container(&self, architecture: Option<&str>) -> Result<Option<Container>, IsoError> {
        let index_path = format!("/{CONTAINER_DIR}/index.json");
        let Some(index) = self.bytes_if_there(&index_path)? else {
            return Ok(None);
        };
        let Document::Index { manifests } = parsed(&index_path, &index)? else {
            return Err(bad(&index_path, "it is no OCI index".into()));
        };
        let mut chosen = one_of(&manifests, architecture, &index_path)?.clone();
        let reference = chosen.annotations.get(oci::REF_NAME);
        // `skopeo copy oci:DIR:latest` writes a bare tag there, which names no image.
        let reference = reference.and_then(|name| name.parse().ok());
        let config = match self.blob_document(&chosen)? {
            Document::Manifest { config } => config,
            Document::Index { manifests } => {
                let path = blob_path(&chosen.digest);
                chosen = one_of(&manifests, architecture, &path)?.clone();
                match self.blob_document(&chosen)? {
                    Document::Manifest { config } => config,
                    Document::Index { .. } => {
                        let reason = "it is an index in an index".to_owned();
                        return Err(bad(&blob_path(&chosen.digest), reason));
                    }
                }
            }
        };
        let path = blob_path(&config.digest);
        let config: oci::Config = parsed(&path, &self.blob(&config)?)?;
        let machine = config.architecture.as_deref().map(|a| match a {
            "arm64" => "aarch64",
            "amd64" => "x86_64",
            other => other,
        });
        Ok(Some(Container {
            digest: chosen.digest,
            reference,
            version: config.version(),
            architecture: machine.map(str::to_owned),
        }))
    }

    fn blob_document(&self, descriptor: &Descriptor) -> Result<Document, IsoError> {
        parsed(&blob_path(&descriptor.digest), &self.blob(descriptor)?)
    }

    /// A blob whose bytes have the digest that its name says.
    fn blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, IsoError> {
        let path = blob_path(&descriptor.digest);
        let bytes = self
            .bytes_if_there(&path)?
            .ok_or_else(|| bad(&path, "it is missing".into()))?;
        let seen = oci::digest_of(&bytes);
        if seen != descriptor.digest {
            return Err(bad(&path, format!("its content is {seen}")));
        }
        Ok(bytes)
    }

    /// The kickstart area: one extent of the right size that begins with the signature.
    fn area(&self) -> Result<Option<KickstartArea>, IsoError> {
        let path = format!("/{AREA_FILE}");
        let Some(placed) = self.report.files.get(&path) else {
            return Ok(None);
        };
        let [extent] = placed.extents.as_slice() else {
            return Err(bad(&path, "it lies in several places".into()));
        };
        if placed.size != AREA_SIZE as u64 {
            let reason = format!("it has {} bytes instead of {AREA_SIZE}", placed.size);
            return Err(bad(&path, reason));
        }
        let mut start = vec![0; AREA_SIGNATURE.len()];
        self.iso
            .file
            .read_exact_at(&mut start, extent.offset)
            .map_err(|e| self.iso.unreadable(e))?;
        if start != AREA_SIGNATURE.as_bytes() {
            return Err(bad(&path, "it does not begin with the signature".into()));
        }
        Ok(Some(KickstartArea {
            offset: ByteCount(extent.offset),
            length: ByteCount(placed.size),
        }))
    }
}

fn bad(file: &str, reason: String) -> IsoError {
    IsoError::BadFile {
        file: file.to_owned(),
        reason,
    }
}

fn parsed<T: serde::de::DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, IsoError> {
    serde_json::from_slice(bytes).map_err(|error| bad(path, error.to_string()))
}

fn blob_path(digest: &ImageDigest) -> String {
    let digits = digest.as_str().trim_start_matches("sha256:");
    format!("/{CONTAINER_DIR}/blobs/sha256/{digits}")
}

/// The only image, or the one of the architecture.
fn one_of<'a>(
    manifests: &'a [Descriptor],
    architecture: Option<&str>,
    path: &str,
) -> Result<&'a Descriptor, IsoError> {
    match (manifests, architecture) {
        ([], _) => Err(bad(path, "it lists no image".into())),
        ([only], _) => Ok(only),
        (several, Some(machine)) => oci::choose(several, oci::oci_architecture(machine))
            .ok_or_else(|| bad(path, format!("it lists no image for {machine}"))),
        (_, None) => {
            let reason = "it lists several images, and the ISO does not tell its architecture";
            Err(bad(path, reason.into()))
        }
    }
}
