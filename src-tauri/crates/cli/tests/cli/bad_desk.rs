//! What goes wrong at the desk itself: secrets, database, folder, port, disk. Each a clear error with
//! the documented exit code, and nothing lost.

use std::{fs, net::TcpListener, path::Path, process::Command};

use crate::support::{Desk, Rack, desk, golden, sshd};

const ISO: &str = "dpu-os-1.0.0.iso";

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
        fill() { head -c 30000000 /dev/zero >>"$disk/full" 2>/dev/null; }
        fill
        slipctl "$1" deploy dpu-01 --iso "$5" --yes --no-wait; echo "full: $?"
        rm "$disk/full"
        slipctl "$1" bmc list; echo "free: $?"
        slipctl "$1" deploy dpu-01 --iso "$5" --yes --no-wait; echo "free: $?"
    "#;
    let (data, phrase) = (desk.data(), desk.beside("passphrase"));
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let mut command = Command::new("unshare");
    // As root for the mount alone, or in a user namespace of our own.
    if !sshd::is_root() {
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
    assert_eq!(codes, ["full: 1", "free: 0", "free: 0"], "{ran:?}");
    // The first file that finds no room depends on how full the database's own pages are.
    for told in [
        "no space is left for the database",
        "free some space and try again; nothing was lost",
    ] {
        assert_eq!(ran.err.matches(told).count(), 1, "{ran:?}");
    }
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
