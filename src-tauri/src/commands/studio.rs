//! The ISO studio.

use std::path::Path;

use slipway_core::{ids::JobId, kickstart::KickstartForm};
use slipway_fleet::{
    BuilderIsoRequest,
    views::{
        ImportProgress, IsoBuildRequest, IsoPlanView, IsoVerifyView, KickstartSource,
        KickstartView, StudioDefaults,
    },
};
use tauri::ipc::Channel;

use super::{Answer, State};

#[tauri::command]
#[specta::specta]
pub async fn studio_defaults(desk: State<'_>) -> Answer<StudioDefaults> {
    Ok(desk.fleet()?.studio_defaults())
}

#[tauri::command]
#[specta::specta]
pub async fn render_kickstart(desk: State<'_>, form: KickstartForm) -> Answer<KickstartView> {
    let source = KickstartSource::Form {
        form: Box::new(form),
    };
    desk.fleet()?.kickstart_view(&source).await
}

#[tauri::command]
#[specta::specta]
pub async fn lint_kickstart(desk: State<'_>, source: KickstartSource) -> Answer<KickstartView> {
    desk.fleet()?.kickstart_view(&source).await
}

#[tauri::command]
#[specta::specta]
pub async fn plan_iso_build(desk: State<'_>, request: IsoBuildRequest) -> Answer<IsoPlanView> {
    desk.fleet()?.plan_iso_build(&request).await
}

#[tauri::command]
#[specta::specta]
pub async fn build_iso(desk: State<'_>, request: IsoBuildRequest) -> Answer<JobId> {
    Ok(desk.began(desk.fleet()?.build_iso(&request).await?))
}

#[tauri::command]
#[specta::specta]
pub async fn plan_builder_iso(desk: State<'_>, request: BuilderIsoRequest) -> Answer<IsoPlanView> {
    desk.fleet()?.plan_builder_iso(&request).await
}

#[tauri::command]
#[specta::specta]
pub async fn build_builder_iso(desk: State<'_>, request: BuilderIsoRequest) -> Answer<JobId> {
    let job = desk.fleet()?.build_builder_iso(&request).await?;
    Ok(desk.began(job))
}

#[tauri::command]
#[specta::specta]
pub async fn verify_iso(
    desk: State<'_>,
    path: String,
    on_progress: Channel<ImportProgress>,
) -> Answer<IsoVerifyView> {
    let tell = move |progress| {
        let _ = on_progress.send(progress);
    };
    desk.fleet()?.verify_iso(Path::new(&path), tell).await
}

#[tauri::command]
#[specta::specta]
pub async fn reserved_memory_file(desk: State<'_>) -> Answer<String> {
    Ok(desk.fleet()?.reserved_memory_file().to_owned())
}

/// The same, written where the person said.
#[tauri::command]
#[specta::specta]
pub async fn export_reserved_memory_file(desk: State<'_>, path: String) -> Answer<()> {
    let fleet = desk.fleet()?;
    fleet.export_reserved_memory_file(Path::new(&path)).await
}
