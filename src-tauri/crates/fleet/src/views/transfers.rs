//! Long copies and reads of this process.

use serde::{Deserialize, Serialize};
use slipway_core::{ids::TransferId, time::ByteCount};
use specta::Type;

/// What is copied or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// An ISO is read into the library.
    ImportIso,
    /// A bundle is compared and copied into the library.
    ImportBundle,
    /// An ISO and its image are copied into a folder.
    WriteBundle,
}

/// One that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TransferView {
    pub id: TransferId,
    pub kind: TransferKind,
    /// The file or folder.
    pub path: String,
    pub read: ByteCount,
    /// 0 as long as nobody knows.
    pub total: ByteCount,
    /// Somebody wants it to stop.
    pub cancelling: bool,
}

/// How far one is. The first comes before there is anything to count, so that it can be cancelled.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct TransferProgress {
    pub id: TransferId,
    pub read: ByteCount,
    /// 0 as long as nobody knows.
    pub total: ByteCount,
}
