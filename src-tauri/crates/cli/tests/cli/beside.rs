//! What a deployment does beside the installation, on the lab's cards and their hosts: the IMC's
//! preparation and its undo, the driver reload, post steps. What was really done the lab has counted.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use serde_json::Value;
use slipway_lab::{Fault, FleetMix, Observed};

use crate::support::{Desk, Rack, Ran, eventually, within_a_blink};

const HOST_PASSWORD: &str = "lab-host-password";
pub const KEY: &str = "sentinel-activation-key-4711";
pub const PULL_SECRET: &str = r#"{"auths":{"quay.io":{"auth":"c2VudGluZWwtcHVsbA=="}}}"#;
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n";
const STEPS: &str = "rh_subscription,microshift,dpu_operator_dpu";

/// The desk knows how to log in to the hosts.
pub fn knows_hosts(desk: &Desk) {
    let secret = desk.beside("host-password");
    fs::write(&secret, HOST_PASSWORD).unwrap();
    desk.run(&[
        "credential",
        "add",
        "hosts",
        "--secret-file",
        secret.to_str().unwrap(),
        "--address",
        "127.0.0.1",
    ])
    .good();
}

/// A file with everything for these cards.
pub fn cluster_yaml(desk: &Desk, rack: &Rack, cards: usize) -> PathBuf {
    let mut text = String::from(
        "clusters:\n- name: lab\n  kind: iso\n  network_api_port: eno1\n  api_vip: 10.0.0.99\n  \
         ingress_vip: 10.0.0.98\n  install_iso: https://files.lab/dpu-os-1.0.0.iso\n  masters:\n",
    );
    for number in 1..=cards {
        let told = rack.told(number);
        let (imc, host) = (told.imc_redfish, told.host_ssh.unwrap());
        text.push_str(&format!(
            "  - name: acc-{number}\n    node: localhost\n    kind: dpu\n    bmc:\n      url: \"{imc}\"\n    \
             dpu_host: \"{host}\"\n    ip: 10.0.0.{number}\n    mac: \"00:08:00:01:03:0{number}\"\n"
        ));
    }
    text.push_str(&format!(
        "  postconfig:\n  - name: rh_subscription\n    organization_id: \"12345\"\n    \
         activation_key: \"{KEY}\"\n  - name: microshift\n  - name: dpu_operator_dpu\n"
    ));
    let path = desk.beside("cluster.yaml");
    fs::write(&path, text).unwrap();
    fs::write(desk.beside("pull-secret"), PULL_SECRET).unwrap();
    path
}

pub fn deploy_words(desk: &Desk, file: &std::path::Path) -> Vec<String> {
    let beside = |name: &str| desk.beside(name).display().to_string();
    let (secret, folder) = (beside("pull-secret"), beside("kubeconfigs"));
    let words = [
        "deploy",
        file.to_str().unwrap(),
        "--accept-untried",
        STEPS,
        "--pull-secret",
        &secret,
        "--kubeconfigs",
        &folder,
        "--yes",
    ];
    words.map(str::to_owned).into()
}

fn run(desk: &Desk, words: &[String]) -> Ran {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    desk.run(&words)
}

fn on_imc(rack: &Rack, command: &str) -> String {
    let said = rack.block_on(rack.card(1).run_on_imc(command, b""));
    String::from_utf8(said.stdout).unwrap()
}

fn on_acc(rack: &Rack, command: &str) -> String {
    let said = rack.block_on(rack.card(1).run_on_acc(command, b""));
    String::from_utf8(said.stdout).unwrap()
}

/// What stands around the installation, each once.
fn each_once(seen: &Observed) {
    let once = (
        seen.installs,
        seen.imc_resets,
        seen.driver_unloads,
        seen.driver_loads,
        seen.registrations,
        seen.microshift_starts,
    );
    assert_eq!(once, (1, 1, 1, 1, 1, 1), "{seen:?}");
}

fn imc_state(rack: &Rack) -> Value {
    rack.card(1).state().unwrap()["imc"].clone()
}

#[test]
fn redfish_comes_back_after_a_reset_where_the_imc_was_prepared_and_undo_takes_all_of_it_back() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    rack.card(1).inject(Fault::RedfishNotAtBoot);
    on_imc(&rack, "systemctl restart redfish");
    let before = imc_state(&rack);
    let done = desk.run(&["bmc", "prepare", "dpu-01"]).good();
    done.says("wrote /work/scripts/start-redfish.sh")
        .says("boot option init_app_acc_nboot_net_name is enp0s1f0, it was none");
    let prepared = imc_state(&rack);
    desk.run(&["bmc", "prepare", "dpu-01"])
        .good()
        .says("was prepared already");
    assert_eq!(imc_state(&rack), prepared, "nothing is written twice");

    // As at a power failure: by itself only an IMC that was prepared serves Redfish again.
    on_imc(&rack, "reboot");
    eventually("the IMC has booted again", || {
        (imc_state(&rack)["boots"] == 2).then_some(())
    });
    eventually("Redfish answers again", || {
        (on_imc(&rack, "systemctl is-active redfish") == "active\n").then_some(())
    });
    desk.run(&["bmc", "prepare", "dpu-01"])
        .good()
        .says("was prepared already");

    let undone = desk.json(&["bmc", "prepare", "dpu-01", "--undo"]);
    assert_eq!(undone["left"], serde_json::json!([]), "{undone}");
    assert_eq!(undone["done"].as_array().unwrap().len(), 5, "{undone}");
    let after = imc_state(&rack);
    for what in ["files", "boot_options", "trusted"] {
        assert_eq!(after[what], before[what], "{what}");
    }
    desk.run(&["bmc", "prepare", "dpu-01", "--undo"])
        .good()
        .says("nothing of ours is on the IMC");
}

#[test]
fn the_reserved_memory_file_goes_on_firmware_1_8_only_and_away_again() {
    const PATH: &str = "/work/cfg/memory/reserved-memory.json";
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let before = imc_state(&rack);
    desk.run(&["bmc", "prepare", "dpu-01", "--reserved-memory"])
        .explains(4, "only firmware 1.8 needs the reserved-memory file");
    assert_eq!(
        imc_state(&rack)["files"],
        before["files"],
        "nothing is written before it is refused"
    );

    rack.card(1).inject(Fault::OldFirmware);
    desk.run(&["bmc", "prepare", "dpu-01", "--reserved-memory"])
        .good()
        .says(&format!("wrote {PATH}; it counts from the next reset"))
        .says("wrote /work/scripts/start-redfish.sh");
    let offered = desk.run(&["iso", "reserved-memory"]).good().out;
    assert_eq!(on_imc(&rack, &format!("cat {PATH}")), offered);
    desk.run(&["bmc", "prepare", "dpu-01", "--reserved-memory"])
        .good()
        .says("was prepared already");
    let undone = desk.json(&["bmc", "prepare", "dpu-01", "--undo"]);
    assert_eq!(undone["left"], serde_json::json!([]), "{undone}");
    let after = imc_state(&rack);
    for what in ["files", "boot_options", "trusted"] {
        assert_eq!(after[what], before[what], "{what}");
    }
}

#[test]
fn a_file_with_host_and_post_steps_is_done_whole() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let file = cluster_yaml(&desk, &rack, 1);
    let path = file.to_str().unwrap();
    // Never without the confirmation, and nothing is touched.
    let refused = desk
        .run(&["deploy", path, "--yes"])
        .explains(4, "this can't be deployed yet");
    refused.says("the step microshift was never run on real hardware; do it all the same (`--accept-untried microshift`)");
    let plan = desk.run(&["plan", path]).good();
    let plan = plan
        .says("rmmod idpf")
        .says("cfg_boot_options init_app_acc_nboot_stage 0")
        .says("systemctl enable --now --no-block microshift");
    assert!(!plan.out.contains(KEY), "{}", plan.out);

    knows_hosts(&desk);
    let mut words = deploy_words(&desk, &file);
    let certificate = desk.beside("cluster-ca.pem");
    fs::write(&certificate, CERTIFICATE).unwrap();
    let certificate = certificate.to_str().unwrap();
    let more = ["--operator-registry", "registry.cluster:5000"];
    words.extend(more.map(str::to_owned));
    words.extend(["--operator-registry-ca", certificate].map(str::to_owned));
    run(&desk, &words).good();
    let seen = rack.observed(1);
    each_once(&seen);
    assert_eq!(seen.refused_logins, 0);
    let trusted = "/etc/containers/certs.d/registry.cluster:5000/ca.crt";
    assert_eq!(on_acc(&rack, &format!("cat {trusted}")), CERTIFICATE);
    let host = rack.block_on(
        rack.card(1)
            .run_on_host("ls /sys/bus/pci/drivers/idpf/0000:3b:00.0/net", b""),
    );
    assert_eq!(
        host.stdout, b"ens1f0\n",
        "the reset took it, the reload brought it back"
    );
    assert_eq!(on_acc(&rack, "cat /proc/sys/vm/nr_hugepages"), "512\n");
    let secret = "/etc/crio/openshift-pull-secret";
    assert_eq!(on_acc(&rack, &format!("cat {secret}")), PULL_SECRET);
    assert_eq!(on_acc(&rack, &format!("stat -c %a {secret}")), "600\n");
    let kubeconfig = desk.beside("kubeconfigs/acc-1.kubeconfig");
    let text = fs::read_to_string(&kubeconfig).unwrap();
    assert!(text.contains("server: https://10.0.0.1:6443"), "{text}");
    let mode = fs::metadata(&kubeconfig).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let job = desk.last_job("dpu-01");
    for step in job["steps"].as_array().unwrap() {
        let skipped = step.to_string().contains("Set up the network");
        let status = if skipped { "skipped" } else { "done" };
        assert_eq!(step["status"], status, "{step}");
    }
}

/// With `dpu_firmware` before it.
fn wants_firmware(file: &std::path::Path, version: &str) {
    let text = fs::read_to_string(file).unwrap();
    let (before, after) = text.split_once("  postconfig:").unwrap();
    let step = format!("  preconfig:\n  - name: dpu_firmware\n    mev_version: \"{version}\"\n");
    fs::write(file, format!("{before}{step}  postconfig:{after}")).unwrap();
}

#[test]
fn firmware_is_looked_at_on_a_persons_word_and_without_an_image_never_flashed() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let file = cluster_yaml(&desk, &rack, 1);
    wants_firmware(&file, "2.0.0.11126");
    let words = |accept: &[&str]| -> Vec<String> {
        let mut all = vec!["deploy", file.to_str().unwrap(), "--yes", "--skip-steps"];
        all.push("rh_subscription,microshift,dpu_operator_dpu,host_driver_reload");
        all.extend(accept);
        all.into_iter().map(str::to_owned).collect()
    };
    run(&desk, &words(&[]))
        .explains(4, "this can't be deployed yet")
        .says("do it all the same (`--accept-untried dpu_firmware`)");
    let accept = ["--accept-untried", "dpu_firmware"];
    run(&desk, &words(&accept)).good();
    assert_eq!(rack.observed(1).installs, 1);

    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("2.0.0.11126", "2.1.0.4")).unwrap();
    run(&desk, &words(&accept))
        .exits(1)
        .says("the plan wants firmware 2.1.0.4, and the IMC has another one");
    let job = desk.last_job("dpu-01");
    assert_eq!(job["failure"]["step"], "Check the card", "{job}");
    assert_eq!(rack.observed(1).installs, 1);
    // And one that must be flashed whatever there is can't be done at all.
    let forced = text.replace(
        "    mev_version",
        "    force_firmware_update: true\n    mev_version",
    );
    fs::write(&file, forced).unwrap();
    run(&desk, &words(&accept))
        .explains(4, "this can't be deployed yet")
        .says("the step dpu_firmware can't be done yet");
}

#[test]
fn a_host_that_nobody_can_enter_stops_the_deployment_before_the_card_is_touched() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let file = cluster_yaml(&desk, &rack, 1);
    // No profile is for the host.
    run(&desk, &deploy_words(&desk, &file)).exits(6);
    let seen = rack.observed(1);
    let touched = (seen.inserts, seen.imc_resets, seen.trust_updates);
    assert_eq!(touched, (0, 0, 0), "{seen:?}");
    let job = desk.last_job("dpu-01");
    assert_eq!(job["failure"]["step"], "Check the card", "{job}");
}

#[test]
fn what_goes_wrong_beside_the_installation_is_told_with_what_to_do() {
    let rack = Rack::start(1, |config| config.fleet = FleetMix::Installed);
    let desk = Desk::joined(&rack);
    knows_hosts(&desk);
    let file = cluster_yaml(&desk, &rack, 1);
    rack.card(1).inject(Fault::SubscriptionRefused);
    run(&desk, &deploy_words(&desk, &file)).exits(1);
    let job = desk.last_job("dpu-01");
    let failure = &job["failure"];
    assert_eq!(failure["step"], "Run post steps", "{job}");
    assert_eq!(
        failure["message"],
        "the card can't be registered at Red Hat"
    );
    let text = job.to_string();
    assert!(
        !text.contains(KEY) && text.contains("activation keys … exist"),
        "{text}"
    );
    assert!(text.contains("the card runs the new image"), "{text}");
    // Again, when the reason is gone: what is done is seen, and the key is still there.
    rack.card(1).clear_faults();
    let id = job["row"]["id"].as_str().unwrap();
    desk.run(&["job", "retry", id]).good();
    assert_eq!(rack.observed(1).registrations, 1);
    assert_eq!(desk.last_job("dpu-01")["row"]["outcome"], "succeeded");
}

#[test]
fn nothing_beside_the_installation_is_done_twice_when_slipctl_is_killed() {
    let rack = Rack::start(1, |config| {
        config.timings.microshift = Duration::from_millis(2_500);
    });
    let desk = Desk::joined(&rack);
    knows_hosts(&desk);
    let file = cluster_yaml(&desk, &rack, 1);
    let words = deploy_words(&desk, &file);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let running = desk.start(&words);
    within_a_blink("the IMC is being prepared", || {
        on_imc(&rack, "ls /work/scripts")
            .contains("start-redfish.sh")
            .then_some(())
    });
    running.kill();
    let running = desk.start(&["job", "run"]);
    within_a_blink("the driver is unloaded", || {
        (rack.observed(1).driver_unloads == 1).then_some(())
    });
    running.kill();
    let running = desk.start(&["job", "run"]);
    within_a_blink("MicroShift was started", || {
        (rack.observed(1).microshift_starts == 1).then_some(())
    });
    running.kill();
    desk.run(&["job", "run"]).good();
    assert_eq!(desk.last_job("dpu-01")["row"]["outcome"], "succeeded");
    each_once(&rack.observed(1));
    let ledger = on_imc(&rack, "cat /work/slipway/undo.json");
    assert_eq!(ledger.matches("\"path\"").count(), 3, "{ledger}");
}

#[test]
fn what_is_no_registry_or_no_certificate_is_refused_before_it_reaches_a_card() {
    let desk = Desk::new();
    let file = desk.beside("cluster.yaml");
    std::fs::write(&file, "clusters: []\n").unwrap();
    let key = desk.beside("key.pem");
    std::fs::write(&key, "-----BEGIN PRIVATE KEY-----\n").unwrap();
    let plan = |registry: &str, certificate: &std::path::Path| {
        desk.run(&[
            "plan",
            file.to_str().unwrap(),
            "--operator-registry",
            registry,
            "--operator-registry-ca",
            certificate.to_str().unwrap(),
        ])
    };
    for registry in ["..", "../etc", "a b", "https://registry", ""] {
        let sentence = format!("`{registry}` is no registry");
        plan(registry, &key).explains(2, &sentence);
    }
    plan("registry.lab:5000", &key).explains(2, "key.pem is no certificate in PEM");
    plan("registry.lab:5000", &desk.beside("none.pem")).explains(3, "none.pem can't be read");
}
