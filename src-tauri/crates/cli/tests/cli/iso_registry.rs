//! An ISO whose image comes from a registry: Debian's docker-registry, with and without a login. What
//! can't be had is named before anything is started, with the evidence and what to do.

use std::{fs, net::TcpListener};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use serde_json::json;

use crate::support::{
    Desk,
    studio::{Registry, Scene, anaconda, authority, missing},
};

const USER: &str = "robot";
const PASSWORD: &str = "sentinel-of-a-registry";

const NEEDED: [&str; 3] = ["docker-registry", "htpasswd", "skopeo"];

fn from(scene: &Scene, reference: &str) -> Build {
    Build {
        image: format!("docker://{reference}"),
        base: scene.base.display().to_string(),
        output: scene.output.display().to_string(),
    }
}

/// The same build with another image.
struct Build {
    image: String,
    base: String,
    output: String,
}

impl Build {
    fn words<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut words = vec!["iso", "build", "rhel", "--base", &self.base];
        words.extend(["--image", &self.image, "--output", &self.output, "--ipu"]);
        words.extend(more);
        words
    }
}

#[test]
fn what_the_registry_does_not_give_is_named_before_anything_is_started() {
    if missing(&NEEDED) {
        return;
    }
    let scene = Scene::new(1000);
    let open = Registry::start(&scene.desk.beside("open"), None);
    open.push(&scene.image, "lab/dpu-os:stable", None);
    open.push(&scene.image, "lab/dpu-os:next", None);
    let refused = |reference: String, more: &[&str], code: i32, sentence: &str, evidence: &str| {
        let build = from(&scene, &reference);
        scene
            .desk
            .run(&build.words(more))
            .explains(code, sentence)
            .says(evidence);
        assert!(scene.beside().is_empty(), "{reference}");
        let jobs = scene.desk.json(&["job", "list"]);
        assert_eq!(jobs, serde_json::json!([]), "nothing was started");
    };
    let host = &open.host;
    refused(
        format!("{host}/lab/dpu-os:none"),
        &[],
        4,
        "does not exist in its registry",
        "has the tags next, stable",
    );
    refused(
        format!("{host}/lab/nothing:1"),
        &[],
        4,
        "does not exist in its registry",
        "names no tags of",
    );
    let x86 = scene.desk.beside("x86");
    fs::create_dir(&x86).unwrap();
    let base = anaconda::base(&x86, anaconda::Layout::Hybrid);
    let mut build = from(&scene, &format!("{host}/lab/dpu-os:stable"));
    build.base = base.display().to_string();
    scene
        .desk
        .run(&build.words(&["--arch", "x86_64"]))
        .explains(4, "has no image for x86_64")
        .says("it has one for arm64");

    let safe = Registry::start(&scene.desk.beside("safe"), Some((USER, PASSWORD)));
    safe.push(
        &scene.image,
        "lab/dpu-os:stable",
        Some(&format!("{USER}:{PASSWORD}")),
    );
    let reference = format!("{}/lab/dpu-os:stable", safe.host);
    refused(
        reference.clone(),
        &[],
        6,
        "wants a login for lab/dpu-os",
        "there is no login for it",
    );
    let auth = scene.desk.beside("wrong.json");
    write_auth(&auth, &safe.host, "another password");
    refused(
        reference,
        &["--authfile", auth.to_str().unwrap()],
        6,
        "wants a login for lab/dpu-os",
        "it refused the login of `robot`",
    );

    let away = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = away.local_addr().unwrap().to_string();
    drop(away);
    refused(
        format!("{place}/lab/dpu-os:stable"),
        &[],
        7,
        "does not answer",
        "onnection refused",
    );
}

fn write_auth(path: &std::path::Path, host: &str, password: &str) {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let login = BASE64_STANDARD.encode(format!("{USER}:{password}"));
    let json = format!(r#"{{"auths": {{"{host}": {{"auth": "{login}"}}}}}}"#);
    fs::write(path, json).unwrap();
}

#[test]
fn a_login_of_our_own_gets_the_image_and_is_left_nowhere() {
    if missing(&NEEDED) {
        return;
    }
    let scene = Scene::new(1_000_000);
    let safe = Registry::start(&scene.desk.beside("safe"), Some((USER, PASSWORD)));
    safe.push(
        &scene.image,
        "lab/dpu-os:stable",
        Some(&format!("{USER}:{PASSWORD}")),
    );
    let password = scene.desk.beside("registry-password");
    fs::write(&password, PASSWORD).unwrap();
    let data = scene.desk.data();
    let login = scene.desk.with_passphrase(
        "bash",
        &[
            "-c",
            r#""$0" --data-dir "$1" --passphrase-fd 3 image login "$2" --user robot <"$3""#,
            crate::support::desk::SLIPCTL,
            data.to_str().unwrap(),
            &safe.host,
            password.to_str().unwrap(),
        ],
    );
    scene.desk.spawn(login, &["image login"]).end().good();

    let build = from(&scene, &format!("{}/lab/dpu-os:stable", safe.host));
    let built = scene.desk.run(&build.words(&[])).good();
    assert!(!built.out.contains(PASSWORD) && !built.err.contains(PASSWORD));
    assert_eq!(scene.beside(), ["rhel.iso"]);
    let list = scene.desk.json(&["iso", "list"]);
    let oci = scene.image.trim_start_matches("oci:");
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(format!("{oci}/index.json")).unwrap()).unwrap();
    let facts = &list[0]["iso"]["facts"];
    assert_eq!(
        facts["image_digest"], index["manifests"][0]["digest"],
        "the registry's digest was kept"
    );
    assert_eq!(
        facts["image_reference"],
        format!("{}/lab/dpu-os:stable", safe.host)
    );
}

#[test]
fn a_registry_of_the_sites_own_authority_is_named_and_then_trusted_by_it() {
    if missing(&NEEDED) {
        return;
    }
    let scene = Scene::new(1000);
    let desk = &scene.desk;
    let dir = desk.beside("safe");
    let registry = Registry::of_own_authority(&dir);
    registry.push(&scene.image, "lab/dpu-os:stable", None);
    let reference = format!("{}/lab/dpu-os:stable", registry.host);
    let build = from(&scene, &reference);
    let untrusted = || {
        desk.run(&["image", "tags", &reference])
            .explains(5, "is not to be trusted")
            .says("UnknownIssuer")
            .says("slipctl trust ca set");
        desk.run(&build.words(&[]))
            .explains(5, "the certificate of the registry")
            .says("UnknownIssuer")
            .says("slipctl trust ca set");
        assert!(scene.beside().is_empty(), "{:?}", scene.beside());
    };
    untrusted();
    assert_eq!(desk.json(&["job", "list"]), serde_json::json!([]));

    // Who vouches for others vouches for nothing here.
    let stranger = desk.beside("stranger.crt");
    authority(&stranger);
    desk.run(&["trust", "ca", "set", anaconda::text(&stranger)])
        .good();
    untrusted();

    let ca = dir.join("ca.crt");
    desk.run(&["trust", "ca", "set", anaconda::text(&ca)])
        .good();
    desk.run(&["image", "tags", &reference])
        .good()
        .says("stable");
    // skopeo, which copies the image, is told the same.
    desk.run(&build.words(&[])).good();
    assert_eq!(scene.beside(), ["rhel.iso"]);

    desk.run(&["trust", "ca", "clear"]).good();
    fs::remove_file(&scene.output).unwrap();
    untrusted();
}

#[test]
fn a_registrys_certificate_is_accepted_by_its_fingerprint_for_that_registry_alone() {
    if missing(&NEEDED) {
        return;
    }
    let scene = Scene::new(1000);
    let desk = &scene.desk;
    let registry = Registry::of_own_authority(&desk.beside("one"));
    let other = Registry::of_own_authority(&desk.beside("other"));
    registry.push(&scene.image, "lab/dpu-os:stable", None);
    let reference = format!("{}/lab/dpu-os:stable", registry.host);
    desk.run(&["image", "tags", &reference])
        .explains(5, "is not to be trusted")
        .says(&format!("slipctl image trust {}", registry.host));

    // The same as another program sees.
    let seen = desk.json(&["image", "trust", &registry.host]);
    let fingerprint = seen["shown"]["fingerprint"].as_str().unwrap();
    assert_eq!(
        (&seen["trusted"], &seen["accepted"]),
        (&json!(false), &json!(null))
    );
    let pem = desk.beside("one/tls/server.pem");
    let judged = anaconda::run(
        "openssl",
        &[
            "x509",
            "-in",
            anaconda::text(&pem),
            "-noout",
            "-fingerprint",
            "-sha256",
        ],
    );
    let hex = judged.rsplit('=').next().unwrap().trim().replace(':', "");
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    assert_eq!(
        fingerprint,
        format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(bytes))
    );

    let strange = format!("SHA256:{}", "A".repeat(43));
    desk.run(&["image", "trust", &registry.host, "--accept", &strange])
        .explains(5, "shows another certificate");
    desk.run(&["image", "tags", &reference]).exits(5);
    desk.run(&["image", "trust", &registry.host, "--accept", fingerprint])
        .good();
    desk.run(&["image", "tags", &reference])
        .good()
        .says("stable");
    assert_eq!(
        desk.json(&["image", "trust", &registry.host])["trusted"],
        true
    );
    // skopeo, which copies the image, takes it too.
    desk.run(&from(&scene, &reference).words(&[])).good();
    assert_eq!(scene.beside(), ["rhel.iso"]);
    let listed = desk.json(&["image", "registries"]);
    assert_eq!(
        listed["accepted"][0]["registry"],
        registry.host.as_str(),
        "{listed}"
    );
    desk.run(&[
        "image",
        "tags",
        &format!("{}/lab/dpu-os:stable", other.host),
    ])
    .explains(5, "is not to be trusted");

    desk.run(&["image", "distrust", &registry.host]).good();
    desk.run(&["image", "tags", &reference])
        .explains(5, "is not to be trusted");
    desk.run(&["image", "distrust", &registry.host])
        .explains(3, "no certificate of");
}

#[test]
fn a_certificate_for_another_name_is_no_use_even_when_it_is_accepted_and_is_not_kept() {
    if missing(&NEEDED) {
        return;
    }
    let desk = Desk::new();
    let registry = Registry::with_certificate_for(&desk.beside("elsewhere"), "elsewhere.lab");
    let seen = desk.json(&["image", "trust", &registry.host]);
    let fingerprint = seen["shown"]["fingerprint"].as_str().unwrap();
    desk.run(&["image", "trust", &registry.host, "--accept", fingerprint])
        .explains(5, "is not to be trusted")
        .says("only for the names that it is for");
    assert_eq!(desk.json(&["image", "registries"])["accepted"], json!([]));
}
