//! What the files of an ISO say: the manifest, the OCI directory, grub.cfg, the kickstart area.
//! Blocking.

use std::{io::ErrorKind, os::unix::fs::FileExt as _};

use slipway_core::{
    iso::{
        AREA_FILE, AREA_SIGNATURE, AREA_SIZE, CONTAINER_DIR, IsoFacts, IsoManifest, KickstartArea,
        MANIFEST_FILE,
    },
    time::ByteCount,
};

use super::{
    IsoError, Opened,
    container::{self, Container, Files},
    grub, read,
    report::Report,
};

/// Manifests, configurations, grub.cfg: text of kilobytes.
const TEXT_LIMIT: u64 = 8 << 20;

/// The files of an ISO and what they say.
pub(crate) struct Inside {
    pub iso: Opened,
    pub report: Report,
}

impl Inside {
    /// All but the hash.
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
        let kargs = grub::default_kernel_arguments(&grub);
        let said_to_hold_secrets = manifest.as_ref().map(|m| m.contains_secrets);
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
            volume_id: self.iso.volume.id.clone(),
            size: ByteCount(self.iso.size),
            sha256: String::new(),
            architecture: architecture.or(image_architecture),
            image_digest,
            image_reference,
            image_version,
            area: self.area()?,
            kickstart: kickstart_of(&kargs),
            contains_secrets: self.contains_secrets(said_to_hold_secrets, &kargs)?,
            kargs,
            bootable: self.report.bootable,
        })
    }

    /// What is known of an ISO whose files make no sense.
    pub(crate) fn plain_facts(&self) -> IsoFacts {
        IsoFacts {
            volume_id: self.iso.volume.id.clone(),
            size: ByteCount(self.iso.size),
            sha256: String::new(),
            architecture: self.firmware_architecture(),
            image_digest: None,
            image_reference: None,
            image_version: None,
            area: None,
            kargs: vec![],
            bootable: self.report.bootable,
            kickstart: None,
            contains_secrets: false,
        }
    }

    /// As its maker said; of an ISO that says nothing, as its kickstart looks.
    fn contains_secrets(&self, said: Option<bool>, kargs: &[String]) -> Result<bool, IsoError> {
        if said == Some(true) {
            return Ok(true);
        }
        let text = match kickstart_of(kargs) {
            Some(path) => self.text_if_there(&path)?,
            None => self.text_if_there("/ks.cfg")?,
        };
        Ok(text.is_some_and(|text| slipway_core::kickstart::holds_secrets(&text)))
    }

    pub(crate) fn bytes_if_there(&self, path: &str) -> Result<Option<Vec<u8>>, IsoError> {
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

    pub(crate) fn text_if_there(&self, path: &str) -> Result<Option<String>, IsoError> {
        let bytes = self.bytes_if_there(path)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(crate) fn manifest(&self) -> Result<Option<IsoManifest>, IsoError> {
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
    pub(crate) fn discinfo_architecture(&self) -> Result<Option<String>, IsoError> {
        let text = self.text_if_there("/.discinfo")?.unwrap_or_default();
        let line = text.lines().nth(2).map(str::trim);
        Ok(line.filter(|l| !l.is_empty()).map(str::to_owned))
    }

    pub(crate) fn firmware_architecture(&self) -> Option<String> {
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
        let file = |path: &str| self.bytes_if_there(path);
        container::read(&Files(&file), architecture)
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

/// The path on this ISO that `inst.ks=hd:LABEL=…:/path` names.
fn kickstart_of(kargs: &[String]) -> Option<String> {
    let value = kargs
        .iter()
        .rev()
        .find_map(|k| k.strip_prefix("inst.ks="))?;
    let (_, path) = value.strip_prefix("hd:LABEL=")?.split_once(":/")?;
    Some(format!("/{path}"))
}

pub(super) fn bad(file: &str, reason: String) -> IsoError {
    IsoError::BadFile {
        file: file.to_owned(),
        reason,
    }
}

pub(super) fn parsed<T: serde::de::DeserializeOwned>(
    path: &str,
    bytes: &[u8],
) -> Result<T, IsoError> {
    serde_json::from_slice(bytes).map_err(|error| bad(path, error.to_string()))
}
