//! Many cards at once.

use slipway_core::ids::BatchId;
use slipway_fleet::views::{BatchRequest, BatchRow, BatchView, BatchWhat, PlanView};

use super::{Answer, State};

#[tauri::command]
#[specta::specta]
pub async fn batches(desk: State<'_>) -> Answer<Vec<BatchRow>> {
    desk.fleet()?.batches().await
}

#[tauri::command]
#[specta::specta]
pub async fn batch(desk: State<'_>, id: BatchId) -> Answer<BatchView> {
    desk.fleet()?.batch(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn plan_batch(desk: State<'_>, what: BatchWhat) -> Answer<PlanView> {
    desk.fleet()?.plan_batch(&what).await
}

#[tauri::command]
#[specta::specta]
pub async fn start_batch(desk: State<'_>, request: BatchRequest) -> Answer<BatchId> {
    desk.fleet()?.start_batch(&request).await
}

#[tauri::command]
#[specta::specta]
pub async fn pause_batch(desk: State<'_>, id: BatchId) -> Answer<()> {
    desk.fleet()?.pause_batch(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn resume_batch(desk: State<'_>, id: BatchId) -> Answer<()> {
    desk.fleet()?.resume_batch(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_batch(desk: State<'_>, id: BatchId) -> Answer<()> {
    desk.fleet()?.cancel_batch(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn retry_batch(desk: State<'_>, id: BatchId) -> Answer<()> {
    desk.fleet()?.retry_batch(&id).await
}
