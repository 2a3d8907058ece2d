//! One notification on the person's desktop: Desktop Notifications of freedesktop, on the session
//! bus. The page has no part in it, and so no permission for it.

use std::{collections::HashMap, time::Duration};

use zbus::{Connection, zvariant::Value};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// A service that hangs is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// As long as the desktop thinks right.
const USUAL_TIME: i32 = -1;
/// Of the specification's three.
const NORMAL: u8 = 1;
const CRITICAL: u8 = 2;

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

/// Shows it on the person's desktop.
///
/// # Errors
/// There is no session bus, nobody there who shows notifications, or no answer in time.
pub async fn show(notification: &Notification) -> Result<(), NotShown> {
    within(PATIENCE, notification).await
}

async fn within(patience: Duration, notification: &Notification) -> Result<(), NotShown> {
    tokio::time::timeout(patience, shown(notification)).await??;
    Ok(())
}

async fn shown(notification: &Notification) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let call = |method| (Some(SERVICE), PATH, Some(SERVICE), method);
    let (service, path, interface, method) = call("GetCapabilities");
    let said = bus
        .call_method(service, path, interface, method, &())
        .await?;
    let able: Vec<String> = said.body().deserialize()?;
    // Where it reads markup, a name must not become any.
    let body = if able.iter().any(|word| word == "body-markup") {
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
    let nothing_to_press: Vec<&str> = Vec::new();
    let (service, path, interface, method) = call("Notify");
    let arguments = (
        "Slipway",
        0_u32,
        "slipway",
        notification.title.as_str(),
        body.as_str(),
        nothing_to_press,
        hints,
        USUAL_TIME,
    );
    bus.call_method(service, path, interface, method, &arguments)
        .await?;
    Ok(())
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
        let notification = Notification {
            title: "Deploy a.iso to 2 cards: ended".into(),
            body: "1 of 2 cards verified; failed: <b>&1 (Insert the ISO)".into(),
            urgent: true,
        };
        let (able, body): (&[&str], &str) = if reads_markup {
            let escaped = "1 of 2 cards verified; failed: &lt;b&gt;&amp;1 (Insert the ISO)";
            (&["body", "body-markup"], escaped)
        } else {
            (&["body"], &notification.body)
        };
        let desktop = stand_in::Desktop::start(able).await;
        // A busy machine is no reason to fail.
        let patience = Duration::from_secs(60);
        within(patience, &notification).await.unwrap();
        let shown = desktop.until("a.iso").await;
        assert_eq!(shown.title, notification.title);
        assert_eq!((shown.body.as_str(), shown.urgency), (body, CRITICAL));
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
