//! ISOs.

use std::path::Path;

use slipway_core::{ids::IsoId, iso::Iso};
use slipway_fleet::views::{ImportProgress, IsoView, PublicationView};
use tauri::ipc::Channel;

use super::{Answer, State};

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
    on_progress: Channel<ImportProgress>,
) -> Answer<Iso> {
    let tell = move |progress| {
        // The page may have been left; the import goes on.
        let _ = on_progress.send(progress);
    };
    desk.fleet()?.import_iso(Path::new(&path), None, tell).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_iso(desk: State<'_>, id: IsoId) -> Answer<()> {
    desk.fleet()?.remove_iso(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn publish_iso(desk: State<'_>, id: IsoId) -> Answer<PublicationView> {
    desk.fleet()?.publish_iso(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn unpublish_iso(desk: State<'_>, token: String) -> Answer<()> {
    desk.fleet()?.unpublish_iso(&token).await;
    Ok(())
}
