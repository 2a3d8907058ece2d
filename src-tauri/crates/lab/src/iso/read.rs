//! Reading files out of an ISO 9660 image with Rock Ridge names, as firmware and Anaconda do.
//!
//! Not a general reader: no Joliet, no zisofs, no links. An ISO of another make is read too.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

const SECTOR: u64 = 2048;
/// No file that is read as a whole here is larger (manifests, kickstarts, configs).
const LIMIT: u64 = 16 << 20;

/// Why a file is no usable ISO.
#[derive(Debug, thiserror::Error)]
pub enum ReadIsoError {
    #[error("reading the ISO")]
    Io(#[from] io::Error),
    #[error("this is no ISO 9660 image")]
    NotAnIso,
    #[error("the file has {has} bytes, the ISO in it {wants}")]
    WrongSize { has: u64, wants: u64 },
    #[error("a directory of the ISO is damaged")]
    Damaged,
    #[error("`{0}` is too large to be read as a whole")]
    TooLarge(String),
}

/// An opened ISO.
#[derive(Debug)]
pub struct IsoFile {
    file: File,
    volume_id: String,
    bootable: bool,
    root: Extent,
}

#[derive(Debug, Clone, Copy)]
struct Extent {
    sector: u64,
    length: u64,
}

#[derive(Debug)]
struct Record {
    name: String,
    directory: bool,
    extents: Vec<Extent>,
}

impl IsoFile {
    /// Opens it and reads the volume descriptors. A file that was cut off, or that has another
    /// download appended to it, is refused by its size.
    ///
    /// # Errors
    /// [`ReadIsoError`].
    pub fn open(path: &Path) -> Result<Self, ReadIsoError> {
        let mut file = File::open(path)?;
        let has = file.metadata()?.len();
        let mut primary = None;
        let mut bootable = false;
        for sector in 16..64 {
            let block = match read_at(&mut file, sector * SECTOR, SECTOR) {
                Ok(block) => block,
                Err(ReadIsoError::Io(e)) if e.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            };
            if &block[1..6] != b"CD001" {
                break;
            }
            match block[0] {
                0 => bootable |= block[7..].starts_with(b"EL TORITO SPECIFICATION"),
                1 => primary = primary.or(Some(block)),
                255 => break,
                _ => {}
            }
        }
        let primary = primary.ok_or(ReadIsoError::NotAnIso)?;
        let wants = u64::from(le32(&primary, 80)) * SECTOR;
        // Writers pad; a second download appended to a first one is more than padding.
        if has < wants || has > wants + (1 << 20) {
            return Err(ReadIsoError::WrongSize { has, wants });
        }
        Ok(Self {
            file,
            volume_id: String::from_utf8_lossy(&primary[40..72])
                .trim_end()
                .to_owned(),
            bootable,
            root: extent(&primary[156..190]),
        })
    }

    #[must_use]
    pub fn volume_id(&self) -> &str {
        &self.volume_id
    }

    /// Whether there is an El Torito boot catalogue.
    #[must_use]
    pub fn bootable(&self) -> bool {
        self.bootable
    }

    /// A whole file, or `None` where there is none of this path (`/container/index.json`).
    ///
    /// # Errors
    /// [`ReadIsoError`].
    pub fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, ReadIsoError> {
        let mut at = vec![self.root];
        let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            let records = self.records(&at)?;
            let last = parts.peek().is_none();
            let found = records
                .into_iter()
                .find(|record| record.name == part && record.directory != last);
            let Some(found) = found else { return Ok(None) };
            at = found.extents;
        }
        let length: u64 = at.iter().map(|extent| extent.length).sum();
        if length > LIMIT {
            return Err(ReadIsoError::TooLarge(path.to_owned()));
        }
        let mut all = Vec::new();
        for extent in at {
            all.extend(read_at(
                &mut self.file,
                extent.sector * SECTOR,
                extent.length,
            )?);
        }
        Ok(Some(all))
    }

    /// As text; what isn't UTF-8 is replaced.
    ///
    /// # Errors
    /// [`ReadIsoError`].
    pub fn text(&mut self, path: &str) -> Result<Option<String>, ReadIsoError> {
        let bytes = self.read(path)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The names at the root.
    ///
    /// # Errors
    /// [`ReadIsoError`].
    pub fn root_names(&mut self) -> Result<Vec<String>, ReadIsoError> {
        let records = self.records(&[self.root])?;
        Ok(records.into_iter().map(|record| record.name).collect())
    }

    fn records(&mut self, extents: &[Extent]) -> Result<Vec<Record>, ReadIsoError> {
        let mut records: Vec<Record> = Vec::new();
        let mut goes_on = false;
        for at in extents {
            if at.length > LIMIT {
                return Err(ReadIsoError::Damaged);
            }
            let bytes = read_at(&mut self.file, at.sector * SECTOR, at.length)?;
            for block in bytes.chunks(SECTOR as usize) {
                let mut rest = block;
                // Records don't cross sectors; a zero ends one.
                while let Some(length @ 34..) = rest.first().map(|byte| usize::from(*byte)) {
                    let raw = rest.get(..length).ok_or(ReadIsoError::Damaged)?;
                    rest = &rest[length..];
                    let name_length = usize::from(raw[32]);
                    let name = raw.get(33..33 + name_length).ok_or(ReadIsoError::Damaged)?;
                    if matches!(name, [0] | [1]) {
                        continue;
                    }
                    // A file over 4 GiB has several records, all but the last marked.
                    if goes_on && let Some(before) = records.last_mut() {
                        before.extents.push(extent(raw));
                    } else {
                        let uses = (33 + name_length).next_multiple_of(2);
                        let long = self.rock_ridge_name(raw.get(uses..).unwrap_or_default())?;
                        records.push(Record {
                            name: long.unwrap_or_else(|| plain_name(name)),
                            directory: raw[25] & 2 != 0,
                            extents: vec![extent(raw)],
                        });
                    }
                    goes_on = raw[25] & 0x80 != 0;
                }
            }
        }
        Ok(records)
    }

    /// The `NM` entries of a record, followed through its continuation areas.
    fn rock_ridge_name(&mut self, system_use: &[u8]) -> Result<Option<String>, ReadIsoError> {
        let mut name = Vec::new();
        let mut area = system_use.to_vec();
        // Two continuations are many; a loop of them is damage.
        for _ in 0..8 {
            let mut next = None;
            let mut rest = area.as_slice();
            while let [a, b, length, _, ..] = *rest {
                if length < 4 {
                    break;
                }
                let Some(entry) = rest.get(..usize::from(length)) else {
                    return Err(ReadIsoError::Damaged);
                };
                rest = &rest[entry.len()..];
                match &[a, b] {
                    b"NM" => name.extend_from_slice(entry.get(5..).unwrap_or_default()),
                    b"CE" if entry.len() >= 28 => {
                        let start = u64::from(le32(entry, 4)) * SECTOR + u64::from(le32(entry, 12));
                        next = Some((start, u64::from(le32(entry, 20)).min(SECTOR)));
                    }
                    b"ST" => break,
                    _ => {}
                }
            }
            let Some((start, length)) = next else { break };
            area = read_at(&mut self.file, start, length)?;
        }
        Ok((!name.is_empty()).then(|| String::from_utf8_lossy(&name).into_owned()))
    }
}

/// `KS.CFG;1` is `ks.cfg` where there is no Rock Ridge.
fn plain_name(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw).to_lowercase();
    let text = text.split(';').next().unwrap_or_default();
    text.trim_end_matches('.').to_owned()
}

fn extent(record: &[u8]) -> Extent {
    Extent {
        sector: u64::from(le32(record, 2)) + u64::from(record[1]),
        length: u64::from(le32(record, 10)),
    }
}

/// Only called with blocks that are long enough.
fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn read_at(file: &mut File, at: u64, length: u64) -> Result<Vec<u8>, ReadIsoError> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| ReadIsoError::Damaged)?];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, process::Command};

    use slipway_core::{
        iso::{AREA_FILE, AREA_SIZE, IsoManifest},
        kickstart,
    };

    use super::*;
    use crate::iso::{IsoSpec, VOLUME_ID, build};

    const REFERENCE: &str = "127.0.0.1:5000/lab/dpu-os:stable";

    #[test]
    fn what_xorriso_wrote_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lab.iso");
        build(&path, &IsoSpec::new("1.0.0", REFERENCE, 300_000)).unwrap();
        let size = fs::metadata(&path).unwrap().len();
        assert!((300_000..4_000_000).contains(&size), "{size}");
        assert!(!dir.path().join("lab.tree").exists());

        let mut iso = IsoFile::open(&path).unwrap();
        assert_eq!(iso.volume_id(), VOLUME_ID);
        assert!(iso.bootable());
        assert_eq!(iso.read("/nothing").unwrap(), None);
        assert_eq!(
            iso.read(AREA_FILE).unwrap().unwrap(),
            kickstart::empty_area()
        );
        assert!(iso.text("/.discinfo").unwrap().unwrap().contains("aarch64"));
        let manifest = iso.read("/slipway.json").unwrap().unwrap();
        let manifest: IsoManifest = serde_json::from_slice(&manifest).unwrap();
        let store = crate::image::ImageStore::new("elsewhere:1");
        assert_eq!(
            manifest.digest.as_str(),
            store.image("1.0.0").unwrap().digest,
            "the digest is the registry's"
        );
        // 64 hexadecimal digits: a name that goes through a Rock Ridge continuation.
        let blob = format!(
            "/container/blobs/{}",
            manifest.digest.as_str().replace(':', "/")
        );
        let bytes = iso.read(&blob).unwrap().unwrap();
        assert_eq!(crate::image::digest_of(&bytes), manifest.digest.as_str());
        assert!(bytes.len() < AREA_SIZE);

        let listed = Command::new("xorriso")
            .args(["-indev"])
            .arg(&path)
            .args(["-find", "/", "-type", "f", "-exec", "echo", "--"])
            .output()
            .unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        for name in [
            "/container/oci-layout",
            "/EFI/BOOT/grub.cfg",
            "/slipway-card.ks",
        ] {
            assert!(listed.contains(name), "{name} in {listed}");
        }
    }

    #[test]
    fn damaged_files_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lab.iso");
        build(&path, &IsoSpec::new("1.0.0", REFERENCE, 2_000_000)).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(matches!(
            IsoFile::open(&path),
            Err(ReadIsoError::WrongSize { .. })
        ));
        // The partial file, with the next download appended to it.
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&whole).unwrap();
        assert!(matches!(
            IsoFile::open(&path),
            Err(ReadIsoError::WrongSize { .. })
        ));
        fs::write(&path, vec![0; 100_000]).unwrap();
        assert!(matches!(IsoFile::open(&path), Err(ReadIsoError::NotAnIso)));
        assert!(matches!(
            IsoFile::open(&dir.path().join("no.iso")),
            Err(ReadIsoError::Io(_))
        ));
    }
}
