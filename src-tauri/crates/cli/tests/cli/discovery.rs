//! A list of addresses: what each of them is, what waits for a person, and adding the rest.

use std::{fs, net::TcpListener};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use slipway_lab::Fault;

use crate::support::{
    Desk, Rack, Ran,
    desk::IMC_PASSWORD,
    golden, https,
    tree::{self, Tree},
};

const TRUST: &str = "--trust-on-first-use";

fn profile(desk: &Desk, name: &str, user: &str, secret: &str) {
    let file = desk.beside("profile-secret");
    fs::write(&file, secret).unwrap();
    let file = file.to_str().unwrap();
    desk.run(&[
        "credential",
        "add",
        name,
        "--user",
        user,
        "--secret-file",
        file,
    ])
    .good();
}

fn discover(desk: &Desk, list: &str, more: &[&str]) -> Ran {
    let file = desk.beside("list");
    fs::write(&file, list).unwrap();
    let mut words = vec!["--json", "bmc", "discover", file.to_str().unwrap()];
    words.extend(more);
    desk.run(&words)
}

fn answers(ran: &Ran) -> Vec<String> {
    let rows = ran.json()["discovery"]["rows"].clone();
    let word = |row: &Value| row["answer"]["answer"].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(word).collect()
}

/// The rack's cards as CSV.
fn csv(rack: &Rack, cards: usize) -> String {
    let mut text = "address,name,ssh,host,profile\n".to_owned();
    for card in 1..=cards {
        let told = rack.told(card);
        text += &format!(
            "{},{},{},{},lab\n",
            told.imc_redfish, told.name, told.imc_ssh, told.host
        );
    }
    text
}

/// An address where nothing listens.
fn nothing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn each_address_is_told_for_what_it_is_and_the_good_ones_are_added() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::new();
    profile(&desk, "lab", "root", IMC_PASSWORD);
    profile(&desk, "servers", tree::USER, tree::PASSWORD);
    let server = Tree::start(&rack.handle(), tree::server("none"), None);
    let page = https::answers(&rack.handle(), "text/html", "<html>a switch</html>");
    let list = csv(&rack, 2)
        + &format!("{},srv-01,,,servers\n", server.address)
        + &format!("{page},,,,lab\n{},,,,lab\n", nothing())
        + "no-such-host.invalid,,,,lab\n,nameless,,,\nimc[9-1],,,,\n";
    let ran = discover(&desk, &list, &[TRUST, "--add"]).exits(1);
    assert_eq!(
        answers(&ran),
        [
            "found",
            "found",
            "found",
            "no_redfish",
            "unreachable",
            "unreachable"
        ]
    );
    let told = ran.json();
    let rows = &told["discovery"]["rows"];
    assert_eq!(rows[0]["answer"]["kind"]["kind"], "intel_imc");
    assert_eq!(rows[2]["answer"]["kind"]["vendor"], "Acme");
    assert_eq!(rows[4]["answer"]["stage"], "tcp");
    assert_eq!(rows[5]["answer"]["stage"], "name");
    let lines: Vec<_> = told["discovery"]["problems"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(
        (lines[0]["line"].as_u64(), lines[1]["line"].as_u64()),
        (Some(8), Some(9))
    );
    let names = |text: &Value| -> Vec<String> {
        let rows = text.as_array().unwrap().iter();
        rows.map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&told["added"]), ["dpu-01", "dpu-02", "srv-01"]);
    assert_eq!(names(&desk.json(&["bmc", "list"])), ["dpu-01", "dpu-02"]);
    assert_eq!(names(&desk.json(&["bmc", "list", "--hosts"])), ["srv-01"]);
    let card = desk.json(&["status", "dpu-01"])[0].clone();
    assert!(card["imc_silent"].is_null(), "{card}");
    assert_eq!(card["row"]["host"], rack.told(1).host.as_str());

    // Again: what is there is known, and nothing is added twice.
    let again = discover(&desk, &csv(&rack, 2), &["--add"]).good().json();
    assert_eq!(again["added"], serde_json::json!([]));
    assert!(!again["discovery"]["rows"][0]["known"].is_null());
}

#[test]
fn nothing_is_said_to_a_stranger_before_a_person_accepts_it() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    profile(&desk, "lab", "root", IMC_PASSWORD);
    let ran = discover(&desk, &csv(&rack, 1), &["--add"]).exits(5);
    assert_eq!(answers(&ran), ["untrusted_certificate"]);
    let told = rack.told(1);
    let row = &ran.json()["discovery"]["rows"][0];
    assert_eq!(
        row["certificate"]["seen"],
        told.imc_tls_fingerprint.as_str()
    );
    assert_eq!(
        row["host_key"]["seen"],
        told.imc_host_key_fingerprint.as_str()
    );
    let seen = rack.observed(1);
    assert_eq!((seen.sessions, seen.refused_logins), (0, 0), "{seen:?}");
    assert_eq!(desk.json(&["trust", "list"]), serde_json::json!([]));

    let accept =
        |kind, peer: &str, seen: &str| desk.run(&["trust", "accept", kind, peer, seen]).good();
    accept(
        "certificate",
        &told.imc_redfish,
        told.imc_tls_fingerprint.as_str(),
    );
    accept(
        "host-key",
        &told.imc_ssh,
        told.imc_host_key_fingerprint.as_str(),
    );
    discover(&desk, &csv(&rack, 1), &["--add"]).good();
    assert_eq!(desk.json(&["bmc", "list"])[0]["name"], "dpu-01");
}

#[test]
fn a_changed_certificate_is_not_accepted_by_trust_on_first_use() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    profile(&desk, "lab", "root", IMC_PASSWORD);
    discover(&desk, &csv(&rack, 1), &[TRUST]).good();
    let old = rack.told(1).imc_tls_fingerprint;
    rack.card(1).inject(Fault::TlsCertificateChanged);
    let ran = discover(&desk, &csv(&rack, 1), &[TRUST]).exits(5);
    assert_eq!(answers(&ran), ["changed_certificate"]);
    let row = &ran.json()["discovery"]["rows"][0];
    assert_eq!(row["certificate"]["pinned"], old.as_str());
    assert_eq!(
        row["certificate"]["seen"],
        rack.told(1).imc_tls_fingerprint.as_str()
    );
}

#[test]
fn a_wrong_password_is_tried_once_per_address_and_on_three_of_them() {
    let rack = Rack::start(6, |_| {});
    let desk = Desk::new();
    profile(&desk, "lab", "root", "wrong-but-long-enough");
    let ran = discover(&desk, &csv(&rack, 6), &[TRUST, "--add"]).exits(6);
    let told = answers(&ran);
    let count = |word: &str| told.iter().filter(|answer| *answer == word).count();
    assert_eq!(
        (count("wrong_credentials"), count("held_back")),
        (3, 3),
        "{told:?}"
    );
    let refused: Vec<u64> = (1..=6)
        .map(|card| rack.observed(card).refused_logins)
        .collect();
    assert!(refused.iter().all(|count| *count <= 1), "{refused:?}");
    assert_eq!(refused.iter().sum::<u64>(), 3);
    // A short one is not tried at all.
    profile(&desk, "short", "root", "short");
    let list = csv(&rack, 1).replace(",lab\n", ",short\n");
    let ran = discover(&desk, &list, &[TRUST]).exits(6);
    assert_eq!(answers(&ran), ["needs_credential"]);
    assert_eq!(
        (1..=6)
            .map(|card| rack.observed(card).refused_logins)
            .sum::<u64>(),
        3
    );
}

#[test]
fn what_the_sites_authority_signed_needs_no_person() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    profile(&desk, "servers", tree::USER, tree::PASSWORD);
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = parameters.self_signed(&key).unwrap();
    let issuer = Issuer::new(parameters, key);
    let server = Tree::start(&rack.handle(), tree::server("none"), Some(&issuer));
    let list = format!("address,name,profile\n{},srv-01,servers\n", server.address);
    let stranger = discover(&desk, &list, &[]).exits(5);
    assert_eq!(answers(&stranger), ["untrusted_certificate"]);

    let bundle = desk.beside("ca.pem");
    fs::write(&bundle, "no certificate").unwrap();
    let set = ["trust", "ca", "set", bundle.to_str().unwrap()];
    desk.run(&set).explains(2, "no PEM certificate");
    fs::write(&bundle, ca.pem()).unwrap();
    desk.run(&set).good();
    discover(&desk, &list, &["--add"]).good();
    let pin = &desk.json(&["trust", "list"])[0];
    assert_eq!(pin["accepted_because"], "vouched for by the site's CA");
    desk.run(&["bmc", "inventory", "srv-01"]).good();
    desk.run(&["trust", "ca", "clear"])
        .good()
        .says("no authority");
}

#[test]
fn an_imc_with_another_name_is_found_and_added_as_a_card() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::new();
    for card in 1..=2 {
        rack.card(card).inject(Fault::RootRenamed);
    }
    profile(&desk, "lab", "root", IMC_PASSWORD);
    let ran = discover(&desk, &csv(&rack, 1), &[TRUST, "--add"]).good();
    let row = &ran.json()["discovery"]["rows"][0];
    assert_eq!(row["answer"]["kind"]["kind"], "intel_imc", "{row}");
    assert_eq!(desk.json(&["bmc", "list"])[0]["name"], "dpu-01");

    // By its address alone; and `calvin` is tripled where an IMC may answer.
    rack.card(2).set_imc_password("calvincalvincalvin");
    profile(&desk, "cda", "root", "calvin");
    let told = rack.told(2);
    let words = ["bmc", "add", &told.imc_redfish, "--name", "dpu-02"];
    let login = ["--ssh", &told.imc_ssh, "--profile", "cda", TRUST];
    desk.run(&[&words[..], &login[..]].concat()).good();
    let card = desk.card("dpu-02");
    assert_eq!(card["identity"]["service_name"], "rack 7");
    assert_eq!(card["identity"]["is_ipu"], true);
    assert_eq!(rack.observed(2).refused_logins, 0, "nothing was guessed");
    // What is done to an IMC is done to it.
    desk.run(&["bmc", "inventory", "dpu-02"]).good();
    desk.run(&["bmc", "boot", "dpu-02", "Cd"]).good();
    assert_eq!(rack.observed(2).overrides, 1);
}

#[test]
fn what_looks_like_an_imc_in_part_is_not_taken_for_one() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    profile(&desk, "servers", tree::USER, tree::PASSWORD);
    let nameless = Tree::start(&rack.handle(), tree::like_an_imc("rack 7", None), None);
    let vendors = tree::like_an_imc("Intel IPU host", Some("Acme"));
    let vendors = Tree::start(&rack.handle(), vendors, None);
    let list = format!(
        "address,name,profile\n{},odd-01,servers\n{},odd-02,servers\n",
        nameless.address, vendors.address
    );
    let ran = discover(&desk, &list, &[TRUST]).good();
    let kind = |row: usize| ran.json()["discovery"]["rows"][row]["answer"]["kind"]["kind"].clone();
    assert_eq!((kind(0), kind(1)), ("unknown".into(), "server".into()));
    for (at, name) in [(&nameless, "odd-01"), (&vendors, "odd-02")] {
        let words = ["bmc", "add", &at.address, "--name", name, "--profile"];
        desk.run(&[&words[..], &["servers", TRUST]].concat()).good();
        assert_eq!(at.refused(), 0);
    }
    assert_eq!(desk.json(&["bmc", "list"]), serde_json::json!([]));
    let hosts = desk.json(&["bmc", "list", "--hosts"]);
    assert_eq!(hosts.as_array().unwrap().len(), 2, "{hosts}");
}

#[test]
fn an_imc_without_redfish_is_known_by_its_issue_after_its_host_key_was_accepted() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    rack.card(1).inject(Fault::RedfishOff);
    profile(&desk, "lab", "root", IMC_PASSWORD);
    let told = rack.told(1);

    // A stranger's SSH gets no login: its key is shown first, and waits for a person.
    let ran = discover(&desk, &csv(&rack, 1), &[]).exits(5);
    assert_eq!(answers(&ran), ["unreachable"]);
    let row = &ran.json()["discovery"]["rows"][0];
    assert_eq!(
        row["host_key"]["seen"],
        told.imc_host_key_fingerprint.as_str()
    );
    let sentence = row["sentence"].as_str().unwrap();
    assert!(sentence.contains("accept its host key"), "{sentence}");
    assert_eq!(rack.observed(1).imc_commands, 0);

    let key = told.imc_host_key_fingerprint.as_str();
    desk.run(&["trust", "accept", "host-key", &told.imc_ssh, key])
        .good();
    let ran = discover(&desk, &csv(&rack, 1), &["--add"]).good();
    assert_eq!(answers(&ran), ["imc_without_redfish"]);
    let row = &ran.json()["discovery"]["rows"][0];
    assert_eq!(row["answer"]["issue"], "Version: 2.0.0");
    let next = row["sentence"].as_str().unwrap();
    assert!(next.contains("its preparation, or a deployment"), "{next}");
    assert_eq!(ran.json()["added"][0]["error"], Value::Null);
    let file = desk.beside("list");
    let shown = desk.run(&["bmc", "discover", file.to_str().unwrap()]);
    shown.says("IMC without Redfish: Intel IPU's IMC, Redfish off");

    // It is a card by its SSH; what it is prepared with starts its Redfish.
    assert_eq!(desk.json(&["bmc", "list"])[0]["name"], "dpu-01");
    desk.run(&["bmc", "prepare", "dpu-01"])
        .good()
        .says("started Redfish");
    // Its certificate is its own, which nobody has accepted yet.
    let told = rack.told(1);
    let certificate = told.imc_tls_fingerprint.as_str();
    desk.run(&[
        "trust",
        "accept",
        "certificate",
        &told.imc_redfish,
        certificate,
    ])
    .good();
    let card = desk.json(&["status", "dpu-01"])[0].clone();
    assert_eq!(card["imc_silent"], Value::Null, "{card}");
}

#[test]
fn an_ssh_that_is_no_imcs_or_refuses_stays_what_it_is() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::new();
    for card in 1..=2 {
        rack.card(card).inject(Fault::RedfishOff);
    }
    let other = rack.card(1);
    rack.block_on(other.run_on_imc("tee /etc/issue", b"Debian GNU/Linux 12\n"));
    rack.card(2).set_imc_password("another-password");
    profile(&desk, "lab", "root", IMC_PASSWORD);
    let ran = discover(&desk, &csv(&rack, 2), &[TRUST]).exits(7);
    assert_eq!(answers(&ran), ["unreachable", "unreachable"]);
    let sentence = |row: usize| ran.json()["discovery"]["rows"][row]["sentence"].to_string();
    assert!(sentence(0).contains("it is no IMC"), "{}", sentence(0));
    assert!(sentence(1).contains("refuses to log in"), "{}", sentence(1));
}

#[test]
fn a_list_that_says_nothing_is_refused_with_the_lines() {
    let desk = Desk::new();
    profile(&desk, "lab", "root", IMC_PASSWORD);
    let file = desk.beside("list");
    fs::write(&file, "address,password\nimc-1.lab,lab-imc-password\n").unwrap();
    let ran = desk.run(&["bmc", "discover", file.to_str().unwrap()]);
    golden("discover-password-column", &ran.exits(2).err);
    fs::write(&file, "imc-1.lab\n").unwrap();
    desk.run(&[
        "bmc",
        "discover",
        file.to_str().unwrap(),
        "--profile",
        "nobody",
    ])
    .explains(3, "no credential profile");
}
