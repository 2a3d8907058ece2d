//! Services that answer nonsense, too much, or nothing: one classified error each, within its
//! deadline, and never our password in it.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use slipway_core::{
    address::Address,
    ports::{Bmc, BmcError, Controller, Stage, TaskUri},
};
use slipway_redfish::{RedfishClient, Timeouts, probe, probe_within};
use support::{PASSWORD, Reply, Server, imc, until};
use tokio::{net::TcpListener, sync::Semaphore};

/// What `identify` makes of a service whose every answer is this.
async fn identify(reply: Reply) -> BmcError {
    let server = Server::start(move |_| reply.clone()).await;
    fails(&server.client()).await
}

/// What it makes of one with a good root, whose every other answer is this.
async fn beyond_root(reply: Reply) -> BmcError {
    let server = Server::start(move |request| match request.path.as_str() {
        "/redfish/v1/" => Reply::json(200, include_str!("fixtures/imc/root.json")),
        _ => reply.clone(),
    })
    .await;
    fails(&server.client()).await
}

async fn fails(client: &RedfishClient) -> BmcError {
    let error = client.identify().await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(PASSWORD), "{shown}");
    assert!(!shown.contains(&imc::basic(PASSWORD)[6..]), "{shown}");
    assert!(!shown.contains('\n'), "{shown}");
    error
}

fn page(body: String) -> Reply {
    Reply::Answer {
        status: 200,
        headers: vec![("Content-Type", "text/html".into())],
        body: body.into(),
    }
}

#[tokio::test]
async fn html() {
    let text = format!("<html>\n<title>Login</title>{}</html>", "x".repeat(1000));
    let error = identify(page(text.clone())).await;
    let BmcError::NotRedfish { evidence, .. } = error else {
        panic!("{error}");
    };
    assert!(evidence.starts_with("HTTP 200, text/html: <html> <title>Login</title>xxx"));
    assert!(evidence.chars().count() <= 200);
    let error = beyond_root(page(text)).await;
    let BmcError::Protocol { evidence, .. } = error else {
        panic!("{error}");
    };
    assert!(evidence.starts_with("no JSON"), "{evidence}");
    assert!(evidence.chars().count() <= 200);
}

#[tokio::test]
async fn a_page_that_repeats_our_request() {
    let echo = |text: String| page(format!("<h1>bad request</h1>{text}"));
    let text = format!("{PASSWORD} Authorization: {}", imc::basic(PASSWORD));
    let error = beyond_root(echo(text.clone())).await;
    assert!(error.to_string().contains("(secret)"), "{error}");
    let body = json!({"error": {"message": text}}).to_string();
    let error = beyond_root(Reply::json(400, body)).await;
    assert!(error.to_string().contains("(secret)"), "{error}");
}

#[tokio::test]
async fn json_that_is_no_redfish() {
    for body in [r#"{"ok":true}"#, "[]", "7", ""] {
        let error = identify(Reply::json(200, body)).await;
        assert!(
            matches!(error, BmcError::NotRedfish { .. }),
            "{body}: {error}"
        );
    }
    let error = identify(page("Not found".into())).await;
    assert!(matches!(error, BmcError::NotRedfish { .. }), "{error}");
    let error = identify(Reply::status(404)).await;
    let BmcError::NotRedfish { evidence, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(evidence, "HTTP 404, an empty body");
}

#[tokio::test]
async fn half_a_json() {
    let half = r#"{"Name":"Root Service","RedfishVersion":"1."#;
    for error in [
        identify(Reply::json(200, half)).await,
        beyond_root(Reply::json(200, half)).await,
    ] {
        let BmcError::Protocol { evidence, .. } = error else {
            panic!("{error}");
        };
        assert!(
            evidence.starts_with("no JSON (EOF while parsing"),
            "{evidence}"
        );
        assert!(evidence.contains("Root Service"), "{evidence}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n{\"Name\":";
    let error = identify(Reply::Raw(head.into())).await;
    let BmcError::Unreachable { stage, reason, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(stage, Stage::Http);
    assert!(
        reason.starts_with("the connection broke before"),
        "{reason}"
    );
    let error = identify(Reply::Raw(b"220 smtp ready\r\n".to_vec())).await;
    let BmcError::Unreachable { stage, reason, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(stage, Stage::Http, "{reason}");
}

#[tokio::test]
async fn ten_megabytes() {
    let mut body = br#"{"RedfishVersion":"1.0","x":""#.to_vec();
    body.resize(10 << 20, b'x');
    for error in [
        identify(Reply::json(200, body.clone())).await,
        beyond_root(Reply::json(200, body)).await,
    ] {
        let BmcError::Protocol { evidence, .. } = error else {
            panic!("{error}");
        };
        assert!(
            evidence.starts_with("a body of more than 4 MB"),
            "{evidence}"
        );
    }
}

#[tokio::test]
async fn a_redirect_loop_is_not_even_begun() {
    let to = "https://elsewhere.example/redfish/v1/";
    let server = Server::start(move |_| Reply::status(301).with("Location", to)).await;
    let error = fails(&server.client()).await;
    let BmcError::NotRedfish { evidence, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(
        evidence,
        format!("HTTP 301, a redirect to {to}, which is not followed")
    );
    assert_eq!(server.requests().len(), 1);
    let error = beyond_root(Reply::status(302)).await;
    assert!(matches!(error, BmcError::Protocol { .. }), "{error}");
}

#[tokio::test]
async fn pages_without_end() {
    let server = Server::start(|request| match request.path.as_str() {
        "/redfish/v1/" => Reply::json(200, include_str!("fixtures/imc/root.json")),
        _ => Reply::value(&json!({"Members": [],
            "Members@odata.nextLink": "/redfish/v1/Systems?$skip=0"})),
    })
    .await;
    let error = fails(&server.client()).await;
    assert!(matches!(error, BmcError::Protocol { .. }), "{error}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn silence_ends_with_the_deadline() {
    let begun_and_stopped = "HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n{";
    for said in ["", begun_and_stopped] {
        let server = Server::start(move |_| Reply::Stall(said.into())).await;
        let mut target = server.target();
        target.timeouts.request = Duration::from_millis(400);
        let begun = Instant::now();
        let error = fails(&RedfishClient::new(target)).await;
        assert!(begun.elapsed() < Duration::from_secs(10));
        let peer = server.address.to_string();
        let reason = "no answer within 0.4 s".to_owned();
        let stage = Stage::Http;
        let silent = BmcError::Unreachable {
            peer,
            stage,
            reason,
        };
        assert_eq!(error, silent, "{said}");
        // What was heard and not answered is not repeated.
        assert!(server.requests().len() <= 1);
    }
}

/// Every bad answer, to a question, to a whole crawl and to an effect: one error each, no later than
/// the deadline allows, and an effect is sent once.
#[tokio::test]
async fn no_bad_answer_outlasts_its_deadline() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let endless = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{\"Id\":";
    let mut large = br#"{"Id":""#.to_vec();
    large.resize(10 << 20, b'x');
    let all = [
        ("HTML", page("<html>".into())),
        ("half a JSON", Reply::json(200, r#"{"Id":"#)),
        ("10 MB", Reply::json(200, large)),
        (
            "a redirect",
            Reply::status(307).with("Location", "/redfish/v1/"),
        ),
        (
            "a greeting of another protocol",
            Reply::Raw(b"SSH-2.0-x\r\n".to_vec()),
        ),
        (
            "half a chunk",
            Reply::Raw(format!("{chunked}ff\r\n{{").into()),
        ),
        ("nothing", Reply::Stall(Vec::new())),
        (
            "half a head",
            Reply::Stall(b"HTTP/1.1 200 OK\r\nContent-".to_vec()),
        ),
        ("half a body", Reply::Stall(endless.into())),
        (
            "a head that drips",
            Reply::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec()),
        ),
        ("a body that drips", Reply::Drip(endless.into())),
        ("an end", Reply::Close),
    ];
    for (what, reply) in all {
        let begun = Instant::now();
        let hasty = |server: &Server| {
            let mut target = server.target();
            target.timeouts.request = Duration::from_millis(300);
            RedfishClient::new(target)
        };
        let root = include_str!("fixtures/imc/root.json");
        let spoilt = reply.clone();
        let server = Server::start(move |request| match request.path.as_str() {
            "/redfish/v1/" => Reply::json(200, root),
            _ => spoilt.clone(),
        })
        .await;
        let client = hasty(&server);
        fails(&client).await;
        // Of a crawl the root alone is no inventory.
        client.crawl().await.unwrap_err();
        // Everything is well but the answer to the effect.
        let server = Server::start(move |request| match request.method.as_str() {
            "GET" => imc::answer(request, &mut imc::State::default()),
            _ => reply.clone(),
        })
        .await;
        let image = "https://10.0.0.1/boot.iso".parse().unwrap();
        let client = hasty(&server);
        match client.insert_into(imc::SLOT, &image).await {
            Err(error) => assert!(!error.to_string().contains(PASSWORD), "{what}: {error}"),
            // A page with status 200 says yes; the slot that is read afterwards says no.
            Ok(_) => assert!(!Controller::slot(&client, imc::SLOT).await.unwrap().inserted),
        }
        assert_eq!(server.of_method("POST").len(), 1, "{what}");
        assert!(begun.elapsed() < Duration::from_secs(15), "{what}");
    }
}

#[tokio::test]
async fn who_waits_for_a_place_does_not_wait_for_ever() {
    let server = Server::start(|_| Reply::Stall(Vec::new())).await;
    let hung: Vec<_> = (0..2)
        .map(|_| {
            let client = server.client();
            tokio::spawn(async move { client.identify().await })
        })
        .collect();
    until("both places are taken", || server.requests().len() == 2).await;
    let mut target = server.target();
    target.timeouts.request = Duration::from_millis(300);
    let error = fails(&RedfishClient::new(target)).await;
    assert!(error.to_string().contains("other requests"), "{error}");
    hung.into_iter().for_each(|h| h.abort());
}

#[tokio::test]
async fn how_far_a_connection_came() {
    let stage_of = async |address: Address| {
        let timeouts = Timeouts {
            connect: Duration::from_millis(500),
            ..Timeouts::default()
        };
        match probe_within(&address, timeouts).await.unwrap_err() {
            BmcError::Unreachable { stage, reason, .. } => (stage, reason),
            other => panic!("{other}"),
        }
    };
    let nobody = Address::new("no-such-host.invalid", 8443).unwrap();
    assert_eq!(stage_of(nobody).await.0, Stage::Name);

    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = Address::new("127.0.0.1", port).unwrap();
    // It accepts (the kernel does) and says nothing.
    let (stage, reason) = stage_of(address.clone()).await;
    assert_eq!(stage, Stage::Tls, "{reason}");
    assert_eq!(reason, "no TLS handshake within 0.5 s");
    drop(listener);
    let (stage, reason) = stage_of(address).await;
    assert_eq!(stage, Stage::Tcp, "{reason}");
    assert!(reason.contains("refused"), "{reason}");

    // A plain HTTP server.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 16]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let (stage, reason) = stage_of(Address::new("127.0.0.1", port).unwrap()).await;
    assert_eq!(stage, Stage::Tls, "{reason}");
    assert!(reason.starts_with("it does not speak TLS"), "{reason}");
}

#[tokio::test]
async fn a_get_is_repeated_when_its_connection_breaks_and_an_effect_is_not() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if request.method == "POST" {
            return Reply::Close;
        }
        match count.fetch_add(1, Ordering::SeqCst) {
            0 | 2 => Reply::Close,
            _ => imc::answer(request, &mut imc::State::default()),
        }
    })
    .await;
    let client = server.client();
    client.identify().await.unwrap();
    let error = client.reset_manager().await.unwrap_err();
    assert!(
        matches!(
            error,
            BmcError::Unreachable {
                stage: Stage::Http,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(server.of_method("POST").len(), 1);
    // It ends at the third time.
    let server = Server::start(|_| Reply::Close).await;
    let error = fails(&server.client()).await;
    assert!(
        matches!(
            error,
            BmcError::Unreachable {
                stage: Stage::Http,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn at_most_two_requests_at_once_whoever_asks() {
    let gate = Arc::new(Semaphore::new(0));
    let server = Server::start({
        let gate = gate.clone();
        move |request| {
            if request.path == "/redfish/v1/" {
                return Reply::value(&json!({"RedfishVersion": "1.6.0"}));
            }
            let task = include_str!("fixtures/imc/task_completed.json");
            Reply::Held(gate.clone(), Box::new(Reply::json(200, task)))
        }
    })
    .await;
    let asking: Vec<_> = (0..6)
        .map(|_| {
            let client = server.client();
            tokio::spawn(async move { client.task(&TaskUri("/T/1".into())).await })
        })
        .collect();
    let tasks = || {
        server
            .requests()
            .iter()
            .filter(|r| r.path == "/T/1")
            .count()
    };
    until("two requests in flight", || server.in_flight() == 2).await;
    for answered in 0..6 {
        gate.add_permits(1);
        until("the next", || tasks() >= (answered + 3).min(6)).await;
    }
    for asked in asking {
        asked.await.unwrap().unwrap();
    }
    assert_eq!(server.most_in_flight(), 2);
}

#[tokio::test]
async fn who_does_not_know_identity_is_asked_without() {
    let server = Server::start(|request| match request.header("accept-encoding") {
        Some(_) => Reply::status(406),
        None => imc::answer(request, &mut imc::State::default()),
    })
    .await;
    let client = server.client();
    client.identify().await.unwrap();
    client.reset_manager().await.unwrap();
    let with = |r: &&support::Request| r.header("accept-encoding").is_some();
    assert_eq!(server.requests().iter().filter(with).count(), 1);
}

#[tokio::test]
async fn probing_tells_the_fingerprint_and_asks_nothing() {
    let (server, _) = imc::start().await;
    assert_eq!(probe(&server.address).await.unwrap(), server.fingerprint);
    assert_eq!(server.requests().len(), 0);
}
