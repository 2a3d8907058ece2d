//! A bundle: an installer ISO, the image that it installs, and checksums, in a folder that is carried
//! to a desk without a network. What its files say; the copying is done in `slipway-media`.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    image::{ImageDigest, ImageReference},
    time::{ByteCount, Timestamp},
};

/// What says what is inside.
pub const BUNDLE_FILE: &str = "bundle.json";
/// As `sha256sum --check` reads it: every file of the bundle but itself.
pub const SUMS_FILE: &str = "SHA256SUMS";
/// The image as an OCI directory; absent where the ISO carries none.
pub const IMAGE_DIR: &str = "image";

/// Why a folder is no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBundle {
    #[error("its {BUNDLE_FILE} makes no sense: {0}")]
    Manifest(String),
    #[error("it is of format {0}, which only a newer Slipway reads")]
    Newer(u32),
    #[error("line {line} of its {SUMS_FILE} is no checksum of a file in it: `{text}`")]
    Sum { line: usize, text: String },
    #[error("its {SUMS_FILE} has no checksum of {0}")]
    NotSummed(String),
}

/// `bundle.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BundleManifest {
    /// 1.
    pub format: u32,
    /// The ISO's name in the bundle, a plain file name.
    pub iso: String,
    pub size: ByteCount,
    /// Of the ISO, 64 hexadecimal digits.
    pub sha256: String,
    /// Of the image in `image`; missing where the ISO carries none.
    pub digest: Option<ImageDigest>,
    /// Where cards follow the image: a desk without a network gives it to a registry of its own.
    pub reference: Option<ImageReference>,
    pub architecture: Option<String>,
    /// Whoever has the bundle can read them.
    pub contains_secrets: bool,
    /// `user@host`
    pub made_by: String,
    pub made_at: Timestamp,
    pub slipway_version: String,
}

impl BundleManifest {
    /// # Errors
    /// It is none, of a newer format, or it names a file elsewhere.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidBundle> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let senseless = |error: serde_json::Error| InvalidBundle::Manifest(error.to_string());
        // Asked first: a newer one may have other fields.
        let Format { format } = serde_json::from_slice(json).map_err(senseless)?;
        if format != 1 {
            return Err(InvalidBundle::Newer(format));
        }
        let manifest: Self = serde_json::from_slice(json).map_err(senseless)?;
        if !is_inside(&manifest.iso) || manifest.iso.contains('/') {
            let why = format!("`{}` is no file's name", manifest.iso);
            return Err(InvalidBundle::Manifest(why));
        }
        Ok(manifest)
    }
}

/// The checksum of a file in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSum {
    /// 64 hexadecimal digits.
    pub sha256: String,
    /// Below the bundle's folder.
    pub path: String,
}

/// A path that leads nowhere but into the folder, and that `sha256sum` writes as it is.
fn is_inside(path: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(part) && !path.contains(['\\', '\0']) && !path.chars().any(char::is_control)
}

/// Writes `SHA256SUMS`.
#[must_use]
pub fn sums_text(sums: &[FileSum]) -> String {
    let line = |sum: &FileSum| format!("{}  {}\n", sum.sha256, sum.path);
    sums.iter().map(line).collect()
}

/// Reads `SHA256SUMS`, as we or `sha256sum` write it.
///
/// # Errors
/// The first line that is no checksum, or of a file elsewhere.
pub fn parse_sums(text: &str) -> Result<Vec<FileSum>, InvalidBundle> {
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            let sum = line
                .split_once("  ")
                .or_else(|| line.split_once(" *"))
                .filter(|(sum, path)| hex(sum) && is_inside(path));
            match sum {
                Some((sha256, path)) => Ok(FileSum {
                    sha256: sha256.to_ascii_lowercase(),
                    path: path.to_owned(),
                }),
                None => Err(InvalidBundle::Sum {
                    line: number + 1,
                    text: line.to_owned(),
                }),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> BundleManifest {
        BundleManifest {
            format: 1,
            iso: "rhel.iso".into(),
            size: ByteCount(7),
            sha256: "ab".repeat(32),
            digest: None,
            reference: Some("quay.io/lab/os:1".parse().unwrap()),
            architecture: Some("aarch64".into()),
            contains_secrets: true,
            made_by: "ada@desk".into(),
            made_at: Timestamp::from_millis(1_795_000_000_000),
            slipway_version: "0.1.0".into(),
        }
    }

    #[test]
    fn a_manifest_reads_back_and_names_files_in_its_folder_only() {
        let read = |manifest: &BundleManifest| {
            BundleManifest::parse(&serde_json::to_vec(manifest).unwrap())
        };
        assert_eq!(read(&manifest()), Ok(manifest()));
        for name in ["../x.iso", "/etc/passwd", "a/b.iso", "", ".."] {
            let elsewhere = BundleManifest {
                iso: name.into(),
                ..manifest()
            };
            assert!(
                matches!(read(&elsewhere), Err(InvalidBundle::Manifest(_))),
                "{name}"
            );
        }
        assert_eq!(
            BundleManifest::parse(br#"{"format": 2, "everything": "else"}"#),
            Err(InvalidBundle::Newer(2))
        );
        assert!(matches!(
            BundleManifest::parse(b"no json"),
            Err(InvalidBundle::Manifest(_))
        ));
    }

    #[test]
    fn checksums_read_back_and_lead_nowhere_else() {
        let sums = vec![
            FileSum {
                sha256: "ab".repeat(32),
                path: "rhel dpu.iso".into(),
            },
            FileSum {
                sha256: "cd".repeat(32),
                path: "image/blobs/sha256/x".into(),
            },
        ];
        assert_eq!(parse_sums(&sums_text(&sums)), Ok(sums));
        for path in ["../x", "/etc/passwd", "a//b", "a/../../b"] {
            let text = format!("{}  {path}\n", "ab".repeat(32));
            assert!(
                matches!(parse_sums(&text), Err(InvalidBundle::Sum { line: 1, .. })),
                "{path}"
            );
        }
        assert!(parse_sums("abc  file\n").is_err());
    }
}
