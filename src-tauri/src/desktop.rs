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
mod tests {
    use std::process::Command;

    use futures::StreamExt;
    use zbus::{MessageStream, message::Type};

    use super::*;

    const INSIDE: &str = "SLIPWAY_TEST_INSIDE_A_SESSION";
    const THIS_TEST: &str = "desktop::tests::a_notification_goes_out_on_the_session_bus";

    /// `GetCapabilities` is answered with `able`; what `Notify` was asked comes back.
    async fn stand_in(
        bus: &Connection,
        mut calls: MessageStream,
        able: &[&str],
    ) -> (String, String, u8) {
        while let Some(message) = calls.next().await {
            let message = message.unwrap();
            if message.message_type() != Type::MethodCall {
                continue;
            }
            let header = message.header();
            match header.member().map(|member| member.as_str()) {
                Some("GetCapabilities") => bus.reply(&header, &able.to_vec()).await.unwrap(),
                Some("Notify") => {
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
                    let body = message.body();
                    let (app, _, _, title, body, actions, hints, _): Asked<'_> =
                        body.deserialize().unwrap();
                    assert_eq!((app.as_str(), actions.len()), ("Slipway", 0));
                    let urgency = u8::try_from(&hints["urgency"]).unwrap();
                    bus.reply(&header, &1_u32).await.unwrap();
                    return (title, body, urgency);
                }
                other => panic!("nobody should ask {other:?}"),
            }
        }
        panic!("the bus is gone");
    }

    async fn inside() {
        let notification = Notification {
            title: "Deploy a.iso to 2 cards: ended".into(),
            body: "1 of 2 cards verified; failed: <b>&1 (Insert the ISO)".into(),
            urgent: true,
        };
        for (able, body) in [
            (vec!["body"], notification.body.as_str()),
            (
                vec!["body", "body-markup"],
                "1 of 2 cards verified; failed: &lt;b&gt;&amp;1 (Insert the ISO)",
            ),
        ] {
            let bus = Connection::session().await.unwrap();
            // A call that comes before somebody listens is lost.
            let calls = MessageStream::from(&bus);
            bus.request_name(SERVICE).await.unwrap();
            // A busy machine is no reason to fail; and who can't show does not leave the other waiting.
            let shows = async { within(Duration::from_secs(60), &notification).await };
            let answers = async { Ok(stand_in(&bus, calls, &able).await) };
            let ((), asked) = futures::try_join!(shows, answers).unwrap();
            assert_eq!(
                asked,
                (notification.title.clone(), body.to_owned(), CRITICAL)
            );
            bus.release_name(SERVICE).await.unwrap();
        }
    }

    /// In a session of its own, with a stand-in for the desktop.
    #[tokio::test]
    async fn a_notification_goes_out_on_the_session_bus() {
        if std::env::var_os(INSIDE).is_some() {
            return inside().await;
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
        let output = Command::new("dbus-run-session")
            .arg("--")
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", THIS_TEST, "--nocapture"])
            .env(INSIDE, "1")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{wrong}");
        assert!(said.contains("1 passed"), "{said}");
    }
}
