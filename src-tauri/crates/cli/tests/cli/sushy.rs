//! What a person does to a BMC, against sushy-tools' emulator: real Redfish that somebody else
//! wrote. Each success is read back, each refusal tells why.

use std::fs;

use serde_json::Value;

use crate::support::{
    Desk,
    emulator::{Emulator, Images, PASSWORD, USER},
};

const TRUST: &str = "--trust-on-first-use";

fn add(desk: &Desk, emulator: &Emulator, password: &str, more: &[&str]) -> crate::support::Ran {
    let file = desk.beside("emulator-password");
    fs::write(&file, password).unwrap();
    let file = file.to_str().unwrap();
    let words = ["bmc", "add", &emulator.address, "--name", "srv-01"];
    let login = ["--user", USER, "--password-file", file];
    desk.run(&[&words[..], &login[..], more].concat())
}

fn slots(view: &Value) -> Vec<String> {
    let slots = view["inventory"]["systems"][0]["slots"].as_array().unwrap();
    let path = |slot: &Value| slot["path"].as_str().unwrap().to_owned();
    slots.iter().map(path).collect()
}

#[test]
fn a_service_is_probed_added_and_read() {
    let Some(emulator) = Emulator::start() else {
        return;
    };
    let desk = Desk::new();
    let probe = desk.json(&["bmc", "probe", &emulator.address]);
    assert_eq!(probe["certificate"]["trust"], "new");
    let seen = probe["certificate"]["seen"].as_str().unwrap().to_owned();
    assert_eq!(probe["shown"]["self_signed"], true);
    add(&desk, &emulator, PASSWORD, &[]).explains(5, "is new");
    let asked = emulator.log().matches("GET /redfish").count();
    assert_eq!(asked, 0, "nothing was said to a stranger");

    add(&desk, &emulator, "not-this-one", &["--certificate", &seen])
        .explains(6, "refuses the user name or the password");
    let refused = emulator.log().matches("\" 401 ").count();
    assert_eq!(refused, 1, "tried once: {}", emulator.log());
    assert_eq!(
        desk.json(&["bmc", "list", "--hosts"]),
        serde_json::json!([])
    );

    add(&desk, &emulator, PASSWORD, &["--certificate", &seen]).good();
    let row = desk.json(&["bmc", "list", "--hosts"])[0].clone();
    assert_eq!(row["kind"]["vendor"], "Sushy Emulator");
    assert_eq!(row["firmware"], "1.00");
    let view = desk.json(&["bmc", "inventory", "srv-01"]);
    assert_eq!(slots(&view).len(), 2, "{view}");
    assert_eq!(view["inventory"]["systems"][0]["power"], "Off");
    let gaps = view["inventory"]["gaps"].to_string();
    assert!(gaps.contains("/Memory"), "it links what it has not: {gaps}");
    let raw = desk.run(&["bmc", "raw", "srv-01", "/redfish/v1"]).good();
    assert_eq!(raw.json()["Name"], "Redvirt Service");
}

#[test]
fn media_is_inserted_and_ejected_and_the_slot_is_read_back() {
    let Some(emulator) = Emulator::start() else {
        return;
    };
    let (desk, images) = (Desk::new(), Images::start());
    add(&desk, &emulator, PASSWORD, &[TRUST]).good();
    let view = desk.json(&["bmc", "inventory", "srv-01"]);
    let slot = slots(&view).remove(0);
    let image = format!("{}/boot.iso", images.folder);
    desk.run(&["bmc", "insert", "srv-01", &image])
        .exits(2)
        .says("srv-01 has several: name one")
        .says(&slot);
    desk.run(&["bmc", "insert", "srv-01", &image, "--slot", "/none"])
        .exits(3)
        .says("has no `/none`");
    desk.run(&["bmc", "eject", "srv-01"])
        .exits(4)
        .says("not now: ");

    let insert = ["bmc", "insert", "srv-01", &image, "--slot", &slot];
    let done = desk.json(&insert);
    assert_eq!(done["slot"]["inserted"], true, "{done}");
    assert_eq!(done["slot"]["image"], image);
    // It was read again as a whole: what lists show is so.
    let view = desk.json(&["bmc", "inventory", "srv-01", "--cached"]);
    let kept = &view["inventory"]["systems"][0]["slots"][0];
    assert_eq!(kept["image"], image, "{kept}");

    // What can't be fetched is refused in the service's own words, and nothing is taken for done.
    let missing = format!("{}/missing.iso", images.folder);
    desk.run(&["bmc", "insert", "srv-01", &missing, "--slot", &slot])
        .exits(1)
        .says("404");

    desk.json(&insert);
    // The only slot that holds something is meant.
    let done = desk.json(&["bmc", "eject", "srv-01"]);
    assert_eq!(done["slot"]["inserted"], false, "{done}");
    assert_eq!(done["slot"]["image"], Value::Null);
    desk.run(&["bmc", "eject", "srv-01", "--slot", &slot])
        .exits(4)
        .says("nothing is inserted");
}

#[test]
fn boot_and_power_are_changed_and_read_back() {
    let Some(emulator) = Emulator::start() else {
        return;
    };
    let desk = Desk::new();
    add(&desk, &emulator, PASSWORD, &[TRUST]).good();
    // Its `Once` reads back as `Continuous`: that is told, and not taken for what was asked.
    let done = desk.json(&["bmc", "boot", "srv-01", "Cd"]);
    assert_eq!(done["boot"]["target"], "Cd");
    assert_eq!(done["boot"]["enabled"], "Continuous");
    let sentence = done["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("asked for Once Cd; the service says"),
        "{sentence}"
    );
    desk.run(&["bmc", "boot", "srv-01", "Usb"])
        .exits(2)
        .says("it offers: Pxe, Cd");

    // It is done seconds later; the answer waits for it.
    let done = desk.json(&["bmc", "reset", "srv-01", "On", "--yes"]);
    assert_eq!(done["sentence"], "On was accepted; its power is On");
    let view = desk.json(&["bmc", "inventory", "srv-01", "--cached"]);
    assert_eq!(view["inventory"]["systems"][0]["power"], "On");
    desk.run(&["bmc", "reset", "srv-01", "PushPowerButton", "--yes"])
        .exits(2)
        .says("it offers: On, ForceOff");
    desk.run(&["bmc", "reset", "srv-01", "ForceOff"])
        .exits(2)
        .says("Give --yes");
    desk.run(&[
        "bmc",
        "reset",
        "srv-01",
        "ForceRestart",
        "--manager",
        "--yes",
    ])
    .exits(4)
    .says("offers no reset");
}
