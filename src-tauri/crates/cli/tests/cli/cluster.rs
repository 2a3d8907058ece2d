//! `slipctl import`, `plan` and `deploy` with a cluster.yaml: what CDA's users have, on the lab's
//! cards.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::support::{
    Desk, Rack, golden,
    tree::{self, Tree},
};

/// No test may print it.
const PASSWORD: &str = "sentinel-imc-password";

fn file(desk: &Desk, name: &str, text: &str) -> PathBuf {
    let path = desk.beside(name);
    fs::write(&path, text).unwrap();
    path
}

/// A file for cards of the rack, as people have it: the login is another one than the lab's.
fn cluster_yaml(rack: &Rack, cards: usize, more: &str) -> String {
    let mut text = String::from(
        "clusters:\n  - name: \"lab\"\n    kind: \"iso\"\n    network_api_port: \"eno1\"\n    \
         install_iso: \"https://files.lab/dpu-os-1.0.0.iso\"\n    masters:\n",
    );
    for number in 1..=cards {
        let imc = rack.told(number).imc_redfish;
        text.push_str(&format!(
            "    - name: \"acc-{number}\"\n      node: \"localhost\"\n      type: \"ipu\"\n      \
             bmc: \"{imc}\"\n      bmc_user: \"root\"\n      bmc_password: \"{PASSWORD}\"\n      \
             ip: \"10.0.0.{number}\"\n      mac: \"00:08:00:01:03:0{number}\"\n"
        ));
    }
    text.push_str(more);
    text
}

const POST_STEPS: &str = "    postconfig:\n    - name: \"rh_subscription\"\n      \
    organization_id: \"1\"\n      activation_key: \"sentinel-key\"\n    - name: \"microshift\"\n";

#[test]
fn a_file_is_deployed_to_the_cards_that_it_names() {
    let rack = Rack::start(3, |_| {});
    let desk = Desk::joined(&rack);
    let path = file(&desk, "cluster.yaml", &cluster_yaml(&rack, 2, POST_STEPS));
    let path = path.to_str().unwrap();

    golden("cluster-plan", &desk.run(&["plan", path]).good().out);
    let refused = desk.run(&["deploy", path, "--yes"]);
    golden(
        "cluster-steps-refused",
        &refused.explains(4, "this can't be deployed yet").err,
    );
    assert_eq!(desk.json(&["job", "list"]), serde_json::json!([]));

    let skip = "rh_subscription,microshift";
    let lines = desk
        .run(&["--json", "deploy", path, "--skip-steps", skip, "--yes"])
        .good()
        .lines();
    let jobs = lines.last().unwrap()["jobs"].as_array().unwrap().clone();
    assert_eq!(jobs.len(), 2);
    for job in &jobs {
        assert_eq!(job["outcome"], "succeeded");
    }
    for (card, name) in [("dpu-01", "acc-1"), ("dpu-02", "acc-2")] {
        assert_eq!(
            desk.json(&["status", card])[0]["hostname"],
            name,
            "the file names it"
        );
    }
    let third = rack.observed(3);
    assert_eq!(third.refused_logins, 0);
    assert_eq!(desk.json(&["job", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_file_with_errors_starts_nothing() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::joined(&rack);
    let broken = cluster_yaml(&rack, 2, "").replace("ip: \"10.0.0.2\"", "ip: \"10.0.0.1\"");
    let path = file(&desk, "cluster.yaml", &broken);
    let path = path.to_str().unwrap();
    let ran = desk.run(&["deploy", path, "--yes"]).exits(2);
    golden("cluster-errors", &ran.err);
    let told = desk.run(&["--json", "import", path]).exits(2).json();
    let problems = told["problems"].as_array().unwrap();
    let errors: Vec<_> = problems
        .iter()
        .filter(|p| p["severity"] == "error")
        .collect();
    assert_eq!(errors.len(), 1, "{told}");
    assert_eq!(errors[0]["code"], "not-unique");
    assert_eq!(errors[0]["place"]["line"], 15);
    assert_eq!(told["migrations"].as_array().unwrap().len(), 10);
    assert_eq!(desk.json(&["job", "list"]), serde_json::json!([]));

    // Of a good file: a card that is not there, an ISO that is not there, a card that has a job.
    let good = cluster_yaml(&rack, 1, "");
    let path = file(&desk, "good.yaml", &good);
    let path = path.to_str().unwrap();
    desk.run(&["deploy", path, "--cards", "nobody", "--yes"])
        .explains(3, "there is no card `nobody`");
    desk.run(&["deploy", path, "--iso", "none.iso", "--yes"])
        .explains(3, "there is no ISO");
    let other = good.replace("dpu-os-1.0.0.iso", "other.iso");
    let other = file(&desk, "other.yaml", &other);
    desk.run(&["deploy", other.to_str().unwrap(), "--yes"])
        .explains(4, "this can't be deployed yet")
        .says("the library has no ISO other.iso");
    let strange = good.replace(&rack.told(1).imc_redfish, "127.0.0.1:1");
    let strange = file(&desk, "strange.yaml", &strange);
    desk.run(&["deploy", strange.to_str().unwrap(), "--yes"])
        .explains(4, "this can't be deployed yet")
        .says("acc-1 is not in the inventory");
    desk.run(&["deploy", path, "dpu-01", "--yes"])
        .exits(2)
        .says("give one cluster.yaml, or cards");
    desk.run(&["deploy", "no-such.yaml", "--yes"])
        .explains(3, "there is no file no-such.yaml");
    assert_eq!(desk.json(&["job", "list"]), serde_json::json!([]));
}

#[test]
fn an_iso_by_its_path_is_imported_first() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let isos = desk.json(&["iso", "list"]);
    let kept = isos[0]["iso"]["path"].as_str().unwrap().to_owned();
    let name = isos[0]["iso"]["name"].as_str().unwrap().to_owned();
    desk.run(&["iso", "remove", &name]).good();
    fs::copy(kept, desk.beside("mine.iso")).unwrap();
    let text = cluster_yaml(&rack, 1, "").replace("https://files.lab/dpu-os-1.0.0.iso", "mine.iso");
    let path = file(&desk, "cluster.yaml", &text);
    let path = path.to_str().unwrap();
    let plan = desk.json(&["deploy", path, "--plan"]);
    assert_eq!(plan["plan"]["problems"], serde_json::json!([]), "{plan}");
    assert_eq!(
        desk.json(&["iso", "list"]),
        serde_json::json!([]),
        "a plan imports nothing"
    );
    desk.run(&["deploy", path, "--yes"]).good();
    assert_eq!(desk.json(&["iso", "list"])[0]["iso"]["name"], "mine.iso");
}

#[test]
fn a_file_is_read_without_a_data_folder_and_written_in_todays_form() {
    let desk = Desk::new();
    let text = "clusters:\n- name: \"c\"\n  kind: iso\n  install_iso: \"{{ iso_server() }}/x.iso\"\n  \
        network_api_port: eno1\n  masters:\n  - name: \"{{ worker_number(0) }}-acc\"\n    node: localhost\n    \
        kind: ipu\n    bmc: \"{{ IMC_hostname(0) }}\"\n    bmc_password: sentinel-imc-password\n    \
        ip: 10.0.0.1\n    mac: \"{{ IPU_mac_address(0) }}\"\n";
    let path = file(&desk, "cluster.yaml", text);
    let path = path.to_str().unwrap();
    let missing = desk.run(&["import", path]).exits(2);
    golden("cluster-missing-values", &missing.out);
    assert!(!desk.data().exists(), "a question makes no data folder");

    let vars = "iso_server: https://files.lab\nworkers:\n- name: lab220.lab\n  bmc_hostname: imc220.lab\n  \
        DPU_mac_address: 00:08:00:01:03:18\n";
    let vars = file(&desk, "lab.yaml", vars);
    let written = desk.beside("today.yaml");
    let words = [
        "import",
        path,
        "--vars",
        vars.to_str().unwrap(),
        "--write",
        written.to_str().unwrap(),
    ];
    let read = desk.run(&words).good();
    golden("cluster-migrated", &read.out);
    read.says("Comments are lost");
    let today = fs::read_to_string(&written).unwrap();
    assert!(
        today.contains("password: \"sentinel-imc-password\""),
        "{today}"
    );
    let mode = fs::metadata(&written).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "passwords are in it");
    desk.run(&words).explains(4, "is there already");
    let again = desk.json(&["import", written.to_str().unwrap()]);
    assert_eq!(again["migrations"], serde_json::json!([]));
    golden(
        "cluster-plan-offline",
        &desk.run(&["plan", written.to_str().unwrap()]).good().out,
    );

    let wrong = file(&desk, "wrong.vars", "workers: nobody\n");
    desk.run(&["import", path, "--vars", wrong.to_str().unwrap()])
        .exits(2)
        .says("`workers` is a list");
    for shown in ["out-0", "err-0", "out-1", "err-1"] {
        let text = fs::read_to_string(desk.beside(shown)).unwrap();
        assert!(!text.contains(PASSWORD), "{text}");
    }
}

/// A file that says in which server the first card is.
fn in_server(rack: &Rack, url: &str) -> String {
    cluster_yaml(rack, 1, "").replace(
        "      ip: ",
        &format!(
            "      bmc_host:\n        url: \"{url}\"\n      dpu_host: \"host-01\"\n      ip: "
        ),
    )
}

#[test]
fn importing_a_file_keeps_in_which_server_it_says_a_card_is() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let servers = ["srv-01", "srv-02", "srv-03"].map(|name| {
        let serial = match name {
            "srv-03" => "LAB0000001",
            _ => "none",
        };
        (
            name,
            Tree::start(&rack.handle(), tree::server(serial), None),
        )
    });
    let add = |(name, tree): &(&str, Tree)| {
        let file = desk.beside("server-password");
        fs::write(&file, tree::PASSWORD).unwrap();
        let file = file.to_str().unwrap();
        let words = ["bmc", "add", &tree.address, "--name", name, "--user"];
        let login = [tree::USER, "--password-file", file, "--trust-on-first-use"];
        desk.run(&[&words[..], &login[..]].concat()).good();
    };
    let import = |number: usize| {
        let text = in_server(&rack, &servers[number - 1].1.address);
        let path = file(&desk, "cluster.yaml", &text);
        let path = path.to_str().unwrap();
        desk.run(&["import", path, "--add"]).good()
    };
    let paired = || {
        let pairing = desk.card("dpu-01")["pairing"].clone();
        (pairing["host_name"].clone(), pairing["by"]["by"].clone())
    };
    // A server that nobody has added yet is named, with what to do.
    import(1).says("is not in Slipway; add it (`slipctl bmc add ");
    assert!(desk.card("dpu-01")["pairing"].is_null());
    servers[..2].iter().for_each(add);
    import(1).says("dpu-01 is in srv-01, as the file says");
    assert_eq!(paired(), ("srv-01".into(), "cluster_yaml".into()));
    desk.run(&["bmc", "show", "dpu-01"])
        .good()
        .says("srv-01: a cluster.yaml says so");
    // Another file says something else now: it is the later word of the same kind.
    import(2).says("dpu-01 is in srv-02, as the file says");
    desk.run(&["bmc", "inventory", "dpu-01"]).good();
    assert_eq!(
        paired(),
        ("srv-02".into(), "cluster_yaml".into()),
        "a look takes nothing away"
    );

    // What a person said stays.
    desk.run(&["bmc", "pair", "dpu-01", "srv-01"]).good();
    import(2).says("dpu-01 stays in srv-01 (somebody said so), though the file says srv-02");
    assert_eq!(paired(), ("srv-01".into(), "hand".into()));

    // So does what serial numbers tell; it takes the place of a file's word, too.
    desk.run(&["bmc", "pair", "dpu-01", "--none"]).good();
    import(2);
    add(&servers[2]);
    desk.run(&["bmc", "inventory", "dpu-01"]).good();
    assert_eq!(paired(), ("srv-03".into(), "serial_number".into()));
    import(2).says("dpu-01 stays in srv-03 (the host lists a device");
}
