//! Passwords and keys: never in an output, never in a file of the data folder, at any verbosity.

use std::{fs, path::Path};

use crate::support::{
    Desk, Rack,
    desk::{PRIVATE_KEY, sentinels},
    tree::{self, Tree},
};

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// Every file below the folder that holds one of the texts, and which.
fn found_in(dir: &Path, texts: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(found_in(&path, texts));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let held = texts.iter().filter(|text| holds(&bytes, text));
        found.extend(held.map(|text| format!("{}: {text}", path.display())));
    }
    found
}

#[test]
fn no_secret_is_written_anywhere() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    let dir = rack.dir().to_str().unwrap();
    // Every output is searched by `Desk` itself.
    desk.run(&["-vv", "lab", "add", "--dir", dir]).good();
    let deploy = [
        "-vv",
        "deploy",
        "dpu-01",
        "--iso",
        "dpu-os-1.0.0.iso",
        "--yes",
    ];
    // A deployment that is killed half-way leaves what it wrote so far.
    let running = desk.start(&deploy);
    crate::support::eventually("the ISO is inserted", || {
        (rack.observed(1).inserts == 1).then_some(())
    });
    running.kill();
    assert_eq!(found_in(&desk.data(), &sentinels()), Vec::<String>::new());
    desk.run(&["-vv", "job", "run"]).good();
    desk.run(&["-vv", "--json", "upgrade", "dpu-01", "--yes"])
        .good();
    desk.run(&["-vv", "--json", "status"]).good();
    assert_eq!(found_in(&desk.data(), &sentinels()), Vec::<String>::new());
    let job = desk.last_job("dpu-01").to_string() + &desk.card("dpu-01").to_string();
    assert!(!job.contains(PRIVATE_KEY));
    // The card did get its key: it is not there for another reason than that nobody made one.
    let key = rack.block_on(
        rack.card(1)
            .run_on_acc("cat /etc/ssh/ssh_host_ed25519_key", b""),
    );
    assert!(holds(&key.stdout, PRIVATE_KEY));
}

#[test]
fn a_support_bundle_has_the_history_and_no_secret() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    let dir = rack.dir().to_str().unwrap();
    desk.run(&["lab", "add", "--dir", dir]).good();
    desk.run(&["bmc", "inventory", "dpu-01"]).good();
    let deploy = ["deploy", "dpu-01", "--iso", "dpu-os-1.0.0.iso", "--yes"];
    desk.run(&deploy).good();
    let job = desk.last_job("dpu-01");
    let id = job["row"]["id"].as_str().unwrap();
    let path = desk.beside("bundle.json");
    let bundle = ["--json", "job", "bundle", id, path.to_str().unwrap()];
    let told = desk.json(&bundle[1..]);
    // The way to the ISO is in the job's facts, and whoever knows it can read the ISO.
    assert!(told["removed"].as_u64().unwrap() >= 1, "{told}");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(told["size"], text.len());
    assert!(sentinels().iter().all(|secret| !text.contains(secret)));
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["facts"]["prepared"]["token"], "(removed)");
    assert_eq!(document["job"]["row"]["outcome"], "succeeded");
    let events = document["job"]["events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["kind"] == "succeeded"));
    assert_eq!(
        document["spec"]["plan"]["iso_name"],
        "dpu-os-1.0.0.iso"
    );
    assert_eq!(document["card"]["row"]["name"], "dpu-01");
    let root = &document["redfish"]["resources"]["/redfish/v1"];
    assert!(
        root["RedfishVersion"].is_string(),
        "{:#}",
        document["redfish"]
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // A second one is refused, and the first is as it was.
    desk.run(&bundle[1..]).explains(4, "is there already");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn profiles_discovery_inventory_and_raw_give_no_secret_out() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    let server = Tree::start(&rack.handle(), tree::server("none"), None);
    let secret = desk.beside("server-password");
    fs::write(&secret, tree::PASSWORD).unwrap();
    let add = [
        "-vv",
        "credential",
        "add",
        "servers",
        "--user",
        tree::USER,
        "--secret-file",
        secret.to_str().unwrap(),
    ];
    desk.run(&add).good();
    let list = desk.beside("list");
    fs::write(
        &list,
        format!("address,name,profile\n{},srv-01,servers\n", server.address),
    )
    .unwrap();
    let list = list.to_str().unwrap();
    for words in [
        &[
            "-vv",
            "bmc",
            "discover",
            list,
            "--trust-on-first-use",
            "--add",
        ] as &[&str],
        &["-vv", "--json", "bmc", "discover", list],
        &["-vv", "--json", "bmc", "inventory", "srv-01"],
        &["-vv", "bmc", "raw", "srv-01"],
        &["-vv", "--json", "credential", "list"],
        &["-vv", "credential", "show", "servers"],
        &["-vv", "--json", "trust", "list"],
    ] {
        // Every output is searched by `Desk` itself.
        desk.run(words).good();
    }
    assert!(server.let_in() > 0, "it was logged in by the secret");
    assert_eq!(found_in(&desk.data(), &sentinels()), Vec::<String>::new());
}

#[test]
fn only_their_owner_may_read_the_data_folders_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    desk.run(&["info"]).good();
    for entry in fs::read_dir(desk.data()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has {mode:o}", entry.path().display());
    }
}
