//! What Slipway remembers: the fleet, jobs and settings in SQLite, and secrets in the system
//! keyring or in an encrypted file.
//!
//! Not here: what any of it means. A headline is computed by `slipway-core` and handed in; whether
//! a pin may be replaced is decided by whoever asks.

mod batches;
mod bmcs;
mod columns;
mod credentials;
mod database;
mod dpus;
mod error;
mod fleet;
mod inventories;
mod isos;
mod jobs;
mod pins;
mod publications;
mod saves;
mod secrets;
mod settings;

pub use batches::{CardStart, NewBatchCard};
pub use bmcs::{BmcQuery, BmcRow};
pub use credentials::CredentialProfile;
pub use database::Store;
pub use error::{StoreError, Unique};
pub use fleet::{DpuPage, DpuQuery, DpuRow, DpuSort, ImageInUse};
pub use inventories::MarkSide;
pub use pins::RefusedKey;
pub use publications::StoredPublication;
pub use secrets::{
    FileSecrets, KdfCost, KeyringSecrets, SECRETS_FILE, file_secrets_exist, open_secrets,
};
