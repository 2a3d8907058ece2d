//! A deployment made anew, and a failed one that goes on from one of its steps: what is done on the
//! card once and what twice the lab has counted.

use std::time::Duration;

use slipway_lab::Fault;

use crate::{
    beside::{cluster_yaml, deploy_words, knows_hosts},
    support::{Desk, Rack, within_a_blink},
};

fn nonce(rack: &Rack) -> String {
    let command = "cat /etc/slipway/deployment";
    let said = rack.block_on(rack.card(1).run_on_acc(command, b""));
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

/// A deployment with everything beside it, whose registration was refused; then it would not be.
fn failed_in_post_steps(microshift: Duration) -> (Rack, Desk, String) {
    let rack = Rack::start(1, |config| config.timings.microshift = microshift);
    let desk = Desk::joined(&rack);
    knows_hosts(&desk);
    let file = cluster_yaml(&desk, &rack, 1);
    rack.card(1).inject(Fault::SubscriptionRefused);
    let words = deploy_words(&desk, &file);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    desk.run(&words).exits(1);
    rack.card(1).clear_faults();
    let job = desk.last_job("dpu-01");
    assert_eq!(job["failure"]["step"], "Run post steps", "{job}");
    let id = job["row"]["id"].as_str().unwrap().to_owned();
    (rack, desk, id)
}

/// Nothing of the installation was done a second time.
fn installed_once(rack: &Rack) {
    let seen = rack.observed(1);
    let once = (
        seen.inserts,
        seen.imc_resets,
        seen.installs,
        seen.driver_unloads,
        seen.driver_loads,
        seen.registrations,
        seen.microshift_starts,
    );
    assert_eq!(once, (1, 1, 1, 1, 1, 1, 1), "{seen:?}");
}

#[test]
fn post_steps_go_on_where_they_failed_and_the_rest_is_refused_with_its_reason() {
    let (rack, desk, id) = failed_in_post_steps(Duration::from_millis(100));
    desk.run(&["job", "show", &id])
        .good()
        .says("may go on from: Check the card, Install and boot, Verify the image, Run post steps");
    let refused = desk.run(&["job", "retry", &id, "--from", "insert the ISO"]);
    refused
        .explains(4, "this job can't go on from `Insert the ISO`")
        .says("begin with `Check the card`");
    desk.run(&["job", "retry", &id, "--from", "Dance"])
        .explains(3, "this job has no step `Dance`")
        .says("Run post steps");
    let installed = nonce(&rack);
    assert_eq!(installed, id);

    desk.run(&["job", "retry", &id, "--from", "run post steps"])
        .good();
    installed_once(&rack);
    assert_eq!(
        nonce(&rack),
        installed,
        "it is still the first one's system"
    );
    let next = desk.last_job("dpu-01");
    let new = next["row"]["id"].as_str().unwrap();
    assert_ne!(new, id);
    assert_eq!(next["goes_on_after"], id.as_str());
    let shown = desk.run(&["job", "show", new]).good();
    shown.says(&format!("goes on with what job {} installed", &id[24..]));
    // What has succeeded needs no retry; and of the first one nothing is to be gone on with.
    desk.run(&["job", "retry", new, "--from", "Verify the image"])
        .explains(4, "it has succeeded");
    desk.run(&["job", "retry", &id, "--from", "Verify the image"])
        .explains(4, "came after it");
    // Its key was forgotten when it had succeeded.
    desk.run(&["job", "again", new, "--yes"])
        .explains(4, "this can't be deployed again; nothing was started")
        .says("the activation-key of this card is not kept here");
}

#[test]
fn a_retry_from_a_step_that_is_killed_goes_on_without_doing_anything_twice() {
    let (rack, desk, id) = failed_in_post_steps(Duration::from_millis(2_500));
    let running = desk.start(&["job", "retry", &id, "--from", "Run post steps"]);
    within_a_blink("the card is registered", || {
        (rack.observed(1).registrations == 1).then_some(())
    });
    running.kill();
    let running = desk.start(&["job", "run"]);
    within_a_blink("MicroShift was started", || {
        (rack.observed(1).microshift_starts == 1).then_some(())
    });
    running.kill();
    desk.run(&["job", "run"]).good();
    assert_eq!(desk.last_job("dpu-01")["row"]["outcome"], "succeeded");
    installed_once(&rack);
}

#[test]
fn a_deployment_is_made_anew_with_a_nonce_of_its_own() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::joined(&rack);
    let iso = "dpu-os-1.0.0.iso";
    let deploy = ["deploy", "dpu-01", "--iso", iso, "--domain", "lab.example"];
    desk.run(&[&deploy[..], &["--yes"]].concat()).good();
    let first = nonce(&rack);
    let plan = desk.run(&["job", "again", &first, "--plan"]).good();
    plan.says("Deploy dpu-os-1.0.0.iso to dpu-01 again")
        .says("warning: everything on the card's disk is lost")
        .says("it becomes dpu-01.lab.example");
    assert_eq!(rack.observed(1).installs, 1, "a plan does nothing");
    desk.run(&["job", "again", &first, "--yes"]).good();
    let second = nonce(&rack);
    assert_ne!(second, first);
    assert_eq!(rack.observed(1).installs, 2);
    let job = desk.last_job("dpu-01");
    assert_eq!(job["row"]["id"], second.as_str());
    assert_eq!(job["row"]["outcome"], "succeeded");
    let card = &desk.json(&["status", "dpu-01"])[0];
    assert_eq!(card["hostname"], "dpu-01.lab.example", "{card}");

    desk.run(&["upgrade", "dpu-01", "--yes"]).good();
    let upgrade = desk.last_job("dpu-01");
    let upgrade = upgrade["row"]["id"].as_str().unwrap();
    desk.run(&["job", "again", upgrade, "--yes"])
        .explains(4, "this job is no deployment, but `Upgrade`");
}
