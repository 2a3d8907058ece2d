//! Many cards at once: waves, failures that stop a batch, pause, cancel, retry, and a kill in the
//! middle. What was really done to a card the lab has counted.

use std::{collections::HashMap, time::Duration};

use serde_json::{Value, json};
use slipway_lab::{Fault, FleetMix, LabConfig};

use crate::support::{Desk, Rack, eventually, golden, only_the_preparation_is_left};

const ISO: &str = "dpu-os-1.0.0.iso";

/// `deploy` of the first cards of the rack.
fn deploy<'a>(cards: &'a [String], options: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["--json", "deploy"];
    words.extend(cards.iter().map(String::as_str));
    words.extend(["--iso", ISO, "--yes"]);
    words.extend(options);
    words
}

fn names(cards: usize) -> Vec<String> {
    (1..=cards).map(|card| format!("dpu-{card:02}")).collect()
}

/// The one batch of the desk.
fn only_batch(desk: &Desk) -> Value {
    let list = desk.json(&["batch", "list"]);
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 1, "{list:?}");
    list[0].clone()
}

fn counts(batch: &Value) -> HashMap<String, i64> {
    let counts = batch["row"]["counts"].as_object().unwrap();
    let some = counts.iter().filter(|(_, count)| **count != json!(0));
    some.map(|(what, count)| (what.clone(), count.as_i64().unwrap()))
        .collect()
}

fn are(wanted: &[(&str, i64)]) -> HashMap<String, i64> {
    let pairs = wanted
        .iter()
        .map(|(what, count)| ((*what).to_owned(), *count));
    pairs.collect()
}

fn card<'a>(batch: &'a Value, name: &str) -> &'a Value {
    let cards = batch["cards"].as_array().unwrap();
    cards.iter().find(|card| card["name"] == name).unwrap()
}

/// So long that another command comes before the first card's end, on a busy machine too.
fn slow_installer(config: &mut LabConfig) {
    config.timings.installer = Duration::from_secs(5);
}

/// Nothing was done to these cards twice.
fn each_once(rack: &Rack, cards: impl IntoIterator<Item = usize>) {
    for number in cards {
        let seen = rack.observed(number);
        let once = (
            seen.inserts,
            seen.media_gets,
            seen.overrides,
            seen.imc_resets,
            seen.installs,
            seen.ejects,
        );
        assert_eq!(once, (1, 1, 1, 1, 1, 1), "card {number}: {seen:?}");
    }
}

#[test]
fn six_cards_in_waves_are_deployed_from_one_iso() {
    let rack = Rack::start(6, |_| {});
    let desk = Desk::joined(&rack);
    let cards = names(6);
    let words = deploy(&cards, &["--waves", "1,3,rest", "--at-once", "2"]);
    let lines = desk.run(&words).good().lines();
    let last = lines.last().unwrap();
    let batch = &last["batch"];
    assert_eq!(batch["row"]["state"], json!({ "name": "ended" }), "{batch}");
    assert_eq!(counts(batch), are(&[("cards", 6), ("succeeded", 6)]));
    assert_eq!(last["jobs"].as_array().unwrap().len(), 6);
    each_once(&rack, 1..=6);
    for name in &cards {
        assert_eq!(desk.card(name)["row"]["version"], "1.0.0", "{name}");
    }

    // By the events of all jobs: never more than two, and never a wave before the one before it.
    let wave_of: HashMap<&str, i64> = batch["cards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|card| {
            let job = card["job"]["id"].as_str().unwrap();
            (job, card["wave"].as_i64().unwrap())
        })
        .collect();
    let mut running: Vec<&str> = Vec::new();
    let (mut most, mut wave, mut files) = (0, 0, Vec::new());
    for event in lines.iter().filter(|line| line["job"].is_string()) {
        let job = event["job"].as_str().unwrap();
        match event["kind"].as_str().unwrap() {
            "submitted" => {
                assert!(wave_of[job] >= wave, "wave {wave} had begun: {event}");
                if wave_of[job] > wave {
                    assert!(running.is_empty(), "the wave before still runs: {event}");
                    wave = wave_of[job];
                }
                running.push(job);
                most = most.max(running.len());
            }
            "succeeded" => running.retain(|other| *other != job),
            _ => {
                let text = event["text"].as_str().unwrap();
                let file = text.strip_prefix("asked the IMC to insert ");
                files.extend(file.map(str::to_owned));
            }
        }
    }
    assert_eq!((most, wave), (2, 3));
    // One ISO; only the card's own part differs.
    let base = |file: &String| file.rsplit_once('-').unwrap().0.to_owned();
    assert_eq!(files.len(), 6, "{files:?}");
    assert!(
        files.iter().all(|file| base(file) == base(&files[0])),
        "{files:?}"
    );

    let told = lines.iter().filter(|line| line["batch"].is_string());
    let states: Vec<&str> = told
        .map(|line| line["state"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(states.last(), Some(&"ended"));
}

#[test]
fn two_failures_stop_the_batch_and_it_says_who_and_why() {
    let rack = Rack::start(5, |_| {});
    let desk = Desk::joined(&rack);
    for card in [2, 3] {
        rack.card(card).inject(Fault::RefuseInsert);
    }
    let cards = names(5);
    let words = deploy(&cards, &["--at-once", "1"]);
    // For people.
    let ran = desk.run(&words[1..]).exits(1);
    let at = ran.out.rfind("Deploy dpu-os").unwrap();
    golden("batch-stopped", &ran.out[at..]);

    let row = only_batch(&desk);
    let id = row["id"].as_str().unwrap();
    let batch = desk.json(&["batch", "show", id]);
    let stopped = json!({ "why": "failures", "count": 2 });
    assert_eq!(batch["row"]["state"]["name"], "stopped");
    assert_eq!(batch["row"]["state"]["because"], stopped);
    let wanted = [
        ("cards", 5),
        ("succeeded", 1),
        ("failed", 2),
        ("waiting", 2),
    ];
    assert_eq!(counts(&batch), are(&wanted));
    for name in ["dpu-02", "dpu-03"] {
        assert_eq!(card(&batch, name)["failure"]["step"], "Insert the ISO");
    }
    for name in ["dpu-04", "dpu-05"] {
        let why = &card(&batch, name)["why_no_job"];
        assert_eq!(why, "not started: 2 cards failed", "{batch}");
    }
    assert_eq!((rack.observed(4).inserts, rack.observed(5).inserts), (0, 0));
    golden("batch-list", &desk.run(&["batch", "list"]).good().out);
    let pause = desk.run(&["batch", "pause", id]);
    pause.explains(4, "it starts no card as it is");
    desk.run(&["iso", "remove", ISO])
        .explains(4, "cards of a batch wait for this ISO");

    // The faults are gone: the failed ones get new jobs, the others their first.
    let short = &id[24..];
    let lines = desk
        .run(&["--json", "batch", "retry", short])
        .good()
        .lines();
    let batch = &lines.last().unwrap()["batch"];
    assert_eq!(counts(batch), are(&[("cards", 5), ("succeeded", 5)]));
    for (name, tries) in [("dpu-01", 0), ("dpu-02", 1), ("dpu-03", 1), ("dpu-04", 0)] {
        let earlier = card(batch, name)["earlier"].as_array().unwrap();
        assert_eq!(earlier.len(), tries, "{name}");
    }
    each_once(&rack, [1, 4, 5]);
    assert_eq!(rack.observed(2).installs, 1);
    for action in ["retry", "resume", "cancel", "pause"] {
        desk.run(&["batch", action, id])
            .explains(4, "this batch can't be ");
    }
    desk.run(&["batch", "show", "nothing"])
        .explains(3, "there is no batch `nothing`");
}

#[test]
fn a_canary_that_fails_keeps_the_others_from_being_touched() {
    let rack = Rack::start(3, |_| {});
    let desk = Desk::joined(&rack);
    rack.card(1).inject(Fault::RefuseInsert);
    let cards = names(3);
    let words = deploy(&cards, &["--waves", "1,rest"]);
    let lines = desk.run(&words).exits(1).lines();
    let batch = &lines.last().unwrap()["batch"];
    assert_eq!(batch["row"]["state"]["because"]["why"], "whole_wave");
    assert_eq!((rack.observed(2).inserts, rack.observed(3).inserts), (0, 0));
    // Whoever has looked lets it go on without the canary.
    let id = batch["row"]["id"].as_str().unwrap();
    let lines = desk
        .run(&["--json", "batch", "resume", id])
        .exits(1)
        .lines();
    let batch = &lines.last().unwrap()["batch"];
    let wanted = [("cards", 3), ("succeeded", 2), ("failed", 1)];
    assert_eq!(counts(batch), are(&wanted));
    each_once(&rack, [2, 3]);
}

#[test]
fn a_paused_batch_starts_nothing_until_it_is_resumed() {
    let rack = Rack::start(2, slow_installer);
    let desk = Desk::joined(&rack);
    let cards = names(2);
    let running = desk.start(&deploy(&cards, &["--at-once", "1"]));
    eventually("the first card is under way", || {
        (rack.observed(1).inserts == 1).then_some(())
    });
    let id = only_batch(&desk)["id"].as_str().unwrap().to_owned();
    let paused = desk.run(&["batch", "pause", &id]).good();
    paused.says("what runs goes on; nothing more is started");
    // It ends when its last job has: nothing would happen any more.
    let lines = running.end().exits(1).lines();
    let batch = &lines.last().unwrap()["batch"];
    assert_eq!(batch["row"]["state"]["name"], "paused");
    let wanted = [("cards", 2), ("succeeded", 1), ("waiting", 1)];
    assert_eq!(counts(batch), are(&wanted));
    desk.run(&["job", "run"]).good().says("nothing is queued");
    assert_eq!(rack.observed(2).inserts, 0);
    desk.run(&["batch", "resume", &id]).good();
    each_once(&rack, 1..=2);
}

#[test]
fn a_batch_goes_on_after_a_kill_and_nothing_is_done_twice() {
    let rack = Rack::start(4, |config| {
        slow_installer(config);
        // Away for longer than a look takes: its uptime tells whether it was reset.
        config.timings.imc_reset = Duration::from_millis(1500);
    });
    let desk = Desk::joined(&rack);
    let cards = names(4);
    let words = deploy(&cards, &["--at-once", "2"]);
    let running = desk.start(&words);
    eventually("two cards were reset", || {
        let resets = |card| rack.observed(card).imc_resets == 1;
        (resets(1) && resets(2)).then_some(())
    });
    running.kill();
    let id = only_batch(&desk)["id"].as_str().unwrap().to_owned();
    let batch = desk.json(&["batch", "show", &id]);
    let wanted = [("cards", 4), ("running", 2), ("waiting", 2)];
    assert_eq!(counts(&batch), are(&wanted));
    let before: Vec<Value> = ["dpu-01", "dpu-02"]
        .map(|name| card(&batch, name)["job"]["id"].clone())
        .into();

    let lines = desk.run(&["--json", "job", "run"]).good().lines();
    let jobs = lines.last().unwrap()["jobs"].as_array().unwrap().len();
    assert_eq!(jobs, 4, "those that the batch submitted meanwhile too");
    let batch = desk.json(&["batch", "show", &id]);
    assert_eq!(counts(&batch), are(&[("cards", 4), ("succeeded", 4)]));
    for (name, job) in ["dpu-01", "dpu-02"].into_iter().zip(&before) {
        assert_eq!(&card(&batch, name)["job"]["id"], job, "the same job");
    }
    each_once(&rack, 1..=4);
    assert_eq!(desk.json(&["job", "list"]).as_array().unwrap().len(), 4);
}

#[test]
fn a_cancelled_batch_cleans_up_and_names_what_never_began() {
    let rack = Rack::start(3, |config| {
        config.iso_ballast = 8 << 20;
        config.timings.fetch_bytes_per_second = Some(1 << 20);
    });
    let desk = Desk::joined(&rack);
    let cards = names(3);
    let running = desk.start(&deploy(&cards, &["--at-once", "1"]));
    eventually("the IMC downloads", || {
        (rack.observed(1).media_gets == 1).then_some(())
    });
    let id = only_batch(&desk)["id"].as_str().unwrap().to_owned();
    // From another process, which waits for the residue.
    let told = desk.run(&["batch", "cancel", &id]).exits(1);
    told.says("dpu-01: cancelled")
        .says("dpu-02: the batch was cancelled before its turn came");
    let lines = running.end().exits(1).lines();
    let batch = &lines.last().unwrap()["batch"];
    assert_eq!(batch["row"]["state"]["name"], "cancelled");
    let wanted = [("cards", 3), ("cancelled", 1), ("not_started", 2)];
    assert_eq!(counts(batch), are(&wanted));
    only_the_preparation_is_left(&card(batch, "dpu-01")["residue"]);
    let media = rack.block_on(rack.card(1).run_on_imc("ls /mnt/imc/acc-os.iso", b""));
    assert_ne!(media.exit, 0, "the ISO is not left on the IMC");
    assert_eq!(rack.observed(1).imc_resets, 0);
    assert_eq!((rack.observed(2).inserts, rack.observed(3).inserts), (0, 0));
}

#[test]
fn a_busy_card_waits_its_turn_and_is_named() {
    let rack = Rack::start(2, slow_installer);
    let desk = Desk::joined(&rack);
    let cards = names(2);
    let running = desk.start(&deploy(&cards, &["--at-once", "1"]));
    eventually("the first card is under way", || {
        (rack.observed(1).inserts == 1).then_some(())
    });
    // Somebody else is faster: its turn has not come yet.
    let mut words = deploy(&cards[1..], &["--no-wait"]);
    words.remove(0);
    let other = desk.run(&words).good().out.trim().to_owned();
    let id = only_batch(&desk)["id"].as_str().unwrap().to_owned();
    let batch = desk.json(&["batch", "show", &id]);
    let why = card(&batch, "dpu-02")["why_no_job"].as_str().unwrap();
    let wanted = format!("job {} runs on this card; it waits its turn", &other[24..]);
    assert_eq!(why, wanted);
    let lines = running.end().good().lines();
    let batch = &lines.last().unwrap()["batch"];
    assert_eq!(counts(batch), are(&[("cards", 2), ("succeeded", 2)]));
    assert_eq!(rack.observed(2).installs, 2, "one for each that asked");
}

#[test]
fn several_cards_are_upgraded_as_one_batch() {
    let rack = Rack::start(4, |config| config.fleet = FleetMix::Installed);
    let desk = Desk::joined(&rack);
    let upgrade = ["upgrade", "dpu-02", "dpu-04", "--yes"];
    // All or none, as with a deployment: an odd card runs the newest.
    desk.run(&["upgrade", "dpu-01", "dpu-02", "--yes"])
        .explains(4, "dpu-01: the card runs the newest image");
    assert_eq!(desk.json(&["batch", "list"]), json!([]));
    desk.run(&["upgrade", "dpu-02", "dpu-04", "--yes", "--at-once", "0"])
        .explains(2, "at least 1 card at once");
    let mut words = vec!["--json"];
    words.extend(upgrade);
    let lines = desk.run(&words).good().lines();
    let batch = &lines.last().unwrap()["batch"];
    assert_eq!(batch["row"]["name"], "Upgrade 2 cards");
    assert_eq!(counts(batch), are(&[("cards", 2), ("succeeded", 2)]));
    for (number, name) in [(2, "dpu-02"), (4, "dpu-04")] {
        assert_eq!(desk.card(name)["row"]["version"], "1.1.0");
        assert_eq!(rack.observed(number).upgrades, 1);
    }
    assert_eq!(rack.observed(1).upgrades, 0);
}

#[test]
fn a_batch_that_nobody_waits_for_is_run_by_the_next() {
    let rack = Rack::start(2, |_| {});
    let desk = Desk::joined(&rack);
    let cards = names(2);
    let told = desk.run(&deploy(&cards, &["--no-wait"])).good().json();
    let id = told["batch"].as_str().unwrap();
    let batch = desk.json(&["batch", "show", id]);
    assert_eq!(batch["row"]["sentence"], "Waiting: 2 waiting");
    desk.run(&["job", "run"]).good();
    let batch = desk.json(&["batch", "show", id]);
    assert_eq!(batch["row"]["sentence"], "Ended: 2 succeeded");
    each_once(&rack, 1..=2);
}
