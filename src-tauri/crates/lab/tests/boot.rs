//! A whole deployment against the lab, by plain Redfish: trust, insert, override, reset, install.
#![expect(
    clippy::unwrap_used,
    reason = "in helpers of tests, which clippy takes for other code"
)]

#[path = "common/asking.rs"]
mod asking;
mod common;

use std::{path::Path, time::Duration};

use axum::body::Bytes;
use common::{Imc, MediaServer, folder, until};
use serde_json::{Value, json};
use slipway_core::iso::IsoManifest;
use slipway_lab::{CardHandle, Fault, FleetMix, Lab, LabConfig, Timings, iso::IsoFile};
use tokio::net::TcpStream;

/// Serves the ISO as `/t/installer.iso` and makes the card trust the server.
async fn serve(card: &CardHandle, iso: &Path) -> (MediaServer, String) {
    let bytes = Bytes::from(std::fs::read(iso).unwrap());
    let media = MediaServer::start(vec![("/t/installer.iso".into(), bytes)]);
    let anchor = "tee /etc/pki/ca-trust/source/anchors/slipway-ca.pem";
    let ca = media.ca.as_bytes();
    assert_eq!(card.run_on_imc(anchor, ca).await.exit, 0);
    assert_eq!(card.run_on_imc("update-ca-trust", b"").await.exit, 0);
    let url = format!("{}/t/installer.iso", media.base);
    (media, url)
}

async fn imc_uptime(card: &CardHandle) -> f64 {
    let output = card.run_on_imc("cat /proc/uptime", b"").await;
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Override `Once` from the CD, and a reset of the IMC.
async fn boot_from_cd(imc: &Imc) {
    let boot = json!({"Boot": {
        "BootSourceOverrideEnabled": "Once",
        "BootSourceOverrideTarget": "Cd",
    }});
    let patched = imc.send("PATCH", "/redfish/v1/Systems/1", &boot).await;
    assert_eq!(patched.status(), 204);
    let reset = "/redfish/v1/Managers/1/Actions/Manager.Reset";
    let wanted = json!({"ResetType": "ForceRestart"});
    assert_eq!(imc.send("POST", reset, &wanted).await.status(), 204);
}

/// The digest that runs on the ACC, once it runs another boot than this.
async fn booted_after(card: &CardHandle, boot_id: &[u8]) -> String {
    until("another boot of the ACC", || async {
        let id = card
            .run_on_acc("cat /proc/sys/kernel/random/boot_id", b"")
            .await;
        let status = card.run_on_acc("bootc status --format json", b"").await;
        let status: Value = serde_json::from_slice(&status.stdout).ok()?;
        let digest = status["status"]["booted"]["image"]["imageDigest"].as_str()?;
        (id.exit == 0 && id.stdout != boot_id).then(|| digest.to_owned())
    })
    .await
}

fn manifest(iso: &Path) -> IsoManifest {
    let text = IsoFile::open(iso).unwrap().text("slipway.json").unwrap();
    serde_json::from_str(&text.unwrap()).unwrap()
}

#[tokio::test]
async fn a_card_is_installed_from_the_demo_iso() {
    let (_dir, dir) = folder();
    let config = LabConfig {
        // Long enough that the vanishing can't be missed.
        timings: Timings {
            imc_reset: Duration::from_secs(1),
            ..Timings::instant()
        },
        ..LabConfig::test(2, dir)
    };
    let lab = Lab::start(config).await.unwrap();
    let inventory = lab.inventory();
    let (card, imc) = (lab.card(1), Imc::new(&inventory.cards[0]));
    assert_eq!(card.bootc_status_json(), "", "factory-fresh");
    let (media, url) = serve(&card, &inventory.demo_iso).await;

    let task = imc.insert(&url).await;
    let task = imc.ended(&task).await;
    assert_eq!(task["TaskState"], "Completed", "{task}");
    let slot = imc.get("/redfish/v1/Systems/1/VirtualMedia/1").await;
    assert_eq!(slot["Inserted"], true);
    assert_eq!(slot["ImageName"], "installer.iso");
    let stat = card.run_on_imc("stat -c %s /mnt/imc/acc-os.iso", b"").await;
    let size = std::fs::metadata(&inventory.demo_iso).unwrap().len();
    assert_eq!(
        String::from_utf8_lossy(&stat.stdout).trim(),
        size.to_string()
    );

    let before = imc_uptime(&card).await;
    boot_from_cd(&imc).await;

    let address = inventory.cards[0].imc_redfish.clone();
    let connects = || async { TcpStream::connect(&address).await.is_ok() };
    until("the IMC to vanish", || async {
        (!connects().await).then_some(())
    })
    .await;
    let ssh = TcpStream::connect(&inventory.cards[0].imc_ssh).await;
    assert!(ssh.is_err(), "SSH goes with it");
    assert!(
        TcpStream::connect(&inventory.cards[1].imc_redfish)
            .await
            .is_ok()
    );
    until("the IMC to return", || async {
        connects().await.then_some(())
    })
    .await;
    assert!(imc_uptime(&card).await < before);

    let status: Value = until("the installed OS", || async {
        let output = card.run_on_acc("bootc status --format json", b"").await;
        serde_json::from_slice(&output.stdout).ok()
    })
    .await;
    let manifest = manifest(&inventory.demo_iso);
    let booted = &status["status"]["booted"]["image"];
    assert_eq!(booted["imageDigest"], manifest.digest.as_str());
    assert_eq!(booted["version"], "1.0.0");
    slipway_core::bootc::parse_status(&status.to_string()).unwrap();
    let system = imc.get("/redfish/v1/Systems/1").await;
    assert_eq!(
        system["Boot"]["BootSourceOverrideEnabled"], "Disabled",
        "Once is used up"
    );
    assert_eq!(system["Status"]["Health"], "OK");
    until("the ACC's sshd", || async {
        TcpStream::connect(&inventory.cards[0].acc_ssh).await.ok()
    })
    .await;

    let seen = card.observed();
    let effects = [
        seen.inserts,
        seen.media_heads,
        seen.media_gets,
        seen.overrides,
    ];
    assert_eq!(effects, [1, 1, 1, 1]);
    assert_eq!(
        [seen.imc_resets, seen.installs, seen.trust_updates],
        [1, 1, 1]
    );
    assert_eq!(
        media.seen(),
        ["HEAD /t/installer.iso", "GET /t/installer.iso"]
    );
    assert_eq!(lab.card(2).observed(), slipway_lab::Observed::default());
    lab.stop().await;
}

#[tokio::test]
async fn an_iso_that_does_not_boot_leaves_the_acc_off_and_the_system_critical() {
    let (_dir, dir) = folder();
    let lab = Lab::start(LabConfig::test(1, dir.clone())).await.unwrap();
    let inventory = lab.inventory();
    let (card, imc) = (lab.card(1), Imc::new(&inventory.cards[0]));
    let junk = dir.join("junk.iso");
    std::fs::write(&junk, vec![7; 100_000]).unwrap();
    let (_media, url) = serve(&card, &junk).await;
    let task = imc.insert(&url).await;
    assert_eq!(imc.ended(&task).await["TaskState"], "Completed");
    let boot = json!({"Boot": {
        "BootSourceOverrideEnabled": "Once",
        "BootSourceOverrideTarget": "Cd",
    }});
    imc.send("PATCH", "/redfish/v1/Systems/1", &boot).await;
    let restart = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
    let restart = imc
        .send("POST", restart, &json!({"ResetType": "GracefulRestart"}))
        .await;
    assert_eq!(restart.status(), 204);
    until("Health: Critical", || async {
        let system = imc.get("/redfish/v1/Systems/1").await;
        (system["Status"]["Health"] == "Critical" && system["PowerState"] == "Off").then_some(())
    })
    .await;
    assert!(
        TcpStream::connect(&inventory.cards[0].acc_ssh)
            .await
            .is_err()
    );
    lab.stop().await;
}

#[tokio::test]
async fn the_old_os_may_answer_and_another_image_may_boot() {
    let (_dir, dir) = folder();
    let config = LabConfig {
        fleet: FleetMix::Installed,
        ..LabConfig::test(1, dir)
    };
    let lab = Lab::start(config).await.unwrap();
    let inventory = lab.inventory();
    let (card, imc) = (lab.card(1), Imc::new(&inventory.cards[0]));
    let boot_id = || async {
        let id = "cat /proc/sys/kernel/random/boot_id";
        card.run_on_acc(id, b"").await.stdout
    };
    let wanted = manifest(&inventory.demo_iso).digest.to_string();
    let old = booted_after(&card, b"").await;
    assert_ne!(old, wanted);
    let (_media, url) = serve(&card, &inventory.demo_iso).await;
    for (fault, expected) in [
        (Some(Fault::OldOsAnswers), Some(&old)),
        (Some(Fault::WrongDigestBooted), None),
        (None, Some(&wanted)),
    ] {
        let task = imc.insert(&url).await;
        assert_eq!(imc.ended(&task).await["TaskState"], "Completed");
        if let Some(fault) = fault {
            card.inject(fault);
        }
        let before = boot_id().await;
        boot_from_cd(&imc).await;
        let booted = booted_after(&card, &before).await;
        match expected {
            Some(expected) => assert_eq!(&booted, expected, "{fault:?}"),
            None => assert_ne!(booted, wanted),
        }
        until("the IMC", || async { card.imc_is_up().then_some(()) }).await;
    }
    assert_eq!(card.observed().installs, 2);
    lab.stop().await;
}
