//! About the desk, the fleet as a whole, and trust.

use slipway_core::trust::{Pin, PinKind};
use slipway_fleet::views::{AcceptPin, AppInfo, Overview};

use super::{Answer, State};

#[tauri::command]
#[specta::specta]
pub async fn app_info(desk: State<'_>) -> Answer<AppInfo> {
    desk.fleet()?.info().await
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
