//! What goes wrong at the desk: each a clear error with the documented exit code, and nothing lost.

use std::{fs, net::TcpListener, path::Path, process::Command};

use crate::support::{
    Desk, Rack, Ran,
    desk::{self, IMC_PASSWORD},
    golden, https,
};

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
    let server = r##"{"@odata.id":"/redfish/v1","@odata.type":"#ServiceRoot.v1_5_0.ServiceRoot",
        "Id":"RootService","Name":"Integrated Remote Controller","RedfishVersion":"1.6.0"}"##;
    let server = https::answers(&rack.handle(), "application/json", server);
    refused(
        "a-servers-bmc",
        add(&desk, &rack, &server, &[TRUST]),
        4,
        "not an Intel IPU's IMC",
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

#[test]
fn the_passphrase() {
    let desk = Desk::new();
    let data = desk.data();
    let data = data.to_str().unwrap();
    let without = || {
        let words = ["--data-dir", data, "info"];
        let mut command = Command::new(desk::SLIPCTL);
        command.args(words);
        desk::alone(&mut command, &desk.beside(""));
        desk.spawn(command, &words).end()
    };
    golden(
        "no-passphrase-no-keyring",
        &without().explains(8, "the secret store can't be used").err,
    );
    let before = desk.json(&["info"]);
    golden(
        "no-passphrase",
        &without().explains(8, "the secret file is locked").err,
    );
    let right = fs::read(desk.beside("passphrase")).unwrap();
    fs::write(desk.beside("passphrase"), "wrong\n").unwrap();
    let wrong = desk.run(&["info"]);
    golden(
        "wrong-passphrase",
        &wrong.explains(8, "the passphrase is wrong").err,
    );
    fs::write(desk.beside("passphrase"), right).unwrap();
    assert_eq!(desk.json(&["info"]), before, "the same desk as before");
}

#[test]
fn a_database_that_is_not_ours() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let database = desk.data().join("slipway.db");
    rack.block_on(newer(&database, "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'of a newer Slipway', 1, x'00', 0)"));
    let before = fs::read(&database).unwrap();
    let refused = desk.run(&["bmc", "list"]);
    golden(
        "newer-database",
        &refused.explains(9, "written by a newer Slipway").err,
    );
    assert_eq!(
        fs::read(&database).unwrap(),
        before,
        "nothing was changed in it"
    );
    rack.block_on(newer(
        &database,
        "DELETE FROM _sqlx_migrations WHERE version = 9999",
    ));
    assert_eq!(desk.json(&["bmc", "list"]).as_array().unwrap().len(), 1);

    let other = Desk::new();
    fs::create_dir(other.data()).unwrap();
    let database = other.data().join("slipway.db");
    fs::write(&database, "somebody else's notes\n".repeat(400)).unwrap();
    let refused = other.run(&["bmc", "list"]);
    golden(
        "not-a-database",
        &refused.explains(1, "is not a Slipway database").err,
    );
    assert!(
        fs::read_to_string(&database)
            .unwrap()
            .starts_with("somebody else's notes")
    );
}

async fn newer(database: &Path, statement: &'static str) {
    use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
    let mut open = SqliteConnectOptions::new()
        .filename(database)
        .connect()
        .await
        .unwrap();
    sqlx::query(statement).execute(&mut open).await.unwrap();
    // Into the file itself, so that it can be compared.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(&mut open)
        .await
        .unwrap();
    open.close().await.unwrap();
}

#[test]
fn a_data_folder_that_can_not_be_made() {
    let desk = Desk::new();
    fs::write(desk.data(), "a file where the folder should be").unwrap();
    golden(
        "data-below-a-file",
        &desk.run(&["info"]).explains(1, "opening ").err,
    );
    assert_eq!(
        fs::read_to_string(desk.data()).unwrap(),
        "a file where the folder should be"
    );
    fs::remove_file(desk.data()).unwrap();
    desk.run(&["info"]).good();
}

#[test]
fn a_port_that_is_in_use() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let serve = ["--json", "iso", "serve", ISO];
    let serving = desk.start(&serve);
    serving.until_printed("}");
    serving.interrupt();
    let url = serving.end().good().json()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let place = url
        .strip_prefix("https://")
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let taken = TcpListener::bind(&place).unwrap();

    golden(
        "serve-port-in-use",
        &desk.run(&serve[1..]).explains(1, "is in use").err,
    );
    let deploy = ["deploy", "dpu-01", "--iso", ISO, "--yes"];
    desk.run(&deploy)
        .exits(1)
        .says("is in use")
        .says("next: stop the program that uses it");
    let seen = rack.observed(1);
    assert_eq!((seen.inserts, seen.imc_resets), (0, 0));
    drop(taken);
    let failed = desk.last_job("dpu-01")["row"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    desk.run(&["job", "retry", &failed]).good();
}

/// In a mount namespace of its own, the data folder lies on a disk of 24 MB that fills up.
#[test]
fn a_disk_that_is_full() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let disk = desk.beside("disk");
    fs::create_dir(&disk).unwrap();
    let script = r#"
        mount -t tmpfs -o size=24m,mode=0700 tmpfs "$2" 2>/dev/null || exit 99
        cp -a "$3" "$2/data"
        slipctl() { "$1" --data-dir "$disk/data" --passphrase-fd 4 "${@:2}" 4<"$phrase"; }
        disk=$2 phrase=$4
        head -c 30000000 /dev/zero >"$disk/full" 2>/dev/null
        slipctl "$1" deploy dpu-01 --iso "$5" --yes --no-wait; echo "full: $?"
        slipctl "$1" bmc remove dpu-01; echo "full: $?"
        rm "$disk/full"
        slipctl "$1" bmc list; echo "free: $?"
        slipctl "$1" deploy dpu-01 --iso "$5" --yes --no-wait; echo "free: $?"
    "#;
    let (data, phrase) = (desk.data(), desk.beside("passphrase"));
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let mut command = Command::new("unshare");
    // As root for the mount alone, or in a user namespace of our own.
    if !crate::support::sshd::is_root() {
        command.arg("-r");
    }
    command.args(["-m", "bash", "-c", script, "bash", desk::SLIPCTL]);
    command.args([path(&disk), path(&data), path(&phrase), ISO.to_owned()]);
    desk::alone(&mut command, &desk.beside(""));
    let ran = desk.spawn(command, &["a full disk"]).end();
    if ran.code == Some(99) || ran.err.contains("unshare: ") {
        println!("skipped: no mount namespaces here: {}", ran.err);
        return;
    }
    let codes: Vec<&str> = ran
        .out
        .lines()
        .filter(|l| l.starts_with("full: ") || l.starts_with("free: "))
        .collect();
    assert_eq!(
        codes,
        ["full: 1", "full: 1", "free: 0", "free: 0"],
        "{ran:?}"
    );
    golden("full-disk", &ran.err);
    assert!(
        ran.out.contains("dpu-01"),
        "the card is still there: {}",
        ran.out
    );
}

#[test]
fn a_reader_that_goes_away_and_a_lab_that_is_gone() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let piped = desk.with_passphrase(
        "bash",
        &[
            "-c",
            r#""$0" --data-dir "$1" --passphrase-fd 3 status | true"#,
            desk::SLIPCTL,
            desk.data().to_str().unwrap(),
        ],
    );
    let ran = desk.spawn(piped, &["status | true"]).end().good();
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    drop(rack);
    // The card's silence is a fact about the card, not an error of the question.
    let seen = desk.json(&["status", "dpu-01"]);
    assert_eq!(seen[0]["row"]["headline"]["state"], "unreachable", "{seen}");
    desk.run(&["deploy", "dpu-01", "--iso", ISO, "--yes"])
        .explains(4, "the IMC does not answer");
}
