//! The end of a session. Services have room for few, so each is deleted, whatever becomes of those
//! who used it.
//!
//! A deletion is a task of its own: who stops waiting for it does not break it off. What is under
//! way is counted over the whole process, so that its end can wait for it.

use std::{sync::LazyLock, time::Duration};

use reqwest::Method;
use tokio::{sync::watch, task::JoinHandle, time};

use crate::{
    session::{Auth, Login, Session},
    transport::{Transport, with_usual_headers},
};

/// How long the deletion of a session may take: it is a courtesy, and nobody waits for it longer.
const GOODBYE: Duration = Duration::from_secs(5);

static UNDER_WAY: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// Waits until no deletion of a session is under way, also of those whose client was dropped; five
/// seconds at most after the last of them began. For a process that is about to end.
pub async fn goodbyes() {
    let mut under_way = UNDER_WAY.subscribe();
    // The sender is static, so this can't fail.
    let _ = under_way.wait_for(|count| *count == 0).await;
}

/// Counted as long as it lives, so also in a task that its runtime breaks off.
struct UnderWay;

impl UnderWay {
    fn begin() -> Self {
        UNDER_WAY.send_modify(|count| *count += 1);
        Self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.send_modify(|count| *count -= 1);
    }
}

impl Transport {
    /// Deletes the session, where there is one. The next question logs in anew.
    pub(crate) async fn log_out(&self) {
        let mut login = self.login.lock().await;
        let Login::Session(session) = &*login else {
            return;
        };
        let deletion = self.delete(session.clone());
        *login = Login::NotYet;
        drop(login);
        if let Some(deletion) = deletion {
            // What breaks it off is the end of its runtime.
            let _ = deletion.await;
        }
    }

    /// Begins a deletion; nothing where the service did not say what there is to delete.
    fn delete(&self, session: Session) -> Option<JoinHandle<()>> {
        let request = self.login_request(Method::DELETE, &session.path?);
        let request = Auth::Token(session.token).on(with_usual_headers(request));
        let limit = self.limit();
        let under_way = UnderWay::begin();
        Some(session.runtime.spawn(async move {
            let _under_way = under_way;
            let deletion = async {
                let _place = limit.acquire().await;
                let _ = request.send().await;
            };
            let _ = time::timeout(GOODBYE, deletion).await;
        }))
    }
}

impl Drop for Transport {
    /// Whoever drops a client does not wait for it: its session is deleted in the background.
    fn drop(&mut self) {
        if let Login::Session(session) = self.login.get_mut() {
            let session = session.clone();
            drop(self.delete(session));
        }
    }
}
