//! A bundle, from one desk to another that reaches no network: the same ISO, the image for a registry
//! there, and every change on the way is found.

use std::{fs, path::Path};

use crate::support::{
    Desk, eventually,
    studio::{Registry, Scene, anaconda, missing},
};

fn bundled(layer: usize) -> (Scene, std::path::PathBuf) {
    let scene = Scene::new(layer);
    scene.desk.run(&scene.words(&[])).good();
    let folder = scene.desk.beside("stick/bundle");
    let made = scene
        .desk
        .json(&["iso", "bundle", "rhel.iso", anaconda::text(&folder)]);
    assert_eq!(made["iso"], "rhel.iso", "{made}");
    (scene, folder)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut all: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    all.sort();
    all
}

#[test]
fn a_bundle_is_checked_by_others_and_taken_over_by_another_desk() {
    let (scene, folder) = bundled(2_000_000);
    assert_eq!(
        names(&folder),
        ["SHA256SUMS", "bundle.json", "image", "rhel.iso"]
    );
    assert_eq!(names(folder.parent().unwrap()), ["bundle"], "nothing half");
    let list = scene.desk.json(&["iso", "list"]);
    let facts = &list[0]["iso"]["facts"];

    // By programs that are not ours.
    let sums = format!(
        "cd '{}' && sha256sum --check --strict --quiet SHA256SUMS",
        folder.display()
    );
    anaconda::run("sh", &["-c", &sums]);
    let image = format!("oci:{}:latest", folder.join("image").display());
    let raw = anaconda::run("skopeo", &["inspect", "--raw", &image]);
    let manifest = folder.join("manifest");
    fs::write(&manifest, raw).unwrap();
    let digest = anaconda::run("sha256sum", &[anaconda::text(&manifest)]);
    assert_eq!(
        facts["image_digest"],
        format!("sha256:{}", &digest[..64]),
        "the image has the digest that the ISO installs"
    );
    fs::remove_file(manifest).unwrap();

    let other = Desk::new();
    let taken = other.json(&["iso", "import", anaconda::text(&folder)]);
    let command = taken["commands"][0].as_str().unwrap();
    assert!(
        command.starts_with("skopeo copy --preserve-digests oci:"),
        "{command}"
    );
    let there = other.json(&["iso", "list"]);
    assert_eq!(&there[0]["iso"]["facts"]["sha256"], &facts["sha256"]);
    assert_eq!(there[0]["iso"]["made"]["how"], "bundle", "{there}");
    assert_eq!(there[0]["why_not_deployable"], serde_json::Value::Null);
    // The stick is taken away: the library has its own copy.
    let path = there[0]["iso"]["path"].as_str().unwrap();
    assert!(Path::new(path).starts_with(other.data()), "{path}");
    let seen = other.json(&["iso", "verify", path]);
    assert_eq!(seen["good"], true, "{seen}");
    other
        .run(&["iso", "import", anaconda::text(&folder)])
        .explains(4, "is in the library already");
}

#[test]
fn the_image_of_a_bundle_keeps_its_digest_in_another_registry() {
    if missing(&["docker-registry", "htpasswd", "skopeo"]) {
        return;
    }
    let (scene, folder) = bundled(1000);
    let registry = Registry::start(&scene.desk.beside("registry"), None);
    let image = format!("oci:{}", folder.join("image").display());
    registry.push(&image, "lab/dpu-os:stable", None);
    let reference = format!("{}/lab/dpu-os:stable", registry.host);
    let there = scene.desk.json(&["image", "digests", &reference]);
    let list = scene.desk.json(&["iso", "list"]);
    assert_eq!(there["digest"], list[0]["iso"]["facts"]["image_digest"]);
}

#[test]
fn what_is_missing_changed_or_added_is_named_and_nothing_is_taken_over() {
    let (scene, folder) = bundled(1000);
    let text = anaconda::text(&folder);
    scene
        .desk
        .run(&["iso", "bundle", "rhel.iso", text])
        .explains(4, "is there already");
    let other = Desk::new();
    let refused = |evidence: &str| {
        other
            .run(&["iso", "import", text])
            .explains(4, text)
            .says(evidence);
        assert_eq!(other.json(&["iso", "list"]), serde_json::json!([]));
        let left = other.data().join("isos");
        assert!(
            !left.exists() || names(&left).is_empty(),
            "{:?}",
            names(&left)
        );
    };
    let iso = folder.join("rhel.iso");
    let good = fs::read(&iso).unwrap();
    let mut bytes = good.clone();
    bytes[700_000] ^= 1;
    fs::write(&iso, &bytes).unwrap();
    refused("is damaged: rhel.iso");
    fs::write(&iso, &good[..good.len() / 2]).unwrap();
    refused("is damaged: rhel.iso");
    fs::write(&iso, &good).unwrap();

    let index = folder.join("image/index.json");
    let kept = fs::read(&index).unwrap();
    fs::remove_file(&index).unwrap();
    refused("is damaged: image/index.json");
    fs::write(&index, kept).unwrap();
    fs::write(folder.join("more"), "x").unwrap();
    refused("has no checksum of more");
    fs::remove_file(folder.join("more")).unwrap();

    let manifest = folder.join("bundle.json");
    let kept = fs::read(&manifest).unwrap();
    fs::write(&manifest, r#"{"format": 9}"#).unwrap();
    refused("only a newer Slipway reads");
    fs::write(&manifest, kept).unwrap();
    other.run(&["iso", "import", text]).good();
}

/// Zeros after its end, which take no room: copying takes a while.
fn lengthened(iso: &Path) {
    let file = fs::File::options().write(true).open(iso).unwrap();
    file.set_len(3_000_000_000).unwrap();
}

#[test]
fn ctrl_c_in_a_bundle_or_its_import_leaves_nothing() {
    let scene = Scene::new(1000);
    scene.desk.run(&scene.words(&[])).good();
    let long = scene.desk.beside("long.iso");
    fs::copy(&scene.output, &long).unwrap();
    lengthened(&long);
    scene
        .desk
        .run(&["iso", "import", anaconda::text(&long)])
        .good();
    let stick = scene.desk.beside("stick");
    fs::create_dir(&stick).unwrap();
    let folder = stick.join("bundle");
    let text = anaconda::text(&folder);
    let half = |folder: &Path| {
        let found = fs::read_dir(folder).ok()?;
        let mut names = found.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.find(|name| name.ends_with(".part"))
    };
    let running = scene.desk.start(&["iso", "bundle", "long.iso", text]);
    eventually("it copies", || half(&stick));
    running.interrupt();
    running.end().explains(130, "the bundle was cancelled");
    assert_eq!(names(&stick), [""; 0]);

    // On the other desk the long copy would be found out at its end, which never comes.
    scene.desk.run(&["iso", "bundle", "rhel.iso", text]).good();
    let there = folder.join("rhel.iso");
    let size = there.metadata().unwrap().len();
    lengthened(&there);
    let other = Desk::new();
    let running = other.start(&["iso", "import", text]);
    eventually("it copies", || half(&other.data().join("isos")));
    running.interrupt();
    running.end().explains(130, "the import was cancelled");
    assert_eq!(names(&other.data().join("isos")), [""; 0]);
    assert_eq!(other.json(&["iso", "list"]), serde_json::json!([]));
    let file = fs::File::options().write(true).open(&there).unwrap();
    file.set_len(size).unwrap();
    other.run(&["iso", "import", text]).good();
}
