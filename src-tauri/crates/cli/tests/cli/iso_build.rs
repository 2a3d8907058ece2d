//! `slipctl iso build` with real xorriso, mtools and skopeo: to the end, killed in the middle, and
//! with what can't be built; and an ISO that one process serves and another one takes down.

use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::support::{
    desk, sshd,
    studio::{Scene, anaconda},
};

const SECRET: &str = "c2VudGluZWwtb2YtYS1sb2dpbg";

fn holds(folder: &Path, needle: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        bytes
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    })
}

#[test]
fn an_iso_is_built_verified_listed_and_keeps_its_secret_out_of_the_database() {
    let scene = Scene::new(2_000_000);
    let auth = scene.desk.beside("auth.json");
    fs::write(
        &auth,
        format!(r#"{{"auths": {{"quay.io": {{"auth": "{SECRET}"}}}}}}"#),
    )
    .unwrap();
    let secret = ["--registry-auth", anaconda::text(&auth)];
    let plan = scene
        .desk
        .run(&scene.words(&[secret[0], secret[1], "--plan"]));
    assert!(!plan.out.contains(SECRET) && plan.out.contains("xorriso"));
    assert!(scene.beside().is_empty(), "a plan does nothing");

    let ran = scene.desk.run(&scene.words(&secret)).good();
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET));
    assert_eq!(scene.beside(), ["rhel.iso"]);
    assert!(
        !holds(&scene.desk.data(), SECRET),
        "nothing of it is left in the data folder"
    );
    let list = scene.desk.json(&["iso", "list"]);
    assert_eq!(list[0]["iso"]["name"], "rhel.iso");
    assert_eq!(list[0]["iso"]["made"]["how"], "built");
    assert_eq!(list[0]["iso"]["facts"]["contains_secrets"], true);
    assert_eq!(
        list[0]["why_not_deployable"],
        serde_json::Value::Null,
        "{list}"
    );
    let seen = scene
        .desk
        .json(&["iso", "verify", anaconda::text(&scene.output)]);
    assert_eq!(seen["good"], true, "{seen}");
    assert_eq!(seen["facts"]["sha256"], list[0]["iso"]["facts"]["sha256"]);

    scene
        .desk
        .run(&scene.words(&secret))
        .explains(4, "nothing was started")
        .says("is there already");
}

#[test]
fn a_build_that_was_killed_goes_on_and_leaves_nothing_half() {
    let scene = Scene::new(300 << 20);
    let running = scene.desk.start(&scene.words(&[]));
    let part = scene.output.with_file_name(".rhel.iso.part");
    let until = Instant::now() + Duration::from_secs(60);
    while !part.exists() {
        assert!(Instant::now() < until, "it never began to write");
        thread::sleep(Duration::from_millis(2));
    }
    running.kill();
    assert!(!scene.output.exists(), "no half ISO under its name");
    scene.desk.run(&["job", "run"]).good();
    assert_eq!(scene.beside(), ["rhel.iso"]);
    let seen = scene
        .desk
        .json(&["iso", "verify", anaconda::text(&scene.output)]);
    assert_eq!(seen["good"], true, "{seen}");
}

#[test]
fn what_can_not_be_built_is_named_and_nothing_is_left() {
    let scene = Scene::new(1000);
    let none = scene.desk.beside("none.iso");
    fs::write(&none, "no iso").unwrap();
    let kickstart = scene.desk.beside("bad.ks");
    fs::write(&kickstart, "rootpw redhat\nreboot\n").unwrap();
    let cases: [(&[&str], &str); 4] = [
        (
            &["--base", anaconda::text(&none)],
            "is not an ISO 9660 image",
        ),
        (&["--arch", "x86_64"], "is for aarch64, not for x86_64"),
        (&["--karg", "a b"], "is no kernel argument"),
        (
            &["--kickstart", anaconda::text(&kickstart)],
            "holds a password in clear",
        ),
    ];
    for (more, sentence) in cases {
        let words: Vec<&str> = match more[0] {
            // The last one given counts; clap refuses two.
            "--base" => {
                let mut words = scene.words(&[]);
                words[4] = more[1];
                words
            }
            _ => scene.words(more),
        };
        scene
            .desk
            .run(&words)
            .explains(4, "nothing was started")
            .says(sentence);
        assert!(scene.beside().is_empty(), "{more:?}");
    }
}

/// What bash needs to run `slipctl` in surroundings of its own: `$0` is slipctl, the data folder and
/// the passphrase come first, and then the build's words.
fn in_bash(scene: &Scene, script: &str, before: &[&str]) -> Command {
    let (data, phrase) = (scene.desk.data(), scene.desk.beside("passphrase"));
    let mut command = Command::new(before.first().copied().unwrap_or("bash"));
    command.args(before.iter().skip(1));
    if !before.is_empty() {
        command.arg("bash");
    }
    command.args(["-c", script, desk::SLIPCTL]);
    command.args([anaconda::text(&data), anaconda::text(&phrase)]);
    desk::alone(&mut command, &scene.desk.beside(""));
    command
}

/// A build that fails as it writes; its job. What the kernel says to a file that may not grow comes
/// as an error, like a full disk's.
fn failed(scene: &Scene) -> String {
    let mut command = in_bash(
        scene,
        r#"data=$1 phrase=$2; shift 2; trap '' XFSZ; ulimit -f 30000
           exec "$0" --data-dir "$data" --passphrase-fd 3 "$@" 3<"$phrase""#,
        &[],
    );
    command.args(scene.words(&["--overwrite"]));
    let ran = scene.desk.spawn(command, &["iso build"]).end();
    let ran = ran.exits(1).says("the ISO can't be written");
    ran.says("File too large").says("next: ");
    let jobs = scene.desk.json(&["job", "list"]);
    jobs[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_disk_that_takes_no_more_while_it_is_written_leaves_the_old_iso_and_nothing_half() {
    let scene = Scene::new(60 << 20);
    fs::write(&scene.output, "the ISO of yesterday").unwrap();
    let failed = failed(&scene);
    assert_eq!(scene.beside(), ["rhel.iso"], "nothing half");
    let kept = fs::read_to_string(&scene.output).unwrap();
    assert_eq!(kept, "the ISO of yesterday");
    // With room the same job is started again, and its kickstart is still known.
    scene.desk.run(&["job", "retry", &failed]).good();
    let seen = scene
        .desk
        .json(&["iso", "verify", anaconda::text(&scene.output)]);
    assert_eq!(seen["good"], true, "{seen}");
}

#[test]
fn room_is_asked_for_before_anything_is_started() {
    let scene = Scene::new(40 << 20);
    let out = scene.output.parent().unwrap().to_owned();
    let script = r#"
        data=$1 phrase=$2 out=$3; shift 3
        mount -t tmpfs -o size=64m,mode=0700 tmpfs "$out" 2>/dev/null || exit 99
        "$0" --data-dir "$data" --passphrase-fd 3 "$@" 3<"$phrase"; echo "ended: $?"; ls -A "$out""#;
    let unshare: &[&str] = match sshd::is_root() {
        true => &["unshare", "-m"],
        false => &["unshare", "-r", "-m"],
    };
    let mut command = in_bash(&scene, script, unshare);
    command.arg(&out).args(scene.words(&[]));
    let ran = scene.desk.spawn(command, &["iso build"]).end();
    if ran.code == Some(99) || ran.err.contains("unshare: ") {
        println!("skipped: no mount namespaces here: {}", ran.err);
        return;
    }
    let ran = ran.says(&format!("{} has ", out.display()));
    let ran = ran.says(" are needed").says("make room there");
    assert_eq!(ran.out, "ended: 4\n", "nothing is left: {ran:?}");
    assert_eq!(scene.desk.json(&["job", "list"]), serde_json::json!([]));
}

#[test]
fn a_failed_build_is_forgotten_when_asked_and_when_the_same_iso_is_built_again() {
    let scene = Scene::new(60 << 20);
    let forgotten = |job: &str| {
        scene
            .desk
            .run(&["job", "retry", job])
            .explains(4, "is not in the store")
            .says("build it anew from the form");
    };
    let first = failed(&scene);
    scene.desk.run(&["iso", "forget", &first]).good();
    forgotten(&first);
    let second = failed(&scene);
    let third = failed(&scene);
    forgotten(&second);
    scene.desk.run(&["job", "retry", &third]).good();
    scene.desk.run(&["iso", "forget", &third]).good();
}

#[test]
fn what_one_process_serves_another_takes_down() {
    let scene = Scene::new(1000);
    scene.desk.run(&scene.words(&[])).good();
    let serving = scene.desk.start(&[
        "iso",
        "serve",
        "rhel.iso",
        "--address",
        "127.0.0.1",
        "--http",
    ]);
    let url = serving.until_printed("http://127.0.0.1:");
    let token = url.split('/').nth(4).unwrap().to_owned();
    let list = scene.desk.json(&["iso", "list"]);
    let publication = &list[0]["publications"][0];
    assert_eq!(publication["elsewhere"], true, "{list}");
    assert!(
        !list.to_string().contains(&token),
        "only who serves has the token"
    );
    scene.desk.run(&["iso", "unpublish", "rhel.iso"]).good();
    serving.end().good();
    let list = scene.desk.json(&["iso", "list"]);
    assert_eq!(list[0]["publications"], serde_json::json!([]));
}
