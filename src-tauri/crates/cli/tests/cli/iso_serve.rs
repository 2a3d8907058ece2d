//! What `slipctl iso serve` really sends, read by curl; and a base ISO that is fetched from there.

use std::{fs, process::Command};

use crate::support::{
    Desk,
    desk::Running,
    studio::{Scene, anaconda, missing},
};

/// curl with our CA only; what it printed, and how it ended.
fn curl(desk: &Desk, words: &[&str]) -> (String, i32) {
    let ca = desk.beside("ca.pem");
    if !ca.exists() {
        fs::write(&ca, desk.run(&["iso", "ca"]).good().out).unwrap();
    }
    let output = Command::new("curl")
        .args(["-sS", "--noproxy", "*", "--cacert"])
        .arg(&ca)
        .args(words)
        .output()
        .unwrap();
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        output.status.code().unwrap(),
    )
}

fn serve(desk: &Desk, more: &[&str]) -> (Running, String) {
    let mut words = vec!["iso", "serve", "rhel.iso", "--address", "127.0.0.1"];
    words.extend(more);
    let serving = desk.start(&words);
    let printed = serving.until_printed(".iso\n");
    let url = printed.lines().next().unwrap().to_owned();
    (serving, url)
}

#[test]
fn curl_gets_the_bytes_the_head_and_the_ranges_over_both_schemes() {
    if missing(&["curl"]) {
        return;
    }
    let scene = Scene::new(3_000_000);
    let desk = &scene.desk;
    desk.run(&scene.words(&[])).good();
    let iso = fs::read(&scene.output).unwrap();
    for (more, scheme) in [(&["--http"][..], "http"), (&[][..], "https")] {
        let (serving, url) = serve(desk, more);
        assert!(url.starts_with(&format!("{scheme}://127.0.0.1:")), "{url}");
        let got = desk.beside("got.iso");
        let to = got.to_str().unwrap();
        let (code, _) = curl(
            desk,
            &["-o", to, "-w", "%{http_code} %{http_version}", &url],
        );
        assert_eq!(code, "200 1.1");
        assert!(fs::read(&got).unwrap() == iso, "{scheme}: other bytes");

        // HEAD first, as an IMC does.
        let (head, _) = curl(desk, &["-I", &url]);
        let head = head.to_ascii_lowercase();
        assert!(
            head.contains(&format!("content-length: {}\r\n", iso.len())),
            "{head}"
        );
        assert!(head.contains("accept-ranges: bytes\r\n"), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        let etag = head
            .lines()
            .find(|line| line.starts_with("etag: "))
            .unwrap();
        assert!(etag.contains("rhel-"), "{etag}");

        // A download that broke off goes on, by curl's own hand.
        fs::write(&got, &iso[..1_000_000]).unwrap();
        let (code, _) = curl(desk, &["-C", "-", "-o", to, "-w", "%{http_code}", &url]);
        assert_eq!(code, "206");
        assert!(
            fs::read(&got).unwrap() == iso,
            "{scheme}: the rest is another one"
        );
        let (code, _) = curl(
            desk,
            &["-r", "32768-32772", "-o", to, "-w", "%{http_code}", &url],
        );
        assert_eq!(code, "206");
        assert_eq!(fs::read(&got).unwrap(), iso[32768..=32772]);

        let other = format!("{}x", url.trim_end_matches(".iso"));
        let (code, _) = curl(desk, &["-o", to, "-w", "%{http_code}", &other]);
        assert_eq!(code, "404");
        desk.run(&["iso", "unpublish", "rhel.iso"]).good();
        serving.end().good();
        let (_, ended) = curl(desk, &["-o", to, &url]);
        assert_eq!(ended, 7, "nobody listens any more");
    }
}

#[test]
fn a_base_iso_is_fetched_once_checked_and_kept() {
    let scene = Scene::new(1000);
    let desk = &scene.desk;
    desk.run(&[
        "iso",
        "import",
        anaconda::text(&scene.base),
        "--name",
        "rhel.iso",
    ])
    .good();
    let sha256 = desk.json(&["iso", "list"])[0]["iso"]["facts"]["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    let (serving, url) = serve(desk, &["--http"]);
    let build = |base: &str, sha256: &str, name: &str| {
        let output = scene.output.with_file_name(name);
        let words = [
            "iso",
            "build",
            name,
            "--base",
            base,
            "--base-sha256",
            sha256,
            "--image",
            &scene.image,
            "--output",
            anaconda::text(&output),
            "--ipu",
        ];
        desk.run(&words)
    };
    let cache = desk.data().join("cache/base");
    let kept = || -> Vec<String> {
        let entries = fs::read_dir(&cache).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect()
    };

    build(&url, &"0".repeat(64), "wrong.iso")
        .exits(1)
        .says("the base ISO is not the one that was expected")
        .says(&format!("its SHA-256 is {sha256}"))
        .says("next: ");
    assert_eq!(kept(), [""; 0], "what is not expected is not kept");
    build(&format!("{url}x"), &sha256, "gone.iso")
        .exits(1)
        .says("answered 404 Not Found for the base ISO")
        .says("next: ");
    assert!(scene.beside().is_empty(), "{:?}", scene.beside());

    build(&url, &sha256, "first.iso").good();
    assert_eq!(kept(), [format!("{sha256}.iso")]);
    desk.run(&["iso", "unpublish", "rhel.iso"]).good();
    serving.end().good();
    // The server is away, and is not asked.
    build(&url, &sha256, "second.iso").good();
    let first = fs::read(scene.output.with_file_name("first.iso")).unwrap();
    assert!(first == fs::read(scene.output.with_file_name("second.iso")).unwrap());
    let seen = desk.json(&[
        "iso",
        "verify",
        anaconda::text(&scene.output.with_file_name("first.iso")),
    ]);
    assert_eq!(seen["good"], true, "{seen}");
}
