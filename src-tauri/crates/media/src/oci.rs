//! OCI image JSON as registries and OCI directories carry it. Parsing and choosing; no I/O.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use slipway_core::image::ImageDigest;
pub use slipway_core::image::oci_architecture;

pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
const VERSION: &str = "org.opencontainers.image.version";

/// What a manifest's bytes can be.
pub const MANIFEST_TYPES: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

#[derive(Debug, Clone, Deserialize)]
pub struct Descriptor {
    pub digest: ImageDigest,
    #[serde(default)]
    pub platform: Option<Platform>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Platform {
    pub architecture: String,
    #[serde(default)]
    pub os: String,
}

/// An index or a manifest, told apart by what they hold: `mediaType` is optional in both.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Document {
    Index { manifests: Vec<Descriptor> },
    Manifest { config: Descriptor },
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Config {
    #[serde(default)]
    pub architecture: Option<String>,
    #[serde(default)]
    config: ConfigInside,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ConfigInside {
    // `null` where an image has no labels.
    #[serde(default, rename = "Labels")]
    labels: Option<BTreeMap<String, String>>,
}

impl Config {
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.config.labels.as_ref()?.get(VERSION).cloned()
    }

    /// It has the label of a bootable image.
    #[must_use]
    pub fn is_bootc(&self) -> bool {
        let label = self
            .config
            .labels
            .as_ref()
            .and_then(|l| l.get("containers.bootc"));
        label.is_some_and(|value| value == "1")
    }
}

/// `sha256:…` of these bytes.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> ImageDigest {
    format!("sha256:{}", hex(digest(&SHA256, bytes).as_ref()))
        .parse()
        .expect("64 hexadecimal digits")
}

#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The Linux image for an architecture in OCI's words (`arm64`). Attestations that builders put
/// beside images have the platform `unknown/unknown`, so they are never chosen.
#[must_use]
pub fn choose<'a>(manifests: &'a [Descriptor], architecture: &str) -> Option<&'a Descriptor> {
    manifests.iter().find(|descriptor| {
        descriptor.platform.as_ref().is_some_and(|platform| {
            platform.architecture == architecture && matches!(platform.os.as_str(), "linux" | "")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_and_a_manifest_are_told_apart_and_the_architecture_is_chosen() {
        let digit = |c: &str| format!("sha256:{}", c.repeat(64));
        let index = serde_json::json!({"schemaVersion": 2, "manifests": [
            {"digest": digit("a"), "size": 1, "platform": {"architecture": "unknown", "os": "unknown"}},
            {"digest": digit("b"), "size": 2, "platform": {"architecture": "amd64", "os": "linux"}},
            {"digest": digit("c"), "size": 3,
             "platform": {"architecture": "arm64", "os": "linux", "variant": "v8"}},
        ]});
        let Document::Index { manifests } = serde_json::from_value(index).unwrap() else {
            panic!("an index");
        };
        let chosen = choose(&manifests, oci_architecture("aarch64")).unwrap();
        assert_eq!(chosen.digest.as_str(), digit("c"));
        assert!(choose(&manifests, "riscv64").is_none());
        let manifest =
            serde_json::json!({"config": {"digest": digit("d"), "size": 4}, "layers": []});
        let document: Document = serde_json::from_value(manifest).unwrap();
        assert!(
            matches!(document, Document::Manifest { config } if config.digest.as_str() == digit("d"))
        );
        assert!(serde_json::from_str::<Document>("{}").is_err());
    }

    #[test]
    fn a_version_is_a_label_and_labels_may_be_missing() {
        let version = |text| serde_json::from_str::<Config>(text).unwrap().version();
        let labelled = r#"{"config":{"Labels":{"org.opencontainers.image.version":"9.6"}}}"#;
        assert_eq!(version(labelled).as_deref(), Some("9.6"));
        for text in [r#"{"config":{"Labels":null}}"#, r#"{"config":{}}"#, "{}"] {
            assert_eq!(version(text), None);
        }
    }

    #[test]
    fn the_digest_of_nothing_is_the_known_one() {
        assert!(
            digest_of(b"")
                .as_str()
                .starts_with("sha256:e3b0c44298fc1c14")
        );
    }
}
