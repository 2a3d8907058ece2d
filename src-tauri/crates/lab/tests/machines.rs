//! What IMC and ACC answer to the commands that Slipway and people give them.
#![expect(
    clippy::unwrap_used,
    reason = "in helpers of tests, which clippy takes for other code"
)]

mod common;

use axum::body::Bytes;
use common::{Imc, MediaServer, folder, until};
use slipway_core::bootc::{
    Greenboot, StatusFacts, parse_greenboot, parse_status, rollback_command, status_command,
};
use slipway_lab::{CardHandle, Fault, FleetMix, Lab, LabConfig, ShellOutput};

async fn start(fleet: FleetMix, cards: usize) -> (Lab, tempfile::TempDir) {
    let (dir, path) = folder();
    let mut config = LabConfig::test(cards, path);
    config.fleet = fleet;
    (Lab::start(config).await.unwrap(), dir)
}

/// Exit code and standard output.
fn said(output: ShellOutput) -> (u32, String) {
    let text = String::from_utf8(output.stdout).unwrap();
    (output.exit, text)
}

async fn imc(card: &CardHandle, command: &str) -> (u32, String) {
    said(card.run_on_imc(command, b"").await)
}

async fn acc(card: &CardHandle, command: &str) -> (u32, String) {
    said(card.run_on_acc(command, b"").await)
}

fn fine(text: &str) -> (u32, String) {
    (0, text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imc_is_prepared_as_a_real_one() {
    let (lab, _dir) = start(FleetMix::Fresh, 1).await;
    let card = lab.card(1);
    assert_eq!(
        imc(&card, "systemctl is-active redfish").await,
        fine("active\n")
    );
    let set = "cfg_boot_options init_app_acc_nboot_net_name enp0s1f0 && cfg_boot_options init_app_acc_nboot_net_name";
    assert_eq!(imc(&card, set).await, fine("enp0s1f0\n"));
    let install = "mkdir -p /work/scripts && install -m 0755 /dev/stdin /work/scripts/start-redfish.sh && stat -c '%a %s' /work/scripts/start-redfish.sh";
    let output = card.run_on_imc(install, b"#!/bin/sh\n").await;
    assert_eq!(said(output), fine("755 10\n"));
    // No ACC yet: the probe that CDA uses tells it apart from one whose sshd answers.
    assert_eq!(imc(&card, "ping -c 1 192.168.0.2 >/dev/null").await.0, 1);
    let probe = card.run_on_imc("ssh root@192.168.0.2 true", b"").await;
    assert!(String::from_utf8_lossy(&probe.stderr).contains("No route to host"));
    assert_eq!(acc(&card, "true").await.0, 255);

    // Its Redfish, from outside.
    let redfish = Imc::new(&lab.inventory().cards[0]);
    let manager = redfish.authorised("GET", "/redfish/v1/Managers/1");
    assert_eq!(manager.send().await.unwrap().status(), 200);

    // The clock.
    card.inject(Fault::ClockSkew);
    let year = |text: &str| text.trim().parse::<i32>().unwrap();
    let now = year(&jiff::Timestamp::now().strftime("%Y").to_string());
    assert!(year(&imc(&card, "date -u +%Y").await.1) < now);
    let seconds = jiff::Timestamp::now().as_second();
    imc(&card, &format!("date -u -s @{seconds}")).await;
    let told: i64 = imc(&card, "date +%s").await.1.trim().parse().unwrap();
    assert!((seconds..seconds + 60).contains(&told), "{told} {seconds}");

    // Recovery mode and a full disk show where people look for them.
    card.inject(Fault::RecoveryMode);
    assert!(
        imc(&card, "cat /etc/hostname")
            .await
            .1
            .contains("ipu-recovery")
    );
    let free = "df -B1 --output=avail /mnt/imc | tail -n 1";
    assert!(imc(&card, free).await.1.trim().parse::<u64>().unwrap() > 10_000_000_000);
    card.inject(Fault::ImcDiskFull);
    assert_eq!(imc(&card, free).await, fine("0\n"));
    let full = card.run_on_imc("tee /root/x >/dev/null", b"x").await;
    assert_eq!(
        (full.exit, full.stderr),
        (1, b"tee: /root/x: No space left on device\n".to_vec())
    );
    card.clear_faults();
    assert_eq!(imc(&card, "cat /etc/hostname").await, fine("ipu-imc-01\n"));
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imc_reaches_our_server_only_with_our_certificate() {
    let (lab, _dir) = start(FleetMix::Fresh, 1).await;
    let card = lab.card(1);
    let server = MediaServer::start(vec![("/x.iso".into(), Bytes::from_static(b"12345"))]);
    let ask = format!("curl -sSI {}/x.iso", server.base);
    let refused = card.run_on_imc(&ask, b"").await;
    assert_eq!(refused.exit, 60, "{refused:?}");
    // The doctor's question: would it, with our certificate? It leaves nothing behind.
    let with = ask.replace("curl", "curl --cacert /dev/stdin");
    let would = card.run_on_imc(&with, server.ca.as_bytes()).await;
    assert_eq!(would.exit, 0, "{would:?}");
    assert_eq!(card.run_on_imc(&with, b"nonsense").await.exit, 60);
    assert_eq!(imc(&card, &ask).await.0, 60);
    let trust = "tee /etc/pki/ca-trust/source/anchors/slipway.pem";
    card.run_on_imc(trust, server.ca.as_bytes()).await;
    assert_eq!(imc(&card, &ask).await.0, 60, "not in force yet");
    assert_eq!(imc(&card, "update-ca-trust").await.0, 0);
    let (exit, head) = imc(&card, &ask).await;
    assert_eq!(exit, 0);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("content-length: 5\r\n"));
    assert_eq!(server.seen(), ["HEAD /x.iso", "HEAD /x.iso"]);
    card.inject(Fault::MediaUnreachable);
    assert_eq!(imc(&card, &ask).await.0, 7);
    card.clear_faults();
    let memory = imc(&card, "cat /proc/meminfo").await.1;
    assert!(memory.contains("\nMemAvailable: "), "{memory}");
    let code = format!(
        "curl -s -o /dev/null -w '%{{http_code}}' {}/none",
        server.base
    );
    assert_eq!(imc(&card, &code).await, fine("404"));
    assert_eq!(imc(&card, "curl -sI https://127.0.0.1:1/").await.0, 7);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acc_answers_as_a_bootc_machine() {
    let (lab, _dir) = start(FleetMix::Installed, 2).await;
    let card = lab.card(2);
    let status = async |card: &CardHandle| {
        let text = acc(card, &status_command().to_string()).await.1;
        parse_status(&text).unwrap()
    };
    let digest = |version: &str| lab.images().image(version).unwrap().digest;
    assert_eq!(
        status(&card).await.booted_digest().unwrap().as_str(),
        digest("1.0.0")
    );
    assert!(
        acc(&card, "cat /etc/os-release")
            .await
            .1
            .contains("VERSION_ID=1.0.0\n")
    );
    assert_eq!(acc(&card, "hostname").await, fine("dpu-02\n"));
    assert_eq!(
        acc(&card, "systemctl is-system-running").await,
        fine("running\n")
    );
    // From its IMC, too.
    assert_eq!(
        imc(
            &card,
            "nc -z 192.168.0.2 22; ping -c 1 192.168.0.2 >/dev/null"
        )
        .await
        .0,
        0
    );

    let rollback = rollback_command().to_string();
    let none = card.run_on_acc(&rollback, b"").await;
    assert_eq!(none.exit, 1);
    assert!(String::from_utf8_lossy(&none.stderr).contains("No rollback available"));
    assert_eq!(acc(&card, "bootc upgrade --check").await.0, 0);
    let cached = status(&card).await.booted.unwrap().cached_update.unwrap();
    assert_eq!(cached.as_str(), digest("1.1.0"));

    // A status while an upgrade runs waits for its lock, and shows what it left.
    let (upgrade, seen) = tokio::join!(
        card.run_on_acc("bootc upgrade --quiet --progress-fd 3 3>&1 1>&2", b""),
        async {
            until("the upgrade's start", || async {
                (card.observed().upgrades > 0).then_some(())
            })
            .await;
            status(&card).await
        }
    );
    assert_eq!(upgrade.exit, 0);
    assert!(upgrade.stdout.starts_with(b"{\"type\":\"Start\""));
    assert_eq!(seen.staged_digest().unwrap().as_str(), digest("1.1.0"));
    assert_eq!(acc(&card, "bootc frobnicate").await.0, 2);

    // The trap: with an update staged, a rollback throws that away. Here there is none to go to.
    let boot_id = acc(&card, "cat /proc/sys/kernel/random/boot_id").await.1;
    assert_eq!(acc(&card, "systemctl reboot").await.0, 0);
    until("the new boot", || async {
        let (exit, text) = acc(&card, "cat /proc/sys/kernel/random/boot_id").await;
        (exit == 0 && text != boot_id).then_some(())
    })
    .await;
    assert_eq!(
        acc(&card, &rollback).await,
        fine("Next boot: rollback deployment\n")
    );
    assert!(status(&card).await.rollback_queued);
    assert_eq!(
        acc(&card, &rollback).await,
        fine("Next boot: current deployment\n")
    );
    until("greenboot", || async {
        let text = acc(&card, "grub2-editenv - list").await.1;
        (parse_greenboot(&text) == Greenboot::Green).then_some(())
    })
    .await;

    // A transient unit of another kind runs in the background.
    let unit = "systemd-run --collect --quiet --unit=slipway-x -- sh -c 'sleep 0.05; echo over > /run/over'";
    assert_eq!(acc(&card, unit).await, fine(""));
    until("the unit's end", || async {
        (acc(&card, "cat /run/over").await == fine("over\n")).then_some(())
    })
    .await;
    acc(&card, "systemctl mask bootc-fetch-apply-updates.timer").await;
    let timer = "systemctl is-enabled bootc-fetch-apply-updates.timer";
    assert_eq!(acc(&card, timer).await, (1, "masked\n".to_owned()));
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acc_fetches_what_its_own_trust_lets_it_and_keeps_what_came() {
    let (lab, _dir) = start(FleetMix::Installed, 1).await;
    let card = lab.card(1);
    let server = MediaServer::start(vec![("/p4".into(), Bytes::from_static(b"12345"))]);
    let said = async |command: &str, stdin: &str| {
        let output = card.run_on_acc(command, stdin.as_bytes()).await;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.exit, text(output.stdout), text(output.stderr))
    };
    let failed =
        |exit: u32, words: &str| (exit, String::new(), format!("curl: ({exit}) {words}\n"));
    let fetch = format!("curl -fsSL --output /var/tmp/p4 -- {}/p4", server.base);
    let untrusted = "SSL peer certificate or SSH remote key was not OK";
    assert_eq!(said(&fetch, "").await, failed(60, untrusted));
    // An anchor counts when it was taken over; or one is named, for once.
    let anchor = "tee /etc/pki/ca-trust/source/anchors/site.pem >/dev/null";
    let folder = "mkdir -p /etc/pki/ca-trust/source/anchors && ";
    let put = said(&format!("{folder}{anchor}"), &server.ca).await;
    assert_eq!(put.0, 0);
    assert_eq!(said(&fetch, "").await.0, 60);
    let named = "--cacert /etc/pki/ca-trust/source/anchors/site.pem";
    let once = format!("curl -sS {named} {}/p4", server.base);
    assert_eq!(said(&once, "").await, (0, "12345".into(), String::new()));
    assert_eq!(said("ls /var/tmp", "").await.1, "");
    assert_eq!(said("update-ca-trust", "").await.0, 0);
    assert_eq!(said(&fetch, "").await, (0, String::new(), String::new()));
    let sum = said("sha256sum /var/tmp/p4", "").await;
    let expected = "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5";
    assert_eq!(sum.1, format!("{expected}  /var/tmp/p4\n"));

    let missing = fetch
        .replace("/p4", "/none")
        .replace("/var/tmp/none", "/var/tmp/x");
    let words = "The requested URL returned error: 404";
    assert_eq!(said(&missing, "").await, failed(22, words));
    assert_eq!(said("test -e /var/tmp/x", "").await.0, 1, "nothing came");
    let nobody = "curl -fsSL --output /var/tmp/x -- http://127.0.0.1:1/p4";
    let words = "Failed to connect to 127.0.0.1 port 1: Connection refused";
    assert_eq!(said(nobody, "").await, failed(7, words));
    let nowhere = fetch.replace("/var/tmp/p4", "/none/p4");
    assert_eq!(said(&nowhere, "").await, failed(23, "Failed writing body"));
    let silent = nobody.replace("-fsSL", "-fsL");
    assert_eq!(said(&silent, "").await, (7, String::new(), String::new()));
    let (exit, _, words) = said("curl --insecure https://127.0.0.1:1/", "").await;
    assert_eq!(exit, 2);
    assert!(words.starts_with("curl: option --insecure: is unknown\n"));

    // What breaks off leaves its beginning.
    let broken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = broken.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = broken.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n1234";
        stream.write_all(head).await.unwrap();
    });
    let half = format!("curl -fsSL --output /var/tmp/half http://{at}/");
    let words = "transfer closed with 6 bytes remaining to read";
    assert_eq!(said(&half, "").await, failed(18, words));
    assert_eq!(said("cat /var/tmp/half", "").await.1, "1234");
    lab.stop().await;
}
