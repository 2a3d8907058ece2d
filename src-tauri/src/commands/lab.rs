//! The lab inside of the window's process.

use slipway_core::failure::chain;
use slipway_fleet::{AppError, ErrorCode, views::LabView};
use slipway_lab::{Lab, LabConfig};

use super::{Answer, State};
use crate::state::Desk;

async fn view(desk: &Desk) -> LabView {
    match desk.lab.lock().await.as_ref() {
        Some(lab) => {
            let inventory = lab.inventory();
            LabView {
                running: true,
                cards: u32::try_from(inventory.cards.len()).unwrap_or(u32::MAX),
                dir: Some(desk.lab_dir().display().to_string()),
                demo_iso: Some(inventory.demo_iso.display().to_string()),
            }
        }
        None => LabView {
            running: false,
            cards: 0,
            dir: None,
            demo_iso: None,
        },
    }
}

#[tauri::command]
#[specta::specta]
pub async fn lab_status(desk: State<'_>) -> Answer<LabView> {
    Ok(view(&desk).await)
}

/// Starts the simulated rack in this process, and adds its cards and its ISO.
#[tauri::command]
#[specta::specta]
pub async fn start_lab(desk: State<'_>, cards: u32) -> Answer<LabView> {
    let fleet = desk.fleet()?;
    if !(1..=200).contains(&cards) {
        return Err(AppError::invalid("a lab has 1 to 200 cards"));
    }
    let dir = desk.lab_dir();
    {
        let mut lab = desk.lab.lock().await;
        if lab.is_none() {
            let config = LabConfig::demo(cards as usize, dir.clone());
            *lab = Some(Lab::start(config).await.map_err(|error| {
                let mut app = AppError::new(ErrorCode::Other, "the lab could not be started");
                app.causes = chain(&error);
                app
            })?);
        }
    }
    fleet.join_lab(&dir).await?;
    let looking = fleet.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = looking.refresh_fleet().await {
            tracing::warn!(%error, "the first look at the lab");
        }
    });
    Ok(view(&desk).await)
}

#[tauri::command]
#[specta::specta]
pub async fn stop_lab(desk: State<'_>) -> Answer<()> {
    if let Some(lab) = desk.lab.lock().await.take() {
        lab.stop().await;
    }
    Ok(())
}
