//! What a job is about. One active job per subject.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{address::Address, ids::DpuId, image::ImageReference};

/// A card, or something that is made on this desk.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "on", content = "what")]
pub enum Subject {
    Card(DpuId),
    /// An ISO, by the absolute path it is written to.
    Iso(String),
    /// An image, by the reference it is built as.
    Image(ImageReference),
    /// A server with a card that has no management controller of its own, by its SSH address.
    Host(Address),
    /// A cluster file, by its absolute path.
    Cluster(String),
}

const ISO: &str = "iso:";
const IMAGE: &str = "image:";
const HOST: &str = "host:";
const CLUSTER: &str = "cluster:";

impl Subject {
    /// The card, where it is one.
    #[must_use]
    pub fn card(&self) -> Option<&DpuId> {
        match self {
            Self::Card(dpu) => Some(dpu),
            Self::Iso(_) | Self::Image(_) | Self::Host(_) | Self::Cluster(_) => None,
        }
    }

    /// "this card", for a sentence.
    #[must_use]
    pub fn this(&self) -> &'static str {
        match self {
            Self::Card(_) => "this card",
            Self::Iso(_) => "this ISO",
            Self::Image(_) => "this image",
            Self::Host(_) => "this host",
            Self::Cluster(_) => "this cluster file",
        }
    }
}

impl From<DpuId> for Subject {
    fn from(dpu: DpuId) -> Self {
        Self::Card(dpu)
    }
}

/// One word for each subject, as the store keeps it: a card's is its id.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Card(dpu) => write!(f, "{dpu}"),
            Self::Iso(path) => write!(f, "{ISO}{path}"),
            Self::Image(reference) => write!(f, "{IMAGE}{reference}"),
            Self::Host(address) => write!(f, "{HOST}{address}"),
            Self::Cluster(path) => write!(f, "{CLUSTER}{path}"),
        }
    }
}

/// A text that is no subject's word.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not what a job can be about")]
pub struct InvalidSubject(String);

impl FromStr for Subject {
    type Err = InvalidSubject;
    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        let invalid = || InvalidSubject(text.to_owned());
        if let Some(path) = text.strip_prefix(ISO) {
            return Ok(Self::Iso(path.to_owned()));
        }
        if let Some(path) = text.strip_prefix(CLUSTER) {
            return Ok(Self::Cluster(path.to_owned()));
        }
        if let Some(reference) = text.strip_prefix(IMAGE) {
            return reference.parse().map(Self::Image).map_err(|_| invalid());
        }
        if let Some(address) = text.strip_prefix(HOST) {
            return address.parse().map(Self::Host).map_err(|_| invalid());
        }
        text.parse().map(Self::Card).map_err(|_| invalid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_survives_its_word() {
        for subject in [
            Subject::Card(DpuId::new()),
            Subject::Iso("/isos/image:a.iso".into()),
            Subject::Image("localhost/dpu-os:1".parse().unwrap()),
            Subject::Host("host42.lab:22".parse().unwrap()),
            Subject::Cluster("/lab/iso:cluster.yaml".into()),
        ] {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
        assert!("image:not one".parse::<Subject>().is_err());
        assert!("card 7".parse::<Subject>().is_err());
    }
}
