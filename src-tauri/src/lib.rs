//! Slipway's window: a thin Tauri shell over `slipway-fleet`.
//!
//! No decision is made here. Commands pass on what the fleet answers; changes become one event.

pub mod bindings;
mod commands;
mod desktop;
mod events;
mod first_look;
mod launch;
mod notifications;
mod rendering;
mod state;

use tauri::Manager;
use tauri_plugin_window_state::StateFlags;

/// Runs the app until its window is closed.
#[must_use]
pub fn run() -> std::process::ExitCode {
    let options = match launch::Options::from_args(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => return launch::usage(&message),
    };
    tracing_subscriber::fmt()
        .with_env_filter(launch::log_filter())
        .with_writer(std::io::stderr)
        .init();
    slipway_fleet::room_for_connections();
    rendering::choose();
    let builder = bindings::builder();
    let handler = builder.invoke_handler();
    let app = tauri::Builder::default()
        // The first: a second start only raises the window of the first.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
        }))
        .plugin(tauri_plugin_store::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        // It is shown once its page has come.
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(StateFlags::all() & !StateFlags::VISIBLE)
                .build(),
        )
        .invoke_handler(handler)
        .setup(move |app| {
            builder.mount_events(app);
            launch::open(app, options)?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(|app, event| {
                if let tauri::RunEvent::Exit = event {
                    app.state::<state::SharedDesk>().close();
                }
            });
            std::process::ExitCode::SUCCESS
        }
        Err(error) => launch::failed(&error),
    }
}
