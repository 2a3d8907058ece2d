//! The lab's IMC before judges that know nothing of it: sushy (OpenStack Ironic's client) and
//! DMTF's redfishtool, both from PyPI. Each script says what it asks (`tests/judges`).
#![expect(
    clippy::unwrap_used,
    reason = "in helpers of tests, which clippy takes for other code"
)]

#[expect(dead_code, reason = "each test binary uses its part of it")]
mod common;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use axum::body::Bytes;
use common::{MediaServer, folder};
use slipway_lab::{Lab, LabCard, LabConfig};

/// What a script says where its judge is not installed.
const NOT_INSTALLED: i32 = 77;

#[tokio::test(flavor = "multi_thread")]
async fn sushy_gets_along_with_the_imc() {
    let (_dir, dir) = folder();
    let lab = Lab::start(LabConfig::test(1, dir)).await.unwrap();
    let card = lab.inventory().cards[0].clone();
    let media = MediaServer::start(vec![("/boot.iso".into(), Bytes::from_static(b"boot"))]);
    let anchor = "tee /etc/pki/ca-trust/source/anchors/test.pem && update-ca-trust";
    let installed = lab.card(1).run_on_imc(anchor, media.ca.as_bytes()).await;
    assert_eq!(installed.exit, 0);
    let address = card.imc_redfish.to_string();
    let fingerprint = card.imc_tls_fingerprint.to_string();
    let image = format!("{}/boot.iso", media.base);
    judge("by_sushy.py", &card, [address, fingerprint, image]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redfishtool_gets_along_with_the_imc() {
    let (_dir, dir) = folder();
    let lab = Lab::start(LabConfig::test(1, dir)).await.unwrap();
    let card = lab.inventory().cards[0].clone();
    let address = card.imc_redfish.to_string();
    judge("by_redfishtool.py", &card, [address]).await;
    lab.stop().await;
}

#[expect(clippy::print_stdout, reason = "says what was not tested")]
async fn judge(script: &'static str, card: &LabCard, words: impl IntoIterator<Item = String>) {
    let login = format!("{}\n{}\n", card.imc_user, card.imc_password);
    let words: Vec<String> = words.into_iter().collect();
    let output = tokio::task::spawn_blocking(move || run(script, &words, &login));
    let output = output.await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.code() == Some(NOT_INSTALLED) {
        let in_ci = std::env::var_os("CI").is_some();
        assert!(!in_ci, "the judge of {script} is not installed");
        println!("skipped: the judge of {script} is not installed (PyPI: sushy, redfishtool)");
        return;
    }
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(stdout.contains("is content"), "{stdout}{stderr}");
}

fn run(script: &str, words: &[String], login: &str) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges");
    let mut child = Command::new("python3")
        .arg(folder.join(script))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(login.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}
