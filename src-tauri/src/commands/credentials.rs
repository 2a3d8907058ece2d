//! Credential profiles and the logins of cards. Secrets cross inwards only.

use slipway_core::ids::CredentialId;
use slipway_fleet::views::{CredentialForm, CredentialView, SetCardLogin};

use super::{Answer, State};

#[tauri::command]
#[specta::specta]
pub async fn credentials(desk: State<'_>) -> Answer<Vec<CredentialView>> {
    desk.fleet()?.credentials().await
}

#[tauri::command]
#[specta::specta]
pub async fn save_credential(desk: State<'_>, form: CredentialForm) -> Answer<CredentialId> {
    desk.fleet()?.save_credential(form).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_credential(desk: State<'_>, id: CredentialId) -> Answer<()> {
    desk.fleet()?.remove_credential(&id).await
}

/// That of the IMC's Redfish is tried before it is kept.
#[tauri::command]
#[specta::specta]
pub async fn set_card_login(desk: State<'_>, change: SetCardLogin) -> Answer<()> {
    desk.fleet()?.set_card_login(change).await
}
