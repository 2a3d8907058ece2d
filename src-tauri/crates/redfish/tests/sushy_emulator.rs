//! Against sushy-tools' emulator (PyPI), over its own TLS 1.2 and htpasswd: a Redfish service that
//! somebody else wrote. It fetches what is inserted, so a small web server stands beside it.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

#[path = "support/emulator.rs"]
mod emulator;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use emulator::{Emulator, Images, PASSWORD, USER};

use slipway_core::{
    address::Address,
    inventory::BmcKind,
    ports::{Bmc, BmcError, BootOverride, BootOverrideEnabled, Controller, TaskState},
    secret::Password,
    trust::Fingerprint,
};
use slipway_redfish::{RedfishClient, RedfishTarget, SiteCa, Timeouts, inspect};

fn target(emulator: &Emulator, password: &str, pin: Option<Fingerprint>) -> RedfishTarget {
    RedfishTarget {
        address: address(emulator),
        user: USER.to_owned(),
        password: Password::new(password),
        pin,
        ca: None,
        timeouts: Timeouts {
            repeat: Duration::from_millis(10),
            ..Timeouts::default()
        },
    }
}

fn address(emulator: &Emulator) -> Address {
    Address::parse_or(&emulator.address, 443).unwrap()
}

/// It signed itself: whoever trusts its certificate as a CA's vouches for it.
fn ca(emulator: &Emulator) -> SiteCa {
    SiteCa::from_pem(&emulator.certificate).unwrap()
}

#[tokio::test]
async fn a_service_of_somebody_else() {
    let Some(emulator) = Emulator::start() else {
        return;
    };
    let (address, ca) = (address(&emulator), ca(&emulator));
    let shown = inspect(&address, Some(&ca), Timeouts::default());
    let shown = shown.await.unwrap();
    assert!(shown.self_signed && shown.vouched_by_ca);
    let client = RedfishClient::new(target(&emulator, PASSWORD, Some(shown.fingerprint.clone())));

    let identity = client.identify().await.unwrap();
    assert_eq!(identity.service_name, "Redvirt Service");
    assert_eq!(identity.firmware.as_deref(), Some("1.00"));

    let crawl = client.crawl().await.unwrap();
    let inventory = crawl.inventory;
    let kind = BmcKind::Server {
        vendor: Some("Sushy Emulator".into()),
        product: None,
    };
    assert_eq!(inventory.kind, kind);
    let system = &inventory.systems[0];
    let slots: Vec<_> = system
        .slots
        .iter()
        .map(|s| s.id.as_deref().unwrap())
        .collect();
    assert_eq!(slots, ["Cd", "Floppy"]);
    assert_eq!(inventory.managers[0].slots, []);
    assert_eq!(inventory.macs().len(), 1);
    // It links things that it does not have: gaps, and not an error.
    assert!(
        inventory
            .gaps
            .iter()
            .any(|gap| gap.path.ends_with("/Memory"))
    );

    media(&client, &system.slots[0].path).await;

    let cd = BootOverride {
        enabled: BootOverrideEnabled::Once,
        target: "Cd".into(),
    };
    // Its `Once` reads back as `Continuous`; that is what is reported.
    let set = client.set_boot(&system.path, &cd).await.unwrap();
    assert_eq!(set.target, "Cd");
    assert_eq!(set.enabled, BootOverrideEnabled::Continuous);

    assert_eq!(system.power.as_deref(), Some("Off"));
    client.reset(&system.path, "On").await.unwrap();
    let on = async || client.identify().await.unwrap().power.as_deref() == Some("On");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !on().await {
        assert!(Instant::now() < deadline, "it was not switched on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let error = client.reset(&system.path, "PushPowerButton").await;
    assert!(
        matches!(error, Err(BmcError::NotOffered { .. })),
        "{error:?}"
    );

    let wrong = RedfishClient::new(target(&emulator, "not-this-one", Some(shown.fingerprint)));
    let error = wrong.crawl().await.unwrap_err();
    assert!(matches!(error, BmcError::Unauthorized { .. }), "{error}");
}

async fn media(client: &RedfishClient, slot: &str) {
    let images = Images::start();
    let folder: url::Url = format!("{}/", images.folder).parse().unwrap();
    let image = folder.join("boot.iso").unwrap();
    let task = client.insert_into(slot, &image).await.unwrap();
    assert_eq!(
        client.task(&task).await.unwrap().state,
        TaskState::Completed
    );
    let full = Controller::slot(client, slot).await.unwrap();
    assert!(full.inserted);
    assert_eq!(full.image.as_deref(), Some(image.as_str()));
    // Full: what is there is ejected first.
    client.insert_into(slot, &image).await.unwrap();
    let empty = client.eject_from(slot).await.unwrap();
    assert!(!empty.inserted && empty.image.is_none());
    client.eject_from(slot).await.unwrap();

    let missing = folder.join("missing.iso").unwrap();
    let error = client.insert_into(slot, &missing).await.unwrap_err();
    let BmcError::Refused { message, .. } = error else {
        panic!("{error}");
    };
    assert!(message.contains("404"), "{message}");
}

#[tokio::test]
async fn a_refused_password_is_sent_once() {
    let Some(emulator) = Emulator::start() else {
        return;
    };
    let mut target = target(&emulator, "not-this-one", None);
    target.ca = Some(ca(&emulator));
    let client = RedfishClient::new(target);
    let refused = AtomicUsize::new(0);
    for _ in 0..3 {
        match client.virtual_media().await.unwrap_err() {
            BmcError::Unauthorized { .. } => refused.fetch_add(1, Ordering::Relaxed),
            other => panic!("{other}"),
        };
    }
    let log = emulator.log();
    assert_eq!(log.matches("\" 401 ").count(), 1, "{log}");
}
