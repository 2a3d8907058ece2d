//! A static Redfish service: resources by path, a password, and a count of who logged in.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::Request,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use axum_server::tls_rustls::RustlsConfig;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::{ServerConfig, crypto::aws_lc_rs};
use serde_json::{Value, json};
use tokio::runtime::Handle;

/// The login of every tree.
pub const USER: &str = "admin";
pub const PASSWORD: &str = "sentinel-of-a-server";

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const TOKEN: &str = "token-of-a-server";

/// A running service; it lives as long as its runtime.
pub struct Tree {
    pub address: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    refused: AtomicU32,
    let_in: AtomicU32,
    sessions_made: AtomicU32,
    sessions_ended: AtomicU32,
    /// What is answered instead of everything.
    spoilt: Mutex<Option<Spoilt>>,
}

/// Nonsense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoilt {
    Html,
    HalfJson,
    TenMegabytes,
    RedirectLoop,
    Empty,
}

impl Tree {
    /// Serves these resources under a certificate of its own, or one that `authority` signs.
    pub fn start(
        on: &Handle,
        resources: Vec<(&'static str, Value)>,
        authority: Option<&Issuer<'static, KeyPair>>,
    ) -> Self {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(["127.0.0.1".into()]).unwrap();
        let certificate = match authority {
            Some(authority) => parameters.signed_by(&key, authority).unwrap(),
            None => parameters.self_signed(&key).unwrap(),
        };
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let counts = Arc::new(Counts::default());
        let resources: Arc<BTreeMap<&'static str, Value>> =
            Arc::new(resources.into_iter().collect());
        let shared = counts.clone();
        let router = Router::new().fallback(move |request: Request| {
            let answer = answer(&request, &resources, &shared);
            async move { answer }
        });
        let _guard = on.enter();
        let server =
            axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(config)))
                .unwrap();
        on.spawn(async move { server.serve(router.into_make_service()).await.unwrap() });
        Self { address, counts }
    }

    pub fn refused(&self) -> u32 {
        self.counts.refused.load(Ordering::Relaxed)
    }

    /// From now on every answer is this; `None`: it is well again.
    pub fn spoil(&self, how: Option<Spoilt>) {
        *self.counts.spoilt.lock().unwrap() = how;
    }

    /// How many sessions were made, and how many were deleted.
    pub fn sessions(&self) -> (u32, u32) {
        let counts = &self.counts;
        (
            counts.sessions_made.load(Ordering::SeqCst),
            counts.sessions_ended.load(Ordering::SeqCst),
        )
    }

    pub fn let_in(&self) -> u32 {
        self.counts.let_in.load(Ordering::Relaxed)
    }
}

fn answer(
    request: &Request,
    resources: &BTreeMap<&'static str, Value>,
    counts: &Counts,
) -> Response {
    let path = request.uri().path().trim_end_matches('/');
    if let Some(spoilt) = *counts.spoilt.lock().unwrap() {
        return match spoilt {
            Spoilt::Html => Html("<html><h1>Please log in</h1></html>").into_response(),
            Spoilt::HalfJson => r#"{"Name": "Root Service", "RedfishVer"#.into_response(),
            Spoilt::TenMegabytes => "x".repeat(10 << 20).into_response(),
            Spoilt::RedirectLoop => Redirect::temporary(request.uri().path()).into_response(),
            Spoilt::Empty => StatusCode::OK.into_response(),
        };
    }
    let with_token = request.headers().get("x-auth-token");
    let by_session = with_token.is_some_and(|given| given.as_bytes() == TOKEN.as_bytes());
    if path == SESSIONS && request.method() == "POST" {
        counts.sessions_made.fetch_add(1, Ordering::SeqCst);
        let place = format!("{SESSIONS}/1");
        let head = [("x-auth-token", TOKEN), ("location", place.as_str())];
        return (StatusCode::CREATED, head, Json(json!({}))).into_response();
    }
    if path != "/redfish/v1" && !by_session {
        let wanted = format!(
            "Basic {}",
            BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"))
        );
        let given = request.headers().get(header::AUTHORIZATION);
        if given.is_none_or(|given| given.as_bytes() != wanted.as_bytes()) {
            if given.is_some() {
                counts.refused.fetch_add(1, Ordering::Relaxed);
            }
            return StatusCode::UNAUTHORIZED.into_response();
        }
        counts.let_in.fetch_add(1, Ordering::Relaxed);
    }
    if path.starts_with(SESSIONS) && request.method() == "DELETE" {
        counts.sessions_ended.fetch_add(1, Ordering::SeqCst);
        return StatusCode::NO_CONTENT.into_response();
    }
    match resources.get(path) {
        Some(resource) if request.method() == "GET" => Json(resource.clone()).into_response(),
        Some(_) => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

fn members(paths: &[&str]) -> Value {
    let links: Vec<Value> = paths.iter().map(|path| link(path)).collect();
    json!({ "Members": links, "Members@odata.count": paths.len() })
}

/// What looks like an IMC in part: a DPU without a maker, behind a manager that has an `Oem` of
/// Intel's and none of its IPU's marks, with a root that may say anything.
pub fn like_an_imc(name: &'static str, vendor: Option<&'static str>) -> Vec<(&'static str, Value)> {
    let mut root = json!({
        "@odata.id": "/redfish/v1", "Id": "RootService", "Name": name, "RedfishVersion": "1.15.0",
        "Systems": link("/redfish/v1/Systems"), "Managers": link("/redfish/v1/Managers"),
    });
    if let Some(vendor) = vendor {
        root["Vendor"] = vendor.into();
    }
    vec![
        ("/redfish/v1", root),
        ("/redfish/v1/Systems", members(&["/redfish/v1/Systems/a"])),
        ("/redfish/v1/Managers", members(&["/redfish/v1/Managers/b"])),
        (
            "/redfish/v1/Systems/a",
            json!({ "Id": "a", "Name": "ACC", "SystemType": "DPU", "Status": { "Health": "OK" } }),
        ),
        (
            "/redfish/v1/Managers/b",
            json!({ "Id": "b", "Name": "IMC", "ManagerType": "ManagementController",
                "FirmwareVersion": "2.14", "Status": { "Health": "OK" },
                "Oem": { "Intel": { "@odata.type": "#OemManager.v1_0_0.Intel" } } }),
        ),
    ]
}

/// The same service, which makes sessions.
pub fn with_sessions(mut resources: Vec<(&'static str, Value)>) -> Vec<(&'static str, Value)> {
    for (path, resource) in &mut resources {
        if *path == "/redfish/v1" {
            resource["Links"] = json!({ "Sessions": link(SESSIONS) });
        }
    }
    resources
}

/// A server of our own invention, with a PCIe device of this serial number in it.
pub fn server(card_serial: &str) -> Vec<(&'static str, Value)> {
    vec![
        (
            "/redfish/v1",
            json!({
                "@odata.id": "/redfish/v1", "Id": "RootService", "Name": "Root Service",
                "RedfishVersion": "1.15.0", "Vendor": "Acme", "Product": "Acme BMC 9",
                "Systems": link("/redfish/v1/Systems"), "Managers": link("/redfish/v1/Managers"),
                "Chassis": link("/redfish/v1/Chassis"),
            }),
        ),
        ("/redfish/v1/Systems", members(&["/redfish/v1/Systems/a"])),
        ("/redfish/v1/Managers", members(&["/redfish/v1/Managers/b"])),
        ("/redfish/v1/Chassis", members(&["/redfish/v1/Chassis/c"])),
        (
            "/redfish/v1/Systems/a",
            json!({
                "@odata.id": "/redfish/v1/Systems/a", "Id": "a", "Name": "System",
                "Manufacturer": "Acme", "Model": "Workhorse", "SerialNumber": "SRV0000042",
                "PowerState": "On", "BiosVersion": "7.1",
                "Status": { "Health": "Warning", "State": "Enabled", "Conditions": [
                    { "Message": "PSU 2 lost its input", "Severity": "Warning" } ] },
                "Boot": { "BootSourceOverrideEnabled": "Disabled", "BootSourceOverrideTarget": "None",
                    "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Pxe", "Cd"] },
                "Actions": { "#ComputerSystem.Reset": {
                    "target": "/redfish/v1/Systems/a/Actions/ComputerSystem.Reset",
                    "ResetType@Redfish.AllowableValues": ["On", "ForceRestart"] } },
            }),
        ),
        (
            "/redfish/v1/Managers/b",
            json!({
                "@odata.id": "/redfish/v1/Managers/b", "Id": "b", "Name": "Manager",
                "ManagerType": "BMC", "FirmwareVersion": "9.10", "Status": { "Health": "OK" },
            }),
        ),
        (
            "/redfish/v1/Chassis/c",
            json!({
                "@odata.id": "/redfish/v1/Chassis/c", "Id": "c", "Name": "Chassis",
                "ChassisType": "RackMount", "Manufacturer": "Acme", "SerialNumber": "SRV0000042",
                "PCIeDevices": link("/redfish/v1/Chassis/c/PCIeDevices"),
            }),
        ),
        (
            "/redfish/v1/Chassis/c/PCIeDevices",
            members(&["/redfish/v1/Chassis/c/PCIeDevices/1"]),
        ),
        (
            "/redfish/v1/Chassis/c/PCIeDevices/1",
            json!({
                "@odata.id": "/redfish/v1/Chassis/c/PCIeDevices/1", "Id": "1",
                "Name": "Slot 3", "Manufacturer": "Intel", "Model": "IPU E2100",
                "SerialNumber": card_serial,
            }),
        ),
    ]
}
