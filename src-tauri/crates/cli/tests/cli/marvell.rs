//! A Marvell Octeon by the same file: over SSH to its host, with the lab's stand-in for podman and
//! marvell-tools.

use std::{fs, path::PathBuf, time::Duration};

use slipway_lab::Fault;

use crate::support::{Desk, Rack, eventually};

const TOOLS: &str = "quay.io/lab/marvell-tools@sha256:0123";

fn file(desk: &Desk, rack: &Rack) -> PathBuf {
    let host = rack.told(1).host_ssh.unwrap();
    let path = desk.beside("marvell.yaml");
    let text = format!(
        "clusters:\n- name: octeon\n  kind: iso\n  install_iso: \"rhel:\"\n  api_vip: 192.168.123.99\n  \
         ingress_vip: 192.168.123.101\n  network_api_port: eno2\n  masters:\n  - name: marvell-dpu-42\n    \
         node: \"{host}\"\n    kind: marvell-dpu\n    ip: 192.168.123.7\n    mac: \"06:32:b1:09:0a:ee\"\n"
    );
    fs::write(&path, text).unwrap();
    path
}

/// A rack whose host has an Octeon, and a desk that may enter it as `core`.
fn scene(pxeboot: Duration) -> (Rack, Desk, PathBuf) {
    let rack = Rack::start(1, |config| config.timings.pxeboot = pxeboot);
    rack.card(1).set_marvell();
    let desk = Desk::joined(&rack);
    let secret = desk.beside("host-password");
    fs::write(&secret, "lab-host-password").unwrap();
    let secret = secret.to_str().unwrap();
    let words = [
        "credential",
        "add",
        "hosts",
        "--user",
        "core",
        "--secret-file",
        secret,
        "--address",
        "127.0.0.1",
    ];
    desk.run(&words).good();
    let path = file(&desk, &rack);
    (rack, desk, path)
}

fn deploy(path: &std::path::Path) -> [&str; 7] {
    let path = path.to_str().unwrap();
    [
        "deploy",
        path,
        "--accept-untried",
        "pxeboot",
        "--marvell-tools",
        TOOLS,
        "--yes",
    ]
}

#[test]
fn an_octeon_is_installed_by_its_host() {
    let (rack, desk, path) = scene(Duration::from_millis(300));
    let plain = path.to_str().unwrap();
    desk.run(&["deploy", plain, "--yes"])
        .explains(4, "this can't be deployed yet")
        .says("name the image of marvell-tools")
        .says("--accept-untried pxeboot");
    assert_eq!(rack.observed(1).host_containers, 0);
    desk.run(&["plan", plain])
        .good()
        .says("lspci -nn -d :b900")
        .says("--host-mode=coreos --nm-secondary-cloned-mac-address=06:32:b1:09:0a:ee");
    desk.run(&deploy(&path))
        .good()
        .says("marvell-tools has ended well: pxeboot: the card has booted, ssh answers");
    assert_eq!(rack.observed(1).host_containers, 1);
    let argv = rack.card(1).host_command().unwrap().join(" ");
    let start = format!(
        "podman run --rm --replace --privileged --pid host --network host --user 0 --name \
         marvell-tools -i -v /:/host -v /dev:/dev {TOOLS} ./pxeboot.py --dpu-name=marvell-dpu-42"
    );
    assert!(argv.starts_with(&start), "{argv}");
    assert!(argv.ends_with(" rhel:"), "{argv}");
    // Nothing of the card that stands beside it in the lab was touched.
    assert_eq!(rack.observed(1).imc_resets, 0);
}

#[test]
fn what_the_tools_say_is_the_reason_and_a_host_without_an_octeon_is_left_alone() {
    let (rack, desk, path) = scene(Duration::from_millis(100));
    rack.card(1).inject(Fault::PxebootFails);
    desk.run(&deploy(&path))
        .exits(1)
        .says("marvell-tools has failed on")
        .says("no DHCP request from the card within 600 s");

    let rack = Rack::start(1, |_| {});
    let other = file(&desk, &rack);
    let host = rack.told(1).host_ssh.unwrap();
    let key = rack.told(1).host_key_fingerprint.unwrap().to_string();
    desk.run(&deploy(&other)).exits(5);
    desk.run(&["trust", "accept", "host-key", &host, &key])
        .good();
    desk.run(&deploy(&other))
        .exits(1)
        .says("has no Marvell Octeon");
    assert_eq!(rack.observed(1).host_containers, 0);
}

#[test]
fn a_killed_slipctl_finds_the_container_again_and_a_cancel_stops_it() {
    let (rack, desk, path) = scene(Duration::from_secs(20));
    let running = desk.start(&deploy(&path));
    eventually("the container runs", || {
        (rack.observed(1).host_containers == 1).then_some(())
    });
    running.kill();
    let jobs = desk.json(&["job", "list"]);
    let id = jobs[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(jobs[0]["outcome"], "running", "{jobs}");
    let running = desk.start(&["job", "run"]);
    eventually("it is found again", || {
        let job = desk.json(&["job", "show", &id]);
        let waiting = job["row"]["waiting"].as_str()?;
        waiting.starts_with("Pxeboot: ").then_some(())
    });
    desk.run(&["job", "cancel", &id]).good();
    running.end();
    let job = desk.json(&["job", "show", &id]);
    assert_eq!(job["row"]["outcome"], "cancelled", "{job}");
    let residue = job["residue"][0]["what"].as_str().unwrap();
    assert_eq!(residue, "the card's disk may be half installed");
    assert_eq!(rack.observed(1).host_containers, 1, "never started twice");
    let said = rack.block_on(rack.card(1).run_on_host("podman ps --quiet", b""));
    assert!(said.stdout.is_empty(), "it is stopped");
}
