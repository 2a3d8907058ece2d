//! Plans and jobs.

use slipway_core::{
    ids::{DpuId, JobId},
    job::JobEvent,
};
use slipway_fleet::views::{
    AgainPlan, BootChangeRequest, DeployRequest, JobRow, JobView, PlanView, SupportBundle,
};

use super::{Answer, State};

#[tauri::command]
#[specta::specta]
pub async fn plan_deploy(desk: State<'_>, request: DeployRequest) -> Answer<PlanView> {
    desk.fleet()?.plan_deploy(&request).await
}

#[tauri::command]
#[specta::specta]
pub async fn deploy(desk: State<'_>, request: DeployRequest) -> Answer<Vec<JobId>> {
    let jobs = desk.fleet()?.deploy(&request).await?;
    Ok(jobs.into_iter().map(|job| desk.began(job)).collect())
}

#[tauri::command]
#[specta::specta]
pub async fn plan_boot_change(desk: State<'_>, request: BootChangeRequest) -> Answer<PlanView> {
    desk.fleet()?.plan_boot_change(&request).await
}

#[tauri::command]
#[specta::specta]
pub async fn start_boot_change(desk: State<'_>, request: BootChangeRequest) -> Answer<JobId> {
    let job = desk.fleet()?.start_boot_change(&request).await?;
    Ok(desk.began(job))
}

#[tauri::command]
#[specta::specta]
pub async fn jobs(desk: State<'_>, dpu: Option<DpuId>, active_only: bool) -> Answer<Vec<JobRow>> {
    desk.fleet()?.jobs(dpu.as_ref(), active_only).await
}

#[tauri::command]
#[specta::specta]
pub async fn job(desk: State<'_>, id: JobId) -> Answer<JobView> {
    desk.fleet()?.job(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn job_events(desk: State<'_>, id: JobId, after: u32) -> Answer<Vec<JobEvent>> {
    desk.fleet()?.job_events(&id, i64::from(after)).await
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_job(desk: State<'_>, id: JobId) -> Answer<()> {
    desk.fleet()?.cancel_job(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn retry_job(desk: State<'_>, id: JobId) -> Answer<JobId> {
    Ok(desk.began(desk.fleet()?.retry_job(&id).await?))
}

/// Goes on from a step of a failed job.
#[tauri::command]
#[specta::specta]
pub async fn retry_job_from(desk: State<'_>, id: JobId, step: String) -> Answer<JobId> {
    let job = desk.fleet()?.retry_job_from(&id, &step).await?;
    Ok(desk.began(job))
}

#[tauri::command]
#[specta::specta]
pub async fn plan_again(desk: State<'_>, id: JobId) -> Answer<AgainPlan> {
    desk.fleet()?.plan_again(&id).await
}

/// The same deployment anew.
#[tauri::command]
#[specta::specta]
pub async fn deploy_again(desk: State<'_>, id: JobId) -> Answer<JobId> {
    Ok(desk.began(desk.fleet()?.deploy_again(&id).await?))
}

#[tauri::command]
#[specta::specta]
pub async fn mark_job_seen(desk: State<'_>, id: JobId) -> Answer<()> {
    desk.fleet()?.mark_job_seen(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_support_bundle(
    desk: State<'_>,
    id: JobId,
    path: String,
) -> Answer<SupportBundle> {
    desk.fleet()?
        .write_support_bundle(&id, std::path::Path::new(&path))
        .await
}
