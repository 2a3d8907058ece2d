//! This machine's ports to cards.

use slipway_fleet::{
    NetworkCard,
    views::{ClusterCardName, ClusterOpen, PortView},
};

use super::{Answer, State};

/// What setting up the local network of these cards would do, what was seen, and what stands
/// against it; changes nothing.
#[tauri::command]
#[specta::specta]
pub async fn plan_network(
    desk: State<'_>,
    open: ClusterOpen,
    cards: Vec<ClusterCardName>,
) -> Answer<Vec<NetworkCard>> {
    desk.fleet()?.plan_opened_network(&open, &cards).await
}

/// Sets it up until it is taken back; answers with what was done.
#[tauri::command]
#[specta::specta]
pub async fn set_up_network(
    desk: State<'_>,
    open: ClusterOpen,
    seen: String,
    cards: Vec<ClusterCardName>,
) -> Answer<Vec<String>> {
    let fleet = desk.fleet()?;
    fleet.set_up_opened_network(&open, &seen, &cards).await
}

/// The ports that Slipway has set up.
#[tauri::command]
#[specta::specta]
pub async fn network_ports(desk: State<'_>) -> Answer<Vec<PortView>> {
    desk.fleet()?.network_ports().await
}

/// Refused while a deployment needs it; answers with what was done.
#[tauri::command]
#[specta::specta]
pub async fn take_back_network(desk: State<'_>, port: String) -> Answer<Vec<String>> {
    desk.fleet()?.network_down(&port).await
}
