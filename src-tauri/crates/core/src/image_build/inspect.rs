//! What `podman images` and `podman image inspect` say. Parsing only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    failure::{FailureKind, StepError},
    image::ImageDigest,
    time::{ByteCount, Timestamp},
};

const BOOTC: &str = "containers.bootc";
const VERSION: &str = "org.opencontainers.image.version";

/// An image that podman has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LocalImage {
    /// podman's id: the digest of the configuration, without `sha256:`.
    pub id: String,
    /// `registry/repository:tag`, perhaps several, perhaps none.
    pub names: Vec<String>,
    pub digest: Option<ImageDigest>,
    /// In OCI's words; the list does not tell it.
    pub architecture: Option<String>,
    pub version: Option<String>,
    pub size: ByteCount,
    pub created: Option<Timestamp>,
    /// It has the label `containers.bootc=1`.
    pub is_bootc: bool,
    pub labels: BTreeMap<String, String>,
    /// How many layers; the list does not tell it.
    pub layers: Option<u32>,
    /// The instructions that made it, newest last; the list does not tell it.
    pub history: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    created: i64,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    created: Option<jiff::Timestamp>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
    #[serde(default, rename = "RootFS")]
    root_fs: RootFs,
    #[serde(default)]
    history: Option<Vec<HistoryLine>>,
}

#[derive(Default, Deserialize)]
struct RootFs {
    #[serde(default, rename = "Layers")]
    layers: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct HistoryLine {
    #[serde(default)]
    created_by: String,
}

fn senseless(error: &serde_json::Error) -> StepError {
    StepError::new(
        FailureKind::Protocol,
        "podman answered something that makes no sense",
    )
    .because(error.to_string())
    .hint("run the same command by hand; podman may be too old")
}

fn bootc(labels: &BTreeMap<String, String>) -> bool {
    labels.get(BOOTC).is_some_and(|value| value == "1")
}

/// Reads `podman images --format json`.
///
/// # Errors
/// It is not that.
pub fn parse_images(json: &str) -> Result<Vec<LocalImage>, StepError> {
    let listed: Vec<Listed> = serde_json::from_str(json).map_err(|e| senseless(&e))?;
    Ok(listed
        .into_iter()
        .map(|image| {
            let labels = image.labels.unwrap_or_default();
            LocalImage {
                id: image.id,
                names: image.names.unwrap_or_default(),
                digest: image.digest.and_then(|digest| digest.parse().ok()),
                architecture: None,
                version: labels.get(VERSION).cloned(),
                size: ByteCount(image.size),
                created: Some(Timestamp::from_millis(image.created.saturating_mul(1000))),
                is_bootc: bootc(&labels),
                labels,
                layers: None,
                history: vec![],
            }
        })
        .collect())
}

/// Reads `podman image inspect` of one image.
///
/// # Errors
/// It is not that.
pub fn parse_inspect(json: &str) -> Result<LocalImage, StepError> {
    let mut all: Vec<Inspected> = serde_json::from_str(json).map_err(|e| senseless(&e))?;
    let Some(image) = all.pop() else {
        return Err(StepError::new(
            FailureKind::Protocol,
            "podman knows nothing of the image",
        ));
    };
    let labels = image.labels.unwrap_or_default();
    let layers = image.root_fs.layers.unwrap_or_default().len();
    Ok(LocalImage {
        id: image.id.trim_start_matches("sha256:").to_owned(),
        names: image.repo_tags.unwrap_or_default(),
        digest: image.digest.and_then(|digest| digest.parse().ok()),
        architecture: image.architecture,
        version: labels.get(VERSION).cloned(),
        size: ByteCount(image.size),
        created: image
            .created
            .map(|at| Timestamp::from_millis(at.as_millisecond())),
        is_bootc: bootc(&labels),
        labels,
        layers: u32::try_from(layers).ok(),
        history: image
            .history
            .unwrap_or_default()
            .into_iter()
            .map(|line| line.created_by)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // podman 4.3.1 on Debian 12.
    const INSPECT: &str = include_str!("recorded/inspect.json");
    const IMAGES: &str = include_str!("recorded/images.json");

    #[test]
    fn a_recorded_inspect() {
        let image = parse_inspect(INSPECT).unwrap();
        assert_eq!(image.names, ["localhost/try:1"]);
        assert_eq!(image.architecture.as_deref(), Some("amd64"));
        assert_eq!(image.digest.unwrap().short(), "cce834cd6a5a");
        assert_eq!((image.layers, image.history.len()), (Some(3), 5));
        assert!(image.is_bootc);
        assert!(image.id.starts_with("7514959e821f"));
    }

    #[test]
    fn a_recorded_list_and_nonsense() {
        let images = parse_images(IMAGES).unwrap();
        let names: Vec<&str> = images.iter().map(|i| i.names[0].as_str()).collect();
        assert_eq!(
            names,
            ["localhost/try:3", "localhost/try:2", "localhost/try:1"]
        );
        assert!(images.iter().all(|image| image.is_bootc));
        assert_eq!(parse_images("[]").unwrap(), []);
        assert!(parse_images("Error").is_err());
        assert!(parse_inspect("[]").is_err());
    }
}
