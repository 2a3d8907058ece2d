//! Tells the person on the desktop what has ended: a batch always, a job that was begun in this
//! window while nobody looks at it. Off where the person chose so.

use std::{sync::Arc, time::Duration};

use slipway_core::{failure, ids::JobId};
use slipway_fleet::{ChangeTag, Ending, EndingOf, Endings, Fleet};
use tauri::Manager;
use tauri_plugin_store::StoreExt;
use tokio::sync::broadcast::error::RecvError;

use crate::{
    desktop::{self, Notification},
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
    // What moves already is not news.
    let mut known = endings.look().await;
    loop {
        match known {
            Ok(all) => {
                for ending in all {
                    tell_one(&app, ending).await;
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

async fn tell_one(app: &tauri::AppHandle, ending: Ending) {
    let looks = || {
        let window = app.get_webview_window("main");
        window.is_some_and(|window| window.is_focused().unwrap_or(false))
    };
    let seen = match ending.of {
        EndingOf::Batch => false,
        EndingOf::Job => looks(),
    };
    if seen || !wanted(app) {
        return;
    }
    let notification = Notification {
        title: ending.title,
        body: ending.body,
        urgent: !ending.well,
    };
    if let Err(error) = desktop::show(&notification).await {
        let causes = failure::chain(&error).join(": ");
        tracing::warn!(causes, "a notification could not be shown");
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
