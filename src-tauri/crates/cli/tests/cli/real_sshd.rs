//! The same with OpenSSH's sshd in front of a card's IMC and of its ACC: real SSH, simulated card.

use std::time::Duration;

use serde_json::Value;

use crate::support::{
    Desk, Rack,
    sshd::{self, Sshd},
};

/// Adds a card whose SSH is OpenSSH's.
fn add(desk: &Desk, rack: &Rack, number: usize, imc: &Sshd, acc: &Sshd) {
    let told = rack.told(number);
    let password = desk.beside("imc-password");
    desk.run(&[
        "bmc",
        "add",
        &told.imc_redfish,
        "--name",
        &told.name,
        "--ssh",
        &imc.address,
        "--acc",
        &acc.address,
        "--password-file",
        password.to_str().unwrap(),
        // With the lab's patience.
        "--label",
        "lab",
        "--trust-on-first-use",
    ])
    .good();
}

fn fleet_key(desk: &Desk) -> String {
    desk.json(&["info"])["fleet_key"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn digest(card: &Value) -> &str {
    card["row"]["digest"].as_str().unwrap()
}

/// The ACC's sshd has whatever host key lies on the card's disk: after the installation the one
/// that the deployment predicted, and it lets in whom the kickstart lets in.
#[test]
fn a_card_behind_openssh_is_deployed_upgraded_and_rolled_back() {
    if !Sshd::can_log_root_in() {
        // Only root's sshd can let root in; the README's command runs as root in the CI.
        println!("skipped: needs root");
        return;
    }
    let rack = Rack::start(1, |config| {
        config.timings.imc_reset = Duration::from_millis(300);
        config.timings.acc_boot = Duration::from_millis(300);
    });
    let desk = Desk::new();
    let imc = Sshd::before_imc(&rack, 1, &fleet_key(&desk));
    let acc = Sshd::before_acc(&rack, 1);
    add(&desk, &rack, 1, &imc, &acc);
    desk.run(&[
        "iso",
        "import",
        rack.lab().inventory().demo_iso.to_str().unwrap(),
    ])
    .good();

    desk.run(&["deploy", "dpu-01", "--iso", "dpu-os-1.0.0.iso", "--yes"])
        .good();
    let deployed = desk.json(&["status", "dpu-01"])[0].clone();
    assert_eq!(
        (&deployed["row"]["version"], &deployed["hostname"]),
        (&"1.0.0".into(), &"dpu-01".into())
    );
    let pins = deployed["pins"].as_array().unwrap();
    let pin = pins
        .iter()
        .find(|pin| pin["peer"] == acc.address.as_str())
        .unwrap();
    assert!(
        pin["accepted_because"]
            .as_str()
            .unwrap()
            .starts_with("deployment "),
        "{pin}"
    );

    desk.run(&["upgrade", "dpu-01", "--yes"]).good();
    let upgraded = desk.json(&["status", "dpu-01"])[0].clone();
    assert_eq!(upgraded["row"]["version"], "1.1.0");
    assert_ne!(upgraded["boot_id"], deployed["boot_id"]);

    desk.run(&["rollback", "dpu-01", "--yes"]).good();
    let back = desk.json(&["status", "dpu-01"])[0].clone();
    assert_eq!(digest(&back), digest(&deployed));

    // It was OpenSSH that carried it, and the card that did it.
    assert!(imc.connections() > 0 && acc.connections() > 0);
    let seen = rack.observed(1);
    let once = (
        seen.inserts,
        seen.imc_resets,
        seen.installs,
        seen.upgrades,
        seen.rollbacks,
        seen.acc_reboots,
    );
    assert_eq!(once, (1, 1, 1, 1, 1, 2), "{seen:?}");
}

#[test]
fn a_key_that_openssh_does_not_know_is_refused_and_told() {
    if !Sshd::can_log_root_in() {
        println!("skipped: needs root");
        return;
    }
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    let stranger =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFAXH3BUJzB1sn6AGiGB613NHW9Sgwk/128NqAXtfGd+ x\n";
    let imc = Sshd::before_imc(&rack, 1, stranger);
    let acc = sshd::Sshd::before_acc(&rack, 1);
    add(&desk, &rack, 1, &imc, &acc);
    desk.run(&[
        "iso",
        "import",
        rack.lab().inventory().demo_iso.to_str().unwrap(),
    ])
    .good();
    let refused = desk.run(&["deploy", "dpu-01", "--iso", "dpu-os-1.0.0.iso", "--yes"]);
    refused
        .exits(6)
        .says("refuses to log in as root (tried: ")
        .says("correct the card's credential");
    assert_eq!(rack.observed(1).inserts, 0);
}
