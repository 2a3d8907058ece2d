//! Secrets in the file and in a real keyring; other processes; a full disk.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use slipway_core::{
    job::JobStore,
    ports::{Secrets, SecretsError},
    secret::Password,
};
use slipway_store::{
    FileSecrets, KdfCost, KeyringSecrets, SECRETS_FILE, Store, StoreError, file_secrets_exist,
    open_secrets,
};

use crate::sample::{at, upgrade};

const CHEAP: KdfCost = KdfCost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};

fn passphrase() -> Password {
    Password::new("correct horse battery staple")
}

async fn get(secrets: &dyn Secrets, key: &str) -> Result<String, SecretsError> {
    secrets
        .get(key)
        .await
        .map(|value| value.expose().to_owned())
}

/// What every secret store must do.
async fn keeps_secrets(secrets: &dyn Secrets) {
    assert_eq!(
        get(secrets, "ca/key").await,
        Err(SecretsError::Missing("ca/key".into()))
    );
    secrets.delete("ca/key").await.unwrap();
    // A PEM key: several lines, some KiB.
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}", "MIIEvQ+/=\n".repeat(400));
    secrets.put("ca/key", &Password::new(&*pem)).await.unwrap();
    secrets
        .put("credential/1", &Password::new("pässwörd \"'\\ $(x)"))
        .await
        .unwrap();
    assert_eq!(get(secrets, "ca/key").await.unwrap(), pem);
    assert_eq!(
        get(secrets, "credential/1").await.unwrap(),
        "pässwörd \"'\\ $(x)"
    );
    secrets
        .put("credential/1", &Password::new("another"))
        .await
        .unwrap();
    assert_eq!(get(secrets, "credential/1").await.unwrap(), "another");
    secrets.delete("ca/key").await.unwrap();
    assert_eq!(
        get(secrets, "ca/key").await,
        Err(SecretsError::Missing("ca/key".into()))
    );
    assert_eq!(get(secrets, "credential/1").await.unwrap(), "another");
}

#[tokio::test]
async fn the_file_keeps_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(SECRETS_FILE);
    let secrets = FileSecrets::create(&path, &passphrase(), CHEAP)
        .await
        .unwrap();
    keeps_secrets(&secrets).await;
    assert_eq!(
        secrets.place(),
        format!("encrypted file {}", path.display())
    );
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&path).unwrap();
    assert!(
        !bytes.windows(7).any(|w| w == b"another" || w == b"credent"),
        "keys are sealed too"
    );

    let again = FileSecrets::locked(&path);
    assert_eq!(get(&again, "credential/1").await, Err(SecretsError::Locked));
    assert_eq!(
        again.put("x", &passphrase()).await,
        Err(SecretsError::Locked)
    );
    let wrong = again.unlock(&Password::new("wrong")).await;
    assert_eq!(wrong, Err(SecretsError::WrongPassphrase));
    assert_eq!(get(&again, "credential/1").await, Err(SecretsError::Locked));
    again.unlock(&passphrase()).await.unwrap();
    assert_eq!(get(&again, "credential/1").await.unwrap(), "another");
}

#[tokio::test]
async fn making_a_file_that_is_there_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(SECRETS_FILE);
    let first = FileSecrets::create(&path, &passphrase(), CHEAP)
        .await
        .unwrap();
    first.put("a", &Password::new("1")).await.unwrap();
    let wrong = FileSecrets::create(&path, &Password::new("wrong"), CHEAP).await;
    assert_eq!(wrong.err(), Some(SecretsError::WrongPassphrase));
    let second = FileSecrets::create(&path, &passphrase(), CHEAP)
        .await
        .unwrap();
    assert_eq!(get(&second, "a").await.unwrap(), "1");
}

#[tokio::test]
async fn what_a_crash_left_is_no_hindrance() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(SECRETS_FILE);
    let secrets = FileSecrets::create(&path, &passphrase(), CHEAP)
        .await
        .unwrap();
    secrets.put("a", &Password::new("1")).await.unwrap();
    let leftover = folder.path().join(format!("{SECRETS_FILE}.new"));
    fs::write(&leftover, "half a file").unwrap();
    assert_eq!(get(&secrets, "a").await.unwrap(), "1");
    secrets.put("b", &Password::new("2")).await.unwrap();
    assert!(!leftover.exists());
    assert_eq!(get(&secrets, "b").await.unwrap(), "2");
}

#[tokio::test]
async fn a_damaged_or_lost_file_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(SECRETS_FILE);
    let secrets = FileSecrets::create(&path, &passphrase(), CHEAP)
        .await
        .unwrap();
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(get(&secrets, "a").await, Err(SecretsError::WrongPassphrase));
    assert_eq!(
        secrets.put("a", &passphrase()).await,
        Err(SecretsError::WrongPassphrase)
    );
    assert_eq!(
        fs::read(&path).unwrap(),
        bytes,
        "nothing is written over what can't be read"
    );
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        get(&secrets, "a").await,
        Err(SecretsError::Unusable(_))
    ));
    assert!(matches!(
        secrets.put("a", &passphrase()).await,
        Err(SecretsError::Unusable(_))
    ));
    assert!(!path.exists());
}

// Tests that need another process run this program again with one test and a part to play.

const PART: &str = "SLIPWAY_STORE_TEST_PART";
const FOLDER: &str = "SLIPWAY_STORE_TEST_FOLDER";

fn this_test(name: &str) -> Vec<String> {
    let program = std::env::current_exe().unwrap().display().to_string();
    [
        &program,
        &format!("secrets::{name}"),
        "--exact",
        "--nocapture",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn part() -> Option<String> {
    std::env::var(PART).ok()
}

fn folder() -> std::path::PathBuf {
    std::env::var_os(FOLDER).unwrap().into()
}

fn succeeded(output: &Output) {
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{out}\n{err}"
    );
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn two_processes_lose_nothing_of_each_other() {
    const EACH: usize = 40;
    if let Some(part) = part() {
        let path = folder().join(SECRETS_FILE);
        // Both begin by making the file: one makes it, the other opens it.
        let secrets = FileSecrets::create(path, &passphrase(), CHEAP)
            .await
            .unwrap();
        let store = Store::open(folder().join("slipway.db")).await.unwrap();
        for n in 0..EACH {
            secrets
                .put(&format!("{part}/{n}"), &Password::new(&*part))
                .await
                .unwrap();
            store.set_setting(&format!("{part}/{n}"), &n).await.unwrap();
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let command = this_test("two_processes_lose_nothing_of_each_other");
    let children: Vec<_> = ["left", "right"]
        .map(|part| {
            Command::new(&command[0])
                .args(&command[1..])
                .env(PART, part)
                .env(FOLDER, folder.path())
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .into_iter()
        .collect();
    for child in children {
        succeeded(&child.wait_with_output().unwrap());
    }
    let secrets = FileSecrets::create(folder.path().join(SECRETS_FILE), &passphrase(), CHEAP)
        .await
        .unwrap();
    let store = Store::open(folder.path().join("slipway.db")).await.unwrap();
    for part in ["left", "right"] {
        for n in 0..EACH {
            let key = format!("{part}/{n}");
            assert_eq!(get(&secrets, &key).await.unwrap(), part);
            assert_eq!(store.setting(&key).await.unwrap(), Some(n), "{key}");
        }
    }
}

/// A real gnome-keyring on a bus of its own, with a home of its own.
#[tokio::test]
async fn a_real_keyring_keeps_secrets() {
    if part().is_some() {
        let data = folder();
        KeyringSecrets::available().await.unwrap();
        let secrets = open_secrets(&data, Some(passphrase())).await.unwrap();
        assert_eq!(secrets.place(), "system keyring");
        assert!(!file_secrets_exist(&data));
        keeps_secrets(secrets.as_ref()).await;

        // Opened again it is the same place; another folder is another one.
        let again = open_secrets(&data, None).await.unwrap();
        assert_eq!(
            get(again.as_ref(), "credential/1").await.unwrap(),
            "another"
        );
        let other = data.join("other");
        fs::create_dir(&other).unwrap();
        let other = open_secrets(&other, None).await.unwrap();
        let missing = get(other.as_ref(), "credential/1").await;
        assert_eq!(missing, Err(SecretsError::Missing("credential/1".into())));

        // The keyring is started anew, and with it goes our session.
        let replace = "echo -n test | gnome-keyring-daemon --replace --unlock --components=secrets";
        assert!(runs("bash", &["-c", replace]));
        assert_eq!(
            get(secrets.as_ref(), "credential/1").await.unwrap(),
            "another"
        );
        secrets
            .put("credential/1", &Password::new("after"))
            .await
            .unwrap();
        assert_eq!(get(again.as_ref(), "credential/1").await.unwrap(), "after");
        return;
    }
    let tools = ["dbus-run-session", "gnome-keyring-daemon"];
    if let Some(tool) = tools.iter().find(|tool| !runs(tool, &["--version"])) {
        println!("skipped: {tool} is not installed");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let session =
        "echo -n test | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec \"$@\"";
    let output = Command::new("dbus-run-session")
        .args(["--", "bash", "-c", session, "bash"])
        .args(this_test("a_real_keyring_keeps_secrets"))
        .env(PART, "client")
        .env(FOLDER, home.path())
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("XDG_DATA_HOME", home.path().join("share"))
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .output()
        .unwrap();
    succeeded(&output);

    // The same folder in a session without a keyring: no second, empty store is begun.
    let refused = open_without_keyring("a_folder_of_the_keyring", home.path());
    succeeded(&refused);
}

fn open_without_keyring(part: &str, data: &Path) -> Output {
    let command = this_test("without_a_keyring_there_is_the_file");
    Command::new(&command[0])
        .args(&command[1..])
        .env(PART, part)
        .env(FOLDER, data)
        .env("XDG_RUNTIME_DIR", data)
        .env(
            "DBUS_SESSION_BUS_ADDRESS",
            format!("unix:path={}/no-bus", data.display()),
        )
        .output()
        .unwrap()
}

#[tokio::test]
async fn without_a_keyring_there_is_the_file() {
    let data = match part().as_deref() {
        None => {
            let data = tempfile::tempdir().unwrap();
            // Two levels down: the folder is made too.
            succeeded(&open_without_keyring(
                "a_new_folder",
                &data.path().join("a/b"),
            ));
            return;
        }
        Some("a_folder_of_the_keyring") => {
            let refused = open_secrets(&folder(), Some(passphrase())).await.err();
            let Some(SecretsError::Unusable(why)) = refused else {
                panic!("{refused:?}")
            };
            assert!(why.contains("secrets are in the system keyring"), "{why}");
            assert!(!file_secrets_exist(&folder()));
            return;
        }
        Some(_) => folder(),
    };
    let refused = open_secrets(&data, None).await.err();
    let Some(SecretsError::Unusable(why)) = refused else {
        panic!("{refused:?}")
    };
    assert!(
        why.starts_with("the system keyring does not answer"),
        "{why}"
    );
    assert!(
        why.ends_with("start a keyring or give a passphrase with --passphrase-fd"),
        "{why}"
    );
    assert!(!file_secrets_exist(&data));

    let secrets = open_secrets(&data, Some(passphrase())).await.unwrap();
    secrets.put("a", &Password::new("1")).await.unwrap();
    assert!(secrets.place().starts_with("encrypted file /"));
    assert!(file_secrets_exist(&data));
    assert_eq!(
        open_secrets(&data, None).await.err(),
        Some(SecretsError::Locked)
    );
    let wrong = open_secrets(&data, Some(Password::new("wrong")))
        .await
        .err();
    assert_eq!(wrong, Some(SecretsError::WrongPassphrase));
    let again = open_secrets(&data, Some(passphrase())).await.unwrap();
    assert_eq!(get(again.as_ref(), "a").await.unwrap(), "1");
}

/// In a mount namespace of its own, on file systems of a few kilobytes.
#[tokio::test]
async fn a_full_disk_is_said_to_be_full_and_nothing_is_lost() {
    match part().as_deref() {
        Some("tiny") => {
            let refused = Store::open(folder().join("slipway.db")).await.unwrap_err();
            assert!(matches!(refused, StoreError::DiskFull), "{refused:?}");
            assert!(refused.hint().is_some());
            return;
        }
        Some(_) => return fills_up(&folder()).await,
        None => {}
    }
    let as_root: &[&str] = &["--mount"];
    let as_user: &[&str] = &["--user", "--map-root-user", "--mount"];
    let mount = "mount -t tmpfs -o size=64k tmpfs \"$0\"";
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().to_str().unwrap();
    let able = |flags: &&&[&str]| {
        runs(
            "unshare",
            &[flags, &["bash", "-c", mount, target][..]].concat(),
        )
    };
    let Some(unshare) = [as_root, as_user].iter().find(able).copied() else {
        println!("skipped: no mount namespace can be made here");
        return;
    };
    for (part, size) in [("tiny", "64k"), ("small", "1m")] {
        let script = format!("mount -t tmpfs -o size={size} tmpfs \"${FOLDER}\" && exec \"$@\"");
        let output = Command::new("unshare")
            .args(unshare)
            .args(["bash", "-c", &script, "bash"])
            .args(this_test(
                "a_full_disk_is_said_to_be_full_and_nothing_is_lost",
            ))
            .env(PART, part)
            .env(FOLDER, scratch.path())
            .output()
            .unwrap();
        succeeded(&output);
    }
}

async fn fills_up(folder: &Path) {
    let path = folder.join("slipway.db");
    let store = Store::open(&path).await.unwrap();
    let secrets = FileSecrets::create(folder.join(SECRETS_FILE), &passphrase(), CHEAP)
        .await
        .unwrap();
    secrets.put("a", &Password::new("1")).await.unwrap();
    let mut kept = Vec::new();
    let refused = loop {
        let job = upgrade(&slipway_core::ids::DpuId::new(), at(0));
        match store.submit(&job, &"x".repeat(4_000)).await {
            Ok(()) => kept.push(job),
            Err(error) => break error,
        }
        assert!(kept.len() < 10_000, "the disk never fills");
    };
    let words = slipway_core::failure::chain(&refused).join(": ");
    assert_eq!(words, "the job database: no space is left for the database");

    // The rest of the disk is filled, so that not even a small file finds room.
    let filler = folder.join("filler");
    drop(fs::write(&filler, vec![1; 2 << 20]));
    let refused = secrets.put("b", &Password::new("2".repeat(8_000))).await;
    assert!(
        matches!(refused, Err(SecretsError::Unusable(_))),
        "{refused:?}"
    );
    assert_eq!(get(&secrets, "a").await.unwrap(), "1");
    assert_eq!(
        get(&secrets, "b").await,
        Err(SecretsError::Missing("b".into()))
    );

    fs::remove_file(&filler).unwrap();
    drop(store);
    let store = Store::open(&path).await.unwrap();
    for job in &kept {
        assert_eq!(&store.job(&job.id).await.unwrap(), job);
    }
}
