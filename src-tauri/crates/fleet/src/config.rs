//! What a desk is told when it opens.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use slipway_core::{bmc::LookPolicy, job::Policy, secret::Password};

/// How to open a fleet.
#[derive(Debug, Clone)]
pub struct FleetConfig {
    /// Database and secret file.
    pub data_dir: PathBuf,
    /// For the encrypted secret file, where there is no keyring.
    pub passphrase: Option<Password>,
    /// The address to serve ISOs on; `None` takes, for each card, the one that its IMC sees.
    pub media_address: Option<IpAddr>,
    /// Patience with real cards.
    pub policy: Policy,
    /// Patience with cards that are labelled [`crate::LAB_LABEL`].
    pub lab_policy: Policy,
    /// How often cards and BMCs are looked at, where no setting says so.
    pub looks: LookPolicy,
    /// How long a BMC may fetch a medium that a person inserts.
    pub task_deadline: Duration,
    /// Cards looked at, and jobs moved, at the same time.
    pub concurrency: usize,
}

impl FleetConfig {
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            passphrase: None,
            media_address: None,
            policy: Policy::hardware(),
            lab_policy: Policy::lab(),
            looks: LookPolicy::default(),
            task_deadline: Duration::from_secs(3_600),
            concurrency: 32,
        }
    }
}
