//! The connections to cards, kept and shared: one Redfish client and one SSH connection per peer
//! and pin; and which cards have refused us.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use slipway_redfish::RedfishClient;
use slipway_remote::SshRemote;

/// What is open. A changed pin is another key; a changed credential calls [`Links::forget`].
#[derive(Default)]
pub struct Links {
    bmcs: Mutex<HashMap<String, Arc<RedfishClient>>>,
    remotes: Mutex<HashMap<String, Arc<SshRemote>>>,
    /// Cards that refused our user name or password: no sweep asks them again, or an account
    /// would be locked.
    refused: Mutex<HashSet<String>>,
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

    pub fn set_refused(&self, dpu: &str, refused: bool) {
        if let Ok(mut all) = self.refused.lock() {
            if refused {
                all.insert(dpu.to_owned());
            } else {
                all.remove(dpu);
            }
        }
    }

    pub fn is_refused(&self, dpu: &str) -> bool {
        self.refused.lock().is_ok_and(|all| all.contains(dpu))
    }

    /// Closes everything to everybody: what all of them were accepted by was changed.
    pub fn forget_all(&self) {
        if let Ok(mut all) = self.bmcs.lock() {
            all.clear();
        }
    }

    /// The clients of all BMCs, which are kept no longer.
    pub fn take_bmcs(&self) -> Vec<Arc<RedfishClient>> {
        let all = self.bmcs.lock().map(|mut all| std::mem::take(&mut *all));
        all.unwrap_or_default().into_values().collect()
    }

    /// Closes everything to a card: its credential, address or pin was changed.
    pub fn forget(&self, dpu: &str) {
        self.set_refused(dpu, false);
        if let Ok(mut all) = self.bmcs.lock() {
            all.retain(|key, _| !key.starts_with(dpu));
        }
        if let Ok(mut all) = self.remotes.lock() {
            all.retain(|key, _| !key.starts_with(dpu));
        }
    }
}
