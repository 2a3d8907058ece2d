//! What a person does to a service, by the path of a resource: each through its quirks, each read
//! back. Small trees of our own, with the little state that an action changes.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use slipway_core::ports::{
    Bmc, BmcError, BootOverride, BootOverrideEnabled, Controller, TaskState,
};
use slipway_redfish::RedfishClient;
use support::{Reply, Request, Server, imc, tree};

const SYSTEM: &str = "/redfish/v1/Systems/1";

fn image() -> url::Url {
    "https://10.0.0.1/t/boot.iso".parse().unwrap()
}

/// A client that waits a moment where the usual one waits three seconds.
fn hasty(server: &Server) -> RedfishClient {
    let mut target = server.target();
    target.timeouts.repeat = Duration::from_millis(1);
    RedfishClient::new(target)
}

/// Merges a body into a resource, as a PATCH does.
fn merge(resource: &mut Value, change: &Value) {
    match (resource, change) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                merge(old.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (old, new) => *old = new.clone(),
    }
}

fn not_offered(error: BmcError) -> String {
    match error {
        BmcError::NotOffered { what, .. } => what,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_lenovos_slot_is_filled_and_emptied_by_patch_with_its_etag() {
    let slot = "/redfish/v1/Managers/1/VirtualMedia/EXT1";
    let server = tree::start("lenovo", move |request, tree| {
        (request.method == "PATCH" && request.path == slot).then(|| {
            if request.header("if-match") != Some("\"EXT1\"") {
                return Reply::status(428);
            }
            merge(tree.get_mut(slot).unwrap(), &request.json());
            Reply::status(204)
        })
    })
    .await;
    let client = server.client();
    let task = client.insert_into(slot, &image()).await.unwrap();
    // It names no task: the slot tells.
    assert_eq!(task.0, slot);
    let state = client.task(&task).await.unwrap().state;
    assert_eq!(state, TaskState::Completed);
    let full = Controller::slot(&client, slot).await.unwrap();
    assert!(full.inserted && full.why_no_eject.is_none());
    assert_eq!(full.image.as_deref(), Some("https://10.0.0.1/t/boot.iso"));
    let empty = client.eject_from(slot).await.unwrap();
    assert!(!empty.inserted);
    assert_eq!(empty.why_no_eject.as_deref(), Some("nothing is inserted"));
    assert_eq!(
        server.of_method("PATCH"),
        [
            format!(r#"{slot} {{"Image":"{}","Inserted":true}}"#, image()),
            format!(r#"{slot} {{"Image":null,"Inserted":false}}"#),
        ]
    );
    let upload = "/redfish/v1/Managers/1/VirtualMedia/RDOC1";
    let what = not_offered(client.insert_into(upload, &image()).await.unwrap_err());
    assert!(what.ends_with("takes no URL"), "{what}");
    assert_eq!(server.of_method("PATCH").len(), 2);
}

#[tokio::test]
async fn a_patch_that_wants_an_etag_reads_it_first() {
    let server = tree::start("dell", |request, tree| {
        let path = "/redfish/v1/Systems/System.Embedded.1";
        match (request.method.as_str(), request.path.as_str()) {
            // Only this reading shows the ETag: another client changed it meanwhile.
            ("PATCH", _) if request.header("if-match") == Some("\"2\"") => {
                merge(tree.get_mut(path).unwrap(), &request.json());
                Some(Reply::status(200))
            }
            ("PATCH", _) => {
                tree.get_mut(path).unwrap()["@odata.etag"] = json!("\"2\"");
                Some(Reply::status(428))
            }
            _ => None,
        }
    })
    .await;
    let wanted = BootOverride {
        enabled: BootOverrideEnabled::Once,
        target: "Cd".into(),
    };
    let client = server.client();
    let system = "/redfish/v1/Systems/System.Embedded.1";
    assert_eq!(client.set_boot(system, &wanted).await.unwrap(), wanted);
    assert_eq!(server.of_method("PATCH").len(), 2);
}

#[tokio::test]
async fn a_supermicro_is_booted_from_its_usb_cd_and_says_so() {
    let server = tree::start("supermicro", |request, tree| {
        (request.method == "PATCH").then(|| {
            merge(tree.get_mut(SYSTEM).unwrap(), &request.json());
            Reply::status(200)
        })
    })
    .await;
    let client = server.client();
    let cd = BootOverride {
        enabled: BootOverrideEnabled::Once,
        target: "Cd".into(),
    };
    let set = client.set_boot(SYSTEM, &cd).await.unwrap();
    assert_eq!(set.target, "UsbCd");
    let off = BootOverride {
        enabled: BootOverrideEnabled::Disabled,
        target: "None".into(),
    };
    assert_eq!(client.set_boot(SYSTEM, &off).await.unwrap(), off);
    let gone = BootOverride {
        target: "Floppy".into(),
        ..cd
    };
    let what = not_offered(client.set_boot(SYSTEM, &gone).await.unwrap_err());
    assert!(what.starts_with("boot source Floppy"), "{what}");
}

#[tokio::test]
async fn a_supermicros_ejected_slot_is_filled_without_another_eject() {
    let slot = "/redfish/v1/Managers/1/VirtualMedia/1";
    let server = tree::start("supermicro", move |request, tree| {
        (request.method == "POST").then(|| {
            // Any property beside the image is refused, defaults too.
            if request.json().as_object().unwrap().len() > 1 {
                return Reply::status(400);
            }
            let full = json!({"Inserted": true, "ConnectedVia": "URI",
                "Image": request.json()["Image"],
                "Actions": {"#VirtualMedia.EjectMedia": {"target": format!("{slot}/eject")}}});
            merge(tree.get_mut(slot).unwrap(), &full);
            Reply::status(202).with("Location", "/redfish/v1/TaskService/TaskMonitors/3")
        })
    })
    .await;
    let client = server.client();
    let task = client.insert_into(slot, &image()).await.unwrap();
    assert_eq!(task.0, "/redfish/v1/TaskService/TaskMonitors/3");
    assert_eq!(server.of_method("POST").len(), 1);
    let full = Controller::slot(&client, slot).await.unwrap();
    assert!(full.inserted && full.why_no_eject.is_none());
}

/// 5xx, where the quirk's source says that a second try is safe; and not on an IMC.
#[tokio::test]
async fn an_insert_that_stumbles_is_sent_three_times_but_not_to_an_imc() {
    let slot = "/redfish/v1/Managers/iDRAC.Embedded.1/VirtualMedia/CD";
    for (good_after, sent) in [(2, 3), (9, 3)] {
        let count = AtomicUsize::new(0);
        let server = tree::start("dell", move |request, _| {
            (request.method == "POST").then(|| match count.fetch_add(1, Ordering::SeqCst) {
                n if n >= good_after => Reply::status(204),
                _ => Reply::json(500, r#"{"error": {"code": "Base.1.12.InternalError"}}"#),
            })
        })
        .await;
        let inserted = hasty(&server).insert_into(slot, &image()).await;
        assert_eq!(inserted.is_ok(), good_after < 3);
        assert_eq!(server.of_method("POST").len(), sent);
    }
    // It said 500 and did it: the slot tells, and nothing is sent again.
    let server = tree::start("dell", move |request, tree| {
        (request.method == "POST").then(|| {
            merge(
                tree.get_mut(slot).unwrap(),
                &json!({"Inserted": true, "Image": image()}),
            );
            Reply::status(503)
        })
    })
    .await;
    let task = hasty(&server).insert_into(slot, &image()).await.unwrap();
    assert_eq!(task.0, slot);
    assert_eq!(server.of_method("POST").len(), 1);

    let server = Server::start(|request| match request.method.as_str() {
        "POST" => Reply::status(500),
        _ => imc::answer(request, &mut imc::State::default()),
    })
    .await;
    let error = hasty(&server)
        .insert_into(imc::SLOT, &image())
        .await
        .unwrap_err();
    assert!(
        matches!(error, BmcError::Refused { status: 500, .. }),
        "{error}"
    );
    assert_eq!(server.of_method("POST").len(), 1);
}

#[tokio::test]
async fn an_imcs_slot_by_its_path() {
    let (server, state) = imc::start().await;
    let client = server.client();
    let empty = Controller::slot(&client, imc::SLOT).await.unwrap();
    assert_eq!(empty.why_no_insert, None);
    assert_eq!(empty.why_no_eject.as_deref(), Some("nothing is inserted"));
    client.insert_into(imc::SLOT, &image()).await.unwrap();
    assert!(state.lock().unwrap().inserted);
    let after = client.eject_from(imc::SLOT).await.unwrap();
    assert!(!after.inserted && !state.lock().unwrap().inserted);
    // Ejecting nothing sends nothing.
    client.eject_from(imc::SLOT).await.unwrap();
    assert_eq!(server.of_method("POST").len(), 2);
}

/// The answer is an error, and the slot is empty: what was asked for is so.
#[tokio::test]
async fn an_eject_that_stumbles_and_was_done_is_done() {
    let slot = "/redfish/v1/Managers/iDRAC.Embedded.1/VirtualMedia/CD";
    let server = tree::start("dell", move |request, tree| match request.method.as_str() {
        "POST" => {
            tree.get_mut(slot).unwrap()["Inserted"] = json!(false);
            Some(Reply::status(500))
        }
        _ if request.path == "/redfish/v1/" => {
            let held = json!({"Inserted": true, "Image": "https://h/old.iso"});
            merge(tree.get_mut(slot).unwrap(), &held);
            None
        }
        _ => None,
    })
    .await;
    let after = server.client().eject_from(slot).await.unwrap();
    assert!(!after.inserted);
    assert_eq!(server.of_method("POST").len(), 1);
}

#[tokio::test]
async fn a_bluefields_slot_is_never_filled() {
    let slot = "/redfish/v1/Managers/Bluefield_BMC/VirtualMedia/1";
    let server = tree::start("bluefield", move |request, _| {
        (request.path == slot).then(|| {
            Reply::value(&json!({"MediaTypes": ["CD"], "Inserted": false,
                "Actions": {"#VirtualMedia.InsertMedia": {"target": "/insert"}}}))
        })
    })
    .await;
    let what = server.client().insert_into(slot, &image()).await;
    let what = not_offered(what.unwrap_err());
    assert!(what.contains("installed by rshim"), "{what}");
    assert_eq!(server.of_method("POST"), [""; 0]);
}

#[tokio::test]
async fn a_reset_is_one_that_the_resource_offers() {
    let server = tree::start("supermicro", |request, _| {
        (request.method == "POST").then(|| Reply::status(204))
    })
    .await;
    let client = server.client();
    client.reset(SYSTEM, "GracefulRestart").await.unwrap();
    let target = format!("{SYSTEM}/Actions/ComputerSystem.Reset");
    let sent = format!(r#"{target} {{"ResetType":"GracefulRestart"}}"#);
    assert_eq!(server.of_method("POST"), [sent]);
    // The types stand in its action info.
    let what = not_offered(client.reset(SYSTEM, "Nmi").await.unwrap_err());
    assert_eq!(what, "reset Nmi (it has On, ForceOff, GracefulRestart)");
    let chassis = "/redfish/v1/Chassis/1";
    let what = not_offered(client.reset(chassis, "On").await.unwrap_err());
    assert_eq!(what, "reset at /redfish/v1/Chassis/1");
    assert_eq!(server.of_method("POST").len(), 1);
}

/// HTML, half a JSON, too much, a redirect, silence: one classified error each, in time, and the
/// effect was sent at most once.
#[tokio::test]
async fn bad_answers_to_actions() {
    let mut large = br#"{"error": ""#.to_vec();
    large.resize(10 << 20, b'x');
    let refused = |error: &BmcError| matches!(error, BmcError::Refused { .. });
    let protocol = |error: &BmcError| matches!(error, BmcError::Protocol { .. });
    let unreachable = |error: &BmcError| matches!(error, BmcError::Unreachable { .. });
    type Expected<'a> = &'a dyn Fn(&BmcError) -> bool;
    let cases: [(&str, Reply, Expected<'_>); 6] = [
        ("html", Reply::json(400, "<html>no</html>"), &refused),
        ("half", Reply::json(400, r#"{"error": {"mess"#), &refused),
        ("large", Reply::json(200, large), &protocol),
        (
            "redirect",
            Reply::status(307).with("Location", SYSTEM),
            &protocol,
        ),
        ("silence", Reply::Stall(Vec::new()), &unreachable),
        ("nothing", Reply::Close, &unreachable),
    ];
    for (name, reply, expected) in cases {
        let server = tree::start("supermicro", move |request: &Request, _| {
            matches!(request.method.as_str(), "POST" | "PATCH").then(|| reply.clone())
        })
        .await;
        let mut target = server.target();
        target.timeouts.request = Duration::from_millis(700);
        let client = Arc::new(RedfishClient::new(target));
        let slot = "/redfish/v1/Managers/1/VirtualMedia/1";
        let pxe = BootOverride {
            enabled: BootOverrideEnabled::Once,
            target: "Pxe".into(),
        };
        for error in [
            client.insert_into(slot, &image()).await.unwrap_err(),
            client.set_boot(SYSTEM, &pxe).await.unwrap_err(),
            client.reset(SYSTEM, "On").await.unwrap_err(),
        ] {
            assert!(expected(&error), "{name}: {error}");
            assert!(error.to_string().chars().count() < 400, "{name}: {error}");
        }
        let sent = server.of_method("POST").len() + server.of_method("PATCH").len();
        assert_eq!(sent, 3, "{name}");
    }
}
