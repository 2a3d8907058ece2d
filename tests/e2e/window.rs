//! The main job, clicked through the real window: the lab is tried, a card is deployed, upgraded
//! and rolled back.
//!
//! `cargo xtask test` builds the app, puts a display and a keyring around this and runs it:
//! `SLIPWAY_APP` is the app's binary. It is no part of a plain `cargo test`.
#![expect(clippy::unwrap_used, reason = "a test's panic is its answer")]
#![expect(
    clippy::print_stderr,
    reason = "what the page said is printed where a test fails"
)]

mod add_cards;
mod cluster_iso;
mod clusters;
mod desktop;
mod driver;
mod isos;
mod network;
mod rack;
mod safety;
mod starting;
mod studio;
mod studio_scene;

use driver::Window;

/// The name of the first card whose ACC never answered.
async fn fresh_card(window: &Window) -> String {
    window.go("/cards?state=unknown").await;
    let row = window.wait_for("[data-testid^='row-dpu-']").await;
    let id = row.attr("data-testid").await.unwrap().unwrap();
    id.trim_start_matches("row-").to_owned()
}

async fn job_ends_well(window: &Window, shot: &str) {
    window.wait_for("[data-testid='job-outcome']").await;
    window.picture(&format!("{shot}-running")).await;
    window
        .wait_text("[data-testid='job-outcome']", "Succeeded", 240)
        .await;
    window.picture(shot).await;
}

async fn open_card(window: &Window, card: &str) {
    window.go("/cards").await;
    window.click(&format!("[data-testid='row-{card}'] a")).await;
    window.wait_for("[data-testid='action-deploy']").await;
}

/// An empty app says what it is, and offers the lab.
async fn try_the_lab(window: &Window) {
    window.go("/overview").await;
    window.click("[data-testid='try-lab']").await;
    window.go("/cards").await;
    window.wait_for("[data-testid='row-dpu-01']").await;
}

/// By the wizard: cards, ISO, settings, review, go.
async fn start_deployment(window: &Window, card: &str) {
    open_card(window, card).await;
    window.click("[data-testid='action-deploy']").await;
    window.wait_for("[data-testid='wizard-next']").await;
    window
        .until("the ISO step", 30, async || {
            window.exists("input[name='iso']").await || {
                window.click("[data-testid='wizard-next']").await;
                false
            }
        })
        .await;
    window.choose("input[name='iso']").await;
    window
        .until("the review", 30, async || {
            window.exists("[data-testid='wizard-deploy']").await || {
                window.click("[data-testid='wizard-next']").await;
                false
            }
        })
        .await;
    window
        .wait_for(&format!("[data-testid='plan-{card}']"))
        .await;
    window.picture("deploy-review").await;
    window.click("[data-testid='wizard-deploy']").await;
}

async fn the_main_job(window: &Window) {
    // The README's pictures are of this window: `cargo xtask pictures`.
    window.resize(1400, 900).await;
    try_the_lab(window).await;
    window
        .wait_text("[data-testid='row-dpu-01']", "Current", 60)
        .await;
    window.picture("cards").await;
    window.go("/overview").await;
    window
        .wait_text(
            "[data-testid='overview-sentence']",
            "of 24 cards current",
            30,
        )
        .await;
    window.picture("overview").await;

    let card = fresh_card(window).await;
    start_deployment(window, &card).await;
    job_ends_well(window, "deployment").await;

    // Upgrade: 1.0.0 to 1.1.0, on the card's page.
    open_card(window, &card).await;
    window
        .wait_text("[data-testid='booted-version']", "1.0.0", 60)
        .await;
    window
        .until("the upgrade to be offered", 60, async || {
            window.enabled("[data-testid='action-upgrade']").await
        })
        .await;
    window.click("[data-testid='action-upgrade']").await;
    window.wait_for("[data-testid='confirm']").await;
    window.picture("upgrade-confirm").await;
    window.click("[data-testid='confirm']").await;
    job_ends_well(window, "upgrade").await;
    open_card(window, &card).await;
    window
        .wait_text("[data-testid='booted-version']", "1.1.0", 60)
        .await;
    window.picture("card").await;

    // And back.
    window
        .until("the rollback to be offered", 60, async || {
            window.enabled("[data-testid='action-rollback']").await
        })
        .await;
    window.click("[data-testid='action-rollback']").await;
    window.click("[data-testid='confirm']").await;
    job_ends_well(window, "rollback").await;
    open_card(window, &card).await;
    window
        .wait_text("[data-testid='booted-version']", "1.0.0", 60)
        .await;

    window.go("/isos").await;
    window.wait_for("[data-testid^='iso-row-']").await;
    window.picture("isos").await;
    window.go("/jobs").await;
    window
        .wait_for(&format!("[data-testid='job-row-{card}']"))
        .await;
    window.picture("jobs").await;
    window.go("/settings/trust").await;
    window.wait_text("body", "SHA256:", 30).await;
    window.picture("trust").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_deployed_upgraded_and_rolled_back_in_the_window() {
    Window::with("main-job", &[], |window| async move {
        the_main_job(&window).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_cancelled_in_the_window_cleans_up_and_can_be_started_again() {
    Window::with("cancel", &[], |window| async move {
        try_the_lab(&window).await;
        let card = fresh_card(&window).await;
        start_deployment(&window, &card).await;
        window.wait_for("[data-testid='job-outcome']").await;
        window.click("[data-testid='action-cancel']").await;
        window.click("[data-testid='confirm']").await;
        window
            .wait_text("[data-testid='job-outcome']", "Cancelled", 120)
            .await;
        window.picture("cancelled").await;
        // The card is free again, and the same deployment can be had by one click.
        window.click("[data-testid='action-retry']").await;
        job_ends_well(&window, "after-cancel").await;
        open_card(&window, &card).await;
        window
            .wait_text("[data-testid='booted-version']", "1.0.0", 60)
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_folder_that_is_none_is_explained_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("slipway.db"),
        b"this is no database at all, but it was here first",
    )
    .unwrap();
    let data = dir.path().to_str().unwrap().to_owned();
    Window::with(
        "broken-folder",
        &["--data-dir", &data],
        |window| async move {
            window
                .wait_text("body", "is not a Slipway database", 30)
                .await;
            window.picture("broken-folder").await;
        },
    )
    .await;
    let kept = std::fs::read(dir.path().join("slipway.db")).unwrap();
    assert!(kept.starts_with(b"this is no database"));
}
