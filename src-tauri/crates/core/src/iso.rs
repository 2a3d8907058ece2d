//! What an installer ISO of ours carries, and the names under which it is served.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    ids::{IsoId, JobId},
    image::{ImageDigest, ImageReference},
    time::{ByteCount, Timestamp},
};

/// The file at an ISO's root that says what is inside.
pub const MANIFEST_FILE: &str = "slipway.json";
/// The main kickstart, at the ISO's root.
pub const KICKSTART_FILE: &str = "slipway.ks";
/// The kickstart area: a file at the ISO's root that the main kickstart includes.
pub const AREA_FILE: &str = "slipway-card.ks";
/// Its fixed size: what a card's overlay is padded to.
pub const AREA_SIZE: usize = 64 * 1024;
/// Its first line: by it the area is found again in the raw bytes.
pub const AREA_SIGNATURE: &str = "#slipway kickstart area 1\n";
/// The OCI directory with the image.
pub const CONTAINER_DIR: &str = "container";

/// Where an IMC looks for it when it boots its ACC (intel/ipu-redfish, `ipu_constants.cpp`).
pub const RESERVED_MEMORY_PATH: &str = "/work/cfg/memory/reserved-memory.json";
/// The file that makes an IMC of firmware 1.8 hold an ISO of more than 2 GB.
pub const RESERVED_MEMORY: &str = r#"{
   "bmd_content_version": 1,
   "reserved_memory": {
      "acc": {
         "base": "0x4400000000",
         "size": 14,
         "granule": "GB",
         "sync_type": 3
      },
      "acc_ramdisk": {
         "base": "0x4414000000",
         "size": 13760,
         "granule": "MB",
         "sync_type": 3
      }
   }
}
"#;

/// `slipway.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct IsoManifest {
    /// 1.
    pub format: u32,
    /// Where the image is followed after the install.
    pub reference: Option<ImageReference>,
    /// Of the image manifest in `/container`, for the ISO's architecture.
    pub digest: ImageDigest,
    /// The image's own version label.
    #[serde(default)]
    pub version: Option<String>,
    pub architecture: String,
    /// The name of the base ISO.
    #[serde(default)]
    pub built_from: Option<String>,
    #[serde(default)]
    pub kargs: Vec<String>,
    /// The path of the main kickstart.
    #[serde(default)]
    pub kickstart: Option<String>,
    /// Whoever can read the ISO can read them.
    #[serde(default)]
    pub contains_secrets: bool,
    /// Where the image had another digest before it was converted for the ISO.
    #[serde(default)]
    pub source_digest: Option<ImageDigest>,
    pub slipway_version: String,
}

/// Where a card's kickstart goes in the ISO's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct KickstartArea {
    pub offset: ByteCount,
    pub length: ByteCount,
}

/// What reading an ISO file told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct IsoFacts {
    pub volume_id: String,
    pub size: ByteCount,
    /// Of the whole file, 64 hexadecimal digits.
    pub sha256: String,
    /// `aarch64` or `x86_64`, where the ISO tells.
    pub architecture: Option<String>,
    /// The manifest of the image in `/container`, read from the OCI directory itself.
    pub image_digest: Option<ImageDigest>,
    pub image_reference: Option<ImageReference>,
    pub image_version: Option<String>,
    /// Absent on an ISO that was not made by Slipway: it can't be deployed yet, for a card could not
    /// be given its name, keys and nonce.
    pub area: Option<KickstartArea>,
    pub kargs: Vec<String>,
    pub bootable: bool,
    /// The path of the kickstart that the default boot entry names.
    #[serde(default)]
    pub kickstart: Option<String>,
    /// Whether whoever can fetch it can read a secret; as its maker said, or as its kickstart looks.
    #[serde(default)]
    pub contains_secrets: bool,
}

/// One thing that was looked at in an ISO.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct IsoCheck {
    /// "Boot records", "Kernel arguments", …
    pub name: String,
    pub verdict: IsoVerdict,
    /// What was seen.
    pub evidence: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum IsoVerdict {
    Good,
    Bad,
    /// The ISO does not have such a thing.
    Absent,
}

/// An ISO of the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Iso {
    pub id: IsoId,
    pub name: String,
    /// Where the file lies, absolute.
    pub path: String,
    pub facts: IsoFacts,
    pub imported_at: Timestamp,
    pub made: IsoOrigin,
}

/// How an ISO came into the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum IsoOrigin {
    Imported {
        /// `user@host`; missing where an older Slipway did it.
        by: Option<String>,
    },
    Built {
        by: String,
        job: JobId,
    },
    /// From a bundle that another desk made.
    Bundle {
        by: String,
        /// Who made the bundle.
        from: String,
    },
}

/// `<name>-<sha256[..12]>.iso`, with an overlay `<name>-<sha12>-<overlay sha8>.iso`.
///
/// The IMC shows only this last part of a URL, so it must tell by itself what was inserted.
#[must_use]
pub fn published_name(name: &str, sha256: &str, overlay_sha256: Option<&str>) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
            c
        } else {
            '-'
        }
    };
    let stem = name.strip_suffix(".iso").unwrap_or(name);
    let stem: String = stem.chars().map(safe).take(80).collect();
    let head = |hash: &str, digits: usize| hash.chars().take(digits).collect::<String>();
    match overlay_sha256 {
        Some(overlay) => format!("{stem}-{}-{}.iso", head(sha256, 12), head(overlay, 8)),
        None => format!("{stem}-{}.iso", head(sha256, 12)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_name_tells_the_iso_and_the_card() {
        let sha = "0123456789abcdef".repeat(4);
        assert_eq!(
            published_name("rhel dpu.iso", &sha, None),
            "rhel-dpu-0123456789ab.iso"
        );
        assert_eq!(
            published_name("../x", &sha, Some(&sha)),
            "..-x-0123456789ab-01234567.iso"
        );
    }
}
