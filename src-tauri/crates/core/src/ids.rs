//! Names of things: opaque, parsed once at the edge, never built from user text inside.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

/// A text that is not the id it was taken for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a {what} id")]
pub struct InvalidId {
    what: &'static str,
    text: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
        #[serde(try_from = "String", into = "String")]
        #[specta(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new id; version 7, so that ids sort by the time they were made.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7().simple().to_string())
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The last eight digits: the random ones, enough for people to tell two apart.
            #[must_use]
            pub fn short(&self) -> &str {
                &self.0[self.0.len() - 8..]
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text)
                    .map(|id| Self(id.simple().to_string()))
                    .map_err(|_| InvalidId { what: $what, text: text.to_owned() })
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// One card.
    DpuId, "card"
);
id!(
    /// One job of the engine.
    JobId, "job"
);
id!(
    /// Many cards at once.
    BatchId, "batch"
);
id!(
    /// One ISO of the library.
    IsoId, "ISO"
);
id!(
    /// One credential profile.
    CredentialId, "credential"
);
id!(
    /// One Redfish service. A card's IMC has the id of its card.
    BmcId, "BMC"
);
id!(
    /// One discovery: it lives as long as its process.
    DiscoveryId, "discovery"
);
id!(
    /// One long copy or read: it lives as long as its process.
    TransferId, "transfer"
);

impl From<&DpuId> for BmcId {
    /// The IMC of a card.
    fn from(dpu: &DpuId) -> Self {
        Self(dpu.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_text_and_refuses_other_text() {
        let id = JobId::new();
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        assert_eq!(id.short().len(), 8);
        assert!("../etc/passwd".parse::<JobId>().is_err());
        assert!(serde_json::from_str::<JobId>("\"x\"").is_err());
    }
}
