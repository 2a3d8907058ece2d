//! An ACC's life with the time as an argument: nothing here waits.

use std::{fs, io::Write as _, os::unix::fs::FileExt as _, path::Path};

use slipway_core::{
    bootc::{BootcStatus, Greenboot, StatusFacts, latest_progress, parse_greenboot, parse_status},
    iso::AREA_SIGNATURE,
    kickstart::Overlay,
    secret::Password,
};

use super::*;
use crate::{
    iso::{IsoSpec, build},
    ssh,
};

const REGISTRY: &str = "127.0.0.1:5000";

fn setup() -> AccSetup {
    AccSetup {
        name: "dpu-01".into(),
        password: "lab-acc-password".into(),
        timings: Timings::realistic(),
        images: Arc::new(ImageStore::new(REGISTRY)),
    }
}

fn installed(version: &str) -> (Acc, Instant) {
    let now = Instant::now();
    let mut acc = Acc::new(setup(), now);
    acc.preinstall(version, now).unwrap();
    (acc, now)
}

fn status(acc: &Acc) -> BootcStatus {
    parse_status(&acc.bootc_status_json()).unwrap()
}

fn version(entry: Option<&slipway_core::bootc::BootEntry>) -> Option<&str> {
    entry?.version.as_deref()
}

fn greenboot(acc: &Acc) -> Greenboot {
    parse_greenboot(&acc.disk().unwrap().grub.list())
}

const UPGRADE: UpdateRequest = UpdateRequest::Upgrade {
    download_only: false,
    apply: false,
};

/// Lets everything happen that is on its way. Answers with the time it is then.
fn settle(acc: &mut Acc, mut now: Instant) -> Instant {
    for _ in 0..100 {
        acc.tick(now);
        match acc.next_change() {
            Some(at) => now = now.max(at),
            None => return now,
        }
    }
    panic!("the card does not come to rest");
}

fn upgrade_and_reboot(acc: &mut Acc, now: Instant) -> Instant {
    acc.begin_update(now, UPGRADE, None);
    let now = settle(acc, now);
    acc.reboot(now);
    settle(acc, now)
}

#[test]
fn an_upgrade_shows_progress_is_staged_and_boots() {
    let (mut acc, now) = installed("1.0.0");
    let boot_id = acc.boot_id().to_owned();
    let traces = ("slipway-1.service".to_owned(), "/run/slipway/1".to_owned());
    let id = acc.begin_update(now, UPGRADE, Some(traces));
    assert_eq!(acc.unit_state("slipway-1"), UnitState::Active);
    assert!(acc.bootc_busy());
    let read = |acc: &Acc, name: &str| {
        let path = format!("/run/slipway/1/{name}");
        acc.disk().unwrap().files.read_text(&path).ok()
    };
    acc.tick(now + acc.setup.timings.update / 3);
    let progress = latest_progress(&read(&acc, "progress").unwrap()).unwrap();
    assert!(progress.bytes.unwrap().0.0 > 0);
    assert_eq!((read(&acc, "exit"), acc.update_result(id)), (None, None));

    let now = settle(&mut acc, now);
    assert_eq!(read(&acc, "exit").as_deref(), Some("0\n"));
    assert_eq!(read(&acc, "stderr").as_deref(), Some(""));
    assert_eq!(acc.unit_state("slipway-1"), UnitState::Inactive);
    assert_eq!(version(status(&acc).staged.as_ref()), Some("1.1.0"));
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.0.0"));

    let generation = acc.generation();
    acc.reboot(now);
    // Asking twice is one reboot, and the answer comes before it goes down.
    acc.reboot(now);
    acc.tick(now);
    assert!(acc.reachable());
    let down = acc.next_change().unwrap();
    acc.tick(down);
    assert!(!acc.reachable());
    assert_ne!(acc.generation(), generation);
    settle(&mut acc, down);
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.1.0"));
    assert_eq!(version(status(&acc).rollback.as_ref()), Some("1.0.0"));
    assert_eq!(greenboot(&acc), Greenboot::Green);
    assert_ne!(acc.boot_id(), boot_id);
    assert_eq!(read(&acc, "exit"), None, "/run is gone after a reboot");
    assert_eq!(acc.counters().reboots, 1);
    assert_eq!(acc.counters().upgrades, 1);
}

#[test]
fn updates_wait_for_each_other() {
    let (mut acc, now) = installed("1.0.0");
    let first = acc.begin_update(now, UPGRADE, None);
    let second = acc.begin_update(now, UPGRADE, None);
    acc.tick(now + acc.setup.timings.update);
    assert!(acc.update_result(first).is_some());
    assert_eq!(acc.update_result(second), None);
    settle(&mut acc, now);
    let said = acc.update_result(second).unwrap();
    assert_eq!(said.stdout, "Staged update present, not changed.\n");
}

#[test]
fn a_power_cut_loses_what_was_staged_and_what_was_running() {
    let (mut acc, now) = installed("1.0.0");
    acc.begin_update(now, UPGRADE, None);
    let now = settle(&mut acc, now);
    assert!(status(&acc).staged.is_some());
    acc.power_cut();
    assert_eq!((acc.phase(), acc.reachable()), (AccPhase::Off, false));
    acc.power_on(now, BootFrom::Disk);
    settle(&mut acc, now);
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.0.0"));
    assert_eq!(status(&acc).staged, None);
}

#[test]
fn an_image_that_fails_its_checks_falls_back_after_three_boots() {
    let (mut acc, now) = installed("1.1.0");
    acc.setup.images.promote("1.2.0").unwrap();
    let boots = acc.counters().boots;
    acc.begin_update(now, UPGRADE, None);
    let now = settle(&mut acc, now);
    acc.reboot(now);
    acc.tick(now + acc.setup.timings.acc_boot * 2);
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.2.0"));
    assert_eq!(greenboot(&acc), Greenboot::Pending);
    settle(&mut acc, now);
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.1.0"));
    assert_eq!(version(status(&acc).rollback.as_ref()), Some("1.2.0"));
    assert_eq!(greenboot(&acc), Greenboot::FellBack);
    assert_eq!(acc.counters().boots, boots + 4);
    assert_eq!(acc.counters().reboots, 1);
    let bad = acc.setup.images.image("1.2.0").unwrap().digest;
    let offered = status(&acc).booted.unwrap().cached_update;
    assert_eq!(offered.unwrap().as_str(), bad);
}

#[test]
fn faults_strike_once() {
    let (mut acc, now) = installed("1.0.0");
    acc.faults.update_fails = 1;
    acc.faults.update_message = "no route to host".into();
    let failed = acc.begin_update(now, UPGRADE, None);
    let now = settle(&mut acc, now);
    let said = acc.update_result(failed).unwrap();
    assert_eq!(
        (said.exit, said.stderr.as_str()),
        (1, "error: Upgrading: no route to host\n")
    );
    assert_eq!(status(&acc).staged, None);

    acc.faults.greenboot_fails = 1;
    let now = upgrade_and_reboot(&mut acc, now);
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.0.0"));
    assert_eq!(greenboot(&acc), Greenboot::FellBack);

    acc.faults.wrong_digest_booted = 1;
    let now = upgrade_and_reboot(&mut acc, now);
    assert_ne!(version(status(&acc).booted.as_ref()), Some("1.1.0"));
    let now = upgrade_and_reboot(&mut acc, now);
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.1.0"));

    acc.faults.silent = true;
    acc.tick(now);
    assert!(!acc.reachable());
}

#[test]
fn apply_over_ssh_loses_the_upgrade() {
    let (mut acc, now) = installed("1.0.0");
    let request = UpdateRequest::Upgrade {
        download_only: false,
        apply: true,
    };
    acc.begin_update(now, request, None);
    settle(&mut acc, now);
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.0.0"));
    assert_eq!(status(&acc).staged, None);
    assert_eq!(acc.counters().reboots, 1);
}

#[test]
fn a_card_survives_json() {
    let (mut acc, now) = installed("1.0.0");
    upgrade_and_reboot(&mut acc, now);
    let json = serde_json::to_string(&acc.save()).unwrap();
    let saved: SavedAcc = serde_json::from_str(&json).unwrap();
    let again = Acc::restored(setup(), saved, now);
    assert_eq!(again.bootc_status_json(), acc.bootc_status_json());
    assert_eq!(again.counters().upgrades, 1);
    assert!(again.reachable());
    let key = |acc: &Acc| acc.disk().unwrap().host_key_pem();
    assert_eq!(key(&again), key(&acc));
}

/// Puts an overlay over an ISO's kickstart area, as the media server does while it streams.
fn personalise(iso: &Path, overlay: &Overlay) {
    let bytes = fs::read(iso).unwrap();
    let signature = AREA_SIGNATURE.as_bytes();
    let at = bytes
        .windows(signature.len())
        .position(|window| window == signature)
        .unwrap();
    let file = fs::OpenOptions::new().write(true).open(iso).unwrap();
    file.write_all_at(&overlay.render().unwrap(), at as u64)
        .unwrap();
}

#[test]
fn an_iso_with_an_overlay_makes_the_card_that_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let iso = dir.path().join("dpu.iso");
    let first = format!("{REGISTRY}/lab/dpu-os:1.0.0");
    build(&iso, &IsoSpec::new("1.0.0", &first, 50_000)).unwrap();
    let host_key = ssh::new_host_key();
    let public = ssh::public_line(&host_key).unwrap();
    let stable = setup().images.reference();
    let job = "0190000000007000a000000000000001";
    personalise(
        &iso,
        &Overlay {
            hostname: "dpu-07.lab.example".into(),
            deployment: job.parse().unwrap(),
            authorized_keys: vec!["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA slipway@desk".into()],
            host_key: Password::new(host_key.clone()),
            host_key_public: public,
            origin: Some(stable.parse().unwrap()),
        },
    );
    let now = Instant::now();
    let mut acc = Acc::new(setup(), now);
    acc.power_on(now, BootFrom::Iso(iso));
    assert_eq!(acc.broken(), None);
    assert!(matches!(acc.phase(), AccPhase::Installer { .. }));
    assert!(!acc.reachable());
    let now = settle(&mut acc, now);
    assert_eq!(acc.broken(), None);
    let disk = acc.disk().unwrap();
    assert_eq!(disk.hostname(), "dpu-07.lab.example");
    assert_eq!(disk.host_key_pem(), Some(host_key));
    assert_eq!(disk.password, None);
    let text = |path| disk.files.read_text(path).unwrap();
    assert_eq!(text("/etc/slipway/deployment"), format!("{job}\n"));
    assert!(text(AUTHORIZED_KEYS).starts_with("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA"));
    assert_eq!(disk.files.stat(HOST_KEY).unwrap().mode, 0o600);
    let seen = status(&acc);
    assert_eq!(seen.spec_image.as_deref(), Some(stable.as_str()));
    let wanted = acc.setup.images.image("1.0.0").unwrap().digest;
    assert_eq!(seen.booted_digest().unwrap().as_str(), wanted);
    assert_eq!(greenboot(&acc), Greenboot::Green);
    assert_eq!(acc.counters().installs, 1);
    // It follows its registry from now on.
    upgrade_and_reboot(&mut acc, now);
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.1.0"));
    let name = acc.disk().unwrap().hostname();
    assert_eq!(name, "dpu-07.lab.example", "/etc persists");
}

#[test]
fn an_iso_that_nobody_personalised_takes_the_cards_own_name() {
    let dir = tempfile::tempdir().unwrap();
    let iso = dir.path().join("dpu.iso");
    let reference = setup().images.reference();
    build(&iso, &IsoSpec::new("1.1.0", &reference, 50_000)).unwrap();
    let now = Instant::now();
    let mut acc = Acc::new(setup(), now);
    acc.faults.wrong_digest_booted = 1;
    acc.power_on(now, BootFrom::Iso(iso));
    settle(&mut acc, now);
    let disk = acc.disk().unwrap();
    assert_eq!(disk.hostname(), "dpu-01");
    assert_eq!(disk.password.as_deref(), Some("lab-acc-password"));
    assert!(disk.host_key_pem().is_some());
    assert_eq!(version(status(&acc).booted.as_ref()), Some("1.0.0"));
    assert_eq!(status(&acc).spec_image, Some(reference));
}

#[test]
fn media_that_cannot_boot_leave_the_card_off_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let iso = dir.path().join("dpu.iso");
    let (mut acc, now) = installed("1.0.0");
    let mut broken = |iso: &Path| {
        acc.power_on(now, BootFrom::Iso(iso.to_owned()));
        assert_eq!(acc.phase(), AccPhase::Off);
        assert_eq!(acc.next_change(), None);
        acc.broken().unwrap().to_owned()
    };
    assert!(broken(&dir.path().join("none.iso")).contains("reading the ISO"));
    let mut spec = IsoSpec::new("1.0.0", "r:1/lab/dpu-os:stable", 3_000_000);
    spec.architecture = "amd64".into();
    build(&iso, &spec).unwrap();
    assert!(broken(&iso).contains("x86_64"));
    // A partial file to which the next download was appended.
    let whole = fs::read(&iso).unwrap();
    let mut file = fs::File::create(&iso).unwrap();
    file.write_all(&whole[..whole.len() / 2]).unwrap();
    file.write_all(&whole).unwrap();
    assert!(broken(&iso).contains("bytes"));
    // What is on the disk is still there.
    acc.power_on(now, BootFrom::Disk);
    settle(&mut acc, now);
    assert_eq!((acc.broken(), acc.reachable()), (None, true));
}
