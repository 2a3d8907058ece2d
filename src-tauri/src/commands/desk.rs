//! About the desk and the fleet as a whole.

use serde::{Deserialize, Serialize};
use slipway_core::secret::Password;
use slipway_fleet::{
    AppError, Fleet,
    views::{AppInfo, Overview},
};
use specta::Type;

use super::{Answer, State};
use crate::{launch, state::Desk};

#[tauri::command]
#[specta::specta]
pub async fn app_info(desk: State<'_>) -> Answer<AppInfo> {
    desk.fleet()?.info().await
}

/// Whether the data folder is open, and what is needed to open it.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DeskState {
    pub open: bool,
    /// Why it is not.
    pub error: Option<AppError>,
    /// There is an encrypted file that waits for its passphrase; without one, a passphrase makes it.
    pub has_secret_file: bool,
    pub data_dir: String,
}

impl Desk {
    /// For the page.
    pub fn state(&self) -> DeskState {
        let fleet = self.fleet();
        DeskState {
            open: fleet.is_ok(),
            error: fleet.err(),
            has_secret_file: slipway_fleet::has_secret_file(&self.config.data_dir),
            data_dir: self.config.data_dir.display().to_string(),
        }
    }
}

#[tauri::command]
#[specta::specta]
pub async fn desk_state(desk: State<'_>) -> Answer<DeskState> {
    Ok(desk.state())
}

/// Opens the data folder with the passphrase of its secret file; the first one makes the file.
#[tauri::command]
#[specta::specta]
pub async fn unlock(
    app: tauri::AppHandle,
    desk: State<'_>,
    passphrase: String,
) -> Answer<DeskState> {
    if desk.fleet().is_ok() {
        return Ok(desk.state());
    }
    let mut config = desk.config.clone();
    config.passphrase = Some(Password::new(passphrase));
    let fleet = Fleet::open(config).await?;
    desk.replace_fleet(Ok(fleet.clone()));
    launch::start(&app, &desk, &fleet);
    Ok(desk.state())
}

#[tauri::command]
#[specta::specta]
pub async fn overview(desk: State<'_>) -> Answer<Overview> {
    desk.fleet()?.overview().await
}

/// A page is painted and can be used: work in the background may begin, and it is the mark that
/// `cargo xtask bench` waits for.
#[tauri::command]
#[specta::specta]
pub async fn bench_ready(desk: State<'_>, route: String) -> Answer<()> {
    desk.page_shown.notify_one();
    if std::env::var_os("SLIPWAY_BENCH").is_some() {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "slipway: ready {route}");
    }
    Ok(())
}
