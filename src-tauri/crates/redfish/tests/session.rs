//! Who we are to a service: sessions, Basic where there are none, and never a refused password
//! twice.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

mod support;

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use serde_json::json;
use slipway_core::ports::{Bmc, BmcError, Controller};
use support::{PASSWORD, Reply, Request, Server, USER, imc, until};

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// A service with sessions, and which of them are open.
#[derive(Default)]
struct Desk {
    open: Vec<usize>,
    made: usize,
}

fn answer(request: &Request, desk: &mut Desk) -> Reply {
    let token = |n: usize| format!("token-number-{n}");
    let known = |desk: &Desk| {
        let sent = request.header("x-auth-token");
        let session = desk.open.iter().any(|n| sent == Some(token(*n).as_str()));
        session || request.header("authorization") == Some(imc::basic(PASSWORD).as_str())
    };
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/redfish/v1/") => Reply::value(&json!({"RedfishVersion": "1.6.0",
            "Systems": {"@odata.id": "/redfish/v1/Systems"},
            "Managers": {"@odata.id": "/redfish/v1/Managers"},
            "Links": {"Sessions": {"@odata.id": SESSIONS}}})),
        ("POST", SESSIONS) => {
            let wanted = json!({"UserName": USER, "Password": PASSWORD});
            if request.json() != wanted {
                return Reply::json(401, "{}");
            }
            desk.made += 1;
            desk.open.push(desk.made);
            let place = format!("https://192.0.2.9{SESSIONS}/{}", desk.made);
            Reply::json(201, r#"{"Id": 7, "Name": null}"#)
                .with("X-Auth-Token", token(desk.made))
                .with("Location", place)
        }
        ("DELETE", path) if known(desk) => {
            desk.open.retain(|n| path != format!("{SESSIONS}/{n}"));
            Reply::status(204)
        }
        _ if !known(desk) => Reply::json(401, "{}"),
        ("GET", "/redfish/v1/Systems") => {
            Reply::value(&imc::collection(&["/redfish/v1/Systems/S"]))
        }
        ("GET", "/redfish/v1/Systems/S") => Reply::value(&json!({"Model": "M", "Boot": {
            "BootSourceOverrideEnabled": "Disabled", "BootSourceOverrideTarget": "None"}})),
        ("GET", "/redfish/v1/Managers") => Reply::value(&imc::collection(&[])),
        ("PATCH", "/redfish/v1/Systems/S") => Reply::status(204),
        _ => Reply::status(404),
    }
}

async fn start(
    first: impl Fn(&Request, &mut Desk) -> Option<Reply> + Send + Sync + 'static,
) -> (Server, Arc<Mutex<Desk>>) {
    let desk = Arc::new(Mutex::new(Desk::default()));
    let server = Server::start({
        let desk = desk.clone();
        move |request| {
            let mut desk = desk.lock().unwrap();
            first(request, &mut desk).unwrap_or_else(|| answer(request, &mut desk))
        }
    })
    .await;
    (server, desk)
}

fn open(desk: &Mutex<Desk>) -> Vec<usize> {
    desk.lock().unwrap().open.clone()
}

#[tokio::test]
async fn one_session_serves_all_questions_and_is_deleted_by_close() {
    let (server, desk) = start(|_, _| None).await;
    let client = server.client();
    client.identify().await.unwrap();
    client.boot_override().await.unwrap();
    assert_eq!(open(&desk), [1]);
    // The password goes out once, and only there.
    let sent = server.requests();
    assert!(sent.iter().all(|r| r.header("authorization").is_none()));
    let with_password = sent.iter().filter(|r| r.body.contains(PASSWORD));
    assert_eq!(with_password.count(), 1);
    client.close().await;
    assert_eq!(open(&desk), [0; 0]);
    // It is no end: the next question logs in anew.
    client.boot_override().await.unwrap();
    assert_eq!(open(&desk), [2]);
}

#[tokio::test]
async fn a_dropped_client_leaves_no_session() {
    let (server, desk) = start(|_, _| None).await;
    let client = server.client();
    let other = client.clone();
    client.identify().await.unwrap();
    drop(client);
    other.boot_override().await.unwrap();
    assert_eq!(open(&desk), [1]);
    drop(other);
    until("the session's deletion", || open(&desk).is_empty()).await;
}

#[tokio::test]
async fn the_end_of_a_process_can_wait_for_the_sessions_of_dropped_clients() {
    let (server, desk) = start(|_, _| None).await;
    let client = server.client();
    client.crawl().await.unwrap();
    assert_eq!(open(&desk), [1]);
    drop(client);
    slipway_redfish::goodbyes().await;
    assert_eq!(open(&desk), [0; 0]);
}

#[tokio::test]
async fn who_stops_waiting_for_a_goodbye_does_not_break_it_off() {
    let (server, desk) = start(|_, _| None).await;
    let client = server.client();
    client.identify().await.unwrap();
    assert!(client.close().now_or_never().is_none(), "it is only begun");
    slipway_redfish::goodbyes().await;
    assert_eq!(open(&desk), [0; 0]);
    let deletions = server.of_method("DELETE");
    assert_eq!(deletions, [format!("{SESSIONS}/1 ")], "and not twice");
}

#[tokio::test]
async fn a_crawl_that_is_broken_off_leaves_no_session() {
    let (server, desk) = start(|_, _| None).await;
    let client = server.client();
    client.identify().await.unwrap();
    assert!(client.crawl().now_or_never().is_none(), "it is only begun");
    drop(client);
    slipway_redfish::goodbyes().await;
    assert_eq!(open(&desk), [0; 0]);
}

#[tokio::test]
async fn a_crawl_that_fails_leaves_no_session_either() {
    let (server, desk) = start(|request, _| {
        (request.path == "/redfish/v1/Systems" || request.path == "/redfish/v1/Managers")
            .then(|| Reply::json(200, "<html>"))
    })
    .await;
    let client = server.client();
    let error = client.crawl().await.unwrap_err();
    assert!(matches!(error, BmcError::Protocol { .. }), "{error}");
    assert_eq!(open(&desk), [1]);
    drop(client);
    until("the session's deletion", || open(&desk).is_empty()).await;
}

#[tokio::test]
async fn a_session_that_has_run_out_is_renewed_once_also_before_an_effect() {
    let (server, desk) = start(|_, _| None).await;
    let client = server.client();
    client.boot_override().await.unwrap();
    desk.lock().unwrap().open.clear();
    client.boot_override().await.unwrap();
    assert_eq!(open(&desk), [2]);
    desk.lock().unwrap().open.clear();
    let off = client.boot_override().await.unwrap();
    desk.lock().unwrap().open.clear();
    client
        .set_boot("/redfish/v1/Systems/S", &off)
        .await
        .unwrap();
    assert_eq!(desk.lock().unwrap().made, 4);
    // The expired token's PATCH was refused, and the one after it was carried out.
    assert!(server.of_method("PATCH").len() <= 2);
    client.close().await;

    // A service that takes no session that it makes is not asked for a third.
    let (server, desk) = start(|request, _| {
        let with = request.header("x-auth-token").is_some();
        with.then(|| Reply::json(401, "{}"))
    })
    .await;
    let error = server.client().boot_override().await.unwrap_err();
    assert!(matches!(error, BmcError::Unauthorized { .. }), "{error}");
    assert_eq!(desk.lock().unwrap().made, 2);
}

#[tokio::test]
async fn without_sessions_it_is_basic() {
    for refusal in [
        Reply::status(404),
        Reply::json(
            503,
            r#"{"error": {"code": "Base.1.8.SessionLimitExceeded"}}"#,
        ),
        // A session without a token is none.
        Reply::status(201),
    ] {
        let (server, _) =
            start(move |request, _| (request.path == SESSIONS).then(|| refusal.clone())).await;
        server.client().boot_override().await.unwrap();
        let logins = server.requests();
        let logins = logins.iter().filter(|r| r.path == SESSIONS).count();
        assert_eq!(logins, 1);
    }
}

/// By 401, or as iLO says it; and a client that was refused asks nothing any more.
#[tokio::test]
async fn a_password_that_the_session_service_refuses_is_sent_once() {
    let ilo = r#"{"error": {"@Message.ExtendedInfo":
        [{"MessageId": "iLO.2.15.UnauthorizedLoginAttempt"}]}}"#;
    for refusal in [Reply::json(401, "{}"), Reply::json(400, ilo)] {
        let (server, _) =
            start(move |request, _| (request.path == SESSIONS).then(|| refusal.clone())).await;
        let client = server.client();
        for error in [
            client.boot_override().await.unwrap_err(),
            client.boot_override().await.unwrap_err(),
            client.crawl().await.unwrap_err(),
        ] {
            let peer = server.address.to_string();
            assert_eq!(error, BmcError::Unauthorized { peer });
        }
        let sent = server.requests();
        let with = |r: &&Request| r.header("authorization").is_some() || r.method == "POST";
        assert_eq!(sent.iter().filter(with).count(), 1);
    }
}

/// Two at once would be two tries: the first goes alone, and its refusal holds for all.
#[tokio::test]
async fn a_wrong_basic_password_is_tried_once_by_a_whole_crawl() {
    let (server, _) = start(|request, _| match request.path.as_str() {
        SESSIONS => Some(Reply::status(404)),
        "/redfish/v1/" => None,
        _ => Some(Reply::json(401, "{}")),
    })
    .await;
    let error = server.client().crawl().await.unwrap_err();
    assert!(matches!(error, BmcError::Unauthorized { .. }), "{error}");
    let sent = server.requests();
    let with = |r: &&Request| r.header("authorization").is_some();
    assert_eq!(sent.iter().filter(with).count(), 1);
}

#[tokio::test]
async fn a_login_is_not_repeated_when_its_connection_breaks() {
    let (server, _) = start(|request, _| (request.path == SESSIONS).then_some(Reply::Close)).await;
    let error = server.client().boot_override().await.unwrap_err();
    assert!(matches!(error, BmcError::Unreachable { .. }), "{error}");
    assert_eq!(server.of_method("POST").len(), 1);
}

#[tokio::test]
async fn a_token_that_a_service_repeats_is_not_shown() {
    let (server, _) = start(|request, _| {
        let token = request.header("x-auth-token")?;
        let body = json!({"error": {"message": format!("who is {token}?")}});
        Some(Reply::json(400, body.to_string()))
    })
    .await;
    let error = server.client().boot_override().await.unwrap_err();
    assert!(error.to_string().contains("who is (secret)?"), "{error}");
}
