//! From the command line to an open window.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};

use slipway_fleet::{Fleet, FleetConfig};
use tauri::{Manager, WebviewUrl, WebviewWindowBuilder, webview::PageLoadEvent};
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::{
    events,
    first_look::{FirstLook, Slot},
    notifications,
    state::Desk,
};

/// How long work in the background waits for the first page, should that never come.
const FIRST_PAGE: Duration = Duration::from_secs(10);

/// More jobs than a person begins before they are looked at.
const BEGUN: usize = 64;

/// What the app was started with.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub data_dir: Option<PathBuf>,
    /// A lab that runs in another process: its `lab.json` lies there.
    pub lab_dir: Option<PathBuf>,
}

impl Options {
    /// Reads `--data-dir DIR` and `--lab-dir DIR`.
    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = args.next() {
            let slot = match argument.as_str() {
                "--data-dir" => &mut options.data_dir,
                "--lab-dir" => &mut options.lab_dir,
                other => return Err(format!("unknown argument `{other}`")),
            };
            *slot = Some(
                args.next()
                    .ok_or_else(|| format!("{argument} needs a folder"))?
                    .into(),
            );
        }
        Ok(options)
    }
}

/// Opens the data folder and the window. A folder that can't be opened still gets a window: it
/// says why.
pub fn open(app: &mut tauri::App, options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let data_dir = match options.data_dir {
        Some(dir) => dir,
        None => app.path().app_data_dir()?,
    };
    let mut config = FleetConfig::new(&data_dir);
    config.passphrase = std::env::var_os("SLIPWAY_PASSPHRASE_FILE").and_then(read_passphrase);
    // WebKit's processes need longer to come up than the data folder: it is opened meanwhile. No
    // command comes before the event loop runs.
    let opening = tauri::async_runtime::spawn(Fleet::open(config.clone()));
    let first_look = Slot::default();
    let hands_over = first_look.clone();
    let route = std::env::var("SLIPWAY_ROUTE").unwrap_or_default();
    let url = WebviewUrl::App(format!("index.html{}", hash(&route)).into());
    let window = WebviewWindowBuilder::new(app, "main", url)
        .title("Slipway")
        .inner_size(1360.0, 880.0)
        .min_inner_size(900.0, 600.0)
        // A window that is drawn before the page has something to draw waits for it for half a
        // second, and nothing else goes on meanwhile: not even the page's files are handed out.
        .visible(false)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                show(&window);
            }
        })
        .on_web_resource_request(move |request, page| hands_over.hand_over(&request, page))
        .build()?;
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(FIRST_PAGE).await;
        show(&window);
    });
    let fleet = tauri::async_runtime::block_on(opening)?;
    let desk = Arc::new(Desk {
        fleet: RwLock::new(fleet.clone()),
        config,
        lab: tokio::sync::Mutex::default(),
        lab_dir: options.lab_dir,
        page_shown: Notify::new(),
        begun: broadcast::channel(BEGUN).0,
        stop: CancellationToken::new(),
        runner: Mutex::default(),
    });
    app.manage(desk.clone());
    if let Ok(fleet) = &fleet {
        read_ahead(route, &desk, fleet, first_look);
        start(app.handle(), &desk, fleet);
    }
    Ok(())
}

/// Without a look the page asks, and says what was wrong.
fn read_ahead(route: String, desk: &Arc<Desk>, fleet: &Fleet, slot: Slot) {
    let (desk, fleet) = (desk.clone(), fleet.clone());
    tauri::async_runtime::spawn(async move {
        match FirstLook::at(&route, &desk, &fleet).await {
            Ok(look) => slot.put(look),
            Err(error) => tracing::warn!(%error, "the first page's rows were not read ahead"),
        }
    });
}

/// Of a window that can't be shown nothing better is known than what the log says.
fn show(window: &tauri::WebviewWindow) {
    if let Err(error) = window.show() {
        tracing::error!(%error, "the window could not be shown");
    }
}

/// `#/cards` for `/cards`; nothing for anything that is no plain route.
fn hash(route: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_".contains(c);
    if route.starts_with('/') && route.chars().all(plain) {
        format!("#{route}")
    } else {
        String::new()
    }
}

fn read_passphrase(path: OsString) -> Option<slipway_core::secret::Password> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(slipway_core::secret::Password::new(
        text.trim_end_matches('\n'),
    ))
}

/// Everything that goes on by itself once the fleet is open.
pub fn start(app: &tauri::AppHandle, desk: &Arc<Desk>, fleet: &Fleet) {
    use tauri::async_runtime::spawn;
    spawn(events::forward(app.clone(), fleet.changes()));
    let (runs, stop) = (fleet.clone(), desk.stop.clone());
    let runner = spawn(async move {
        if let Err(error) = runs.run(stop).await {
            tracing::error!(%error, "jobs no longer run");
        }
    });
    if let Ok(mut slot) = desk.runner.lock() {
        *slot = Some(runner);
    }
    spawn(notifications::tell(
        app.clone(),
        desk.clone(),
        fleet.clone(),
    ));
    let (watches, stop) = (fleet.clone(), desk.stop.clone());
    spawn(async move { watches.watch_others(stop).await });
    let (looks, stop) = (fleet.clone(), desk.stop.clone());
    let desk = desk.clone();
    spawn(async move {
        // Looking at a whole fleet, and bringing a lab back, would take the first page's time.
        let _ = tokio::time::timeout(FIRST_PAGE, desk.page_shown.notified()).await;
        if let Some(dir) = &desk.lab_dir {
            if let Err(error) = looks.join_lab(dir).await {
                tracing::error!(%error, "the lab could not be joined");
            }
        } else {
            desk.restart_lab().await;
        }
        looks.keep_looking(stop).await;
    });
}

/// Warnings, unless `RUST_LOG` says otherwise.
#[must_use]
pub fn log_filter() -> EnvFilter {
    EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .from_env_lossy()
}

/// A wrong command line.
#[must_use]
pub fn usage(message: &str) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(
        std::io::stderr(),
        "slipway: {message}\nusage: slipway [--data-dir DIR] [--lab-dir DIR]\n\
         --data-dir DIR  the database and everything else (default: the XDG data folder)\n\
         --lab-dir DIR   join the lab whose lab.json lies in DIR"
    );
    ExitCode::from(2)
}

/// The window could not be made at all.
#[must_use]
pub fn failed(error: &tauri::Error) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(
        std::io::stderr(),
        "slipway: the window could not be opened: {error}\nIs there a display? `slipctl` works without one."
    );
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Options, String> {
        Options::from_args(args.iter().map(|a| (*a).to_owned()))
    }

    #[test]
    fn folders_are_read_and_other_words_are_refused() {
        let options = read(&["--data-dir", "/d", "--lab-dir", "/l"]).unwrap();
        assert_eq!(options.data_dir, Some("/d".into()));
        assert_eq!(options.lab_dir, Some("/l".into()));
        assert!(read(&["--data-dir"]).is_err());
        assert!(read(&["--help"]).is_err());
    }

    #[test]
    fn only_plain_routes_reach_the_page() {
        assert_eq!(hash("/cards"), "#/cards");
        assert_eq!(hash("javascript:x"), "");
        assert_eq!(hash("/x?y=<z>"), "");
    }
}
