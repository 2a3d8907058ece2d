//! Cards.

use slipway_core::{
    ids::{DpuId, IsoId},
    job::deployment::Certificate,
};
use slipway_fleet::views::{AddDpu, DoctorReport, DpuPage, DpuQuery, DpuView, Probe};

use super::{Answer, State};

#[tauri::command]
#[specta::specta]
pub async fn dpus(desk: State<'_>, query: DpuQuery) -> Answer<DpuPage> {
    desk.fleet()?.dpus(&query).await
}

#[tauri::command]
#[specta::specta]
pub async fn dpu(desk: State<'_>, id: DpuId) -> Answer<DpuView> {
    desk.fleet()?.dpu(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn refresh_dpu(desk: State<'_>, id: DpuId) -> Answer<DpuView> {
    desk.fleet()?.refresh_dpu(&id).await
}

/// Looks at every card; answers when all were looked at.
#[tauri::command]
#[specta::specta]
pub async fn refresh_fleet(desk: State<'_>) -> Answer<()> {
    desk.fleet()?.refresh_fleet().await
}

#[tauri::command]
#[specta::specta]
pub async fn probe(desk: State<'_>, imc: String, imc_ssh: Option<String>) -> Answer<Probe> {
    desk.fleet()?.probe(&imc, imc_ssh.as_deref()).await
}

#[tauri::command]
#[specta::specta]
pub async fn add_dpu(desk: State<'_>, card: AddDpu) -> Answer<DpuId> {
    let fleet = desk.fleet()?;
    let id = fleet.add_dpu(card).await?;
    // A first look, so that the table says something; a silent ACC is a fact, not an error.
    fleet.refresh_dpu(&id).await?;
    Ok(id)
}

#[tauri::command]
#[specta::specta]
pub async fn remove_dpu(desk: State<'_>, id: DpuId) -> Answer<()> {
    desk.fleet()?.remove_dpu(&id).await
}

/// Looks at everything that a deployment to this card could stumble over; changes nothing.
#[tauri::command]
#[specta::specta]
pub async fn doctor(desk: State<'_>, id: DpuId, iso: Option<IsoId>) -> Answer<DoctorReport> {
    desk.fleet()?.doctor(&id, iso.as_ref()).await
}

/// What the doctor offers as a fix: the IMC's clock, and our CA's certificate. Answers with what
/// was done.
#[tauri::command]
#[specta::specta]
pub async fn prepare_imc(desk: State<'_>, id: DpuId) -> Answer<Vec<String>> {
    desk.fleet()?
        .prepare_imc(&id, Certificate::WhereMissing)
        .await
}

/// Firmware 1.8 only; with a copy of what was there.
#[tauri::command]
#[specta::specta]
pub async fn install_reserved_memory(desk: State<'_>, id: DpuId) -> Answer<Vec<String>> {
    desk.fleet()?.install_reserved_memory(&id).await
}
