//! A stand-in for the person's desktop on the session bus: it takes what is shown.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::StreamExt;
use zbus::{Connection, MessageStream, message::Type, zvariant::Value};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATIENCE: Duration = Duration::from_secs(30);

/// What was shown.
#[derive(Debug, Clone)]
pub struct Shown {
    pub title: String,
    pub body: String,
    /// 2 stays until it is read.
    pub urgency: u8,
}

/// What `Notify` is asked.
type Asked<'a> = (
    String,
    u32,
    String,
    String,
    String,
    Vec<String>,
    HashMap<String, Value<'a>>,
    i32,
);

pub struct Desktop {
    shown: Arc<Mutex<Vec<Shown>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Desktop {
    /// On the session bus, which must be the test's own; `able` is what it says it can do.
    pub async fn start(able: &'static [&'static str]) -> Self {
        let bus = Connection::session().await.unwrap();
        // A call that comes before somebody listens is lost.
        let calls = MessageStream::from(&bus);
        bus.request_name(SERVICE).await.unwrap();
        let shown: Arc<Mutex<Vec<Shown>>> = Arc::default();
        let task = tokio::spawn(take(bus, calls, able, shown.clone()));
        Self { shown, task }
    }

    /// The first notification whose title has these words.
    pub async fn until(&self, words: &str) -> Shown {
        let start = Instant::now();
        loop {
            let shown = self.shown.lock().unwrap().clone();
            if let Some(found) = shown.iter().find(|one| one.title.contains(words)) {
                return found.clone();
            }
            assert!(start.elapsed() < PATIENCE, "no `{words}`: {shown:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(
    bus: Connection,
    mut calls: MessageStream,
    able: &[&str],
    shown: Arc<Mutex<Vec<Shown>>>,
) {
    while let Some(Ok(message)) = calls.next().await {
        if message.message_type() != Type::MethodCall {
            continue;
        }
        let header = message.header();
        match header.member().map(|member| member.as_str()) {
            Some("GetCapabilities") => bus.reply(&header, &able.to_vec()).await.unwrap(),
            Some("Notify") => {
                let asked = message.body();
                let (app, _, _, title, body, actions, hints, _): Asked<'_> =
                    asked.deserialize().unwrap();
                assert_eq!((app.as_str(), actions.len()), ("Slipway", 0));
                let urgency = u8::try_from(&hints["urgency"]).unwrap();
                let one = Shown {
                    title,
                    body,
                    urgency,
                };
                shown.lock().unwrap().push(one);
                bus.reply(&header, &1_u32).await.unwrap();
            }
            _ => {}
        }
    }
}
