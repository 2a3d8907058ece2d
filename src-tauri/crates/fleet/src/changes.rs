//! "Something changed": what invalidates a shell's caches. No data crosses here.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ChangeTag {
    Dpu,
    Job,
    /// Many cards at once.
    Batch,
    Iso,
    Pin,
    Bmc,
    Credential,
    /// A row of a discovery; the id is the discovery's.
    Discovery,
    /// Look at everything again: changes were missed.
    All,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
pub struct Change {
    pub tag: ChangeTag,
    /// Which one; `None` means any.
    pub id: Option<String>,
}
