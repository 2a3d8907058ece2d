//! What the window's process holds: the open fleet, or why it could not be opened, and the lab.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use slipway_fleet::{AppError, Fleet};
use slipway_lab::{Lab, LabConfig};
use tokio_util::sync::CancellationToken;

/// Managed by Tauri; shared by all commands.
pub struct Desk {
    pub fleet: Result<Fleet, AppError>,
    pub data_dir: PathBuf,
    pub lab: tokio::sync::Mutex<Option<Lab>>,
    pub stop: CancellationToken,
    pub runner: Mutex<Option<tauri::async_runtime::JoinHandle<()>>>,
}

impl Desk {
    /// The fleet, for a command; or the reason for which there is none, which every page shows.
    pub fn fleet(&self) -> Result<&Fleet, AppError> {
        self.fleet.as_ref().map_err(Clone::clone)
    }

    /// Where the lab of this window keeps its state.
    pub fn lab_dir(&self) -> PathBuf {
        self.data_dir.join("lab")
    }

    /// A lab that was tried here before comes back with its cards.
    pub async fn restart_lab(&self) {
        let dir = self.lab_dir();
        let Ok(file) = slipway_fleet::LabFile::read(&dir) else { return };
        match Lab::start(LabConfig::demo(file.cards.len(), dir)).await {
            Ok(lab) => *self.lab.lock().await = Some(lab),
            Err(error) => tracing::error!(%error, "the lab could not be started again"),
        }
    }

    /// Lets the steps that run save what they did, and gives the engine's lease back.
    pub fn close(&self) {
        self.stop.cancel();
        let runner = self.runner.lock().ok().and_then(|mut runner| runner.take());
        tauri::async_runtime::block_on(async {
            if let Some(runner) = runner {
                let _ = runner.await;
            }
            if let Some(lab) = self.lab.lock().await.take() {
                lab.stop().await;
            }
        });
    }
}

/// Shared by the commands and the tasks.
pub type SharedDesk = Arc<Desk>;
