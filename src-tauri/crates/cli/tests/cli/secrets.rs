//! Passwords and keys: never in an output, never in a file of the data folder, at any verbosity.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crate::beside::{KEY, PULL_SECRET, cluster_yaml, deploy_words, knows_hosts};
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
pub fn found_in(dir: &Path, texts: &[String]) -> Vec<String> {
    found_beside(dir, texts, &[])
}

/// The same, without the files and folders that hold them on purpose.
fn found_beside(dir: &Path, texts: &[String], known: &[PathBuf]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if known.contains(&path) {
            continue;
        }
        if path.is_dir() {
            found.extend(found_beside(&path, texts, known));
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

/// The command lines of the processes with this text and of all below them. A program that ends
/// between two looks is not seen; those that are given anything live longer.
fn command_lines(of: &str, watching: &AtomicBool) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    while watching.load(Ordering::Relaxed) {
        let mut ours = BTreeSet::new();
        let mut all: Vec<(u32, String, PathBuf)> = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(pid) = name.parse::<u32>() else {
                continue;
            };
            // It may end while it is looked at.
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let after = stat
                .rsplit_once(')')
                .map(|(_, rest)| rest)
                .unwrap_or_default();
            let parent = after.split_whitespace().nth(1).unwrap_or_default();
            all.push((pid, parent.to_owned(), entry.path()));
        }
        all.sort();
        for (pid, parent, path) in all {
            let bytes = fs::read(path.join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&bytes).replace('\0', " ");
            if ours.contains(&parent) || line.contains(of) {
                ours.insert(pid.to_string());
                seen.insert(line);
            }
        }
        thread::yield_now();
    }
    seen
}

#[test]
fn a_batch_with_everything_writes_no_secret_at_the_highest_log_level() {
    let rack = Rack::start(3, |_| {});
    let desk = Desk::joined(&rack);
    knows_hosts(&desk);
    let file = cluster_yaml(&desk, &rack, 3);
    let mut words = vec!["--json".to_owned()];
    words.extend(deploy_words(&desk, &file));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let watching = AtomicBool::new(true);
    let (ran, seen) = thread::scope(|scope| {
        let data = desk.data().display().to_string();
        let watching = &watching;
        let watcher = scope.spawn(move || command_lines(&data, watching));
        let mut command = desk.command(&words);
        command.env("RUST_LOG", "trace");
        let ran = desk.spawn(command, &words).end();
        watching.store(false, Ordering::Relaxed);
        (ran, watcher.join().unwrap())
    });
    let ran = ran.good();
    for number in 1..=3 {
        let seen = rack.observed(number);
        assert_eq!(
            (seen.registrations, seen.microshift_starts),
            (1, 1),
            "{seen:?}"
        );
    }
    let mut texts = sentinels();
    texts.extend(
        [
            KEY,
            PULL_SECRET,
            "c2VudGluZWwtcHVsbA==",
            "lab-host-password",
        ]
        .map(str::to_owned),
    );
    // Of the kubeconfig that was fetched.
    texts.push("bGFiLWNsaWVudC1rZXk=".to_owned());
    let known = [
        "cluster.yaml",
        "pull-secret",
        "host-password",
        "imc-password",
        "passphrase",
        "kubeconfigs",
    ];
    let known = known.map(|name| desk.beside(name));
    assert!(known.iter().all(|path| path.exists()), "{known:?}");
    // The data folder with its database, logs and secrets, and every output.
    let home = desk.data().parent().unwrap().to_owned();
    assert_eq!(found_beside(&home, &texts, &known), Vec::<String>::new());
    assert!(ran.err.lines().count() > 100, "it did log");
    assert!(
        seen.iter().any(|line| line.contains("--accept-untried")),
        "{seen:?}"
    );
    for line in &seen {
        for text in &texts {
            assert!(!line.contains(text), "{text} in argv: {line}");
        }
    }
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
    assert_eq!(document["spec"]["plan"]["iso_name"], "dpu-os-1.0.0.iso");
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
