//! `bootc status --format json`: only `apiVersion` and `kind` are sure, everything else may be
//! missing or new. Shapes from bootc's schemas 0.1 to 1.16 (`host-v*.schema.json`).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use specta::Type;

use crate::image::ImageDigest;

/// An answer that is no bootc status.
#[derive(Debug, thiserror::Error)]
pub enum ParseStatusError {
    #[error("`bootc status` did not answer in JSON")]
    NotJson(#[source] serde_json::Error),
    #[error("`bootc status` answered with {kind} of {api_version}, not with a BootcHost")]
    NotBootcHost { api_version: String, kind: String },
}

/// Which entry the next boot takes, as far as `rollback` decides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum BootOrder {
    Default,
    Rollback,
    /// A word that this release does not know, kept as it is.
    Other(String),
}

/// One boot entry (bootc itself says "deployment").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BootEntry {
    /// The reference as bootc has it; absent for an entry with layered packages.
    pub reference: Option<String>,
    /// `registry`, `oci`, `containers-storage`, …
    pub transport: Option<String>,
    pub digest: Option<ImageDigest>,
    pub version: Option<String>,
    /// When the image was built, RFC 3339 as bootc wrote it.
    pub built: Option<String>,
    pub architecture: Option<String>,
    /// The update that the last check saw for this entry's reference. After a rollback it still
    /// offers the version that was rolled back from.
    pub cached_update: Option<ImageDigest>,
    pub incompatible: bool,
    pub pinned: bool,
    pub download_only: bool,
    pub soft_reboot_capable: bool,
    /// The ostree commit, where the backend is ostree.
    pub checksum: Option<String>,
}

/// A card's own view of what it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BootcStatus {
    /// False where the machine answers, but bootc is not what booted it.
    pub image_mode: bool,
    pub booted: Option<BootEntry>,
    pub staged: Option<BootEntry>,
    pub rollback: Option<BootEntry>,
    pub rollback_queued: bool,
    pub boot_order: BootOrder,
    /// What the next upgrade would ask for.
    pub spec_image: Option<String>,
}

impl BootcStatus {
    /// Of a machine that answers and has no bootc at all.
    #[must_use]
    pub fn not_image_mode() -> Self {
        Self {
            image_mode: false,
            booted: None,
            staged: None,
            rollback: None,
            rollback_queued: false,
            boot_order: BootOrder::Default,
            spec_image: None,
        }
    }
}

/// The comparisons that jobs and headlines make.
pub trait StatusFacts {
    fn booted_digest(&self) -> Option<&ImageDigest>;
    fn staged_digest(&self) -> Option<&ImageDigest>;
    fn rollback_digest(&self) -> Option<&ImageDigest>;
}

impl StatusFacts for BootcStatus {
    fn booted_digest(&self) -> Option<&ImageDigest> {
        self.booted.as_ref()?.digest.as_ref()
    }
    fn staged_digest(&self) -> Option<&ImageDigest> {
        self.staged.as_ref()?.digest.as_ref()
    }
    fn rollback_digest(&self) -> Option<&ImageDigest> {
        self.rollback.as_ref()?.digest.as_ref()
    }
}

/// Reads the answer of `bootc status --format json`.
///
/// # Errors
/// [`ParseStatusError`] where it is not JSON, or JSON of something else.
pub fn parse_status(text: &str) -> Result<BootcStatus, ParseStatusError> {
    let host: Value = serde_json::from_str(text).map_err(ParseStatusError::NotJson)?;
    let word = |key: &str| host[key].as_str().unwrap_or("nothing").to_owned();
    let api_version = word("apiVersion");
    if !api_version.starts_with("org.containers.bootc/") || word("kind") != "BootcHost" {
        return Err(ParseStatusError::NotBootcHost {
            api_version,
            kind: word("kind"),
        });
    }
    let status = &host["status"];
    let booted = entry(&status["booted"]);
    let boot_order = match host["spec"]["bootOrder"].as_str() {
        None | Some("default" | "Default") => BootOrder::Default,
        Some("rollback" | "Rollback") => BootOrder::Rollback,
        Some(other) => BootOrder::Other(other.to_owned()),
    };
    Ok(BootcStatus {
        image_mode: booted.is_some(),
        booted,
        staged: entry(&status["staged"]),
        rollback: entry(&status["rollback"]),
        // Before 0.1.10 there is no rollbackQueued; the boot order says the same.
        rollback_queued: status["rollbackQueued"]
            .as_bool()
            .unwrap_or(boot_order == BootOrder::Rollback),
        boot_order,
        spec_image: text_of(&host["spec"]["image"]["image"]),
    })
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn digest_of(image: &Value) -> Option<ImageDigest> {
    image["imageDigest"].as_str()?.parse().ok()
}

fn entry(value: &Value) -> Option<BootEntry> {
    if !value.is_object() {
        return None;
    }
    let image = &value["image"];
    let flag = |key: &str| value[key].as_bool().unwrap_or(false);
    Some(BootEntry {
        reference: text_of(&image["image"]["image"]),
        transport: text_of(&image["image"]["transport"]),
        digest: digest_of(image),
        version: text_of(&image["version"]),
        built: text_of(&image["timestamp"]),
        architecture: text_of(&image["architecture"]),
        cached_update: digest_of(&value["cachedUpdate"]),
        incompatible: flag("incompatible"),
        pinned: flag("pinned"),
        download_only: flag("downloadOnly"),
        soft_reboot_capable: flag("softRebootCapable"),
        checksum: text_of(&value["ostree"]["checksum"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOTED_AND_ROLLBACK: &str = include_str!("../../fixtures/booted_and_rollback.json");
    const STAGED: &str = include_str!("../../fixtures/booted_and_staged_download_only.json");
    const QUEUED: &str = include_str!("../../fixtures/rollback_queued.json");

    #[test]
    fn an_upgraded_card_has_a_rollback_entry() {
        let status = parse_status(BOOTED_AND_ROLLBACK).unwrap();
        assert!(status.image_mode);
        assert_eq!(
            status.booted.as_ref().unwrap().version.as_deref(),
            Some("1.1.0")
        );
        assert_eq!(status.rollback_digest().unwrap().short(), "e2baec93f143");
        assert_eq!(status.staged, None);
        assert!(!status.rollback_queued);
    }

    #[test]
    fn a_download_only_entry_is_staged_but_not_applied() {
        let status = parse_status(STAGED).unwrap();
        let staged = status.staged.as_ref().unwrap();
        assert!(staged.download_only);
        assert_eq!(status.booted.unwrap().cached_update, staged.digest);
    }

    #[test]
    fn a_queued_rollback_shows_in_both_places() {
        let status = parse_status(QUEUED).unwrap();
        assert!(status.rollback_queued);
        assert_eq!(status.boot_order, BootOrder::Rollback);
    }

    #[test]
    fn a_machine_without_bootc_answers_with_nulls() {
        let text = r#"{"apiVersion":"org.containers.bootc/v1alpha1","kind":"BootcHost",
            "spec":{"image":null,"bootOrder":"sideways"},"status":{"booted":null,"type":null}}"#;
        let status = parse_status(text).unwrap();
        assert!(!status.image_mode);
        assert_eq!(status.boot_order, BootOrder::Other("sideways".into()));
    }

    #[test]
    fn other_answers_are_named() {
        assert!(matches!(
            parse_status("error: root"),
            Err(ParseStatusError::NotJson(_))
        ));
        assert!(matches!(
            parse_status("{}"),
            Err(ParseStatusError::NotBootcHost { .. })
        ));
    }
}
