//! The lab's Redfish against what was recorded from Intel's published server: every request again,
//! in order; statuses, headers and bodies compared, except for what the lab invents.
#![expect(
    clippy::unwrap_used,
    reason = "in helpers of tests, which clippy takes for other code"
)]

mod common;

use std::collections::BTreeMap;

use axum::body::Bytes;
use common::{Imc, MediaServer, folder, until};
use serde::Deserialize;
use serde_json::Value;
use slipway_lab::{Lab, LabConfig};

#[derive(Deserialize)]
struct Exchange {
    name: String,
    method: String,
    path: String,
    auth: bool,
    request: Option<String>,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    /// Only `Boot` of the answer was recorded.
    boot: Option<Value>,
    odata_version: Option<String>,
    #[serde(default)]
    wrong_password: bool,
    /// A Task: asked until it has ended.
    #[serde(default)]
    settle: bool,
}

/// What the recording could not show (no hardware), what is random, and what is a time.
const INVENTED: &[&str] = &[
    "/UUID",
    "/BiosVersion",
    "/Manufacturer",
    "/Model",
    "/PartNumber",
    "/PowerState",
    "/SerialNumber",
    "/AdditionalFirmwareVersions/Bootloader",
    "/AdditionalFirmwareVersions/Oem/Intel/IMC",
    "/AdditionalFirmwareVersions/Oem/Intel/OROM",
    "/AdditionalFirmwareVersions/Oem/Intel/Recovery",
    "/Oem/Intel/BoardId",
    "/FirmwareVersion",
    "/DateTime",
    "/DateTimeLocalOffset",
    "/StartTime",
    "/EndTime",
];

/// The body with what can't be compared blanked out; a key that is missing stays missing.
fn comparable(mut body: Value) -> Value {
    for pointer in INVENTED {
        if let Some(value) = body.pointer_mut(pointer) {
            *value = "…".into();
        }
    }
    body
}

#[tokio::test]
async fn every_recorded_request_is_answered_as_recorded() {
    let (_dir, dir) = folder();
    let lab = Lab::start(LabConfig::test(1, dir)).await.unwrap();
    let card = &lab.inventory().cards[0];
    let imc = Imc::new(card);
    let media = MediaServer::start(vec![("/boot.iso".into(), Bytes::from_static(b"boot"))]);
    let anchor = "tee /etc/pki/ca-trust/source/anchors/test.pem && update-ca-trust";
    let installed = lab.card(1).run_on_imc(anchor, media.ca.as_bytes()).await;
    assert_eq!(installed.exit, 0);
    let text = include_str!("fixtures/imc-redfish.json");
    let exchanges: Vec<Exchange> = serde_json::from_str(text).unwrap();
    assert!(exchanges.len() > 35);
    for exchange in &exchanges {
        replay(&imc, &media, exchange).await;
    }
    assert_eq!(
        media.seen(),
        ["HEAD /none.iso", "HEAD /boot.iso", "GET /boot.iso"]
    );
    lab.stop().await;
}

async fn replay(imc: &Imc, media: &MediaServer, exchange: &Exchange) {
    let name = &exchange.name;
    let ask = || {
        let mut request = match (exchange.wrong_password, exchange.auth) {
            (true, _) => imc
                .request(&exchange.method, &exchange.path)
                .basic_auth("root", Some("not-the-password")),
            (false, true) => imc.authorised(&exchange.method, &exchange.path),
            (false, false) => imc.request(&exchange.method, &exchange.path),
        };
        if let Some(version) = &exchange.odata_version {
            request = request.header("OData-Version", version);
        }
        if let Some(body) = &exchange.request {
            let login = format!(
                r#"{{"UserName":"{}","Password":"{}"}}"#,
                imc.user, imc.password
            );
            let body = body
                .replace("{media}", &media.base)
                .replace("{login}", &login)
                .replace("{big}", &"x".repeat(1025));
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        request
    };
    let answer = ask().send().await.unwrap();
    assert_eq!(answer.status(), exchange.status, "{name}");
    for (header, value) in &exchange.headers {
        let seen = answer.headers().get(header).map(|v| v.to_str().unwrap());
        let value = value.replace("{imc}", &imc.base);
        assert_eq!(seen, Some(value.as_str()), "{header} of {name}");
    }
    if exchange.status == 201 {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let token = STANDARD.decode(&answer.headers()["x-auth-token"]).unwrap();
        assert_eq!(token.len(), 256);
    }
    if exchange.status == 401 {
        assert!(!answer.headers().contains_key("odata-version"), "{name}");
    }
    let bytes = answer.bytes().await.unwrap();
    if exchange.status == 204 {
        assert!(bytes.is_empty(), "{name}");
    }
    let mut body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if exchange.settle {
        let poll = || async {
            let task: Value = ask().send().await.unwrap().json().await.unwrap();
            (task["TaskState"] != "Running").then_some(task)
        };
        body = until("the Task's end", poll).await;
    }
    if let Some(expected) = &exchange.body {
        assert_eq!(comparable(body), comparable(expected.clone()), "{name}");
    } else if let Some(boot) = &exchange.boot {
        assert_eq!(&body["Boot"], boot, "{name}");
    }
}
