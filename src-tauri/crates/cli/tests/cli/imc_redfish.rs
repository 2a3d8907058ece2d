//! The Redfish of an IMC that nobody has set up yet, and a certificate of ours in place of another.

use std::{fs, process::Command};

use serde_json::{Value, json};
use slipway_lab::Fault;

use crate::{
    secrets::found_in,
    support::{Desk, Rack, desk::sentinels, eventually},
};

const DEPLOY: [&str; 5] = ["deploy", "dpu-01", "--iso", "dpu-os-1.0.0.iso", "--yes"];
const CERTS: &str = "/work/redfish/certs";

fn on_imc(rack: &Rack, command: &str) -> String {
    let said = rack.block_on(rack.card(1).run_on_imc(command, b""));
    String::from_utf8(said.stdout).unwrap()
}

fn pin(desk: &Desk, rack: &Rack) -> Value {
    let imc = rack.told(1).imc_redfish;
    let pins = desk.json(&["trust", "list"]);
    let mut pins = pins.as_array().unwrap().iter();
    let of = pins.find(|pin| pin["kind"] == "tls_certificate" && pin["peer"] == imc.as_str());
    of.cloned().unwrap_or(Value::Null)
}

/// As any client of the site sees it: by curl, which trusts our CA and nothing else.
fn curl_trusts(desk: &Desk, rack: &Rack) -> bool {
    let ca = desk.beside("ca.pem");
    fs::write(&ca, desk.run(&["iso", "ca"]).good().out).unwrap();
    let url = format!("https://{}/redfish/v1", rack.told(1).imc_redfish);
    let asked = Command::new("curl")
        .args(["--silent", "--fail", "--noproxy", "*", "--cacert"])
        .args([ca.to_str().unwrap(), &url])
        .output()
        .unwrap();
    asked.status.success()
}

/// A factory-fresh card: what its IMC lacks is given to it by the deployment itself.
#[test]
fn a_card_as_shipped_is_added_by_its_ssh_and_deployed() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    rack.card(1).inject(Fault::RedfishAsShipped);
    let told = rack.told(1);
    let password = desk.beside("imc-password");
    let mut words = vec!["bmc", "add", &told.imc_redfish, "--name", "dpu-01"];
    words.extend(["--ssh", &told.imc_ssh, "--password-file"]);
    words.extend([password.to_str().unwrap(), "--label", "lab"]);
    words.push("--trust-on-first-use");
    eventually("its Redfish is gone", || {
        let ran = desk.run(&words);
        ran.err.contains("--without-redfish").then_some(())
    });
    words.push("--without-redfish");
    desk.run(&words)
        .good()
        .says("accepted host key")
        .says("slipctl bmc prepare dpu-01");
    assert_eq!(pin(&desk, &rack), Value::Null);
    let iso = rack.lab().inventory().demo_iso;
    desk.run(&["iso", "import", iso.to_str().unwrap()]).good();

    let plan = desk.run(&[&DEPLOY[..4], &["--plan"]].concat()).good();
    plan.says("a certificate of Slipway's CA where it has none")
        .says("ipu-redfish-generate-password-hash.sh");
    desk.run(&DEPLOY)
        .good()
        .says("an Intel IPU's IMC without Redfish with firmware 2.0.0")
        .says("gave Redfish its password")
        .says("issued a certificate for Redfish");
    let shown = rack.told(1).imc_tls_fingerprint;
    assert_ne!(shown, told.imc_tls_fingerprint);
    let pinned = pin(&desk, &rack);
    assert_eq!(pinned["fingerprint"], shown.as_str(), "{pinned}");
    assert_eq!(pinned["accepted_because"], "issued by Slipway for this IMC");
    assert!(curl_trusts(&desk, &rack));
    let modes = on_imc(&rack, &format!("stat -c '%a %n' {CERTS}/server.key"));
    assert!(modes.starts_with("600 "), "{modes}");
    // Neither the key nor the password stays on this machine or in what was printed.
    let key = on_imc(&rack, &format!("cat {CERTS}/server.key"));
    let secret = key.lines().nth(1).unwrap().to_owned();
    let secrets = [&[secret], &sentinels()[..]].concat();
    assert_eq!(found_in(&desk.data(), &secrets), Vec::<String>::new());

    let undone = desk.json(&["bmc", "prepare", "dpu-01", "--undo"]);
    assert_eq!(undone["left"], json!([]), "{undone}");
    for path in ["server.key", "server.crt"] {
        let file = format!("{CERTS}/{path}");
        let gone = on_imc(&rack, &format!("cat {file} || echo gone"));
        assert_eq!(gone, "gone\n", "{path}");
    }
}

#[test]
fn a_certificate_of_ours_takes_the_place_of_another_where_the_plan_says_so_and_gives_it_back() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let old = rack.told(1).imc_tls_fingerprint;
    desk.run(&["bmc", "prepare", "dpu-01"]).good();
    assert_eq!(rack.told(1).imc_tls_fingerprint, old, "nobody asked for it");
    assert!(!curl_trusts(&desk, &rack));

    let words = [&DEPLOY[..], &["--imc-certificate"]].concat();
    desk.run(&words)
        .good()
        .says("Redfish shows the certificate SHA256:");
    let ours = rack.told(1).imc_tls_fingerprint;
    assert_ne!(ours, old);
    assert_eq!(pin(&desk, &rack)["fingerprint"], ours.as_str());
    assert!(curl_trusts(&desk, &rack));
    desk.run(&["bmc", "prepare", "dpu-01", "--certificate"])
        .good()
        .says("was prepared already");

    // Another one that nobody predicted blocks as ever.
    rack.card(1).inject(Fault::TlsCertificateChanged);
    desk.run(&DEPLOY).exits(5).says(ours.as_str());
    let stranger = on_imc(&rack, &format!("cat {CERTS}/server.crt"));
    let undone = desk.json(&["bmc", "prepare", "dpu-01", "--undo"]);
    let left = undone["left"].to_string();
    assert!(left.contains("server.crt stays as it is"), "{undone}");
    assert_eq!(on_imc(&rack, &format!("cat {CERTS}/server.crt")), stranger);
    assert_eq!(pin(&desk, &rack)["fingerprint"], ours.as_str());
}

#[test]
fn an_undo_brings_back_the_certificate_that_was_there_and_its_pin() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let old = rack.told(1).imc_tls_fingerprint;
    desk.run(&["bmc", "prepare", "dpu-01", "--certificate"])
        .good()
        .says("issued a certificate for Redfish");
    assert_ne!(rack.told(1).imc_tls_fingerprint, old);
    desk.run(&["status", "dpu-01"]).good();
    let undone = desk.json(&["bmc", "prepare", "dpu-01", "--undo"]);
    assert_eq!(undone["left"], json!([]), "{undone}");
    assert_eq!(rack.told(1).imc_tls_fingerprint, old);
    let pinned = pin(&desk, &rack);
    assert_eq!(pinned["fingerprint"], old.as_str());
    assert_eq!(pinned["accepted_because"], "put back by Slipway");
    let card = desk.json(&["status", "dpu-01"])[0].clone();
    assert_eq!(card["imc_silent"], Value::Null, "{card}");
}
