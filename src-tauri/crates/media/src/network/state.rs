//! What is written down of a port: what was there before, what is ours, and for whom.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use slipway_core::{
    failure::{FailureKind, StepError},
    network::LocalNetwork,
};

use super::{link::Link, local, server::Served};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortState {
    pub port: String,
    /// What `ip` showed before anything was done.
    before: Value,
    /// Slipway brought it up.
    pub was_down: bool,
    /// Addresses that Slipway put there, each written down before it was.
    pub added: Vec<String>,
    pub server: Option<Served>,
    /// By the job, or by a name of our own.
    pub holders: BTreeMap<String, LocalNetwork>,
}

/// How a port stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortReport {
    pub port: String,
    /// Ours there, wherever they come from.
    pub addresses: Vec<String>,
    /// All of it is as it was set up.
    pub whole: bool,
    /// What is missing, in words.
    pub missing: Vec<String>,
    /// Of the DHCP server.
    pub pid: Option<i32>,
    pub holders: Vec<PortHolder>,
    /// Addresses that cards have taken.
    pub given: Vec<String>,
}

/// For whom a port is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortHolder {
    pub holder: String,
    pub card: String,
    pub ip: String,
    pub macs: Vec<String>,
}

impl PortState {
    pub fn new(port: &str, before: Value) -> Self {
        Self {
            port: port.to_owned(),
            before,
            was_down: false,
            added: Vec::new(),
            server: None,
            holders: BTreeMap::new(),
        }
    }

    pub fn read(folder: &Path) -> Result<Option<Self>, StepError> {
        let path = folder.join("state.json");
        let failed = |why: String| {
            local(format!("{} can't be read", path.display()), why)
                .hint("it says what Slipway did to this port: take that back by hand, then remove the folder")
        };
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|error| failed(error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    pub fn write(&self, folder: &Path) -> Result<(), StepError> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| local("what is done to a port can't be written down", error))?;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| local(format!("{} can't be made", folder.display()), error))?;
        write_whole(&folder.join("state.json"), &text)
    }

    /// One address is one card's.
    pub fn refuse_twice(&self, holder: &str, wanted: &LocalNetwork) -> Result<(), StepError> {
        let others = self.holders.iter().filter(|(other, _)| *other != holder);
        for (other, has) in others {
            let same_card = has.lease.macs == wanted.lease.macs;
            if has.lease.ip == wanted.lease.ip && !same_card {
                return Err(StepError::new(
                    FailureKind::Precondition,
                    format!("{} is given to another card", wanted.lease.ip),
                )
                .because(format!(
                    "to {} ({}), for {other}",
                    has.lease.name,
                    has.lease.macs.join(", ")
                ))
                .hint("correct the card's `ip`, or wait until that one is done"));
            }
        }
        Ok(())
    }

    /// `220-acc (192.168.3.20)`.
    pub fn cards(&self) -> Vec<String> {
        let leases = self.holders.values().map(|network| &network.lease);
        let mut all: Vec<String> = leases
            .map(|lease| format!("{} ({})", lease.name, lease.ip))
            .collect();
        all.sort();
        all.dedup();
        all
    }

    pub fn report(
        &self,
        link: Option<&Link>,
        pid: Option<i32>,
        serves: bool,
        given: Vec<String>,
    ) -> PortReport {
        let mut addresses: Vec<String> = Vec::new();
        let mut missing = Vec::new();
        match link {
            None => missing.push(format!("this machine has no port {} now", self.port)),
            Some(link) if !link.up => missing.push(format!("{} is down", self.port)),
            Some(_) => {}
        }
        for network in self.holders.values() {
            let address = network.own_address();
            if addresses.contains(&address) {
                continue;
            }
            if !link.is_some_and(|link| link.has(network)) {
                missing.push(format!("{address} is not there"));
            }
            addresses.push(address);
        }
        if pid.is_none() {
            missing.push("the DHCP server does not run".into());
        } else if !serves {
            missing.push("the DHCP server runs with another configuration".into());
        }
        let holders = self.holders.iter();
        PortReport {
            port: self.port.clone(),
            addresses,
            whole: missing.is_empty(),
            missing,
            pid,
            holders: holders
                .map(|(holder, network)| PortHolder {
                    holder: holder.clone(),
                    card: network.lease.name.clone(),
                    ip: network.lease.ip.to_string(),
                    macs: network.lease.macs.clone(),
                })
                .collect(),
            given,
        }
    }
}

/// As a whole, by a rename, and on the disk before it counts.
pub fn write_whole(path: &Path, text: &str) -> Result<(), StepError> {
    let new = path.with_extension("new");
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|error| local(format!("{} can't be written", path.display()), error))
}
