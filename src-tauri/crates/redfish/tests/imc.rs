//! The questions of `Bmc` against an IMC made of recorded answers.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

mod support;

use serde_json::json;
use slipway_core::{
    inventory::BmcKind,
    ports::{
        Bmc, BmcError, BootOverride, BootOverrideEnabled, Controller, TaskState, TaskUri,
        VirtualMedia,
    },
};
use slipway_redfish::greet;
use support::{PASSWORD, Reply, Request, Server, imc};

fn image() -> url::Url {
    "https://10.0.0.1:8444/token/boot.iso".parse().unwrap()
}

#[tokio::test]
async fn an_imc_is_identified_by_its_links() {
    let (server, _) = imc::start().await;
    let identity = server.client().identify().await.unwrap();
    assert_eq!(identity.service_name, "Intel IPU Redfish Service");
    assert_eq!(identity.firmware.as_deref(), Some("Default x86-64 system"));
    assert_eq!(identity.firmware_release, None);
    assert_eq!(identity.health.as_deref(), Some("OK"));
    assert_eq!((identity.model, identity.power), (None, None));
    let requests = server.requests();
    // The root is public and gets no credential; everything else does.
    assert_eq!(requests[0].header("authorization"), None);
    for request in &requests[1..] {
        let sent = request.header("authorization").unwrap();
        assert_eq!(sent, imc::basic(PASSWORD), "{}", request.path);
        assert_eq!(request.header("odata-version"), Some("4.0"));
    }
    // One connection serves them all.
    assert_eq!(server.connections(), 1);
}

/// An IMC whose configuration gives its root another name; `state` is what it holds.
fn renamed(request: &Request, state: &mut imc::State) -> Reply {
    match request.path.trim_end_matches('/') {
        "/redfish/v1" => {
            let mut root = imc::value(include_str!("fixtures/imc/root.json"));
            root["Name"] = json!("rack 7, slot 2");
            Reply::value(&root)
        }
        // Sessions are there; after its system was seen they are not made use of.
        path if path.ends_with("/Sessions") => Reply::status(405),
        _ => imc::answer(request, state),
    }
}

#[tokio::test]
async fn an_imc_with_another_name_is_known_by_its_system_and_its_manager() {
    let state = std::sync::Mutex::new(imc::State::default());
    let server = Server::start(move |request| renamed(request, &mut state.lock().unwrap())).await;
    let greeting = greet(&server.address, &server.fingerprint).await.unwrap();
    assert_eq!(greeting.kind, BmcKind::Unknown);
    assert!(greeting.may_be_imc, "its root can't tell");
    let client = server.client();
    let identity = client.identify().await.unwrap();
    assert!(identity.is_ipu, "{}", identity.evidence);
    assert_eq!(
        identity.evidence,
        "it calls itself `rack 7, slot 2`, but its system is a DPU and its manager has Intel's \
         `#InteIPUManager.v1_0_0.Manager`"
    );
    let crawl = client.crawl().await.unwrap();
    assert_eq!(crawl.inventory.kind, BmcKind::IntelImc);
    // It is treated as one: by a client that was never asked who it is, too.
    server.client().insert_media(&image()).await.unwrap();
    let body = r#"{"Image":"https://10.0.0.1:8444/token/boot.iso","TransferMethod":"Upload"}"#;
    let inserts = server.of_method("POST");
    assert!(inserts.last().unwrap().ends_with(body), "{inserts:?}");
}

#[tokio::test]
async fn a_dpu_of_somebody_else_is_no_imc() {
    let state = std::sync::Mutex::new(imc::State::default());
    let server = Server::start(move |request| match request.path.as_str() {
        "/redfish/v1/Managers/1" => Reply::value(&json!({"Name": "BMC", "ManagerType": "BMC",
            "FirmwareVersion": "2.14", "Oem": {"Intel": {"@odata.type": "#OemManager.Intel"}}})),
        _ => renamed(request, &mut state.lock().unwrap()),
    })
    .await;
    let client = server.client();
    let identity = client.identify().await.unwrap();
    assert!(!identity.is_ipu, "{}", identity.evidence);
    let kind = client.crawl().await.unwrap().inventory.kind;
    assert_eq!(kind, BmcKind::Unknown);
}

#[tokio::test]
async fn an_insert_has_exactly_intels_body_and_answers_with_the_task() {
    let (server, state) = imc::start().await;
    let client = server.client();
    let empty = client.virtual_media().await.unwrap();
    assert_eq!((empty.inserted, empty.image_name), (false, None));
    let task = client.insert_media(&image()).await.unwrap();
    assert_eq!(task.0, "/redfish/v1/TaskService/Tasks/1");
    assert_eq!(
        server.of_method("POST"),
        [format!(
            "{}/Actions/VirtualMedia.InsertMedia {}",
            imc::SLOT,
            r#"{"Image":"https://10.0.0.1:8444/token/boot.iso","TransferMethod":"Upload"}"#
        )]
    );
    assert!(state.lock().unwrap().inserted);
    let full = client.virtual_media().await.unwrap();
    let wanted = VirtualMedia {
        image_name: Some("boot.iso".into()),
        inserted: true,
    };
    assert_eq!(full, wanted);
    // Inserting over it needs no eject on an IMC.
    client.insert_media(&image()).await.unwrap();
    assert_eq!(server.of_method("POST").len(), 2);
}

#[tokio::test]
async fn a_failed_task_tells_its_reason() {
    let (server, _) = imc::start().await;
    let client = server.client();
    let uri = TaskUri("/redfish/v1/TaskService/Tasks/1".into());
    let task = client.task(&uri).await.unwrap();
    let TaskState::Failed(reason) = task.state else {
        panic!("{task:?}");
    };
    assert_eq!(
        reason,
        "Virtual Media insert failed: Data transfer failed: Unsupported protocol"
    );
    // A task that was dropped between the list and the question is left out; newest last.
    let tasks = client.tasks().await.unwrap();
    let uris: Vec<&str> = tasks.iter().map(|t| t.uri.0.as_str()).collect();
    assert_eq!(
        uris,
        [format!("{}/1", imc::TASKS), format!("{}/3", imc::TASKS)]
    );
    let gone = client.task(&TaskUri(format!("{}/7", imc::TASKS))).await;
    assert!(matches!(gone, Err(BmcError::Refused { status: 404, .. })));
}

#[tokio::test]
async fn ejecting_an_empty_slot_is_no_error() {
    let (server, state) = imc::start().await;
    let client = server.client();
    client.eject_media().await.unwrap();
    assert_eq!(server.of_method("POST"), [""; 0]);
    // It was emptied after we looked: 400 ActionNotSupported.
    state.lock().unwrap().shows_inserted = Some(true);
    client.eject_media().await.unwrap();
    assert_eq!(server.of_method("POST").len(), 1);
    *state.lock().unwrap() = imc::State {
        inserted: true,
        ..imc::State::default()
    };
    client.eject_media().await.unwrap();
    assert!(!state.lock().unwrap().inserted);
}

#[tokio::test]
async fn a_boot_override_is_set_whole_and_read_back() {
    let (server, _) = imc::start().await;
    let client = server.client();
    let now = client.boot_override().await.unwrap();
    let off = BootOverride {
        enabled: BootOverrideEnabled::Disabled,
        target: "None".into(),
    };
    assert_eq!(now, off);
    let wanted = BootOverride {
        enabled: BootOverrideEnabled::Once,
        target: "Cd".into(),
    };
    assert_eq!(client.set_boot_override(&wanted).await.unwrap(), wanted);
    let body = json!({"Boot": {"BootSourceOverrideEnabled": "Once",
        "BootSourceOverrideTarget": "Cd"}});
    assert_eq!(
        server.of_method("PATCH"),
        [format!("{} {body}", imc::SYSTEM)]
    );
}

#[tokio::test]
async fn what_an_imc_does_not_offer_is_not_asked_of_it() {
    let (server, _) = imc::start().await;
    let client = server.client();
    let set = async |enabled, target: &str| {
        let target = target.to_owned();
        client
            .set_boot_override(&BootOverride { enabled, target })
            .await
            .unwrap_err()
    };
    let error = set(BootOverrideEnabled::Disabled, "None").await;
    assert_eq!(
        error,
        BmcError::NotOffered {
            peer: server.address.to_string(),
            what: "boot source override Disabled (it has Once, Continuous)".into(),
        }
    );
    let error = set(BootOverrideEnabled::Once, "Pxe").await;
    assert!(matches!(error, BmcError::NotOffered { .. }), "{error}");
    assert_eq!(server.of_method("PATCH"), [""; 0]);
    // What it only says when asked comes in its own words.
    let error = set(BootOverrideEnabled::Once, "UefiShell").await;
    let BmcError::Refused {
        status,
        message,
        message_id,
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(status, 400);
    assert_eq!(message_id.as_deref(), Some("Base.1.18.GeneralError"));
    assert!(message.starts_with("BootOverride Once can only"));
}

#[tokio::test]
async fn the_manager_is_reset_by_its_action() {
    let (server, state) = imc::start().await;
    server.client().reset_manager().await.unwrap();
    assert_eq!(state.lock().unwrap().resets, 1);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let server = Server::start(|request| match request.path.as_str() {
        "/redfish/v1/" => Reply::json(200, include_str!("fixtures/imc/root.json")),
        _ => Reply::json(401, include_str!("fixtures/imc/error_unauthorized.json")),
    })
    .await;
    let peer = server.address.to_string();
    let error = server.client().identify().await.unwrap_err();
    assert_eq!(error, BmcError::Unauthorized { peer });
    let with = |r: &&support::Request| r.header("authorization").is_some();
    assert_eq!(server.requests().iter().filter(with).count(), 1);
}

#[tokio::test]
async fn an_effect_does_not_use_a_connection_that_was_used_before() {
    let (server, _) = imc::start().await;
    let client = server.client();
    client.insert_media(&image()).await.unwrap();
    let requests = server.requests();
    let (last, before) = requests.split_last().unwrap();
    assert_eq!(last.method, "POST");
    assert!(before.iter().all(|r| r.connection != last.connection));
}

#[tokio::test]
async fn places_that_moved_are_found_again() {
    let moved = std::sync::atomic::AtomicBool::new(false);
    let server = Server::start(move |request| {
        let system = match moved.load(std::sync::atomic::Ordering::SeqCst) {
            true => "/redfish/v1/Systems/self",
            false => imc::SYSTEM,
        };
        match request.path.as_str() {
            "/redfish/v1/" => Reply::json(200, include_str!("fixtures/imc/root.json")),
            "/redfish/v1/Systems" => Reply::value(&imc::collection(&[system])),
            path if path == system => {
                // From now on it is elsewhere.
                moved.store(true, std::sync::atomic::Ordering::SeqCst);
                Reply::json(200, include_str!("fixtures/imc/system.json"))
            }
            _ => Reply::json(404, include_str!("fixtures/imc/error_missing.json")),
        }
    })
    .await;
    let client = server.client();
    client.boot_override().await.unwrap();
    client.boot_override().await.unwrap();
    let paths: Vec<String> = server.requests().into_iter().map(|r| r.path).collect();
    assert_eq!(paths.last().unwrap(), "/redfish/v1/Systems/self");
}
