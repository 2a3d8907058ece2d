//! `slipctl` is killed (SIGKILL) where it has just done something to a card; the next one goes on,
//! and nothing is done to the card twice. What was really done the lab has counted.

use std::{thread, time::Duration};

use serde_json::Value;
use slipway_lab::{CardHandle, FleetMix, Observed, acc::AccPhase};

use crate::support::{Desk, Rack, within_a_blink};

/// Phases long enough to be killed in, and a download that is longer than what the sockets hold.
fn slow_rack() -> Rack {
    Rack::start(6, |config| {
        config.fleet = FleetMix::Installed;
        config.iso_ballast = 24 << 20;
        config.timings.fetch_bytes_per_second = Some(16 << 20);
        config.timings.imc_reset = Duration::from_millis(1500);
        config.timings.installer = Duration::from_millis(1500);
        // Longer than the dead process's lease: whoever takes over finds it running.
        config.timings.update = Duration::from_secs(8);
        config.timings.acc_boot = Duration::from_millis(800);
    })
}

struct Scene<'a> {
    rack: &'a Rack,
    desk: Desk,
    number: usize,
    name: String,
}

impl<'a> Scene<'a> {
    fn new(rack: &'a Rack, number: usize) -> Self {
        Self {
            rack,
            desk: Desk::joined(rack),
            number,
            name: format!("dpu-{number:02}"),
        }
    }

    fn seen(&self) -> Observed {
        self.rack.observed(self.number)
    }

    /// Starts the command, kills it at the moment (which is in one of these steps), lets `job run`
    /// finish it, and gives the job.
    fn killed(
        &self,
        words: &[&str],
        what: &str,
        steps: &[&str],
        moment: impl Fn(&CardHandle) -> bool,
    ) -> Value {
        let card = self.rack.card(self.number);
        let running = self.desk.start(words);
        // Before the answer to what was asked has come and was written down, if we are quick.
        within_a_blink(what, || moment(&card).then_some(()));
        running.kill();
        let job = self.desk.last_job(&self.name);
        assert_eq!(job["row"]["outcome"], "running", "{what}: {job}");
        assert!(
            steps.contains(&job["row"]["step"].as_str().unwrap()),
            "{what}: {}",
            job["row"]
        );
        self.desk.run(&["job", "run"]).good();
        let job = self.desk.last_job(&self.name);
        assert_eq!(job["row"]["outcome"], "succeeded", "{what}: {job}");
        let resumed = events(&job).iter().any(|event| event["kind"] == "resumed");
        assert!(resumed, "{what}: nothing tells that it was resumed: {job}");
        job
    }

    fn deploy(&self, what: &str, steps: &[&str], moment: impl Fn(&CardHandle) -> bool) -> Value {
        let words = ["deploy", &self.name, "--iso", "dpu-os-1.0.0.iso", "--yes"];
        let job = self.killed(&words, what, steps, moment);
        let card = self.desk.card(&self.name);
        assert_eq!(card["row"]["version"], "1.0.0", "{what}");
        let seen = self.seen();
        let once = (
            seen.imc_resets,
            seen.overrides,
            seen.installs,
            seen.ejects,
            seen.refused_logins,
        );
        assert_eq!(once, (1, 1, 1, 1, 0), "{what}: {seen:?}\n{job}");
        job
    }
}

fn events(job: &Value) -> &[Value] {
    job["events"].as_array().unwrap()
}

fn tells(job: &Value, text: &str) -> bool {
    events(job)
        .iter()
        .any(|event| event["text"].as_str().unwrap().contains(text))
}

#[test]
fn nothing_is_done_twice_to_a_card_when_slipctl_is_killed() {
    let rack = &slow_rack();
    thread::scope(|scope| {
        scope.spawn(|| while_the_imc_downloads(rack));
        scope.spawn(|| after_the_reset_was_asked_for(rack));
        scope.spawn(|| while_the_installer_runs(rack));
        scope.spawn(|| upgrade_killed_while_staging_then_rollback_killed(rack));
        scope.spawn(|| upgrade_killed_after_the_reboot_was_asked_for(rack));
    });
}

/// The download dies with the process that serves it: it is the one effect that comes twice.
fn while_the_imc_downloads(rack: &Rack) {
    let scene = Scene::new(rack, 1);
    let file = rack.dir().join("card-01/acc-os.iso");
    let job = scene.deploy("the IMC downloads", &["Insert the ISO"], |card| {
        card.observed().media_gets == 1 && file.metadata().is_ok_and(|file| file.len() > 0)
    });
    let seen = scene.seen();
    assert!(tells(&job, "the download broke off"), "{job}");
    assert!(tells(&job, "removed a partial download"), "{job}");
    assert_eq!((seen.inserts, seen.media_gets), (2, 2), "{seen:?}");
}

fn after_the_reset_was_asked_for(rack: &Rack) {
    let scene = Scene::new(rack, 3);
    // Its own word that it was done may or may not have been written.
    let steps = ["Reset the IMC", "Wait for the IMC"];
    scene.deploy("the IMC resets", &steps, |card| {
        card.observed().imc_resets == 1
    });
    assert_eq!(scene.seen().inserts, 1);
}

fn while_the_installer_runs(rack: &Rack) {
    let scene = Scene::new(rack, 5);
    let steps = [
        "Wait for the IMC",
        "Wait for the installer",
        "Install and boot",
    ];
    let runs = |card: &CardHandle| matches!(card.acc_phase(), AccPhase::Installer { .. });
    scene.deploy("the installer runs", &steps, runs);
    assert_eq!(scene.seen().inserts, 1);
}

fn upgrade_killed_while_staging_then_rollback_killed(rack: &Rack) {
    let scene = Scene::new(rack, 2);
    let upgrade = ["upgrade", "dpu-02", "--yes"];
    let steps = ["Stage the image"];
    scene.killed(&upgrade, "the update runs", &steps, |card| {
        card.observed().upgrades == 1
    });
    let seen = scene.seen();
    assert_eq!((seen.upgrades, seen.acc_reboots), (1, 1), "{seen:?}");
    assert_eq!(scene.desk.card("dpu-02")["row"]["version"], "1.1.0");

    // A toggle: the second one would take the first back.
    let rollback = ["rollback", "dpu-02", "--yes"];
    let steps = ["Stage the image", "Reboot the ACC", "Wait for the ACC"];
    scene.killed(&rollback, "the rollback is queued", &steps, |card| {
        card.observed().rollbacks == 1
    });
    let seen = scene.seen();
    assert_eq!((seen.rollbacks, seen.acc_reboots), (1, 2), "{seen:?}");
    assert_eq!(scene.desk.card("dpu-02")["row"]["version"], "1.0.0");
}

fn upgrade_killed_after_the_reboot_was_asked_for(rack: &Rack) {
    let scene = Scene::new(rack, 4);
    let upgrade = ["upgrade", "dpu-04", "--yes"];
    let steps = ["Reboot the ACC", "Wait for the ACC"];
    scene.killed(&upgrade, "the reboot was asked for", &steps, |card| {
        card.observed().acc_reboots == 1
    });
    let seen = scene.seen();
    assert_eq!((seen.upgrades, seen.acc_reboots), (1, 1), "{seen:?}");
    assert_eq!(scene.desk.card("dpu-04")["row"]["version"], "1.1.0");
}
