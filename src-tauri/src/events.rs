//! One event for everything that changes: `{tag, id, seq}`. It carries no data; the page asks
//! again for what it shows. Another one for a notification that a person pressed.

use std::{collections::HashSet, time::Duration};

use serde::{Deserialize, Serialize};
use slipway_fleet::{Begun, Change, ChangeTag};
use specta::Type;
use tauri_specta::Event;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Something changed.
#[derive(Debug, Clone, Serialize, Deserialize, Type, Event)]
pub struct ChangedEvent {
    pub tag: ChangeTag,
    /// Which one; `null` means any.
    pub id: Option<String>,
    /// Grows with every event of this start.
    pub seq: u32,
}

/// A person pressed a notification: its job or batch is to be shown.
#[derive(Debug, Clone, Serialize, Deserialize, Type, Event)]
pub struct PressedEvent {
    pub of: Begun,
}

/// At most four waves a second, each change once per wave.
const WAVE: Duration = Duration::from_millis(250);

/// Passes changes on until the fleet is closed.
pub async fn forward(app: tauri::AppHandle, mut changes: Receiver<Change>) {
    let mut seq = 0u32;
    loop {
        let mut wave: HashSet<Change> = HashSet::new();
        match changes.recv().await {
            Ok(change) => wave.insert(change),
            Err(RecvError::Lagged(_)) => wave.insert(everything()),
            Err(RecvError::Closed) => return,
        };
        tokio::time::sleep(WAVE).await;
        loop {
            match changes.try_recv() {
                Ok(change) => {
                    wave.insert(change);
                }
                Err(tokio::sync::broadcast::error::TryRecvError::Lagged(_)) => {
                    wave.insert(everything());
                }
                Err(_) => break,
            }
        }
        for Change { tag, id } in wave {
            seq = seq.wrapping_add(1);
            if let Err(error) = (ChangedEvent { tag, id, seq }).emit(&app) {
                tracing::warn!(%error, "a change could not be told to the window");
            }
        }
    }
}

fn everything() -> Change {
    Change {
        tag: ChangeTag::All,
        id: None,
    }
}
