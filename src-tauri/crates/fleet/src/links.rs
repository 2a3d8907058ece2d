//! The connections to cards, kept and shared: one Redfish client and one SSH connection per peer
//! and pin.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use slipway_redfish::RedfishClient;
use slipway_remote::SshRemote;

/// What is open. A changed pin or credential is another key, so it opens anew.
#[derive(Default)]
pub struct Links {
    bmcs: Mutex<HashMap<String, Arc<RedfishClient>>>,
    remotes: Mutex<HashMap<String, Arc<SshRemote>>>,
}

impl Links {
    pub fn bmc(&self, key: &str) -> Option<Arc<RedfishClient>> {
        self.bmcs.lock().ok()?.get(key).cloned()
    }

    pub fn keep_bmc(&self, key: String, client: RedfishClient) -> Arc<RedfishClient> {
        let client = Arc::new(client);
        if let Ok(mut all) = self.bmcs.lock() {
            all.insert(key, client.clone());
        }
        client
    }

    pub fn remote(&self, key: &str) -> Option<Arc<SshRemote>> {
        self.remotes.lock().ok()?.get(key).cloned()
    }

    pub fn keep_remote(&self, key: String, remote: SshRemote) -> Arc<SshRemote> {
        let remote = Arc::new(remote);
        if let Ok(mut all) = self.remotes.lock() {
            all.insert(key, remote.clone());
        }
        remote
    }

    /// Closes everything to a card: its credential, address or pin was changed.
    pub fn forget(&self, dpu: &str) {
        if let Ok(mut all) = self.bmcs.lock() {
            all.retain(|key, _| !key.starts_with(dpu));
        }
        if let Ok(mut all) = self.remotes.lock() {
            all.retain(|key, _| !key.starts_with(dpu));
        }
    }
}
