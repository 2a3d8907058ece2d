//! The base ISO as a remaster needs it: what boots it, and which menus it has.

use std::{
    io::ErrorKind,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use slipway_core::failure::{FailureKind, StepError};

use super::bootcfg::Dialect;
use crate::iso::{
    Inside, read,
    report::{BootImage, Report, Table},
};

/// An EFI image is a few MiB; what is larger is something else.
const EFI_LIMIT: u64 = 256 << 20;

/// A base ISO that was read.
pub struct Base {
    pub inside: Inside,
    pub architecture: String,
    pub efi: Option<Efi>,
    /// Boot menus in the tree, by path.
    pub menus: Vec<(String, Dialect)>,
}

/// Where the EFI system partition's image lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Efi {
    /// A file of the ISO.
    File { path: String },
    /// A partition after the file system; `offset` and `length` in bytes.
    Appended {
        partition: u32,
        table: Table,
        offset: u64,
        length: u64,
        /// A copy of it in the tree, which some installers have too.
        copy: Option<String>,
    },
}

impl Efi {
    pub fn of(report: &Report) -> Result<Option<Self>, String> {
        let Some(image) = report.boot.iter().find(|image| image.platform == "UEFI") else {
            return Ok(None);
        };
        if let Some(path) = &image.path {
            return Ok(Some(Self::File { path: path.clone() }));
        }
        appended(image, report).map(Some).ok_or_else(|| {
            format!(
                "its EFI boot image at block {} is neither a file nor a partition",
                image.lba
            )
        })
    }
}

fn appended(image: &BootImage, report: &Report) -> Option<Efi> {
    let sector = image.lba * 4;
    let mut partitions = report.partitions.iter();
    let partition = partitions.find(|partition| partition.start == sector)?;
    let copy = "/images/efiboot.img".to_owned();
    Some(Efi::Appended {
        partition: partition.number,
        table: partition.table,
        offset: image.lba * 2048,
        length: image
            .blocks
            .map_or(partition.size * 512, |blocks| blocks * 2048),
        copy: report.files.contains_key(&copy).then_some(copy),
    })
}

impl Base {
    /// # Errors
    /// Not an ISO, cut off, without a boot record, of another architecture: each with what to do.
    pub async fn read(path: &Path, wanted: &str) -> Result<Self, StepError> {
        let inside = Inside::read(path).await?;
        let refused = |message: String| StepError::new(FailureKind::Precondition, message);
        if !inside.report.bootable {
            return Err(refused(format!("{} has no boot record", path.display()))
                .hint("choose an installer ISO: the boot ISO or the DVD of a release"));
        }
        let architecture = inside
            .discinfo_architecture()?
            .or_else(|| inside.firmware_architecture());
        let architecture = architecture.unwrap_or_else(|| "unknown".into());
        if architecture != wanted {
            return Err(refused(format!(
                "{} is for {architecture}, not for {wanted}",
                path.display()
            ))
            .hint(
                "choose the installer ISO of the card's architecture (an IPU's ACC is aarch64)",
            ));
        }
        let efi = Efi::of(&inside.report).map_err(|why| {
            refused(format!("{} can't be remastered: {why}", path.display()))
                .hint("choose a stock Anaconda ISO")
        })?;
        let menus: Vec<_> = inside
            .report
            .files
            .keys()
            .filter_map(|path| Some((path.clone(), Dialect::of(path)?)))
            .collect();
        if menus.is_empty() {
            return Err(refused(format!(
                "{} has no boot menu (grub.cfg) to put arguments into",
                path.display()
            ))
            .hint("choose a stock Anaconda ISO"));
        }
        Ok(Self {
            inside,
            architecture,
            efi,
            menus,
        })
    }

    /// Writes the EFI image to a file; false where there is none.
    ///
    /// # Errors
    /// The ISO or the file.
    pub fn extract_efi(&self, to: &Path) -> std::io::Result<bool> {
        match &self.efi {
            None => Ok(false),
            Some(efi) => Self::extract(&self.inside, efi, to).map(|()| true),
        }
    }

    /// The same of any ISO.
    ///
    /// # Errors
    /// The ISO or the file.
    pub fn extract(inside: &Inside, efi: &Efi, to: &Path) -> std::io::Result<()> {
        let bytes = match efi {
            Efi::File { path } => {
                let placed = inside.report.files.get(path);
                let placed = placed.ok_or(ErrorKind::NotFound)?;
                read::file(&inside.iso.file, placed, EFI_LIMIT)?
            }
            Efi::Appended { offset, length, .. } => {
                if *length > EFI_LIMIT {
                    return Err(ErrorKind::InvalidData.into());
                }
                let mut bytes = vec![0; *length as usize];
                inside.iso.file.read_exact_at(&mut bytes, *offset)?;
                bytes
            }
        };
        std::fs::write(to, bytes)
    }

    /// The bytes of a boot menu in the tree.
    ///
    /// # Errors
    /// The ISO.
    pub fn menu(&self, path: &str) -> Result<String, StepError> {
        Ok(self.inside.text_if_there(path)?.unwrap_or_default())
    }

    pub fn path(&self) -> PathBuf {
        self.inside.iso.path.clone()
    }

    /// Bytes that the base contributes.
    pub fn size(&self) -> u64 {
        self.inside.iso.size
    }

    /// It was remastered before, or made by somebody else with an image in it.
    pub fn has_container(&self) -> bool {
        let inside = format!("/{}/", slipway_core::iso::CONTAINER_DIR);
        let mut paths = self.inside.report.files.keys();
        paths.any(|path| path.starts_with(&inside))
    }

    /// When the base was made. What is made of it keeps this date, and with it the volume's UUID, by
    /// which some menus find it.
    pub fn date(&self) -> &str {
        let modified = self.inside.iso.volume.modified.as_deref();
        modified.unwrap_or("2020010100000000")
    }

    pub fn volume_id(&self) -> &str {
        &self.inside.iso.volume.id
    }
}
