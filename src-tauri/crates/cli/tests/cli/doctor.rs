//! `slipctl doctor` on the lab's cards: what is wrong is named by its check, everything else is told
//! all the same, and nothing is changed.

use std::{fs, net::TcpListener, process::Command};

use serde_json::Value;
use slipway_lab::{Fault, FleetMix, Observed};

use crate::support::{Desk, Rack, desk::IMC_PASSWORD, eventually, golden, within_a_blink};

const ISO: &str = "dpu-os-1.0.0.iso";
const DOCTOR: [&str; 5] = ["--json", "doctor", "dpu-01", "--iso", ISO];

/// What a card keeps, and which effects were asked of it.
fn state(rack: &Rack) -> (Value, Observed) {
    let mut observed = rack.observed(1);
    // Looking is no effect.
    observed.imc_commands = 0;
    observed.acc_commands = 0;
    observed.sessions = 0;
    observed.refused_logins = 0;
    (rack.card(1).state().unwrap(), observed)
}

/// The first card's report; nothing was changed on the card by it.
fn examined(desk: &Desk, rack: &Rack, exit: i32) -> Value {
    let before = state(rack);
    let report = desk.run(&DOCTOR).exits(exit).json()["cards"][0].clone();
    assert_eq!(state(rack), before, "the doctor has no effects");
    report
}

fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["id"] == id);
    &found.unwrap_or_else(|| panic!("no check {id}"))["outcome"]
}

/// The checks with this verdict, by name.
fn with(report: &Value, verdict: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["outcome"]["verdict"] == verdict)
        .map(|check| check["id"].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn says(report: &Value, id: &str, text: &str) {
    let outcome = check(report, id);
    let said = outcome["evidence"].as_str().or(outcome["because"].as_str());
    assert!(
        said.unwrap().contains(text),
        "{id} does not say `{text}`: {outcome}"
    );
}

#[test]
fn a_fresh_good_card_passes_every_check() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::joined(&rack);
    let before = state(&rack);
    let shown = desk
        .run(&["doctor", "dpu-01", "dpu-02", "--iso", ISO])
        .good();
    golden("doctor-good", &shown.out);
    assert_eq!(state(&rack), before, "the doctor has no effects");

    let report = examined(&desk, &rack, 0);
    assert_eq!(report["tally"]["passed"], 22, "{report}");
    assert_eq!(
        with(&report, "skipped"),
        ["host_bmc", "dpu_host", "local_network", "firmware_flash"]
    );
    // The IMC itself was asked, and does not trust us before it is prepared.
    says(
        &report,
        "media_trust",
        "with our CA's certificate, which a deployment installs",
    );
    let certificate = rack.told(1).imc_tls_fingerprint;
    says(&report, "imc_certificate", certificate.as_str());

    // Without an ISO it is about the card alone.
    let alone = desk.json(&["doctor", "dpu-02"]);
    let skipped = with(&alone["cards"][0], "skipped");
    assert!(skipped.contains(&"iso_image".to_owned()), "{alone}");
    assert_eq!(check(&alone["cards"][0], "media_reach")["verdict"], "pass");
    desk.run(&["doctor", "nobody"]).explains(3, "nobody");
    desk.run(&["doctor", "dpu-01", "--iso", "none"])
        .explains(3, "there is no ISO");
}

#[test]
fn a_changed_certificate_and_a_changed_host_key_each_block_their_own_half() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    rack.card(1).inject(Fault::TlsCertificateChanged);
    let new = rack.told(1).imc_tls_fingerprint;
    let report = examined(&desk, &rack, 4);
    assert_eq!(with(&report, "fail"), ["imc_certificate"]);
    says(&report, "imc_certificate", new.as_str());
    says(
        &report,
        "redfish_login",
        "\"IMC's certificate\" comes first",
    );
    for other in [
        "ssh_login",
        "imc_disk",
        "media_reach",
        "iso_image",
        "active_job",
    ] {
        assert_eq!(check(&report, other)["verdict"], "pass", "{other}");
    }
    // The fix is a command that mends it.
    let command = check(&report, "imc_certificate")["fix"]["command"].clone();
    let words: Vec<&str> = command.as_str().unwrap().split(' ').skip(1).collect();
    desk.run(&words).good();
    assert_eq!(
        with(&examined(&desk, &rack, 0), "fail"),
        Vec::<String>::new()
    );

    rack.card(1).inject(Fault::SshHostKeyChanged);
    let new = rack.told(1).imc_host_key_fingerprint;
    let commands = rack.observed(1).imc_commands;
    let report = examined(&desk, &rack, 4);
    assert_eq!(with(&report, "fail"), ["imc_host_key"]);
    says(&report, "imc_host_key", new.as_str());
    assert_eq!(
        rack.observed(1).imc_commands,
        commands,
        "nothing is said to a stranger"
    );
    // Redfish tells the time, too.
    says(&report, "imc_clock", "by Redfish's DateTime");
    assert_eq!(check(&report, "firmware")["verdict"], "pass");
}

#[test]
fn a_wrong_password_is_tried_once_by_each_way() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    // Somebody gave the IMC another password.
    rack.card(1).set_imc_password("another-long-password");
    let before = rack.observed(1).refused_logins;
    let report = examined(&desk, &rack, 4);
    assert_eq!(with(&report, "fail"), ["redfish_login", "ssh_login"]);
    says(
        &report,
        "redfish_login",
        "refuses the user name or the password",
    );
    assert_eq!(
        rack.observed(1).refused_logins,
        before + 1,
        "Redfish was asked once"
    );
    assert_eq!(check(&report, "imc_certificate")["verdict"], "pass");
    assert_eq!(check(&report, "iso_arguments")["verdict"], "pass");
    // Every output is searched for secrets by `Desk` itself.
    desk.run(&["-vv", "doctor", "dpu-01", "--iso", ISO])
        .exits(4);
}

#[test]
fn recovery_mode_a_full_disk_and_a_leftover_are_named_together() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let card = rack.card(1);
    card.inject(Fault::RecoveryMode);
    card.inject(Fault::ImcDiskFull);
    card.inject(Fault::StaleInserted);
    let report = examined(&desk, &rack, 4);
    assert_eq!(with(&report, "fail"), ["recovery_mode", "imc_disk"]);
    assert_eq!(with(&report, "warn"), ["virtual_media"]);
    says(&report, "recovery_mode", "`ipu-recovery`");
    says(&report, "imc_disk", "0 B are free on /");
    says(&report, "virtual_media", "stale-installer.iso");
    assert_eq!(check(&report, "media_reach")["verdict"], "pass");
    // What the doctor saw is what a deployment meets.
    card.clear_faults();
    card.inject(Fault::ImcDiskFull);
    let deploy = ["deploy", "dpu-01", "--iso", ISO, "--yes"];
    desk.run(&deploy)
        .exits(1)
        .says("our CA certificate can't be written to the IMC");
}

#[test]
fn a_skewed_clock_is_found_by_the_clock_and_by_tls_and_is_mended() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::joined(&rack);
    rack.card(1).inject(Fault::ClockSkew);
    let report = examined(&desk, &rack, 4);
    assert_eq!(with(&report, "fail"), ["imc_clock", "media_trust"]);
    says(&report, "imc_clock", "1099 days behind ours by `date`");
    says(
        &report,
        "media_trust",
        "not even with our CA's certificate: curl: (60)",
    );
    assert_eq!(check(&report, "media_reach")["verdict"], "pass");
    let fix = &check(&report, "imc_clock")["fix"];
    assert_eq!(fix["action"]["action"], "prepare_imc");
    assert_eq!(fix["command"], "slipctl bmc prepare dpu-01");

    let done = desk.run(&["bmc", "prepare", "dpu-01"]).good();
    assert!(done.out.contains("set the IMC's clock"), "{}", done.out);
    assert_eq!(rack.observed(1).trust_updates, 1);
    let report = examined(&desk, &rack, 0);
    assert_eq!(with(&report, "fail"), Vec::<String>::new());
    says(
        &report,
        "media_trust",
        "the IMC takes our server's certificate",
    );

    // A deployment does the same by itself.
    rack.card(2).inject(Fault::ClockSkew);
    desk.run(&["--json", "deploy", "dpu-02", "--iso", ISO, "--yes"])
        .good()
        .says("set the IMC's clock, which was");
}

/// The lab's curl is ours; this is the real one, with the arguments that an IMC's gets.
#[test]
fn a_real_curl_understands_the_question() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let ca = desk.beside("ca.pem");
    fs::write(&ca, desk.run(&["iso", "ca"]).good().out).unwrap();
    let curl = |url: &str, more: &[&str]| {
        Command::new("curl")
            .args(["--silent", "--show-error", "--head"])
            .args(["--connect-timeout", "10", "--max-time", "20"])
            .args(more)
            .arg(url)
            .stdin(fs::File::open(&ca).unwrap())
            .output()
    };
    if curl("https://127.0.0.1:1/", &[]).is_err() {
        assert!(std::env::var_os("CI").is_none(), "there is no curl");
        eprintln!("skipped: there is no curl");
        return;
    }
    let serving = desk.start(&["iso", "serve", ISO, "--address", "127.0.0.1"]);
    let printed = serving.until_printed(".iso\n");
    let url = printed.lines().find(|line| line.starts_with("https://"));
    let url = url.unwrap();
    let stranger = curl(url, &[]).unwrap();
    assert_eq!(stranger.status.code(), Some(60), "{stranger:?}");
    let trusting = curl(url, &["--cacert", "/dev/stdin"]).unwrap();
    assert_eq!(trusting.status.code(), Some(0), "{trusting:?}");
    assert!(
        trusting.stdout.starts_with(b"HTTP/1.1 200 OK\r\n"),
        "{trusting:?}"
    );
}

#[test]
fn an_iso_server_that_the_imc_does_not_reach_is_found_before_the_deployment_is() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    rack.card(1).inject(Fault::MediaUnreachable);
    let report = examined(&desk, &rack, 4);
    assert_eq!(with(&report, "fail"), ["media_reach"]);
    says(&report, "media_reach", "curl: (7)");
    says(&report, "media_trust", "comes first");
    // What the doctor saw is what a deployment meets.
    let deploy = ["deploy", "dpu-01", "--iso", ISO, "--yes"];
    desk.run(&deploy)
        .exits(1)
        .says("our server was never asked for the file");
}

#[test]
fn a_job_on_the_card_and_the_wanted_image_are_told() {
    let rack = Rack::start(1, |config| {
        config.timings.fetch_bytes_per_second = Some(1);
    });
    let desk = Desk::joined(&rack);
    let running = desk.start(&["deploy", "dpu-01", "--iso", ISO, "--yes"]);
    within_a_blink("the ISO is being fetched", || {
        (rack.observed(1).inserts == 1).then_some(())
    });
    running.kill();
    let report = desk.run(&DOCTOR).exits(4).json()["cards"][0].clone();
    assert_eq!(check(&report, "active_job")["verdict"], "fail");
    says(&report, "active_job", "Deployment holds this card");
    assert_eq!(check(&report, "imc_clock")["verdict"], "pass");
    desk.run(&["bmc", "prepare", "dpu-01"])
        .explains(4, "holds dpu-01");
    assert_eq!(rack.observed(1).inserts, 1);
}

#[test]
fn a_card_that_runs_the_isos_image_says_so_and_does_not_fail() {
    let rack = Rack::start(2, |config| config.fleet = FleetMix::Installed);
    let desk = Desk::joined(&rack);
    let run = desk.json(&["doctor", "dpu-01", "dpu-02", "--iso", ISO]);
    let [newer, same] = [&run["cards"][0], &run["cards"][1]];
    assert_eq!(check(newer, "booted_image")["verdict"], "pass");
    says(newer, "booted_image", "it runs 1.1.0");
    assert_eq!(check(same, "booted_image")["verdict"], "warn");
    says(same, "booted_image", "the very image of the ISO");
    assert_eq!(with(same, "fail"), Vec::<String>::new());
}

#[test]
fn an_iso_for_another_architecture_and_one_that_is_gone_fail() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let path = desk.beside("x86.iso");
    let mut spec = slipway_lab::iso::IsoSpec::new("1.0.0", &rack.lab().inventory().image, 0);
    spec.architecture = "amd64".into();
    slipway_lab::iso::build(&path, &spec).unwrap();
    desk.run(&["iso", "import", path.to_str().unwrap()]).good();
    let report = |exit| {
        let words = ["--json", "doctor", "dpu-01", "--iso", "x86.iso"];
        desk.run(&words).exits(exit).json()["cards"][0].clone()
    };
    let other = report(4);
    assert_eq!(with(&other, "fail"), ["iso_architecture"]);
    says(
        &other,
        "iso_architecture",
        "is for x86_64; an IPU's ACC is aarch64",
    );
    fs::remove_file(&path).unwrap();
    let gone = report(4);
    assert_eq!(with(&gone, "fail"), ["iso_file", "iso_architecture"]);
    assert_eq!(check(&gone, "ssh_login")["verdict"], "pass");
}

#[test]
fn an_imc_that_is_gone_is_one_fault_and_not_twenty() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    rack.card(1).inject(Fault::ImcGone);
    let report = examined(&desk, &rack, 4);
    assert_eq!(with(&report, "fail"), ["imc_reach", "imc_host_key"]);
    assert_eq!(check(&report, "iso_image")["verdict"], "pass");
    let shown = desk.run(&["doctor", "dpu-01"]).exits(4);
    golden("doctor-gone", &shown.out);
}

/// The first card of the rack with what stands beside it, and a card that nobody knows.
fn cluster_yaml(desk: &Desk, rack: &Rack, host_bmc: &str) -> String {
    let card = |number: usize, imc: &str, more: &str| {
        format!(
            "    - name: \"acc-{number}\"\n      node: \"localhost\"\n      kind: \"dpu\"\n      \
             bmc:\n        url: \"{imc}\"\n        user: \"root\"\n        password: \"{IMC_PASSWORD}\"\n\
             {more}      ip: \"10.0.0.{number}\"\n      mac: \"00:08:00:01:03:0{number}\"\n"
        )
    };
    let beside = format!(
        "      bmc_host:\n        url: \"{host_bmc}\"\n        user: \"root\"\n        \
         password: \"calvin\"\n      dpu_host: \"{}\"\n",
        rack.told(2).imc_ssh
    );
    let text = format!(
        "clusters:\n  - name: \"lab\"\n    kind: \"iso\"\n    network_api_port: \"eno1\"\n    \
         install_iso: \"https://files.lab/{ISO}\"\n    masters:\n{}{}",
        card(1, &rack.told(1).imc_redfish, &beside),
        card(2, "127.0.0.1:1", "")
    );
    let path = desk.beside("cluster.yaml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_cards_of_a_cluster_yaml_are_examined_with_what_it_names_beside_them() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::joined(&rack);
    // A port that was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let path = cluster_yaml(&desk, &rack, &closed.unwrap().to_string());
    let before = state(&rack);
    let run = desk.json(&["doctor", &path]);
    assert_eq!(state(&rack), before, "the doctor has no effects");
    let cards = run["cards"].as_array().unwrap();
    assert_eq!(
        (cards.len(), &cards[0]["name"]),
        (1, &Value::from("dpu-01"))
    );
    assert_eq!(cards[0]["iso"], ISO);
    assert_eq!(with(&cards[0], "warn"), ["host_bmc"]);
    says(&cards[0], "host_bmc", "does not answer");
    // Another card's IMC stands for a host here: its key is pinned.
    says(&cards[0], "dpu_host", "shows the pinned key");
    let unknown = run["not_asked"][0].as_str().unwrap();
    assert!(
        unknown.contains("acc-2 is not in the inventory"),
        "{unknown}"
    );
    desk.run(&["doctor", "dpu-01", "--vars", "x.yaml"])
        .exits(2)
        .says("go with a cluster.yaml");
}

#[test]
fn an_interrupted_doctor_ends_at_once_although_somebody_is_silent() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::joined(&rack);
    // It takes connections and says nothing: the question would last until its deadline.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let path = cluster_yaml(&desk, &rack, &silent.local_addr().unwrap().to_string());
    let before = (state(&rack), rack.observed(1).imc_commands);
    let running = desk.start(&["doctor", &path]);
    eventually("the IMC was asked", || {
        (rack.observed(1).imc_commands > before.1).then_some(())
    });
    running.interrupt();
    let ended = running.end().exits(130);
    assert!(ended.out.is_empty(), "{}", ended.out);
    assert_eq!(state(&rack), before.0, "the doctor has no effects");
}
