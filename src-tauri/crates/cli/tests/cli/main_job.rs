//! The whole main job by hand: deploy, look, upgrade, roll back, switch; as JSON and as tables.

use serde_json::Value;

use crate::support::{Desk, desk::PASSPHRASE, golden, lab_process::LabProcess};

const DEPLOYMENT: [&str; 14] = [
    "Check the card",
    "Prepare the IMC",
    "Publish the ISO",
    "Insert the ISO",
    "Set the boot override",
    "Reset the IMC",
    "Wait for the IMC",
    "Wait for the installer",
    "Install and boot",
    "Reload the host's driver",
    "Verify the image",
    "Run post steps",
    "Clean up",
    "Succeeded",
];
const BOOT_CHANGE: [&str; 7] = [
    "Check the card",
    "Stage the image",
    "Reboot the ACC",
    "Wait for the ACC",
    "Verify the image",
    "Clean up",
    "Succeeded",
];

/// The states that a job came through. Its end is an event of its own kind.
fn came_through(events: &[Value]) -> Vec<&str> {
    let moves = ["entered", "succeeded", "failed", "cancelled"];
    let moved = |event: &&Value| moves.contains(&event["kind"].as_str().unwrap());
    events
        .iter()
        .filter(moved)
        .map(|event| event["step"].as_str().unwrap())
        .collect()
}

/// Runs a job with `--json` and gives its row back, after it has come through these states.
fn job(desk: &Desk, arguments: &[&str], states: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(arguments);
    let mut lines = desk.run(&all).good().lines();
    let last = lines.pop().unwrap();
    assert_eq!(came_through(&lines), states, "{arguments:?}");
    let rows = last["jobs"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["outcome"], "succeeded");
    rows[0].clone()
}

fn status(desk: &Desk, card: &str) -> Value {
    let views = desk.json(&["status", card]);
    assert_eq!(views.as_array().unwrap().len(), 1);
    views[0].clone()
}

#[test]
fn a_card_is_deployed_upgraded_rolled_back_and_switched() {
    let lab = LabProcess::start(6);
    let desk = Desk::new();
    let dir = lab.dir();
    let dir = dir.to_str().unwrap();
    assert_eq!(desk.json(&["lab", "add", "--dir", dir])["added"], 6);
    assert_eq!(
        desk.json(&["lab", "add", "--dir", dir])["added"],
        0,
        "a second time adds nothing"
    );
    golden("bmc-list-fresh", &desk.run(&["bmc", "list"]).good().out);

    let isos = desk.json(&["iso", "list"]);
    assert!(isos[0]["why_not_deployable"].is_null(), "{isos}");
    let in_iso = isos[0]["iso"]["facts"]["image_digest"].as_str().unwrap();
    golden("iso-list", &desk.run(&["iso", "list"]).good().out);

    let plan = desk.run(&[
        "deploy",
        "dpu-01",
        "--iso",
        "dpu-os-1.0.0.iso",
        "--domain",
        "lab.example",
        "--plan",
    ]);
    golden("deploy-plan", &plan.good().out);
    assert_eq!(
        desk.json(&["job", "list"]),
        serde_json::json!([]),
        "a plan does nothing"
    );

    let deploy = [
        "deploy",
        "dpu-01",
        "--iso",
        "dpu-os-1.0.0.iso",
        "--domain",
        "lab.example",
        "--yes",
    ];
    let row = job(&desk, &deploy, &DEPLOYMENT);
    assert_eq!(
        (&row["kind"], &row["subject"]),
        (&"Deployment".into(), &"dpu-01".into())
    );
    let card = status(&desk, "dpu-01");
    assert_eq!(card["row"]["version"], "1.0.0");
    assert_eq!(card["row"]["digest"], in_iso);
    assert_eq!(card["hostname"], "dpu-01.lab.example");
    assert_eq!(card["greenboot"], "green");
    assert_eq!(card["row"]["headline"]["state"], "update_available");
    assert_eq!(card["row"]["available"]["version"], "1.1.0");
    let newest = card["row"]["available"]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let because = |card: &Value| {
        let pins = card["pins"].as_array().unwrap();
        let acc = pins
            .iter()
            .find(|pin| pin["peer"].as_str().unwrap().ends_with("/192.168.0.2:22"));
        acc.unwrap()["accepted_because"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        because(&card),
        format!("deployment {}", row["id"].as_str().unwrap())
    );

    job(&desk, &["upgrade", "dpu-01", "--yes"], &BOOT_CHANGE);
    let card = status(&desk, "dpu-01");
    assert_eq!(card["row"]["version"], "1.1.0");
    assert_eq!(card["row"]["digest"], newest.as_str());
    assert_eq!(card["bootc"]["rollback"]["digest"], in_iso);
    assert_eq!(card["row"]["headline"]["state"], "current");
    // In the order of their ports.
    let (pins, shown): (Vec<String>, Vec<String>) = desk
        .run(&["bmc", "show", "dpu-01"])
        .good()
        .out
        .lines()
        .map(|line| format!("{line}\n"))
        .partition(|line| line.starts_with("  pinned "));
    golden("bmc-show", &shown.concat());
    let host_keys = pins
        .iter()
        .filter(|line| line.contains(" host key SHA256:"))
        .count();
    let certificates = pins
        .iter()
        .filter(|line| line.contains(" certificate SHA256:"))
        .count();
    assert_eq!((certificates, host_keys), (1, 2), "{pins:?}");
    // There is nothing newer: refused, and nothing is started.
    desk.run(&["upgrade", "dpu-01", "--yes"])
        .explains(4, "the card runs the newest image");

    job(&desk, &["rollback", "dpu-01", "--yes"], &BOOT_CHANGE);
    let card = status(&desk, "dpu-01");
    assert_eq!(card["row"]["digest"], in_iso);
    assert_eq!(card["bootc"]["rollback"]["digest"], newest.as_str());
    assert_eq!(card["bootc"]["rollback_queued"], false);

    let registry = lab.inventory()["registry"].as_str().unwrap().to_owned();
    let to = format!("{registry}/lab/dpu-os:1.1.0");
    golden(
        "switch-plan",
        &desk.run(&["switch", "dpu-01", &to, "--plan"]).good().out,
    );
    job(&desk, &["switch", "dpu-01", &to, "--yes"], &BOOT_CHANGE);
    let card = status(&desk, "dpu-01");
    assert_eq!(card["row"]["digest"], newest.as_str());
    assert_eq!(card["bootc"]["spec_image"], to.as_str());

    four_at_once(&desk);
    tables(&desk);
    assert_eq!(lab.interrupt(), Some(0), "Ctrl-C ends a lab in good order");
}

fn four_at_once(desk: &Desk) {
    let names = ["dpu-02", "dpu-03", "dpu-04", "dpu-05"];
    let mut words = vec!["--json", "deploy"];
    words.extend(names);
    words.extend(["--iso", "dpu-os-1.0.0.iso", "--yes"]);
    let mut lines = desk.run(&words).good().lines();
    let last = lines.pop().unwrap();
    let rows = last["jobs"].as_array().unwrap();
    let mut done: Vec<_> = rows
        .iter()
        .map(|row| row["subject"].as_str().unwrap())
        .collect();
    done.sort_unstable();
    assert_eq!(done, names);
    assert!(
        rows.iter().all(|row| row["outcome"] == "succeeded"),
        "{last}"
    );
    for row in rows {
        let own: Vec<Value> = lines
            .iter()
            .filter(|event| event["job"] == row["id"])
            .cloned()
            .collect();
        assert_eq!(came_through(&own), DEPLOYMENT);
    }
    // At once: each had begun before any had ended.
    let first = |kind: &str, step: &str| {
        let at = |event: &&Value| event["kind"] == kind && event["step"] == step;
        lines
            .iter()
            .filter(at)
            .map(|event| event["seq"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let begun = first("entered", "Check the card").into_iter().max();
    let ended = first("succeeded", "Succeeded").into_iter().min();
    assert!(begun < ended, "{begun:?} {ended:?}");
    let fleet = desk.json(&["status"]);
    let deployed = fleet
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["version"] == "1.0.0");
    assert_eq!(deployed.count(), 4);
}

fn tables(desk: &Desk) {
    golden("status", &desk.run(&["status", "--cached"]).good().out);
    golden(
        "job-list",
        &desk.run(&["job", "list", "--card", "dpu-01"]).good().out,
    );
    let pins = desk.run(&["trust", "list"]).good().out;
    let count = |what: &str| pins.lines().filter(|line| line.contains(what)).count();
    let told = [
        "accepted when it was shown",
        "deployment ",
        "certificate",
        "host key",
    ]
    .map(count);
    // Six IMCs' certificates and host keys, and their servers' host keys; five deployed ACCs'.
    assert_eq!(told, [18, 5, 6, 17], "{pins}");
    let jobs = desk.json(&["job", "list", "--card", "dpu-01"]);
    let jobs = jobs.as_array().unwrap();
    let kinds: Vec<_> = jobs
        .iter()
        .map(|job| job["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["Switch", "Rollback", "Upgrade", "Deployment"],
        "newest first"
    );
    let deployment = jobs[3]["id"].as_str().unwrap();
    // By its last eight digits, as the table shows it.
    let short = &deployment[24..];
    golden("job-show", &desk.run(&["job", "show", short]).good().out);
    let logs = desk.run(&["job", "logs", short]).good();
    for line in [
        "Check the card  Intel IPU",
        "Prepare the IMC  installed our CA certificate as /etc/pki/ca-trust/source/anchors/slipway-",
        "Insert the ISO  asked the IMC to insert ",
        "Set the boot override  boot override is Once Cd",
        "Reset the IMC  asked the IMC to reset",
        "Install and boot  the new system answers with the host key that was made for it",
        "Clean up  ejected the ISO",
    ] {
        assert!(logs.out.contains(line), "no `{line}` in\n{}", logs.out);
    }
    let shown = desk.json(&["job", "show", deployment]);
    let logged = desk
        .run(&["--json", "job", "logs", deployment])
        .good()
        .lines();
    assert_eq!(shown["events"].as_array().unwrap(), &logged);
    assert!(shown["residue"].as_array().unwrap().is_empty(), "{shown}");
    let info = desk.run(&["info"]).good();
    assert!(info.out.contains("encrypted file") && !info.out.contains(PASSPHRASE));
    assert!(
        desk.run(&["completions", "bash"])
            .good()
            .out
            .contains("_slipctl")
    );
}

#[test]
fn the_help_tells_the_exit_codes_and_hides_what_is_for_machines() {
    let desk = Desk::new();
    let help = desk.run(&["--help"]).good().out;
    golden("help", &help);
    assert!(!help.contains("bench"));
    assert!(
        !desk.data().exists(),
        "asking for help makes no data folder"
    );
}
