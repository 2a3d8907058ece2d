//! About the desk, the fleet as a whole, and trust.

use serde::{Deserialize, Serialize};
use slipway_core::{
    secret::Password,
    trust::{Pin, PinKind},
};
use slipway_fleet::{
    AppError, Fleet,
    views::{AcceptPin, AppInfo, Overview},
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

fn desk_state_of(desk: &Desk) -> DeskState {
    let fleet = desk.fleet();
    DeskState {
        open: fleet.is_ok(),
        error: fleet.err(),
        has_secret_file: slipway_fleet::has_secret_file(&desk.config.data_dir),
        data_dir: desk.config.data_dir.display().to_string(),
    }
}

#[tauri::command]
#[specta::specta]
pub async fn desk_state(desk: State<'_>) -> Answer<DeskState> {
    Ok(desk_state_of(&desk))
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
        return Ok(desk_state_of(&desk));
    }
    let mut config = desk.config.clone();
    config.passphrase = Some(Password::new(passphrase));
    let fleet = Fleet::open(config).await?;
    desk.replace_fleet(Ok(fleet.clone()));
    launch::start(&app, &desk, &fleet);
    Ok(desk_state_of(&desk))
}

#[tauri::command]
#[specta::specta]
pub async fn overview(desk: State<'_>) -> Answer<Overview> {
    desk.fleet()?.overview().await
}

#[tauri::command]
#[specta::specta]
pub async fn pins(desk: State<'_>) -> Answer<Vec<Pin>> {
    desk.fleet()?.pins().await
}

#[tauri::command]
#[specta::specta]
pub async fn accept_pin(desk: State<'_>, pin: AcceptPin) -> Answer<()> {
    desk.fleet()?.accept_pin(pin).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_pin(desk: State<'_>, kind: PinKind, peer: String) -> Answer<()> {
    desk.fleet()?.remove_pin(kind, &peer).await
}

/// A page can be used: the mark that `cargo xtask bench` waits for. Silent otherwise.
#[tauri::command]
#[specta::specta]
pub async fn bench_ready(route: String) -> Answer<()> {
    if std::env::var_os("SLIPWAY_BENCH").is_some() {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "slipway: ready {route}");
    }
    Ok(())
}
