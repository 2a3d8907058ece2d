//! What the window's process holds: the open fleet, or why it could not be opened, and the lab.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, RwLock},
};

use slipway_core::ids::JobId;
use slipway_fleet::{AppError, ErrorCode, Fleet, FleetConfig};
use slipway_lab::{Lab, LabConfig};
use tokio_util::sync::CancellationToken;

/// Managed by Tauri; shared by all commands.
pub struct Desk {
    /// The fleet, or why it could not be opened yet: every page shows that.
    pub fleet: RwLock<Result<Fleet, AppError>>,
    pub config: FleetConfig,
    pub lab: tokio::sync::Mutex<Option<Lab>>,
    /// A lab that another process runs.
    pub lab_dir: Option<PathBuf>,
    /// The first page is painted: what is not needed for it may begin.
    pub page_shown: tokio::sync::Notify,
    /// Jobs that were begun in this window.
    pub begun: tokio::sync::broadcast::Sender<JobId>,
    pub stop: CancellationToken,
    pub runner: Mutex<Option<tauri::async_runtime::JoinHandle<()>>>,
}

impl Desk {
    /// The fleet, for a command; or the reason for which there is none.
    pub fn fleet(&self) -> Result<Fleet, AppError> {
        match self.fleet.read() {
            Ok(fleet) => fleet.clone(),
            Err(_) => Err(AppError::new(
                ErrorCode::Other,
                "the window's state is damaged; start Slipway again",
            )),
        }
    }

    /// Remembers that a person began this job here, and gives it back.
    pub fn began(&self, job: JobId) -> JobId {
        // Nobody listens while the fleet is not open; then no job is begun.
        let _ = self.begun.send(job.clone());
        job
    }

    /// Puts another answer in place of "locked".
    pub fn replace_fleet(&self, fleet: Result<Fleet, AppError>) {
        if let Ok(mut slot) = self.fleet.write() {
            *slot = fleet;
        }
    }

    /// Where the lab of this window keeps its state.
    pub fn lab_dir(&self) -> PathBuf {
        self.config.data_dir.join("lab")
    }

    /// A lab that was tried here before comes back with its cards.
    pub async fn restart_lab(&self) {
        let dir = self.lab_dir();
        let Some(cards) = slipway_lab::kept_cards(&dir) else {
            return;
        };
        match Lab::start(LabConfig::demo(cards, dir)).await {
            Ok(lab) => *self.lab.lock().await = Some(lab),
            Err(error) => tracing::error!(%error, "the lab could not be started again"),
        }
    }

    /// Ends what is copied, lets the steps that run save what they did, gives the engine's lease
    /// back, and deletes our sessions at BMCs.
    pub fn close(&self) {
        self.stop.cancel();
        let runner = self.runner.lock().ok().and_then(|mut runner| runner.take());
        let fleet = self.fleet();
        tauri::async_runtime::block_on(async {
            if let Ok(fleet) = &fleet {
                fleet.end_transfers().await;
            }
            if let Some(runner) = runner {
                let _ = runner.await;
            }
            if let Ok(fleet) = fleet {
                fleet.end_sessions().await;
            }
            if let Some(lab) = self.lab.lock().await.take() {
                lab.stop().await;
            }
        });
    }
}

/// Shared by the commands and the tasks.
pub type SharedDesk = Arc<Desk>;
