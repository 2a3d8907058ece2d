//! The Redfish service of one IMC: HTTPS on the card's port, and what each path answers.
//!
//! Anything not listed in `routes.md` of the recording is 404, a wrong method on a listed path 405;
//! HEAD and OPTIONS are always 405.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Method, Request, Response, StatusCode, header},
};
use futures::StreamExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{
    answer::{self, Answer},
    auth::{self, Access, Sessions},
    body::{self, Body as Checked},
    media, resources, settings,
    task::TaskProgress,
};
use crate::{card::Card, faults::Fault, port::HeldPort};

/// A longer request body is 413.
const MAX_BODY: usize = 1024;

/// Serves a card's Redfish until `stop`, while its IMC is up.
pub async fn serve(card: Arc<Card>, port: HeldPort, stop: CancellationToken) {
    let open = card.redfish_open();
    port.serve(open, stop, move |stream, peer| {
        connection(Arc::clone(&card), stream, peer)
    })
    .await;
}

/// One connection. A reset that it asked for begins when its answer is out.
async fn connection(card: Arc<Card>, stream: TcpStream, peer: SocketAddr) {
    let config = match card.secrets().tls.server_config() {
        Ok(config) => config,
        Err(error) => {
            tracing::error!(card = card.number, %error, "a lab certificate can't be used");
            return;
        }
    };
    // Somebody who only looks at the port, or doesn't like the certificate.
    let Ok(tls) = TlsAcceptor::from(config).accept(stream).await else {
        return;
    };
    let reset = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| {
        let (card, reset) = (Arc::clone(&card), Arc::clone(&reset));
        async move { Ok::<_, std::convert::Infallible>(respond(&card, request, &reset).await) }
    });
    let served = http1::Builder::new()
        .serve_connection(TokioIo::new(tls), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(card = card.number, %peer, %error, "a Redfish connection broke off");
    }
    if reset.load(Ordering::Relaxed) {
        card.reset_imc();
    }
}

async fn respond(
    card: &Arc<Card>,
    request: Request<Incoming>,
    reset: &AtomicBool,
) -> Response<Body> {
    let (parts, incoming) = request.into_parts();
    let authority = parts
        .headers
        .get(header::HOST)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("localhost")
        .to_owned();
    let body = axum::body::to_bytes(Body::new(incoming), MAX_BODY).await;
    if card.faults.take(Fault::Redfish503) {
        let answer = answer::general(
            StatusCode::SERVICE_UNAVAILABLE,
            "The service is temporarily unavailable (lab fault).",
        );
        return answer.into_response(&authority, card.imc_now());
    }
    let answer = match body {
        Ok(body) => judge(card, &parts, &body).await,
        Err(_) => answer::payload_too_large(),
    };
    let resets = answer.resets_imc;
    let mut response = answer.into_response(&authority, card.imc_now());
    if resets {
        reset.store(true, Ordering::Relaxed);
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    if response.status() != StatusCode::NO_CONTENT && card.faults.take(Fault::HalfJson) {
        return break_off(response).await;
    }
    response
}

/// The same answer, whose connection breaks in the middle of its body.
async fn break_off(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let half = bytes.slice(..bytes.len() / 2);
    let pieces = futures::stream::iter([Ok(half), Err(std::io::Error::other("lab fault"))]);
    // A moment before each, so that the half is on its way when the connection breaks.
    let pieces = pieces.then(|piece| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        piece
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// The checks that come before any resource, in order.
async fn judge(card: &Arc<Card>, parts: &axum::http::request::Parts, body: &Bytes) -> Answer {
    if matches!(parts.method, Method::HEAD | Method::OPTIONS) {
        return answer::method_not_allowed();
    }
    let version = parts.headers.get("odata-version");
    if version.is_some_and(|v| v.as_bytes() != b"4.0") {
        return answer::general(
            StatusCode::PRECONDITION_FAILED,
            "The OData-Version of the request is not supported.",
        );
    }
    let path = parts.uri.path().trim_end_matches('/');
    let is_login = parts.method == Method::POST && path == "/redfish/v1/SessionService/Sessions";
    if is_login {
        return log_in(card, path, body).await;
    }
    if !(parts.method == Method::GET && is_public(path)) {
        match auth::access(card, &parts.headers) {
            Access::Granted => {}
            Access::NothingOffered => return answer::unauthorized(path),
            Access::Wrong => return refuse_login(card, path).await,
        }
    }
    route(card, &parts.method, path, body).unwrap_or_else(|refusal| refusal)
}

fn is_public(path: &str) -> bool {
    matches!(
        path,
        "/redfish" | "/redfish/v1" | "/redfish/v1/odata" | "/redfish/v1/$metadata"
    ) || path.starts_with("/redfish/v1/metadata/")
}

async fn refuse_login(card: &Card, path: &str) -> Answer {
    card.count(|o| o.refused_logins += 1);
    tokio::time::sleep(card.timings.wrong_password).await;
    answer::unauthorized(path)
}

async fn log_in(card: &Card, path: &str, bytes: &[u8]) -> Answer {
    let credentials = body::parse(bytes).and_then(|value| {
        let body = Checked::check(&value, "", &["UserName", "Password"], &[])?;
        let user = body.required("UserName")?.to_owned();
        Ok((user, body.required("Password")?.to_owned()))
    });
    let (user, password) = match credentials {
        Ok(credentials) => credentials,
        Err(refusal) => return refusal,
    };
    if !auth::password_is_right(card, &user, &password) {
        return refuse_login(card, path).await;
    }
    let (id, token) = card.imc().sessions.open(Instant::now());
    card.count(|o| o.sessions += 1);
    let mut answer = Answer::new(StatusCode::CREATED, &Sessions::body(id, &user))
        .at(format!("/redfish/v1/SessionService/Sessions/{id}"));
    answer.session_token = Some(token);
    answer
}

/// What a path answers. `Err` is an answer too: a refusal.
fn route(card: &Arc<Card>, method: &Method, path: &str, body: &Bytes) -> Result<Answer, Answer> {
    if path == "/redfish" {
        return get(method, resources::versions);
    }
    let Some(rest) = path.strip_prefix("/redfish/v1") else {
        return Err(answer::not_found(path));
    };
    let segments: Vec<&str> = rest.split('/').skip(1).collect();
    match segments.as_slice() {
        [] => get(method, || resources::root(card)),
        ["odata"] => get(method, resources::odata),
        ["$metadata"] | ["metadata", _] if method == Method::GET => {
            Ok(Answer::xml(resources::METADATA))
        }
        ["Registries"] => list(method, path, "MessageRegistryFileCollection", &[]),
        ["SessionService", rest @ ..] => sessions(card, method, path, rest, body),
        ["AccountService", rest @ ..] => accounts(card, method, path, rest),
        ["Managers"] => list(method, path, "ManagerCollection", &["/1"]),
        ["Managers", "1"] => get(method, || resources::manager(card)),
        ["Managers", "1", "Actions", "Manager.Reset"] => {
            post(method, || settings::reset_manager(card, body))
        }
        ["Systems"] => list(method, path, "ComputerSystemCollection", &["/1"]),
        ["Systems", "1"] if method == Method::PATCH => settings::patch_system(card, body),
        ["Systems", "1"] => get(method, || resources::system(card)),
        ["Systems", "1", "Actions", "ComputerSystem.Reset"] => {
            post(method, || settings::reset_system(card, body))
        }
        ["Systems", "1", "VirtualMedia"] => list(method, path, "VirtualMediaCollection", &["/1"]),
        ["Systems", "1", "VirtualMedia", "1"] => get(method, || media::slot(card)),
        ["Systems", "1", "VirtualMedia", "1", "Actions", action] => match *action {
            "VirtualMedia.InsertMedia" => post(method, || media::insert(card, body)),
            "VirtualMedia.EjectMedia" => post(method, || media::eject(card, body)),
            _ => Err(answer::not_found(path)),
        },
        ["UpdateService"] => get(method, resources::update_service),
        ["UpdateService", "Actions", "UpdateService.SimpleUpdate"] => post(method, || {
            Err(answer::action_not_supported(
                "UpdateService.SimpleUpdate",
                "The lab does not flash firmware.",
            ))
        }),
        ["TaskService", rest @ ..] => tasks(card, method, path, rest),
        _ => Err(answer::not_found(path)),
    }
}

fn get(method: &Method, body: impl FnOnce() -> serde_json::Value) -> Result<Answer, Answer> {
    if method == Method::GET {
        Ok(Answer::ok(&body()))
    } else {
        Err(answer::method_not_allowed())
    }
}

fn post(
    method: &Method,
    action: impl FnOnce() -> Result<Answer, Answer>,
) -> Result<Answer, Answer> {
    if method == Method::POST {
        action()
    } else {
        Err(answer::method_not_allowed())
    }
}

/// A collection whose members lie below it.
fn list(method: &Method, path: &str, kind: &str, below: &[&str]) -> Result<Answer, Answer> {
    let members: Vec<String> = below.iter().map(|b| format!("{path}{b}")).collect();
    let name = kind.trim_end_matches("Collection");
    get(method, || {
        resources::collection(path, kind, &format!("{name} Collection"), &members)
    })
}

fn listed(
    method: &Method,
    path: &str,
    kind: &str,
    ids: impl IntoIterator<Item = u64>,
) -> Result<Answer, Answer> {
    let below: Vec<String> = ids.into_iter().map(|id| format!("/{id}")).collect();
    let below: Vec<&str> = below.iter().map(String::as_str).collect();
    list(method, path, kind, &below)
}

fn sessions(
    card: &Card,
    method: &Method,
    path: &str,
    rest: &[&str],
    body: &Bytes,
) -> Result<Answer, Answer> {
    match rest {
        [] if method == Method::PATCH => set_session_timeout(card, body),
        [] => {
            let timeout = card.imc().sessions.timeout.as_secs();
            get(method, || resources::session_service(timeout))
        }
        ["Sessions"] => {
            let ids = card.imc().sessions.ids();
            listed(method, path, "SessionCollection", ids)
        }
        ["Sessions", id] => {
            let there = card.imc().sessions.ids();
            let id = id.parse().ok().filter(|id| there.contains(id));
            let id: u64 = id.ok_or_else(|| answer::not_found(path))?;
            if method == Method::DELETE {
                card.imc().sessions.close(id);
                return Ok(Answer::no_content());
            }
            let user = card.secrets().imc_user;
            get(method, || Sessions::body(id, &user))
        }
        _ => Err(answer::not_found(path)),
    }
}

fn set_session_timeout(card: &Card, bytes: &[u8]) -> Result<Answer, Answer> {
    let value = body::parse(bytes)?;
    let body = Checked::check(&value, "", &[], &["ServiceEnabled", "SessionTimeout"])?;
    if let Some(value) = body.get("SessionTimeout") {
        let seconds = value.as_u64().filter(|s| (30..=86_400).contains(s));
        let seconds = seconds.ok_or_else(|| {
            answer::not_in_list(
                "#/SessionTimeout",
                "SessionTimeout",
                &value.to_string(),
                "The session timeout is out of range.",
                "Use a value from 30 to 86400.",
            )
        })?;
        card.imc().sessions.timeout = Duration::from_secs(seconds);
    }
    Ok(Answer::no_content())
}

fn accounts(card: &Card, method: &Method, path: &str, rest: &[&str]) -> Result<Answer, Answer> {
    match rest {
        [] => get(method, resources::account_service),
        ["Accounts"] => list(method, path, "ManagerAccountCollection", &["/1"]),
        ["Accounts", "1"] => {
            let user = card.secrets().imc_user;
            get(method, || resources::account(&user))
        }
        ["Roles"] => list(method, path, "RoleCollection", &["/Administrator"]),
        ["Roles", "Administrator"] => get(method, resources::role),
        _ => Err(answer::not_found(path)),
    }
}

fn tasks(card: &Card, method: &Method, path: &str, rest: &[&str]) -> Result<Answer, Answer> {
    let find = |id: &str| {
        let id = id.parse().map_err(|_| answer::not_found(path))?;
        let found = card.imc().tasks.get(id).cloned();
        found.ok_or_else(|| answer::not_found(path))
    };
    match rest {
        [] => get(method, || resources::task_service(card)),
        ["Tasks"] => {
            let ids: Vec<u64> = card.imc().tasks.ids().collect();
            listed(method, path, "TaskCollection", ids)
        }
        ["Tasks", id] => {
            let task = find(id)?;
            if method == Method::DELETE {
                let (status, text) = match task.ended {
                    Some(_) => (
                        StatusCode::NOT_IMPLEMENTED,
                        "Deleting a task is not supported.",
                    ),
                    None => (StatusCode::BAD_REQUEST, "The task is running."),
                };
                return Err(answer::general(status, text));
            }
            get(method, || task.body())
        }
        ["TaskMonitors", id] => {
            let task = find(id)?;
            if method != Method::GET {
                return Err(answer::method_not_allowed());
            }
            match &task.progress {
                TaskProgress::New | TaskProgress::Running => {
                    let accepted = Answer::new(StatusCode::ACCEPTED, &task.body());
                    Ok(accepted.at(media::monitor_path(task.id)))
                }
                TaskProgress::Completed => Ok(Answer::no_content()),
                // The recorded server speaks of an update here whatever the task was.
                TaskProgress::Exception(reason) => Err(answer::general(
                    StatusCode::BAD_REQUEST,
                    &format!("Simple Update failed: {reason}"),
                )),
            }
        }
        _ => Err(answer::not_found(path)),
    }
}
