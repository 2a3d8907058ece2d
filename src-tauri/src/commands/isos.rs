//! ISOs.

use std::path::Path;

use slipway_core::{
    ids::{IsoId, TransferId},
    iso::Iso,
};
use slipway_fleet::views::{
    BundleView, IsoView, MediaAddress, PublicationView, PublishRequest, TransferProgress,
    TransferView,
};
use tauri::ipc::Channel;

use super::{Answer, State};

/// The page may have been left: what it was told of goes on.
fn telling(page: Channel<TransferProgress>) -> impl Fn(TransferProgress) {
    move |progress| {
        let _ = page.send(progress);
    }
}

#[tauri::command]
#[specta::specta]
pub async fn isos(desk: State<'_>) -> Answer<Vec<IsoView>> {
    desk.fleet()?.isos().await
}

#[tauri::command]
#[specta::specta]
pub async fn import_iso(
    desk: State<'_>,
    path: String,
    on_progress: Channel<TransferProgress>,
) -> Answer<Iso> {
    let tell = telling(on_progress);
    desk.fleet()?.import_iso(Path::new(&path), None, tell).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_iso(desk: State<'_>, id: IsoId) -> Answer<()> {
    desk.fleet()?.remove_iso(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn publish_iso(desk: State<'_>, request: PublishRequest) -> Answer<PublicationView> {
    desk.fleet()?.publish_iso(&request).await
}

#[tauri::command]
#[specta::specta]
pub async fn unpublish_iso(desk: State<'_>, id: String) -> Answer<()> {
    desk.fleet()?.unpublish_iso(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn media_addresses(desk: State<'_>) -> Answer<Vec<MediaAddress>> {
    Ok(desk.fleet()?.media_addresses())
}

/// Our CA's certificate, PEM, as it is written where the person said.
#[tauri::command]
#[specta::specta]
pub async fn export_ca_certificate(desk: State<'_>, path: String) -> Answer<()> {
    desk.fleet()?.export_ca_certificate(Path::new(&path)).await
}

/// Writes an ISO and its image into a folder that is not there yet.
#[tauri::command]
#[specta::specta]
pub async fn bundle_iso(
    desk: State<'_>,
    id: IsoId,
    folder: String,
    on_progress: Channel<TransferProgress>,
) -> Answer<BundleView> {
    let tell = telling(on_progress);
    let fleet = desk.fleet()?;
    let iso = fleet.find_iso(id.as_str()).await?;
    fleet.bundle_iso(&iso, Path::new(&folder), tell).await
}

/// Takes the ISO of such a folder into the library.
#[tauri::command]
#[specta::specta]
pub async fn import_bundle(
    desk: State<'_>,
    folder: String,
    on_progress: Channel<TransferProgress>,
) -> Answer<BundleView> {
    let tell = telling(on_progress);
    let fleet = desk.fleet()?;
    fleet.import_bundle(Path::new(&folder), None, tell).await
}

/// What is copied or read right now, whichever page began it.
#[tauri::command]
#[specta::specta]
pub async fn transfers(desk: State<'_>) -> Answer<Vec<TransferView>> {
    Ok(desk.fleet()?.transfers())
}

/// The command that began it answers when nothing of it is left.
#[tauri::command]
#[specta::specta]
pub async fn cancel_transfer(desk: State<'_>, id: TransferId) -> Answer<()> {
    desk.fleet()?.cancel_transfer(&id)
}
