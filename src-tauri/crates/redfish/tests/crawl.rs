//! The inventory of services: small trees of our own, one for each way in which they differ, and
//! the captured ones where they lie beside the project.

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
    inventory::{BmcKind, Inventory},
    ports::{BmcError, Controller, Crawl},
};
use support::{Reply, Server, imc, outline::outline, tree, until};
use tokio::sync::Semaphore;

async fn crawl(name: &str) -> Inventory {
    let server = tree::start(name, |_, _| None).await;
    let crawl = server.client().crawl().await.unwrap();
    complete(&server, &crawl);
    crawl.inventory
}

/// What holds of every crawl: each resource once, two at once at most, and nothing unaccounted for.
fn complete(server: &Server, crawl: &Crawl) {
    let requests = server.requests();
    // With what a login takes.
    assert_eq!(crawl.inventory.requests as usize, requests.len());
    let reads = requests.into_iter().filter(|r| r.method == "GET");
    let mut paths: Vec<String> = reads.map(|r| r.path).collect();
    let sent = paths.len();
    for path in &mut paths {
        path.truncate(path.trim_end_matches('/').len());
    }
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), sent, "something was read twice");
    assert_eq!(crawl.raw.len() + crawl.inventory.gaps.len(), sent);
    assert!(server.most_in_flight() <= 2);
}

#[tokio::test]
async fn an_imc() {
    let (server, _) = imc::start().await;
    let crawl = server.client().crawl().await.unwrap();
    complete(&server, &crawl);
    assert_eq!(crawl.inventory.kind, BmcKind::IntelImc);
    insta::assert_snapshot!(outline(&crawl.inventory));
    // The raw resources are the support view's: the root first.
    assert_eq!(crawl.raw[0].path, "/redfish/v1");
    assert_eq!(crawl.raw[0].body["Name"], "Intel IPU Redfish Service");
}

#[tokio::test]
async fn a_dell_has_slots_in_both_places_and_its_firmware_on_pages() {
    let inventory = crawl("dell").await;
    insta::assert_snapshot!(outline(&inventory));
    assert_eq!(inventory.firmware.len(), 2);
    // One was linked and is not there.
    assert_eq!(inventory.gaps.len(), 1);
    assert!(inventory.gaps[0].path.ends_with("/Gone"));
    assert_eq!(inventory.macs(), ["b0:7b:25:00:00:01", "b0:7b:25:00:00:02"]);
    let slots = |slots: &[slipway_core::inventory::MediaSlotInfo]| -> Vec<String> {
        slots.iter().filter_map(|s| s.id.clone()).collect()
    };
    assert_eq!(slots(&inventory.systems[0].slots), ["1"]);
    assert_eq!(slots(&inventory.managers[0].slots), ["CD", "RemovableDisk"]);
    // A device that system and chassis list stands once.
    assert_eq!(inventory.systems[0].pcie_devices.len(), 2);
    assert_eq!(inventory.chassis[0].pcie_devices, []);
}

#[tokio::test]
async fn a_lenovos_slots_are_able_by_patch_but_for_the_uploads() {
    let inventory = crawl("lenovo").await;
    insta::assert_snapshot!(outline(&inventory));
    let slots = &inventory.managers[0].slots;
    let able: Vec<bool> = slots.iter().map(|s| s.why_no_insert.is_none()).collect();
    assert_eq!(able, [false, false, true]);
}

#[tokio::test]
async fn a_supermicros_ejected_slot_is_empty_and_stands_once() {
    let inventory = crawl("supermicro").await;
    insta::assert_snapshot!(outline(&inventory));
    let slot = &inventory.systems[0].slots[0];
    assert_eq!((slot.inserted, &slot.image), (false, &None));
    assert_eq!(slot.protocols, ["https", "cifs"]);
    assert_eq!(inventory.managers[0].slots, []);
    let health = &inventory.systems[0].health;
    assert_eq!(health.reasons, ["drive 0: Warning"]);
}

#[tokio::test]
async fn an_hpes_second_slot_takes_discs_and_its_date_stays_text() {
    let inventory = crawl("hpe").await;
    insta::assert_snapshot!(outline(&inventory));
    let manager = &inventory.managers[0];
    assert_eq!(manager.date_time.as_deref(), Some("0000-00-00T00:00:00Z"));
    assert_eq!(manager.slots[1].media_types, ["CD", "DVD"]);
    assert_eq!(inventory.systems[0].drives.len(), 1);
}

#[tokio::test]
async fn a_bluefield_is_recognised_and_has_no_slot() {
    let inventory = crawl("bluefield").await;
    insta::assert_snapshot!(outline(&inventory));
    let product = Some("BlueField-3 SmartNIC Main Card".to_owned());
    assert_eq!(inventory.kind, BmcKind::BlueField { product });
    assert_eq!(inventory.macs(), ["c4:70:bd:00:00:01"]);
    // Zero is what it writes where it does not know.
    assert_eq!(inventory.systems[0].memory, None);
}

#[tokio::test]
async fn numbers_for_ids_wrong_types_and_links_in_a_circle() {
    let inventory = crawl("odd").await;
    insta::assert_snapshot!(outline(&inventory));
    assert_eq!(inventory.kind, BmcKind::Unknown);
    assert_eq!(inventory.systems[0].id.as_deref(), Some("1"));
    assert_eq!(inventory.systems[0].reset_types, None);
    assert_eq!(inventory.managers[0].reset_types, Some(Vec::new()));
}

#[tokio::test]
async fn captured_trees() {
    for name in ["hpe", "supermicro", "nvidia_dpu"] {
        let Some((server, _tree)) = tree::captured(name).await else {
            return;
        };
        let crawl = server.client().crawl().await.unwrap();
        complete(&server, &crawl);
        insta::assert_snapshot!(format!("captured_{name}"), outline(&crawl.inventory));
    }
}

#[tokio::test]
async fn a_service_with_nothing_in_it() {
    let server = Server::start(|_| Reply::value(&json!({"RedfishVersion": "1.0.0"}))).await;
    let inventory = server.client().crawl().await.unwrap().inventory;
    assert_eq!(inventory.requests, 1);
    assert_eq!(inventory.kind, BmcKind::Unknown);
    assert_eq!((inventory.systems.len(), inventory.gaps.len()), (0, 0));
}

/// Always two, as long as there is something to read: not one after the other, and not in waves.
#[tokio::test]
async fn two_requests_are_in_flight_all_the_time() {
    let gate = Arc::new(Semaphore::new(0));
    let tree = tree::load("dell");
    let server = Server::start({
        let gate = gate.clone();
        move |request| match request.path.as_str() {
            "/redfish/v1/" => tree::get(&tree, &request.path),
            // The first that needs the credential goes alone.
            "/redfish/v1/Systems" => tree::get(&tree, &request.path),
            path => Reply::Held(gate.clone(), Box::new(tree::get(&tree, path))),
        }
    })
    .await;
    let client = server.client();
    let crawling = tokio::spawn(async move { client.crawl().await });
    for _ in 0..8 {
        until("two requests in flight", || server.in_flight() == 2).await;
        gate.add_permits(1);
    }
    gate.add_permits(1000);
    let crawl = crawling.await.unwrap().unwrap();
    complete(&server, &crawl);
    assert_eq!(server.most_in_flight(), 2);
}

/// The credential is refused by the third answer: nothing of what was read is passed off as an
/// inventory.
#[tokio::test]
async fn a_refusal_in_the_middle_is_an_error() {
    let asked = AtomicUsize::new(0);
    let server = tree::start("dell", move |_, _| {
        (asked.fetch_add(1, Ordering::SeqCst) > 3).then(|| Reply::status(401))
    })
    .await;
    let error = server.client().crawl().await.unwrap_err();
    assert!(matches!(error, BmcError::Unauthorized { .. }), "{error}");
}

#[tokio::test]
async fn what_is_unreadable_is_a_gap_and_the_rest_is_there() {
    let server = tree::start("dell", |request, _| {
        let path = request.path.as_str();
        let html = path
            .ends_with("/Processors")
            .then(|| Reply::json(200, "<html>"));
        let half = path
            .ends_with("/Storage")
            .then(|| Reply::json(200, "{\"Mem"));
        let large = || {
            let mut body = b"{\"Id\": \"".to_vec();
            body.resize(10 << 20, b'x');
            Reply::json(200, body)
        };
        let large = path.ends_with("/EthernetInterfaces").then(large);
        let round = path.ends_with("/NetworkAdapters");
        let round = round.then(|| Reply::status(302).with("Location", path));
        html.or(half).or(large).or(round)
    })
    .await;
    let crawl = server.client().crawl().await.unwrap();
    let gaps: Vec<String> = crawl
        .inventory
        .gaps
        .iter()
        .filter_map(|gap| Some(format!("{} {}", gap.path.rsplit('/').next()?, gap.reason)))
        .collect();
    let gap = |name: &str, reason: &str| {
        let found = gaps.iter().find(|g| g.starts_with(name));
        assert!(found.unwrap().contains(reason), "{gaps:?}");
    };
    gap("Processors", "no JSON");
    gap("Storage", "EOF while parsing");
    gap("EthernetInterfaces", "more than 4 MB");
    gap("NetworkAdapters", "a redirect to");
    gap("Gone", "404");
    assert_eq!(gaps.len(), 5);
    assert_eq!(crawl.inventory.systems[0].slots.len(), 1);
    assert_eq!(crawl.inventory.firmware.len(), 2);
}

/// A service that falls silent is given up after a few broken questions, not after each.
#[tokio::test]
async fn a_service_that_goes_away_is_given_up() {
    let server = tree::start("dell", |request, _| {
        // The collections and their members answer, and nothing below.
        let below = request.path.split('/').count() > 5;
        below.then(|| Reply::Stall(Vec::new()))
    })
    .await;
    let mut target = server.target();
    target.timeouts.request = Duration::from_millis(300);
    let begun = Instant::now();
    let crawl = slipway_redfish::RedfishClient::new(target).crawl().await;
    let inventory = crawl.unwrap().inventory;
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(server.requests().len() < 15);
    let reasons: Vec<&str> = inventory.gaps.iter().map(|g| g.reason.as_str()).collect();
    assert!(
        reasons.iter().any(|r| r.contains("no answer within 0.3 s")),
        "{reasons:?}"
    );
    let last = "not read: the service does not answer any more";
    assert!(reasons.contains(&last), "{reasons:?}");
}

#[tokio::test]
async fn a_service_of_which_only_the_root_can_be_read_is_an_error() {
    for reply in [Reply::json(200, "<html>"), Reply::status(500), Reply::Close] {
        let server = tree::start("dell", move |request, _| {
            (request.path != "/redfish/v1/").then(|| reply.clone())
        })
        .await;
        let error = server.client().crawl().await.unwrap_err();
        let expected = matches!(
            error,
            BmcError::Protocol { .. } | BmcError::Refused { .. } | BmcError::Unreachable { .. }
        );
        assert!(expected, "{error}");
    }
}
