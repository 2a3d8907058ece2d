//! Tells the person on the desktop what has ended: a batch always; a job while nobody looks at the
//! window, where it was begun in this window or ran already when the window came. Who presses what
//! is shown gets its page. Off where the person chose so.

use std::{sync::Arc, time::Duration};

use slipway_core::{failure, ids::JobId};
use slipway_fleet::{Begun, ChangeTag, Ending, Endings, Fleet};
use tauri::Manager;
use tauri_plugin_store::StoreExt;
use tauri_specta::Event;
use tokio::sync::broadcast::error::RecvError;

use crate::{
    desktop::{Desktop, Notification},
    events::PressedEvent,
    state::Desk,
};

/// Changes come in crowds; they are looked at once.
const CROWD: Duration = Duration::from_secs(1);
/// The page's file and key, and what in it is ours: `ui/src/ipc/preferences.ts`.
const FILE: &str = "preferences.json";
const KEY: &str = "preferences";
const CHOICE: &str = "notifications";

/// Tells of what ends until the window closes.
pub async fn tell(app: tauri::AppHandle, desk: Arc<Desk>, fleet: Fleet) {
    let mut begun = desk.begun.subscribe();
    let mut changes = fleet.changes();
    let mut endings = Endings::new(fleet);
    let desktop = Arc::new(Desktop::default());
    // What moves already is not news.
    let mut known = endings.look().await;
    loop {
        match known {
            Ok(all) => {
                for ending in all {
                    tell_one(&app, &desktop, ending).await;
                }
            }
            Err(error) => tracing::warn!(%error, "looking for what has ended"),
        }
        tokio::select! {
            () = desk.stop.cancelled() => return,
            job = begun.recv() => expect(&mut endings, job),
            change = changes.recv() => match change {
                Ok(change) if !may_end(change.tag) => {
                    known = Ok(Vec::new());
                    continue;
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
        tokio::time::sleep(CROWD).await;
        while let Ok(job) = begun.try_recv() {
            endings.expect(job);
        }
        // What came meanwhile is looked at now.
        changes = changes.resubscribe();
        known = endings.look().await;
    }
}

fn expect(endings: &mut Endings, job: Result<JobId, RecvError>) {
    match job {
        Ok(job) => endings.expect(job),
        // A person does not begin so many at once; the desk lives as long as this.
        Err(RecvError::Lagged(_) | RecvError::Closed) => {}
    }
}

fn may_end(tag: ChangeTag) -> bool {
    match tag {
        ChangeTag::Job | ChangeTag::Batch | ChangeTag::All => true,
        ChangeTag::Dpu
        | ChangeTag::Iso
        | ChangeTag::Pin
        | ChangeTag::Bmc
        | ChangeTag::Credential
        | ChangeTag::Discovery => false,
    }
}

async fn tell_one(app: &tauri::AppHandle, desktop: &Desktop, ending: Ending) {
    let looks = || {
        let window = app.get_webview_window("main");
        window.is_some_and(|window| window.is_focused().unwrap_or(false))
    };
    let seen = match ending.of {
        Begun::Batch(_) => false,
        Begun::Job(_) => looks(),
    };
    if seen || !wanted(app) {
        return;
    }
    let Ending {
        of,
        title,
        body,
        well,
    } = ending;
    let notification = Notification {
        title,
        body,
        urgent: !well,
    };
    match desktop.show(&notification).await {
        Ok(Some(press)) => {
            let app = app.clone();
            // Until it is pressed or closed; the window's end ends it.
            tauri::async_runtime::spawn(async move {
                if press.happened().await {
                    open(&app, of);
                }
            });
        }
        Ok(None) => {}
        Err(error) => {
            let causes = failure::chain(&error).join(": ");
            tracing::warn!(causes, "a notification could not be shown");
        }
    }
}

/// The window comes to the front, with the page of what ended.
fn open(app: &tauri::AppHandle, ended: Begun) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
    if let Err(error) = (PressedEvent { of: ended }).emit(app) {
        tracing::warn!(%error, "the window could not be told what was pressed");
    }
}

/// On, unless the person switched it off.
fn wanted(app: &tauri::AppHandle) -> bool {
    let stored = app.store(FILE).ok().and_then(|store| store.get(KEY));
    chosen(stored.as_ref())
}

fn chosen(preferences: Option<&serde_json::Value>) -> bool {
    let choice = preferences.and_then(|all| all.get(CHOICE)?.as_bool());
    choice.unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn notifications_are_on_until_a_person_switches_them_off() {
        assert!(chosen(None));
        assert!(chosen(Some(&json!({ "theme": "dark" }))));
        assert!(chosen(Some(&json!({ "notifications": true }))));
        assert!(!chosen(Some(&json!({ "notifications": false }))));
    }
}
