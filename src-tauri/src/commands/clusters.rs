//! Cluster files.

use slipway_fleet::{
    Begun, DoctorRun,
    views::{
        ClusterCardName, ClusterDeploy, ClusterOpen, ClusterProgress, ClusterView, DeployRequest,
    },
};
use tauri::ipc::Channel;

use super::{Answer, State};

/// Reads the file anew each time; touches nothing.
#[tauri::command]
#[specta::specta]
pub async fn read_cluster(desk: State<'_>, open: ClusterOpen) -> Answer<ClusterView> {
    desk.fleet()?.read_cluster(&open).await
}

/// What a deployment of one card of the file could stumble over; changes nothing.
#[tauri::command]
#[specta::specta]
pub async fn doctor_cluster(
    desk: State<'_>,
    open: ClusterOpen,
    card: ClusterCardName,
) -> Answer<DoctorRun> {
    desk.fleet()?.doctor_opened_cluster(&open, &card).await
}

#[tauri::command]
#[specta::specta]
pub async fn deploy_cluster(
    desk: State<'_>,
    deploy: ClusterDeploy,
    on_progress: Channel<ClusterProgress>,
) -> Answer<Begun> {
    let tell = move |progress| {
        // The page may have been left; the import goes on.
        let _ = on_progress.send(progress);
    };
    let begun = desk.fleet()?.deploy_opened_cluster(&deploy, tell).await?;
    Ok(match begun {
        Begun::Job(job) => Begun::Job(desk.began(job)),
        Begun::Batch(batch) => Begun::Batch(batch),
    })
}

/// In today's form, at a path where nothing is yet.
#[tauri::command]
#[specta::specta]
pub async fn write_cluster(desk: State<'_>, open: ClusterOpen, path: String) -> Answer<()> {
    desk.fleet()?.write_opened_cluster(&open, &path).await
}

/// A deployment that was made without a file, as one; no password is in it.
#[tauri::command]
#[specta::specta]
pub async fn save_cluster(desk: State<'_>, request: DeployRequest, path: String) -> Answer<()> {
    desk.fleet()?.save_cluster_at(&request, &path).await
}
