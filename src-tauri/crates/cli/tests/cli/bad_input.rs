//! What can't be meant or can't be done: each a clear error with the documented exit code, and
//! nothing lost.

use std::{fs, net::TcpListener, path::Path};

use crate::support::{Desk, Rack, Ran, desk::IMC_PASSWORD, golden, https};

const ISO: &str = "dpu-os-1.0.0.iso";

/// `bmc add` of the lab's first card, with another Redfish address and whatever else.
fn add(desk: &Desk, rack: &Rack, redfish: &str, more: &[&str]) -> Ran {
    let password = desk.beside("imc-password");
    let ssh = rack.told(1).imc_ssh;
    let mut words = vec!["bmc", "add", redfish, "--name", "dpu-01", "--ssh", &ssh];
    words.extend(["--password-file", password.to_str().unwrap()]);
    words.extend(more);
    desk.run(&words)
}

const TRUST: &str = "--trust-on-first-use";

#[test]
fn a_card_that_can_not_be_added() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    let told = rack.told(1);
    let refused = |name: &str, ran: Ran, code: i32, sentence: &str| {
        golden(&format!("add-{name}"), &ran.explains(code, sentence).err);
        assert_eq!(
            desk.json(&["bmc", "list"]),
            serde_json::json!([]),
            "{name}: nothing is kept"
        );
    };
    refused(
        "wrong-address",
        add(&desk, &rack, "not an address", &[TRUST]),
        2,
        "not an address",
    );
    // A port that was free a moment ago.
    let silent = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    refused(
        "nothing-listens",
        add(&desk, &rack, &silent, &[TRUST]),
        7,
        "can't be seen",
    );
    refused(
        "nobody-accepted-it",
        add(&desk, &rack, &told.imc_redfish, &[]),
        5,
        "is new",
    );
    let other = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    let given = ["--certificate", other, "--host-key", other];
    refused(
        "another-certificate",
        add(&desk, &rack, &told.imc_redfish, &given),
        5,
        "shows another",
    );

    let password = |text: &str| fs::write(desk.beside("imc-password"), text).unwrap();
    password("short");
    refused(
        "short-password",
        add(&desk, &rack, &told.imc_redfish, &[TRUST]),
        2,
        "under 14 characters",
    );
    assert_eq!(rack.observed(1).refused_logins, 0, "it was not even tried");
    password("wrong-but-long-enough");
    refused(
        "wrong-password",
        add(&desk, &rack, &told.imc_redfish, &[TRUST]),
        6,
        "refuses the user name",
    );
    assert_eq!(
        rack.observed(1).refused_logins,
        1,
        "tried once: an account may be locked"
    );
    password(IMC_PASSWORD);

    let page = https::answers(&rack.handle(), "text/html", "<html>a switch</html>");
    refused(
        "a-web-page",
        add(&desk, &rack, &page, &[TRUST]),
        1,
        "is not a Redfish service",
    );
    // After all that, the right one.
    let added = add(&desk, &rack, &told.imc_redfish, &[TRUST]).good();
    for accepted in [&told.imc_tls_fingerprint, &told.imc_host_key_fingerprint] {
        assert!(
            added.err.contains(accepted.as_str()),
            "it tells what it accepted"
        );
    }
    let again = add(&desk, &rack, &told.imc_redfish, &[TRUST]);
    golden("add-again", &again.explains(4, "is there already").err);
    assert_eq!(desk.json(&["bmc", "list"]).as_array().unwrap().len(), 1);
    another_password(&rack, &desk);
}

/// Tried once before it is kept; one that is refused does not replace the one that works.
fn another_password(rack: &Rack, desk: &Desk) {
    let give = |password: &str| {
        let file = desk.beside("new-password");
        fs::write(&file, password).unwrap();
        let words = ["bmc", "password", "dpu-01", "--password-fd", "0"];
        let mut command = desk.command(&words);
        command.stdin(fs::File::open(file).unwrap());
        desk.spawn(command, &words).end()
    };
    let before = rack.observed(1).refused_logins;
    give("short").explains(2, "under 14 characters");
    give("wrong-but-long-enough").explains(6, "refuses the user name");
    assert_eq!(rack.observed(1).refused_logins, before + 1);
    let card = desk.json(&["status", "dpu-01"])[0].clone();
    assert!(
        card["imc_silent"].is_null(),
        "the old one still opens it: {card}"
    );
    give(IMC_PASSWORD).good();
    assert_eq!(rack.observed(1).refused_logins, before + 1);
}

#[test]
fn an_iso_that_can_not_be_imported() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    let good = rack.lab().inventory().demo_iso;
    let import = |path: &Path| desk.run(&["iso", "import", path.to_str().unwrap()]);
    let refused = |name: &str, path: &Path, code: i32, sentence: &str| {
        golden(
            &format!("import-{name}"),
            &import(path).explains(code, sentence).err,
        );
        assert_eq!(
            desk.json(&["iso", "list"]),
            serde_json::json!([]),
            "{name}: nothing is kept"
        );
    };
    let text = desk.beside("notes.iso");
    fs::write(&text, "not an ISO at all\n".repeat(4000)).unwrap();
    refused("text", &text, 2, "is not an ISO 9660 image");
    let whole = fs::read(&good).unwrap();
    let half = desk.beside("half.iso");
    fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    refused("half", &half, 2, "is truncated");
    refused(
        "missing",
        &desk.beside("nowhere.iso"),
        3,
        "there is no file",
    );
    refused("folder", &desk.beside(""), 2, "is not an ISO 9660 image");

    import(&good).good();
    let again = import(&good);
    golden(
        "import-again",
        &again
            .explains(4, "in the library already, as dpu-os-1.0.0.iso")
            .err,
    );
    let copy = desk.beside("copy.iso");
    fs::write(&copy, &whole).unwrap();
    import(&copy).explains(4, "in the library already, as dpu-os-1.0.0.iso");
    assert_eq!(desk.json(&["iso", "list"]).as_array().unwrap().len(), 1);

    // The file is gone, or another one, when it is wanted.
    desk.run(&["lab", "add", "--dir", rack.dir().to_str().unwrap()])
        .good();
    let aside = good.with_extension("aside");
    fs::rename(&good, &aside).unwrap();
    let deploy = || desk.run(&["deploy", "dpu-01", "--iso", ISO, "--yes"]);
    golden(
        "deploy-iso-gone",
        &deploy().explains(4, "nothing was started").err,
    );
    fs::write(&good, &whole[..whole.len() / 2]).unwrap();
    deploy()
        .explains(4, "nothing was started")
        .says("is not what was imported");
    assert_eq!(desk.json(&["job", "list"]), serde_json::json!([]));
    fs::rename(&aside, &good).unwrap();
    deploy().good();
}

#[test]
fn names_that_nobody_has() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    for words in [
        &["bmc", "show", "dpu-99"][..],
        &["deploy", "dpu-99", "--iso", ISO, "--yes"],
        &["deploy", "dpu-01", "--iso", "no.iso", "--yes"],
        &["upgrade", "dpu-99", "--yes"],
        &["status", "dpu-99"],
        &["iso", "serve", "no.iso"],
        &["iso", "remove", "no.iso"],
        &["job", "show", "deadbeef"],
        &[
            "job",
            "logs",
            "0190000000007000a000000000000001",
            "--follow",
        ],
        &["job", "cancel", "0190000000007000a000000000000001"],
        &["lab", "add", "--dir", "/nowhere"],
        &["trust", "remove", "host-key", "127.0.0.1:1"],
    ] {
        desk.run(words).explains(3, "");
        let mut json = vec!["--json"];
        json.extend(words);
        let told = desk.run(&json).exits(3);
        assert!(told.err.is_empty(), "{words:?}: {}", told.err);
        assert_eq!(told.json()["error"]["code"], "not_found", "{words:?}");
    }
    desk.run(&["deploy"]).exits(2).says("Usage:");
    desk.run(&["deploy", "dpu-01", "--iso", ISO])
        .exits(2)
        .says("--yes");
    assert_eq!(desk.json(&["job", "list"]), serde_json::json!([]));
}

#[test]
fn cards_that_are_in_no_state_for_it() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::joined(&rack);
    let upgrade = desk.run(&["upgrade", "dpu-01", "--yes"]);
    golden(
        "upgrade-of-an-empty-card",
        &upgrade.explains(4, "nothing was started").err,
    );
    desk.run(&["rollback", "dpu-01", "--yes"])
        .explains(4, "nothing was started");

    // Nobody runs it: it only waits in the queue.
    let submit = ["deploy", "dpu-01", "--iso", ISO, "--yes", "--no-wait"];
    desk.run(&submit).good();
    golden(
        "deploy-busy",
        &desk.run(&submit).explains(4, "nothing was started").err,
    );
    desk.run(&["bmc", "remove", "dpu-01"])
        .explains(4, "active job");
    desk.run(&["iso", "remove", ISO])
        .explains(4, "a deployment uses this ISO");
    // All or none: the other card would have been free.
    let both = ["deploy", "dpu-01", "dpu-02", "--iso", ISO, "--yes"];
    desk.run(&both)
        .explains(4, "dpu-01: Deployment runs on this card");
    assert_eq!(desk.json(&["job", "list"]).as_array().unwrap().len(), 1);
    desk.run(&["job", "run"]).good();

    let back = desk.run(&["rollback", "dpu-01", "--yes"]);
    golden(
        "rollback-to-nothing",
        &back.explains(4, "no older entry").err,
    );
    let unknown = ["switch", "dpu-01", "not a reference", "--yes"];
    desk.run(&unknown).explains(2, "reference");
    assert_eq!(rack.observed(1).acc_reboots, 0);
    desk.run(&["upgrade", "dpu-01", "--yes"]).good();
}
