//! `slipctl iso build` with real xorriso, mtools and skopeo: to the end, killed in the middle, and
//! with what can't be built; and an ISO that one process serves and another one takes down.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crate::support::Desk;

/// The same small Anaconda ISOs as slipway-media's tests have.
#[path = "../../../media/tests/remaster/anaconda.rs"]
#[expect(dead_code, reason = "these tests need one layout")]
mod anaconda;

const SECRET: &str = "c2VudGluZWwtb2YtYS1sb2dpbg";

struct Scene {
    desk: Desk,
    base: PathBuf,
    image: String,
    output: PathBuf,
}

impl Scene {
    fn new(layer: usize) -> Self {
        let desk = Desk::new();
        let folder = desk.beside("inputs");
        fs::create_dir_all(desk.beside("out")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        let base = anaconda::base(&folder, anaconda::Layout::EfiFile);
        let oci = folder.join("oci");
        anaconda::oci_dir(&oci, "aarch64", layer);
        Self {
            image: format!("oci:{}", oci.display()),
            output: desk.beside("out/rhel.iso"),
            base,
            desk,
        }
    }

    fn words<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut words = vec!["iso", "build", "rhel", "--base", anaconda::text(&self.base)];
        words.extend([
            "--image",
            &self.image,
            "--output",
            anaconda::text(&self.output),
        ]);
        words.extend(["--reference", "quay.io/lab/dpu-os:stable", "--ipu"]);
        words.extend(more);
        words
    }

    fn beside(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.output.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

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
