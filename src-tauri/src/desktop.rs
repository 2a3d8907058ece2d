//! Notifications on the person's desktop: Desktop Notifications of freedesktop, on the session bus.
//! The page has no part in it, and so no permission for it.

use std::{collections::HashMap, time::Duration};

use futures::StreamExt;
use tokio::sync::OnceCell;
use zbus::{Connection, Proxy, proxy::SignalStream, zvariant::Value};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// A service that hangs is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// As long as the desktop thinks right.
const USUAL_TIME: i32 = -1;
/// Of the specification's three.
const NORMAL: u8 = 1;
const CRITICAL: u8 = 2;
/// The specification's name for what pressing a notification does.
const DEFAULT: &str = "default";
/// As a desktop shows it that makes a button of it.
const OPEN: &str = "Open";

#[derive(Debug, thiserror::Error)]
pub enum NotShown {
    #[error("no notification service answers on the session bus")]
    Bus(#[from] zbus::Error),
    #[error("the notification service does not answer")]
    Late(#[from] tokio::time::error::Elapsed),
}

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub title: String,
    pub body: String,
    /// It stays until it is read.
    pub urgent: bool,
}

/// The person's desktop. One connection for all that is shown: a desktop may take away what a
/// program showed that has left the bus.
#[derive(Default)]
pub struct Desktop {
    bus: OnceCell<Connection>,
}

/// What becomes of a notification that can be pressed.
pub struct Press {
    id: u32,
    /// All of the service's, in their order: a press comes before the end that it brings.
    signals: SignalStream<'static>,
}

impl Desktop {
    /// Shows it. `None`: nothing comes of pressing it there.
    ///
    /// # Errors
    /// There is no session bus, nobody there who shows notifications, or no answer in time.
    pub async fn show(&self, notification: &Notification) -> Result<Option<Press>, NotShown> {
        self.within(PATIENCE, notification).await
    }

    async fn within(
        &self,
        patience: Duration,
        notification: &Notification,
    ) -> Result<Option<Press>, NotShown> {
        Ok(tokio::time::timeout(patience, self.shown(notification)).await??)
    }

    async fn shown(&self, notification: &Notification) -> zbus::Result<Option<Press>> {
        let bus = self.bus.get_or_try_init(Connection::session).await?;
        let desktop = Proxy::new(bus, SERVICE, PATH, SERVICE).await?;
        let able: Vec<String> = desktop.call("GetCapabilities", &()).await?;
        let able = |word: &str| able.iter().any(|known| known == word);
        // Where it reads markup, a name must not become any.
        let body = if able("body-markup") {
            escaped(&notification.body)
        } else {
            notification.body.clone()
        };
        let urgency = if notification.urgent {
            CRITICAL
        } else {
            NORMAL
        };
        let hints = HashMap::from([
            ("urgency", Value::from(urgency)),
            ("desktop-entry", Value::from("slipway")),
        ]);
        // Listened to before it is shown: a press must not be lost.
        let (actions, signals) = if able("actions") {
            let signals = desktop.receive_all_signals().await?;
            (vec![DEFAULT, OPEN], Some(signals))
        } else {
            (vec![], None)
        };
        let arguments = (
            "Slipway",
            0_u32,
            "slipway",
            notification.title.as_str(),
            body.as_str(),
            actions,
            hints,
            USUAL_TIME,
        );
        let id: u32 = desktop.call("Notify", &arguments).await?;
        Ok(signals.map(|signals| Press { id, signals }))
    }
}

impl Press {
    /// Whether a person pressed it, once it is pressed or gone.
    pub async fn happened(mut self) -> bool {
        while let Some(signal) = self.signals.next().await {
            let (header, body) = (signal.header(), signal.body());
            match header.member().map(|member| member.as_str()) {
                Some("ActionInvoked") => {
                    let pressed: zbus::Result<(u32, String)> = body.deserialize();
                    if pressed.is_ok_and(|(id, action)| id == self.id && action == DEFAULT) {
                        return true;
                    }
                }
                Some("NotificationClosed") => {
                    let closed: zbus::Result<(u32, u32)> = body.deserialize();
                    if closed.is_ok_and(|(id, _)| id == self.id) {
                        return false;
                    }
                }
                _ => {}
            }
        }
        false
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
#[path = "../../tests/e2e/desktop.rs"]
mod stand_in;

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What the stand-in can do, inside its session.
    const ABLE: &str = "SLIPWAY_TEST_DESKTOP_IS_ABLE";
    const MARKUP: &str = "markup";
    const THIS_TEST: &str = "desktop::tests::a_notification_goes_out_on_the_session_bus";

    async fn inside(reads_markup: bool) {
        let notification = |name: &str| Notification {
            title: format!("Deploy {name} to 2 cards: ended"),
            body: "1 of 2 cards verified; failed: <b>&1 (Insert the ISO)".into(),
            urgent: true,
        };
        let able: &[&str] = if reads_markup {
            &["body", "body-markup", "actions"]
        } else {
            &["body"]
        };
        let service = stand_in::Desktop::start(able).await;
        let desktop = Desktop::default();
        let show = async |name: &str| {
            // A busy machine is no reason to fail.
            let patience = Duration::from_secs(60);
            let shown = desktop.within(patience, &notification(name)).await;
            (shown.unwrap(), service.until(name).await)
        };
        let (press, shown) = show("a.iso").await;
        assert_eq!(shown.title, notification("a.iso").title);
        assert_eq!(shown.urgency, CRITICAL);
        if !reads_markup {
            assert_eq!(shown.body, notification("a.iso").body);
            assert!(press.is_none(), "it can't be pressed");
            service.ends(&shown, true).await;
            return;
        }
        let escaped = "1 of 2 cards verified; failed: &lt;b&gt;&amp;1 (Insert the ISO)";
        assert_eq!(shown.body, escaped);
        // Each waits for its own: the second is closed, and then the first is pressed.
        let (second, closed) = show("b.iso").await;
        service.ends(&closed, false).await;
        assert!(!second.unwrap().happened().await);
        service.ends(&shown, true).await;
        assert!(press.unwrap().happened().await);
    }

    /// In sessions of its own, with a stand-in for the desktop.
    #[tokio::test]
    async fn a_notification_goes_out_on_the_session_bus() {
        if let Ok(able) = std::env::var(ABLE) {
            return inside(able == MARKUP).await;
        }
        let found = Command::new("dbus-run-session").arg("--version").output();
        if found.is_err() {
            assert!(
                std::env::var_os("CI").is_none(),
                "dbus-run-session is not installed"
            );
            println!("skipped: dbus-run-session is not installed");
            return;
        }
        for able in ["plain", MARKUP] {
            let output = Command::new("dbus-run-session")
                .arg("--")
                .arg(std::env::current_exe().unwrap())
                .args(["--exact", THIS_TEST, "--nocapture"])
                .env(ABLE, able)
                .env_remove("DBUS_SESSION_BUS_ADDRESS")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            let wrong = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{able}: {said}\n{wrong}");
            assert!(said.contains("1 passed"), "{able}: {said}");
        }
    }
}
