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

/// Title and body.
type Shown = (String, String);
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
    /// `cargo xtask test` gives every run a session bus of its own.
    pub async fn start() -> Self {
        let bus = Connection::session().await.unwrap();
        bus.request_name(SERVICE).await.unwrap();
        let shown: Arc<Mutex<Vec<Shown>>> = Arc::default();
        let task = tokio::spawn(take(bus, shown.clone()));
        Self { shown, task }
    }

    /// The first notification whose title has these words.
    pub async fn until(&self, words: &str) -> Shown {
        let start = Instant::now();
        loop {
            let shown = self.shown.lock().unwrap().clone();
            if let Some(found) = shown.iter().find(|(title, _)| title.contains(words)) {
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

async fn take(bus: Connection, shown: Arc<Mutex<Vec<Shown>>>) {
    let mut calls = MessageStream::from(&bus);
    while let Some(Ok(message)) = calls.next().await {
        if message.message_type() != Type::MethodCall {
            continue;
        }
        let header = message.header();
        match header.member().map(|member| member.as_str()) {
            Some("GetCapabilities") => bus.reply(&header, &vec!["body"]).await.unwrap(),
            Some("Notify") => {
                let body = message.body();
                let (_, _, _, title, text, _, _, _): Asked<'_> = body.deserialize().unwrap();
                shown.lock().unwrap().push((title, text));
                bus.reply(&header, &1_u32).await.unwrap();
            }
            _ => {}
        }
    }
}
