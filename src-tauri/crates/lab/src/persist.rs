//! A lab's state on disk: `dir/lab-state.json`, mode 0600, replaced as a whole.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    acc::SavedAcc,
    card::{CardSecrets, KeptImc},
    faults::PendingFault,
    host::DpuHost,
};

/// The state file's name in the lab's folder.
const STATE_FILE: &str = "lab-state.json";

/// Everything that outlives the process.
#[derive(Serialize, Deserialize)]
pub struct LabState {
    pub registry_port: u16,
    pub control_port: u16,
    pub control_token: String,
    /// The version under the tag `stable`.
    pub stable: String,
    pub cards: Vec<CardState>,
}

/// How many cards the lab of this folder had, where one was kept there.
#[must_use]
pub fn kept_cards(dir: &Path) -> Option<usize> {
    let text = fs::read_to_string(dir.join(STATE_FILE)).ok()?;
    let state: LabState = serde_json::from_str(&text).ok()?;
    Some(state.cards.len())
}

#[derive(Serialize, Deserialize)]
pub struct CardState {
    pub ports: CardPorts,
    pub secrets: CardSecrets,
    pub imc: KeptImc,
    pub acc: SavedAcc,
    #[serde(default)]
    pub faults: Vec<PendingFault>,
    #[serde(default)]
    pub host: Option<DpuHost>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPorts {
    pub imc_redfish: u16,
    pub imc_ssh: u16,
    pub acc_ssh: u16,
    /// Labs of before had no hosts.
    #[serde(default)]
    pub host_ssh: Option<u16>,
}

/// The lab's folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PersistError {
    #[error("reading {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is no lab state of this version; remove it to start anew")]
    Parse {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("writing {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// The state of the last run, if there was one.
pub fn load(dir: &Path) -> Result<Option<LabState>, PersistError> {
    let path = dir.join(STATE_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(PersistError::Read { path, source }),
    };
    match serde_json::from_str(&text) {
        Ok(state) => Ok(Some(state)),
        Err(source) => Err(PersistError::Parse { path, source }),
    }
}

/// Writes what [`load`] reads.
pub fn save(dir: &Path, text: &str) -> Result<(), PersistError> {
    write_private(&dir.join(STATE_FILE), text)
}

/// Replaces a file by one that only its owner may read.
pub fn write_private(path: &Path, text: &str) -> Result<(), PersistError> {
    let new = path.with_extension("new");
    let write = || {
        // A left-over could have other permissions.
        let _ = fs::remove_file(&new);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&new)?.write_all(text.as_bytes())?;
        fs::rename(&new, path)
    };
    write().map_err(|source| PersistError::Write {
        path: path.to_owned(),
        source,
    })
}
