//! Certificates and host keys that changed: blocked, with the old and the new one shown, until a
//! person accepts; nothing is said to the stranger.

use slipway_lab::{Fault, FleetMix};

use crate::support::{Desk, Rack, golden};

const DEPLOY: [&str; 5] = ["deploy", "dpu-01", "--iso", "dpu-os-1.0.0.iso", "--yes"];

#[test]
fn a_changed_certificate_blocks_until_it_is_accepted() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let old = rack.told(1).imc_tls_fingerprint;
    rack.card(1).inject(Fault::TlsCertificateChanged);
    let told = rack.told(1);
    let new = told.imc_tls_fingerprint;
    assert_ne!(old, new);
    let logins = rack.observed(1).sessions;

    let blocked = desk
        .run(&DEPLOY)
        .exits(5)
        .says(old.as_str())
        .says(new.as_str());
    golden("certificate-changed", &blocked.out);
    let seen = rack.observed(1);
    assert_eq!(
        (seen.inserts, seen.sessions, seen.refused_logins),
        (0, logins, 0),
        "{seen:?}"
    );
    let probe = desk.json(&["bmc", "probe", &told.imc_redfish, "--ssh", &told.imc_ssh]);
    assert_eq!(probe["certificate"]["trust"], "changed");
    assert_eq!(probe["certificate"]["pinned"], old.as_str());
    let card = desk.json(&["status", "dpu-01"])[0].clone();
    assert!(
        card["imc_silent"]["reason"]
            .as_str()
            .unwrap()
            .contains(new.as_str()),
        "{card}"
    );

    desk.run(&[
        "trust",
        "accept",
        "certificate",
        &told.imc_redfish,
        new.as_str(),
    ])
    .good();
    desk.run(&["status", "dpu-01"]).good();
    desk.run(&DEPLOY).good();
}

#[test]
fn a_changed_host_key_of_the_imc_blocks() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let old = rack.told(1).imc_host_key_fingerprint;
    rack.card(1).inject(Fault::SshHostKeyChanged);
    let told = rack.told(1);
    let new = told.imc_host_key_fingerprint;
    let blocked = desk
        .run(&DEPLOY)
        .exits(5)
        .says(old.as_str())
        .says(new.as_str());
    golden("imc-host-key-changed", &blocked.out);
    assert_eq!(rack.observed(1).inserts, 0);
    desk.run(&["trust", "accept", "host-key", &told.imc_ssh, new.as_str()])
        .good();
    desk.run(&["status", "dpu-01"]).good();
    desk.run(&DEPLOY).good();
}

#[test]
fn a_changed_host_key_of_the_acc_blocks_and_a_deployment_may_replace_it() {
    let rack = Rack::start(1, |config| config.fleet = FleetMix::Installed);
    let desk = Desk::joined(&rack);
    let card = desk.card("dpu-01");
    let pin = |card: &serde_json::Value| {
        let pins = card["pins"].as_array().unwrap().clone();
        pins.into_iter()
            .find(|pin| pin["peer"].as_str().unwrap().contains('/'))
            .unwrap()
    };
    let old = pin(&card)["fingerprint"].as_str().unwrap().to_owned();
    // Somebody else's system answers where the card's did.
    let stranger = slipway_lab::ssh::new_host_key();
    let new = slipway_lab::ssh::host_key_fingerprint(&stranger);
    let written = rack.block_on(rack.card(1).run_on_acc(
        "tee /etc/ssh/ssh_host_ed25519_key >/dev/null",
        stranger.as_bytes(),
    ));
    assert_eq!(written.exit, 0);
    let commands = rack.observed(1).acc_commands;

    let card = desk.json(&["status", "dpu-01"])[0].clone();
    let reason = card["acc_silent"]["reason"].as_str().unwrap();
    assert!(
        reason.contains(&old) && reason.contains(new.as_str()),
        "{reason}"
    );
    assert_eq!(
        pin(&card)["fingerprint"],
        old.as_str(),
        "looking accepts nothing"
    );
    let switch = ["switch", "dpu-01", "127.0.0.1:9/lab/dpu-os:1.0.0", "--yes"];
    let blocked = desk.run(&switch).explains(4, &old);
    golden("acc-host-key-changed", &blocked.err);
    assert_eq!(
        rack.observed(1).acc_commands,
        commands,
        "nothing was said to it"
    );

    // A deployment makes the next key itself, and knows it again.
    desk.run(&DEPLOY).good();
    let card = desk.card("dpu-01");
    assert!(
        pin(&card)["accepted_because"]
            .as_str()
            .unwrap()
            .starts_with("deployment ")
    );
    assert_eq!(card["row"]["version"], "1.0.0");
}
