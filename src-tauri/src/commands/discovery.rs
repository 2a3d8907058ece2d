//! Discovery: a list of addresses, what each of them is, and adding the chosen ones.

use slipway_core::{discovery::AddressList, ids::DiscoveryId};
use slipway_fleet::views::{
    AddDiscovered, AddedRow, DiscoveryRequest, DiscoveryView, RetryDiscovered, TrustDiscovered,
};

use super::{Answer, State};

/// What a list says, without asking any address.
#[tauri::command]
#[specta::specta]
pub async fn preview_discovery(desk: State<'_>, text: String) -> Answer<AddressList> {
    Ok(desk.fleet()?.preview_discovery(&text))
}

/// Goes on in the background; each row that moves is a change of tag `discovery`.
#[tauri::command]
#[specta::specta]
pub async fn start_discovery(desk: State<'_>, request: DiscoveryRequest) -> Answer<DiscoveryId> {
    desk.fleet()?.start_discovery(request).await
}

#[tauri::command]
#[specta::specta]
pub async fn discovery(desk: State<'_>, id: DiscoveryId) -> Answer<DiscoveryView> {
    desk.fleet()?.discovery(&id)
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_discovery(desk: State<'_>, id: DiscoveryId) -> Answer<()> {
    desk.fleet()?.cancel_discovery(&id)
}

/// Accepts what these rows show, and goes on with them.
#[tauri::command]
#[specta::specta]
pub async fn trust_discovered(desk: State<'_>, trust: TrustDiscovered) -> Answer<()> {
    desk.fleet()?.trust_discovered(trust).await
}

/// Goes on with these rows by another profile.
#[tauri::command]
#[specta::specta]
pub async fn retry_discovered(desk: State<'_>, retry: RetryDiscovered) -> Answer<()> {
    desk.fleet()?.retry_discovered(retry).await
}

/// Cards where they are Intel IPUs, other BMCs else; an error of a row is in the answer.
#[tauri::command]
#[specta::specta]
pub async fn add_discovered(
    desk: State<'_>,
    id: DiscoveryId,
    rows: Vec<AddDiscovered>,
) -> Answer<Vec<AddedRow>> {
    desk.fleet()?.add_discovered(&id, rows).await
}
