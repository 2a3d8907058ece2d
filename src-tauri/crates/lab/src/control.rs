//! The control API: how people and other processes look behind the scenes and break things.
//!
//! Plain HTTP on loopback with a bearer token; it is the lab's own, no card has it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{card::Card, faults::Fault, lab::Shared, shell::ShellOutput};

/// The routes.
pub fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/inventory", get(inventory))
        .route("/v1/cards/{number}", get(card))
        .route("/v1/cards/{number}/faults", post(inject).delete(clear))
        .route("/v1/cards/{number}/imc/exec", post(imc_exec))
        .route("/v1/cards/{number}/acc/exec", post(acc_exec))
        .route("/v1/cards/{number}/flash", post(flash))
        .route("/v1/cards/{number}/cold-boot", post(cold_boot))
        .route("/v1/registry/promote", post(promote))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            authorise,
        ))
        .with_state(shared)
}

/// Why the control API says no.
enum Refusal {
    NoSuchCard(usize),
    NoSuchFault(String),
    NotBase64,
    Promote(String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NoSuchCard(number) => (StatusCode::NOT_FOUND, format!("no card {number}")),
            Self::NoSuchFault(name) => {
                let known: Vec<&str> = Fault::ALL.iter().map(|f| f.name()).collect();
                let text = format!("no fault `{name}`; there are {}", known.join(", "));
                (StatusCode::BAD_REQUEST, text)
            }
            Self::NotBase64 => (StatusCode::BAD_REQUEST, "stdin_base64 is no base64".into()),
            Self::Promote(reason) => (StatusCode::BAD_REQUEST, reason),
        };
        (status, Json(json!({"error": text}))).into_response()
    }
}

async fn authorise(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let header = request.headers().get(header::AUTHORIZATION);
    let token = header.and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
    if token == Some(shared.control_token.as_str()) {
        next.run(request).await
    } else {
        let text = json!({"error": "the bearer token of lab.json is needed"});
        (StatusCode::UNAUTHORIZED, Json(text)).into_response()
    }
}

fn find(shared: &Shared, number: usize) -> Result<Arc<Card>, Refusal> {
    shared.card(number).ok_or(Refusal::NoSuchCard(number))
}

async fn inventory(State(shared): State<Arc<Shared>>) -> Json<crate::LabInventory> {
    Json(shared.inventory())
}

async fn card(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<usize>,
) -> Result<Json<serde_json::Value>, Refusal> {
    let card = find(&shared, number)?;
    let (slot, boot_override, power, boots) = {
        let imc = card.imc();
        (imc.slot.clone(), imc.boot_override, imc.power, imc.boots)
    };
    let (phase, bootc) = {
        let acc = card.acc();
        (format!("{:?}", acc.phase()), acc.bootc_status_json())
    };
    Ok(Json(json!({
        "number": card.number,
        "name": card.name,
        "imc": {
            "power": format!("{power:?}"),
            "answers": card.imc_is_up(),
            "uptime_seconds": card.imc_uptime().as_secs(),
            "boots": boots,
            "slot": slot,
            "boot_override": boot_override,
        },
        "acc": {
            "phase": phase,
            "bootc": serde_json::from_str::<serde_json::Value>(&bootc).ok(),
        },
        "faults": card.faults.list(),
        "observed": card.observed(),
    })))
}

#[derive(Deserialize)]
struct Inject {
    fault: String,
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    message: Option<String>,
}

fn once() -> u32 {
    1
}

async fn inject(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<usize>,
    Json(inject): Json<Inject>,
) -> Result<StatusCode, Refusal> {
    let card = find(&shared, number)?;
    let Some(fault) = Fault::from_name(&inject.fault) else {
        return Err(Refusal::NoSuchFault(inject.fault));
    };
    card.inject(fault, inject.times, inject.message);
    Ok(StatusCode::NO_CONTENT)
}

async fn clear(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<usize>,
) -> Result<StatusCode, Refusal> {
    find(&shared, number)?.clear_faults();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Flash {
    version: String,
}

async fn flash(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<usize>,
    Json(flash): Json<Flash>,
) -> Result<StatusCode, Refusal> {
    find(&shared, number)?.flash(&flash.version);
    Ok(StatusCode::NO_CONTENT)
}

async fn cold_boot(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<usize>,
) -> Result<StatusCode, Refusal> {
    find(&shared, number)?.cold_boot();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Exec {
    command: String,
    #[serde(default)]
    stdin_base64: String,
}

impl Exec {
    fn stdin(&self) -> Result<Vec<u8>, Refusal> {
        STANDARD
            .decode(&self.stdin_base64)
            .map_err(|_| Refusal::NotBase64)
    }
}

#[derive(Serialize)]
struct Executed {
    exit: u32,
    stdout_base64: String,
    stderr_base64: String,
}

impl From<ShellOutput> for Executed {
    fn from(output: ShellOutput) -> Self {
        Self {
            exit: output.exit,
            stdout_base64: STANDARD.encode(output.stdout),
            stderr_base64: STANDARD.encode(output.stderr),
        }
    }
}

async fn imc_exec(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<usize>,
    Json(exec): Json<Exec>,
) -> Result<Json<Executed>, Refusal> {
    let card = find(&shared, number)?;
    let stdin = exec.stdin()?;
    let output = crate::shell::run_on_imc(&card, &exec.command, &stdin).await;
    Ok(Json(output.into()))
}

async fn acc_exec(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<usize>,
    Json(exec): Json<Exec>,
) -> Result<Json<Executed>, Refusal> {
    let card = find(&shared, number)?;
    let stdin = exec.stdin()?;
    let output = crate::shell::run_on_acc(&card, &exec.command, &stdin).await;
    Ok(Json(output.into()))
}

#[derive(Deserialize)]
struct Promote {
    version: String,
}

async fn promote(
    State(shared): State<Arc<Shared>>,
    Json(promote): Json<Promote>,
) -> Result<StatusCode, Refusal> {
    let promoted = shared.images.promote(&promote.version);
    promoted.map_err(|e| Refusal::Promote(e.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}
