//! Redfish services: inventory, orders, pairing, the support view.

use slipway_core::{
    bmc::LookPolicy,
    ids::{BmcId, DpuId},
};
use slipway_fleet::views::{
    AddBmc, BmcOrder, BmcOutcome, BmcPage, BmcProgress, BmcQuery, BmcView, RawView,
};
use tauri::ipc::Channel;

use super::{Answer, State};

#[tauri::command]
#[specta::specta]
pub async fn bmcs(desk: State<'_>, query: BmcQuery) -> Answer<BmcPage> {
    desk.fleet()?.bmcs(&query).await
}

/// A card's IMC has the id of its card.
#[tauri::command]
#[specta::specta]
pub async fn bmc(desk: State<'_>, id: BmcId) -> Answer<BmcView> {
    desk.fleet()?.bmc(&id).await
}

/// Reads all of it now.
#[tauri::command]
#[specta::specta]
pub async fn refresh_bmc(desk: State<'_>, id: BmcId) -> Answer<BmcView> {
    desk.fleet()?.refresh_bmc(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn add_bmc(desk: State<'_>, bmc: AddBmc) -> Answer<BmcId> {
    desk.fleet()?.add_bmc(bmc).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_bmc(desk: State<'_>, id: BmcId) -> Answer<()> {
    desk.fleet()?.remove_bmc(&id).await
}

/// The last crawl as the service wrote it.
#[tauri::command]
#[specta::specta]
pub async fn raw_bmc(desk: State<'_>, id: BmcId) -> Answer<RawView> {
    desk.fleet()?.raw_bmc(&id).await
}

/// Inserts, ejects, sets the boot override or resets, and answers with what was read back.
#[tauri::command]
#[specta::specta]
pub async fn act_on_bmc(
    desk: State<'_>,
    id: BmcId,
    order: BmcOrder,
    on_progress: Channel<BmcProgress>,
) -> Answer<BmcOutcome> {
    let tell = move |progress| {
        // The page may have been left; the order is carried out.
        let _ = on_progress.send(progress);
    };
    desk.fleet()?.act_on_bmc(&id, order, tell).await
}

/// A person says in which server a card is.
#[tauri::command]
#[specta::specta]
pub async fn pair(desk: State<'_>, dpu: DpuId, host: Option<BmcId>) -> Answer<()> {
    desk.fleet()?.pair(&dpu, host.as_ref()).await
}

#[tauri::command]
#[specta::specta]
pub async fn look_policy(desk: State<'_>) -> Answer<LookPolicy> {
    desk.fleet()?.look_policy().await
}

#[tauri::command]
#[specta::specta]
pub async fn set_look_policy(desk: State<'_>, policy: LookPolicy) -> Answer<()> {
    desk.fleet()?.set_look_policy(policy).await
}
