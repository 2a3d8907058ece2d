//! An IMC made of the recorded answers, with the little state that they show.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Reply, Request, Server, USER};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/imc/", $name, ".json"))
    };
}

pub const SYSTEM: &str = "/redfish/v1/Systems/1";
pub const SLOT: &str = "/redfish/v1/Systems/1/VirtualMedia/1";
pub const TASKS: &str = "/redfish/v1/TaskService/Tasks";

#[derive(Debug, Default)]
pub struct State {
    pub inserted: bool,
    pub boot: Option<(String, String)>,
    pub resets: usize,
    /// The slot as it is shown, where that isn't what it is.
    pub shows_inserted: Option<bool>,
}

pub fn collection(members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|m| json!({"@odata.id": m})).collect();
    json!({"Members": members})
}

pub fn value(fixture: &str) -> Value {
    serde_json::from_str(fixture).unwrap()
}

/// The server, and what it holds.
pub async fn start() -> (Server, Arc<Mutex<State>>) {
    let state = Arc::new(Mutex::new(State::default()));
    let server = Server::start({
        let state = state.clone();
        move |request| answer(request, &mut state.lock().unwrap())
    })
    .await;
    (server, state)
}

pub fn answer(request: &Request, state: &mut State) -> Reply {
    let path = request.path.trim_end_matches('/');
    let authorized = request.header("authorization").is_some();
    match (request.method.as_str(), path) {
        ("GET", "/redfish/v1") => return Reply::json(200, fixture!("root")),
        _ if !authorized => return Reply::json(401, fixture!("error_unauthorized")),
        _ => {}
    }
    let shown = state.shows_inserted.unwrap_or(state.inserted);
    match (request.method.as_str(), path) {
        ("GET", "/redfish/v1/Systems") => Reply::value(&collection(&[SYSTEM])),
        ("GET", "/redfish/v1/Managers") => Reply::value(&collection(&["/redfish/v1/Managers/1"])),
        ("GET", "/redfish/v1/Managers/1") => Reply::json(200, fixture!("manager")),
        ("GET", SYSTEM) => {
            let mut system = value(fixture!("system"));
            if let Some((enabled, target)) = &state.boot {
                system["Boot"]["BootSourceOverrideEnabled"] = json!(enabled);
                system["Boot"]["BootSourceOverrideTarget"] = json!(target);
            }
            Reply::value(&system)
        }
        ("PATCH", SYSTEM) => patch(request, state),
        ("GET", "/redfish/v1/Systems/1/VirtualMedia") => Reply::value(&collection(&[SLOT])),
        ("GET", SLOT) if shown => Reply::json(200, fixture!("media_inserted")),
        ("GET", SLOT) => Reply::json(200, fixture!("media_empty")),
        ("POST", path) if path.ends_with("VirtualMedia.InsertMedia") => insert(request, state),
        ("POST", path) if path.ends_with("VirtualMedia.EjectMedia") => {
            match std::mem::take(&mut state.inserted) {
                true => Reply::status(204),
                false => Reply::json(400, fixture!("error_eject_empty")),
            }
        }
        ("POST", path) if path.ends_with("Manager.Reset") => {
            assert_eq!(request.json(), json!({"ResetType": "ForceRestart"}));
            state.resets += 1;
            Reply::status(204)
        }
        ("GET", "/redfish/v1/TaskService") => Reply::json(200, fixture!("task_service")),
        ("GET", TASKS) => {
            let members = [3, 1, 7].map(|n| format!("{TASKS}/{n}"));
            Reply::value(&collection(&members.each_ref().map(String::as_str)))
        }
        ("GET", "/redfish/v1/TaskService/Tasks/1") => Reply::json(200, fixture!("task_exception")),
        ("GET", "/redfish/v1/TaskService/Tasks/3") => Reply::json(200, fixture!("task_completed")),
        _ => Reply::json(404, fixture!("error_missing")),
    }
}

fn insert(request: &Request, state: &mut State) -> Reply {
    let body = request.json();
    let body = body.as_object().unwrap();
    let known = ["Image", "TransferMethod", "UserName", "Password"];
    if body.len() != 2 || !body.keys().all(|k| known.contains(&k.as_str())) {
        return Reply::json(400, fixture!("error_property_unknown"));
    }
    assert_eq!(body["TransferMethod"], "Upload");
    state.inserted = true;
    // Behind a port forward, as the real one: the host is its own.
    let monitor = "https://192.0.2.1:8443/redfish/v1/TaskService/TaskMonitors/1";
    Reply::json(202, fixture!("task_running")).with("Location", monitor)
}

fn patch(request: &Request, state: &mut State) -> Reply {
    let body = request.json();
    let boot = body["Boot"].as_object().unwrap();
    let text = |key: &str| boot[key].as_str().unwrap().to_owned();
    let enabled = text("BootSourceOverrideEnabled");
    let target = text("BootSourceOverrideTarget");
    if enabled == "Disabled" {
        return Reply::json(400, fixture!("error_disabled_refused"));
    }
    if enabled == "Once" && target != "Cd" {
        return Reply::json(400, fixture!("error_once_needs_cd"));
    }
    state.boot = Some((enabled, target));
    Reply::status(204)
}

/// `Authorization` as our client must send it.
pub fn basic(password: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(format!("{USER}:{password}")))
}
