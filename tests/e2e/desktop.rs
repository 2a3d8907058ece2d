//! A stand-in for the person's desktop on the session bus: it takes what is shown, and presses it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::StreamExt;
use zbus::{
    Connection, MessageStream,
    message::Type,
    zvariant::{DynamicType, Value},
};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// Of the specification: a person closed it.
const DISMISSED: u32 = 2;
const PATIENCE: Duration = Duration::from_secs(30);

/// What was shown.
#[derive(Debug, Clone)]
pub struct Shown {
    pub title: String,
    pub body: String,
    /// 2 stays until it is read.
    pub urgency: u8,
    id: u32,
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
    bus: Connection,
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
        let task = tokio::spawn(take(bus.clone(), calls, able, shown.clone()));
        Self { bus, shown, task }
    }

    /// A person presses it, or closes it: either is its end.
    pub async fn ends(&self, shown: &Shown, pressed: bool) {
        if pressed {
            self.signal("ActionInvoked", &(shown.id, "default")).await;
        }
        let closed = (shown.id, DISMISSED);
        self.signal("NotificationClosed", &closed).await;
    }

    async fn signal<B: serde::Serialize + DynamicType>(&self, name: &str, body: &B) {
        let to_all = None::<&str>;
        let sent = self.bus.emit_signal(to_all, PATH, SERVICE, name, body);
        sent.await.unwrap();
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
                // Pressing it does something, and nothing else is offered.
                let offered: &[&str] = if able.contains(&"actions") {
                    &["default", "Open"]
                } else {
                    &[]
                };
                assert_eq!(app, "Slipway");
                assert_eq!(actions, offered);
                let urgency = u8::try_from(&hints["urgency"]).unwrap();
                let before = shown.lock().unwrap().len();
                let id = u32::try_from(before).unwrap() + 1;
                let one = Shown {
                    title,
                    body,
                    urgency,
                    id,
                };
                shown.lock().unwrap().push(one);
                bus.reply(&header, &id).await.unwrap();
            }
            _ => {}
        }
    }
}
