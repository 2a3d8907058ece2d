//! Pins, and the certificate authorities of the site.

use slipway_core::trust::PinKind;
use slipway_fleet::views::{AcceptPin, PinView, SiteCaView};

use super::{Answer, State};

/// Those that block come first.
#[tauri::command]
#[specta::specta]
pub async fn pins(desk: State<'_>) -> Answer<Vec<PinView>> {
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

#[tauri::command]
#[specta::specta]
pub async fn site_ca(desk: State<'_>) -> Answer<SiteCaView> {
    desk.fleet()?.site_ca().await
}

/// In place of those before; `None`: nobody.
#[tauri::command]
#[specta::specta]
pub async fn set_site_ca(desk: State<'_>, pem: Option<String>) -> Answer<SiteCaView> {
    desk.fleet()?.set_site_ca(pem).await
}
