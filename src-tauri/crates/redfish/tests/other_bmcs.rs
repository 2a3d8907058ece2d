//! Services that are no IMC: captured trees, where they lie beside the project, and small ones of
//! our own for each rule.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

mod support;

use serde_json::{Value, json};
use slipway_core::ports::{
    Bmc, BmcError, BootOverride, BootOverrideEnabled, TaskState, TaskUri, VirtualMedia,
};
use support::{Reply, Request, Server, imc, tree::captured};

#[tokio::test]
async fn an_hpe_serves_discs_in_its_second_slot() {
    let Some((server, _tree)) = captured("hpe").await else {
        return;
    };
    let client = server.client();
    let identity = client.identify().await.unwrap();
    assert_eq!(identity.service_name, "HPE RESTful Root Service");
    assert_eq!(identity.firmware.as_deref(), Some("iLO 5 v2.72"));
    assert_eq!(identity.bios.as_deref(), Some("A42 v2.60 (08/11/2022)"));
    assert_eq!(identity.serial_number.as_deref(), Some("MXQ302099S"));
    assert_eq!(identity.health.as_deref(), Some("Critical"));
    assert_eq!(identity.power.as_deref(), Some("On"));
    let media = client.virtual_media().await.unwrap();
    let empty = VirtualMedia {
        image_name: None,
        inserted: false,
    };
    assert_eq!(media, empty);
    let last = server.requests().pop().unwrap();
    assert_eq!(last.path, "/redfish/v1/Managers/1/VirtualMedia/2");
    assert_eq!(client.tasks().await.unwrap(), []);
    let boot = client.boot_override().await.unwrap();
    assert_eq!(boot.enabled, BootOverrideEnabled::Disabled);
}

#[tokio::test]
async fn a_supermicros_system_links_to_its_managers_media() {
    let Some((server, _tree)) = captured("supermicro").await else {
        return;
    };
    let client = server.client();
    let identity = client.identify().await.unwrap();
    assert_eq!(identity.firmware.as_deref(), Some("11.01.01"));
    assert_eq!(identity.model.as_deref(), Some("SYS-821GE-TNHR"));
    let media = client.virtual_media().await.unwrap();
    assert!(!media.inserted);
    let last = server.requests().pop().unwrap();
    assert_eq!(
        last.path,
        "/redfish/v1/Managers/1/VirtualMedia/VirtualMedia1"
    );
}

#[tokio::test]
async fn a_bluefield_has_no_virtual_media() {
    let Some((server, _tree)) = captured("nvidia_dpu").await else {
        return;
    };
    let client = server.client();
    let identity = client.identify().await.unwrap();
    assert_eq!(identity.firmware.as_deref(), Some("BF-24.10-10"));
    assert_eq!(
        identity.model.as_deref(),
        Some("BlueField-3 SmartNIC Main Card")
    );
    let error = client.virtual_media().await.unwrap_err();
    let peer = server.address.to_string();
    let what = "virtual media".to_owned();
    assert_eq!(error, BmcError::NotOffered { peer, what });
    let error = client.eject_media().await.unwrap_err();
    assert!(matches!(error, BmcError::NotOffered { .. }), "{error}");
}

/// A small server BMC: `at` answers first.
async fn bmc(at: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        if let Some(reply) = at(request) {
            return reply;
        }
        let body = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/redfish/v1/") => json!({"RedfishVersion": "1.6.0", "Id": 7,
                "Systems": {"@odata.id": "/redfish/v1/Systems"},
                "Managers": {"@odata.id": "/redfish/v1/Managers"}}),
            ("GET", "/redfish/v1/Systems") => imc::collection(&["/redfish/v1/Systems/S"]),
            ("GET", "/redfish/v1/Managers") => imc::collection(&["/redfish/v1/Managers/M"]),
            ("GET", "/redfish/v1/Systems/S") => system(),
            ("GET", "/redfish/v1/Managers/M") => json!({"FirmwareVersion": "1",
                "VirtualMedia": {"@odata.id": "/redfish/v1/Managers/M/VM"}, "Actions": {
                "#Manager.Reset": {"target": "/reset", "@Redfish.ActionInfo": "/reset-info"}}}),
            ("GET", "/reset-info") => json!({"Parameters": [{"Name": "ResetType",
                "AllowableValues": ["ForceRestart", "GracefulRestart"]}]}),
            ("GET", "/redfish/v1/Managers/M/VM") => {
                imc::collection(&["/redfish/v1/Managers/M/VM/CD"])
            }
            ("GET", "/redfish/v1/Managers/M/VM/CD") => slot(false),
            _ => return Reply::status(404),
        };
        Reply::value(&body)
    })
    .await
}

fn system() -> Value {
    json!({"Manufacturer": "ACME", "Boot": {"BootSourceOverrideEnabled": "Disabled",
        "BootSourceOverrideTarget": "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": ["Cd", "Pxe"]}})
}

fn slot(inserted: bool) -> Value {
    json!({"@odata.type": "#VirtualMedia.v1_3_0.VirtualMedia", "MediaTypes": ["DVD"],
        "Inserted": inserted, "Image": if inserted { "https://h/a/old.iso?x=1" } else { "" },
        "Actions": {"#VirtualMedia.InsertMedia": {"target": "/insert"},
            "#VirtualMedia.EjectMedia": {"target": "/eject"}}})
}

fn image() -> url::Url {
    "https://10.0.0.1/t/boot.iso".parse().unwrap()
}

#[tokio::test]
async fn a_server_gets_the_image_alone_and_then_what_it_asks_for() {
    let server = bmc(|request| match request.path.as_str() {
        "/insert" if request.json().get("TransferProtocolType").is_none() => {
            let body = json!({"error": {"@Message.ExtendedInfo": [{"MessageId":
                "Base.1.8.PropertyMissing", "RelatedProperties": ["#/TransferProtocolType"]}]}});
            Some(Reply::json(400, body.to_string()))
        }
        "/insert" | "/eject" => Some(Reply::status(204)),
        "/redfish/v1/Managers/M/VM/CD" => Some(Reply::value(&slot(true))),
        _ => None,
    })
    .await;
    let client = server.client();
    let held = client.virtual_media().await.unwrap();
    assert!(held.holds("old.iso"));
    let task = client.insert_media(&image()).await.unwrap();
    let posts = server.of_method("POST");
    let url = image();
    assert_eq!(posts[0], "/eject {}");
    assert_eq!(posts[1], format!(r#"/insert {{"Image":"{url}"}}"#));
    let last = format!(r#"/insert {{"Image":"{url}","TransferProtocolType":"HTTPS"}}"#);
    assert_eq!(posts[2..], [last]);
    // It named no task, so the slot itself is what to look at.
    assert_eq!(task.0, "/redfish/v1/Managers/M/VM/CD");
    let task = client.task(&task).await.unwrap();
    assert_eq!(task.state, TaskState::Completed);
}

#[tokio::test]
async fn a_refused_insert_comes_in_the_services_words() {
    let server = bmc(|request| {
        let body = json!({"error": {"code": "iLO.2.15.UnableToMount", "message": "no licence"}});
        (request.path == "/insert").then(|| Reply::json(400, body.to_string()))
    })
    .await;
    let error = server.client().insert_media(&image()).await.unwrap_err();
    let refused = BmcError::Refused {
        peer: server.address.to_string(),
        status: 400,
        message_id: Some("iLO.2.15.UnableToMount".into()),
        message: "no licence".into(),
        resolution: None,
    };
    assert_eq!(error, refused);
    assert_eq!(server.of_method("POST").len(), 1);
}

#[tokio::test]
async fn a_monitor_without_a_body_is_polled_at_its_own_path() {
    let server = bmc(|request| match request.path.as_str() {
        "/insert" => Some(Reply::status(202).with("Location", "/monitors/9")),
        "/monitors/9" => Some(Reply::status(202)),
        _ => None,
    })
    .await;
    let client = server.client();
    let task = client.insert_media(&image()).await.unwrap();
    assert_eq!(task, TaskUri("/monitors/9".into()));
    let state = client.task(&task).await.unwrap().state;
    assert_eq!(state, TaskState::Running);
}

/// As given, then strong, then none; only by 412.
#[tokio::test]
async fn etags_of_services_that_never_match() {
    let server = bmc(|request| match request.method.as_str() {
        "GET" if request.path == "/redfish/v1/Systems/S" => {
            Some(Reply::value(&system()).with("ETag", "W/\"1\""))
        }
        "PATCH" if request.header("if-match").is_some() => Some(Reply::status(412)),
        "PATCH" => Some(Reply::status(200)),
        _ => None,
    })
    .await;
    let wanted = BootOverride {
        enabled: BootOverrideEnabled::Once,
        target: "Cd".into(),
    };
    let read = server.client().set_boot_override(&wanted).await.unwrap();
    // What was read back, not what was asked for.
    assert_eq!(read.enabled, BootOverrideEnabled::Disabled);
    let sent: Vec<Option<String>> = server
        .requests()
        .iter()
        .filter(|r| r.method == "PATCH")
        .map(|r| r.header("if-match").map(str::to_owned))
        .collect();
    let tried = [Some("W/\"1\"".to_owned()), Some("\"1\"".to_owned()), None];
    assert_eq!(sent, tried);
}

#[tokio::test]
async fn an_override_is_switched_off_where_none_is_in_no_list() {
    let server = bmc(|r| (r.method == "PATCH").then(|| Reply::status(204))).await;
    let off = BootOverride {
        enabled: BootOverrideEnabled::Disabled,
        target: "None".into(),
    };
    let read = server.client().set_boot_override(&off).await.unwrap();
    assert_eq!(read, off);
}

#[tokio::test]
async fn the_kinds_of_reset_are_found_in_the_action_info() {
    let server = bmc(|r| (r.path == "/reset").then(|| Reply::status(204))).await;
    server.client().reset_manager().await.unwrap();
    let sent = r#"/reset {"ResetType":"GracefulRestart"}"#;
    assert_eq!(server.of_method("POST"), [sent]);
}

#[tokio::test]
async fn systems_on_a_second_page() {
    let server = bmc(|request| match request.path.as_str() {
        "/redfish/v1/Systems" => Some(Reply::value(&json!({"Members": null,
            "Members@odata.nextLink": "/redfish/v1/Systems?$skip=1"}))),
        "/redfish/v1/Systems?$skip=1" => {
            Some(Reply::value(&imc::collection(&["/redfish/v1/Systems/S"])))
        }
        _ => None,
    })
    .await;
    assert!(server.client().boot_override().await.is_ok());
}

#[tokio::test]
async fn a_service_with_nothing_in_it_is_still_one() {
    let server = Server::start(|request| match request.path.as_str() {
        "/redfish/v1/" => Reply::value(&json!({"@odata.type": "#ServiceRoot.v1_1_0.ServiceRoot"})),
        _ => Reply::status(404),
    })
    .await;
    let client = server.client();
    let identity = client.identify().await.unwrap();
    let nothing = slipway_core::dpu::ImcIdentity {
        evidence: "it has no name".into(),
        ..slipway_core::dpu::ImcIdentity::default()
    };
    assert_eq!(identity, nothing);
    assert_eq!(client.tasks().await.unwrap(), []);
    for error in [
        client.virtual_media().await.unwrap_err(),
        client.boot_override().await.unwrap_err(),
        client.reset_manager().await.unwrap_err(),
    ] {
        assert!(matches!(error, BmcError::NotOffered { .. }), "{error}");
    }
}
