//! The commands and events as the UI calls them. Their TypeScript is generated, committed, and
//! checked by a test.

use tauri_specta::{Builder, collect_commands, collect_events};

use crate::{commands, events::ChangedEvent};

/// Where the generated TypeScript lies, from the root of the repository.
pub const BINDINGS: &str = "ui/src/ipc/bindings.ts";

/// Everything that crosses.
#[must_use]
pub fn builder() -> Builder<tauri::Wry> {
    Builder::<tauri::Wry>::new()
        .disable_serde_phases()
        .commands(collect_commands![
            commands::desk::desk_state,
            commands::desk::unlock,
            commands::desk::app_info,
            commands::desk::overview,
            commands::desk::pins,
            commands::desk::accept_pin,
            commands::desk::remove_pin,
            commands::desk::bench_ready,
            commands::cards::dpus,
            commands::cards::dpu,
            commands::cards::refresh_dpu,
            commands::cards::refresh_fleet,
            commands::cards::probe,
            commands::cards::add_dpu,
            commands::cards::remove_dpu,
            commands::isos::isos,
            commands::isos::import_iso,
            commands::isos::remove_iso,
            commands::isos::publish_iso,
            commands::isos::unpublish_iso,
            commands::jobs::plan_deploy,
            commands::jobs::deploy,
            commands::jobs::plan_boot_change,
            commands::jobs::start_boot_change,
            commands::jobs::jobs,
            commands::jobs::job,
            commands::jobs::job_events,
            commands::jobs::cancel_job,
            commands::jobs::retry_job,
            commands::jobs::mark_job_seen,
            commands::lab::lab_status,
            commands::lab::start_lab,
            commands::lab::stop_lab,
        ])
        .events(collect_events![ChangedEvent])
}

/// The generated TypeScript.
///
/// # Errors
/// A type that can't cross.
pub fn typescript() -> Result<String, Box<dyn std::error::Error>> {
    let dir = std::env::temp_dir().join(format!("slipway-bindings-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let path = dir.join("bindings.ts");
    builder().export(specta_typescript::Typescript::default(), &path)?;
    let text = std::fs::read_to_string(&path)?;
    std::fs::remove_dir_all(&dir)?;
    Ok(text)
}
