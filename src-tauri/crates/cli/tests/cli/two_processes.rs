//! Several `slipctl` on one data folder: each job runs once, and everybody sees it.

use std::time::Duration;

use crate::support::{Desk, Rack, eventually, only_the_preparation_is_left};

#[test]
fn jobs_run_once_however_many_processes_run_them() {
    let rack = Rack::start(2, |config| {
        config.timings.installer = Duration::from_millis(800);
    });
    let desk = Desk::joined(&rack);
    let submit = |card: &str| {
        let words = [
            "deploy",
            card,
            "--iso",
            "dpu-os-1.0.0.iso",
            "--yes",
            "--no-wait",
        ];
        let ids = desk.json(&words);
        ids[0].as_str().unwrap().to_owned()
    };
    let first = submit("dpu-01");
    assert_eq!(
        desk.json(&["job", "show", &first])["row"]["step"],
        "Queued",
        "nobody runs it yet"
    );

    let follower = desk.start(&["--json", "job", "logs", &first, "--follow"]);
    let one = desk.start(&["job", "run"]);
    let other = desk.start(&["job", "run"]);
    eventually("the first one is under way", || {
        (rack.observed(1).inserts == 1).then_some(())
    });
    // Submitted while somebody runs: it is run too.
    let second = submit("dpu-02");
    one.end().good();
    other.end().good();

    let followed = follower.end().good().lines();
    let shown = desk.json(&["job", "show", &first]);
    assert_eq!(shown["row"]["outcome"], "succeeded");
    assert_eq!(
        &followed,
        shown["events"].as_array().unwrap(),
        "it saw every event once"
    );
    let second = desk.json(&["job", "show", &second]);
    assert_eq!(
        second["row"]["outcome"], "succeeded",
        "`job run` runs until nothing is left"
    );
    for card in [1, 2] {
        let seen = rack.observed(card);
        let once = (
            seen.inserts,
            seen.overrides,
            seen.imc_resets,
            seen.installs,
            seen.ejects,
        );
        assert_eq!(once, (1, 1, 1, 1, 1), "card {card}: {seen:?}");
    }
}

#[test]
fn a_job_goes_on_in_the_process_that_is_left() {
    let rack = Rack::start(1, |config| {
        config.timings.installer = Duration::from_millis(1500)
    });
    let desk = Desk::joined(&rack);
    let running = desk.start(&["deploy", "dpu-01", "--iso", "dpu-os-1.0.0.iso", "--yes"]);
    eventually("the IMC is reset", || {
        (rack.observed(1).imc_resets == 1).then_some(())
    });
    let waits = desk.start(&["--json", "job", "run"]);
    // Ctrl-C is no cancel: the job stays, and the other process takes it over at once.
    running.interrupt();
    running.end().exits(130).says("the jobs go on");
    let rows = waits.end().good().lines();
    assert_eq!(rows.last().unwrap()["jobs"][0]["outcome"], "succeeded");
    let seen = rack.observed(1);
    assert_eq!(
        (seen.inserts, seen.imc_resets, seen.installs),
        (1, 1, 1),
        "{seen:?}"
    );
}

#[test]
fn a_job_is_cancelled_from_another_process_and_cleans_up() {
    let rack = Rack::start(1, |config| {
        config.iso_ballast = 8 << 20;
        config.timings.fetch_bytes_per_second = Some(2 << 20);
    });
    let desk = Desk::joined(&rack);
    let running = desk.start(&[
        "--json",
        "deploy",
        "dpu-01",
        "--iso",
        "dpu-os-1.0.0.iso",
        "--yes",
    ]);
    eventually("the IMC downloads", || {
        (rack.observed(1).media_gets == 1).then_some(())
    });
    let id = desk.json(&["job", "list", "--active"])[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    desk.run(&["job", "cancel", &id]).good();
    let lines = running.end().exits(1).lines();
    let row = &lines.last().unwrap()["jobs"][0];
    assert_eq!(row["outcome"], "cancelled", "{row}");
    let job = desk.json(&["job", "show", &id]);
    only_the_preparation_is_left(&job["residue"]);
    assert_eq!(rack.observed(1).imc_resets, 0);
    let media = rack.block_on(rack.card(1).run_on_imc("ls /mnt/imc/acc-os.iso", b""));
    assert_ne!(media.exit, 0, "the ISO is not left on the IMC");
    desk.run(&["job", "cancel", &id])
        .exits(4)
        .says("this job has ended already");
    // And the card can be deployed.
    desk.run(&["job", "retry", &id]).good();
}
