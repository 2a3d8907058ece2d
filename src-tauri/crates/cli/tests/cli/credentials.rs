//! Credential profiles: who logs in by what, and what is never given out again.

use std::{fs, process::Command};

use slipway_lab::FleetMix;

use crate::support::{Desk, Rack, Ran, desk::IMC_PASSWORD, golden};

fn profile(desk: &Desk, name: &str, secret: &str, more: &[&str]) -> Ran {
    let file = desk.beside("profile-secret");
    fs::write(&file, secret).unwrap();
    let mut words = vec![
        "credential",
        "add",
        name,
        "--secret-file",
        file.to_str().unwrap(),
    ];
    words.extend(more);
    desk.run(&words)
}

fn add_by_profile(desk: &Desk, rack: &Rack, more: &[&str]) -> Ran {
    let told = rack.told(1);
    let mut words = vec![
        "bmc",
        "add",
        &told.imc_redfish,
        "--name",
        "dpu-01",
        "--ssh",
        &told.imc_ssh,
    ];
    words.extend(["--trust-on-first-use", "--profile", "lab"]);
    words.extend(more);
    desk.run(&words)
}

#[test]
fn a_card_logs_in_by_a_profile_which_can_not_be_removed_then() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    profile(
        &desk,
        "lab",
        IMC_PASSWORD,
        &["--address", "127.0.0.*", "--label", "rack-7"],
    )
    .good();
    profile(&desk, "lab", "another", &[]).explains(4, "is there already");
    add_by_profile(&desk, &rack, &[]).good();
    let card = desk.card("dpu-01");
    assert_eq!(card["logins"]["imc"]["text"], "profile lab (root)");
    assert!(card["imc_silent"].is_null(), "{card}");
    let listed = desk.json(&["credential", "list"]);
    assert_eq!(listed[0]["used_by"][0]["name"], "dpu-01");
    assert_eq!(
        listed.as_array().unwrap().len(),
        1,
        "a machine's own is no profile: {listed}"
    );
    golden(
        "credential-show",
        &desk.run(&["credential", "show", "lab"]).good().out,
    );
    desk.run(&["credential", "remove", "lab"])
        .explains(4, "used by dpu-01");

    // The card goes, the profile stays, and then it may go.
    desk.run(&["bmc", "remove", "dpu-01"]).good();
    desk.run(&["credential", "remove", "lab"]).good();
    desk.run(&["credential", "show", "lab"])
        .explains(3, "no credential profile");
}

#[test]
fn a_profile_is_changed_for_everybody_who_logs_in_by_it() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    profile(&desk, "lab", "wrong-but-long-enough", &[]).good();
    add_by_profile(&desk, &rack, &[]).explains(6, "refuses the user name");
    assert_eq!(rack.observed(1).refused_logins, 1, "tried once");
    assert_eq!(desk.json(&["bmc", "list"]), serde_json::json!([]));
    let file = desk.beside("profile-secret");
    fs::write(&file, IMC_PASSWORD).unwrap();
    desk.run(&[
        "credential",
        "set",
        "lab",
        "--secret-file",
        file.to_str().unwrap(),
    ])
    .good();
    add_by_profile(&desk, &rack, &[]).good();

    // Another profile that does not open it is refused, and the old one stays.
    profile(&desk, "other", "wrong-but-long-enough", &[]).good();
    desk.run(&["bmc", "login", "dpu-01", "--profile", "other"])
        .explains(6, "refuses");
    assert_eq!(
        desk.card("dpu-01")["logins"]["imc"]["text"],
        "profile lab (root)"
    );
    profile(&desk, "short", "short", &[]).good();
    let before = rack.observed(1).refused_logins;
    desk.run(&["bmc", "login", "dpu-01", "--profile", "short"])
        .explains(2, "under 14");
    assert_eq!(
        rack.observed(1).refused_logins,
        before,
        "it was not even tried"
    );
}

#[test]
fn ssh_goes_by_key_agent_or_an_empty_password_and_redfish_by_none_of_them() {
    let rack = Rack::start(1, |config| config.fleet = FleetMix::Installed);
    let desk = Desk::new();
    profile(&desk, "lab", IMC_PASSWORD, &[]).good();
    let key = desk.beside("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()])
        .status();
    assert!(made.unwrap().success());
    let key = fs::read_to_string(key).unwrap();
    profile(&desk, "key", &key, &["--kind", "ssh-key"]).good();
    profile(&desk, "no-key", "not a key", &["--kind", "ssh-key"]).explains(2, "no private key");
    desk.run(&["credential", "add", "agent", "--kind", "ssh-agent"])
        .good();
    add_by_profile(&desk, &rack, &["--ssh-profile", "key"]).good();
    assert_eq!(
        desk.card("dpu-01")["logins"]["imc_ssh_text"],
        "profile key (root, SSH key)"
    );
    desk.run(&["bmc", "login", "dpu-01", "--profile", "agent"])
        .explains(2, "Redfish takes");
    desk.run(&["bmc", "login", "dpu-01", "--ssh-profile", "agent"])
        .good();
    desk.run(&["bmc", "login", "dpu-01", "--ssh-empty-password"])
        .good();
    let logins = &desk.card("dpu-01")["logins"];
    assert_eq!(logins["imc_ssh_text"], "root without a password");
    desk.run(&["bmc", "login", "dpu-01", "--ssh-as-redfish"])
        .good();
    desk.run(&["credential", "remove", "key"]).good();
}
