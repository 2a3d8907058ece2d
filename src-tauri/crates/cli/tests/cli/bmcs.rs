//! Other BMCs than IMCs, inventories, pairing, and what a person does to a Redfish service.

use slipway_lab::{Fault, FleetMix};

use crate::support::{
    Desk, Rack, Ran, golden,
    tree::{self, Spoilt, Tree},
};

const TRUST: &str = "--trust-on-first-use";

fn add_server(desk: &Desk, tree: &Tree, name: &str, more: &[&str]) -> Ran {
    let file = desk.beside("server-password");
    std::fs::write(&file, tree::PASSWORD).unwrap();
    let mut words = vec![
        "bmc",
        "add",
        &tree.address,
        "--name",
        name,
        "--user",
        tree::USER,
    ];
    words.extend(["--password-file", file.to_str().unwrap()]);
    words.extend(more);
    desk.run(&words)
}

#[test]
fn a_servers_bmc_is_added_read_and_listed_beside_the_cards() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let serial = desk.card("dpu-01")["identity"]["serial_number"].clone();
    let server = Tree::start(&rack.handle(), tree::server(serial.as_str().unwrap()), None);
    add_server(&desk, &server, "srv-01", &[]).explains(5, "is new");
    assert_eq!(
        (server.let_in(), server.refused()),
        (0, 0),
        "nothing was said to a stranger"
    );
    add_server(&desk, &server, "srv-01", &[TRUST, "--label", "rack-7"]).good();

    let listed = desk.json(&["bmc", "list", "--hosts"]);
    let row = &listed[0];
    assert_eq!(row["kind"]["vendor"], "Acme");
    assert_eq!(row["state"], "degraded");
    assert_eq!(row["reason"], "Warning: PSU 2 lost its input");
    assert_eq!(row["firmware"], "9.10");
    assert_eq!(
        listed.as_array().unwrap().len(),
        1,
        "cards are not among them"
    );
    assert_eq!(desk.json(&["bmc", "list"]).as_array().unwrap().len(), 1);
    golden(
        "bmc-host-list",
        &desk.run(&["bmc", "list", "--hosts"]).good().out,
    );
    golden(
        "bmc-show-server",
        &desk.run(&["bmc", "show", "srv-01"]).good().out,
    );

    // The server lists a device with the card's serial number.
    desk.run(&["bmc", "inventory", "dpu-01"]).good();
    let card = desk.card("dpu-01");
    assert_eq!(card["pairing"]["host_name"], "srv-01", "{card}");
    assert_eq!(card["pairing"]["by"]["by"], "serial_number");
    assert_eq!(
        desk.json(&["bmc", "list", "--hosts"])[0]["cards"][0]["name"],
        "dpu-01"
    );

    let raw = desk
        .run(&["bmc", "raw", "srv-01", "/redfish/v1/Managers/b"])
        .good();
    assert_eq!(raw.json()["FirmwareVersion"], "9.10");
    let all = desk.run(&["bmc", "raw", "srv-01"]).good().json();
    assert!(all["resources"].as_object().unwrap().len() >= 6, "{all}");

    // Names and addresses are of cards and BMCs together.
    add_server(&desk, &server, "srv-02", &[TRUST]).explains(4, "is there already");
    let other = Tree::start(&rack.handle(), tree::server("none"), None);
    add_server(&desk, &other, "dpu-01", &[TRUST]).explains(4, "is there already");

    desk.run(&["bmc", "remove", "srv-01"]).good();
    assert_eq!(
        desk.json(&["bmc", "list", "--hosts"]),
        serde_json::json!([])
    );
    assert!(desk.card("dpu-01")["pairing"].is_null());
    let pins = desk.json(&["trust", "list"]).to_string();
    assert!(
        !pins.contains(&server.address),
        "its pin went with it: {pins}"
    );
}

#[test]
fn a_command_that_ended_has_left_no_session_at_a_bmc() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let resources = tree::with_sessions(tree::server("IPU0000042"));
    let server = Tree::start(&rack.handle(), resources, None);
    add_server(&desk, &server, "srv-01", &[TRUST]).good();
    assert_eq!(server.sessions(), (1, 1));
    desk.run(&["bmc", "inventory", "srv-01"]).good();
    let (made, ended) = server.sessions();
    assert!(made > 1, "it was asked again");
    assert_eq!(ended, made);
}

#[test]
fn what_a_person_said_about_a_host_stays() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let serial = desk.card("dpu-01")["identity"]["serial_number"].clone();
    let found = Tree::start(&rack.handle(), tree::server(serial.as_str().unwrap()), None);
    let said = Tree::start(&rack.handle(), tree::server("none"), None);
    add_server(&desk, &found, "srv-01", &[TRUST]).good();
    add_server(&desk, &said, "srv-02", &[TRUST]).good();
    desk.run(&["bmc", "pair", "dpu-01", "srv-02"]).good();
    desk.run(&["bmc", "inventory", "dpu-01"]).good();
    desk.run(&["bmc", "inventory", "srv-01"]).good();
    let pairing = &desk.card("dpu-01")["pairing"];
    assert_eq!(
        (&pairing["host_name"], &pairing["by"]["by"]),
        (&"srv-02".into(), &"hand".into())
    );
    desk.run(&["bmc", "pair", "dpu-01", "dpu-01"])
        .explains(4, "is a card's IMC");
    desk.run(&["bmc", "pair", "dpu-01", "--none"]).good();
    desk.run(&["bmc", "inventory", "dpu-01"]).good();
    assert_eq!(
        desk.card("dpu-01")["pairing"]["host_name"],
        "srv-01",
        "found again"
    );
}

#[test]
fn an_action_is_refused_where_it_is_not_offered_and_says_why() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let server = Tree::start(&rack.handle(), tree::server("none"), None);
    add_server(&desk, &server, "srv-01", &[TRUST]).good();
    desk.run(&["bmc", "insert", "srv-01", "https://desk.lab/x.iso"])
        .exits(4)
        .says("offers no virtual media");
    desk.run(&["bmc", "reset", "srv-01", "GracefulShutdown", "--yes"])
        .exits(2)
        .says("it offers: On, ForceRestart");
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
    desk.run(&["bmc", "boot", "srv-01", "Hdd"])
        .exits(2)
        .says("it offers: None, Pxe, Cd");
    desk.run(&["bmc", "reset", "srv-01", "ForceRestart"])
        .exits(2)
        .says("Give --yes");
    assert_eq!(rack.observed(1).imc_resets, 0);
}

#[test]
fn media_boot_and_reset_of_an_imc_are_done_and_read_back() {
    let rack = Rack::start(1, |config| config.fleet = FleetMix::Installed);
    let desk = Desk::joined(&rack);
    desk.run(&["bmc", "inventory", "dpu-01"])
        .good()
        .says("VirtualMedia");
    desk.run(&["bmc", "eject", "dpu-01"]).exits(4);
    let boot = desk.json(&["bmc", "boot", "dpu-01", "Cd"]);
    assert_eq!(
        (&boot["boot"]["enabled"], &boot["boot"]["target"]),
        (&"Once".into(), &"Cd".into())
    );
    // An image that is not there: the task says so, and nothing is taken for done.
    desk.run(&["bmc", "insert", "dpu-01", "https://127.0.0.1:9/nothing.iso"])
        .exits(1)
        .says("could not insert the medium");
    desk.run(&[
        "bmc",
        "insert",
        "dpu-01",
        "https://user:word@127.0.0.1/x.iso",
    ])
    .exits(2)
    .says("a password in it is refused");
    desk.run(&[
        "bmc",
        "reset",
        "dpu-01",
        "ForceRestart",
        "--manager",
        "--yes",
    ])
    .good();
    assert_eq!(rack.observed(1).imc_resets, 1);
}

#[test]
fn a_card_on_which_a_job_runs_is_left_alone() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    desk.run(&["bmc", "inventory", "dpu-01"]).good();
    desk.run(&[
        "deploy",
        "dpu-01",
        "--iso",
        "dpu-os-1.0.0.iso",
        "--yes",
        "--no-wait",
    ])
    .good();
    desk.run(&[
        "bmc",
        "reset",
        "dpu-01",
        "ForceRestart",
        "--manager",
        "--yes",
    ])
    .exits(4)
    .says("Deployment runs on this card");
    assert_eq!(rack.observed(1).imc_resets, 0);
}

#[test]
fn an_imc_that_stopped_answering_keeps_its_inventory_with_its_age() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    desk.run(&["bmc", "inventory", "dpu-01"]).good();
    rack.card(1).inject(Fault::TlsCertificateChanged);
    desk.run(&["bmc", "inventory", "dpu-01"])
        .explains(5, "has changed");
    let view = desk.json(&["bmc", "inventory", "dpu-01", "--cached"]);
    assert_eq!(view["row"]["state"], "untrusted");
    assert!(!view["inventory"]["systems"][0].is_null(), "{view}");
    assert!(!view["read_at"].is_null());
    let pin = &desk.json(&["trust", "list"])[0];
    let told = rack.told(1);
    assert_eq!(
        pin["refused"]["seen"],
        told.imc_tls_fingerprint.as_str(),
        "it blocks, so it is first"
    );
    assert_eq!(pin["of"], "IMC of dpu-01");
    golden(
        "trust-show-changed",
        &desk.run(&["trust", "show", &told.imc_redfish]).good().out,
    );
}

#[test]
fn a_bmc_that_answers_nonsense_is_one_error_and_its_inventory_stays() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    let server = Tree::start(&rack.handle(), tree::server("none"), None);
    add_server(&desk, &server, "srv-01", &[TRUST]).good();
    let kept = || desk.json(&["bmc", "inventory", "srv-01", "--cached"])["inventory"].clone();
    let before = kept();
    for (spoilt, evidence) in [
        (Spoilt::Html, "Please log in"),
        (Spoilt::HalfJson, "no JSON (EOF while parsing"),
        (Spoilt::TenMegabytes, "a body of more than 4 MB"),
        (
            Spoilt::RedirectLoop,
            "a redirect to /redfish/v1/, which is not followed",
        ),
        (Spoilt::Empty, "an empty body"),
    ] {
        server.spoil(Some(spoilt));
        let ran = desk.run(&["bmc", "inventory", "srv-01"]);
        assert_eq!(
            ran.err.matches("slipctl: ").count(),
            1,
            "{spoilt:?}: {}",
            ran.err
        );
        ran.exits(1).says(evidence);
        assert_eq!(kept(), before, "{spoilt:?}");
    }
    server.spoil(None);
    desk.run(&["bmc", "inventory", "srv-01"]).good();
}
