//! A cluster file in the real window: opened by its path, its plan looked at, its cards deployed as
//! one batch in waves.

use std::path::Path;

use serde_json::Value;

use crate::{
    desktop::{Desktop, Shown},
    driver::Window,
};

/// Names of cards that run well, as the table shows them.
const WELL: &str = "return [...document.querySelectorAll(\"[data-testid^='row-dpu-']\")] \
    .filter((row) => row.textContent.includes('Current')) \
    .map((row) => row.dataset.testid.slice(4))";

async fn well(window: &Window, count: usize) -> Vec<String> {
    window.go("/cards?state=current").await;
    let mut names: Vec<String> = Vec::new();
    window
        .until("cards that run well", 60, async || {
            let found = window.script(WELL, vec![]).await;
            names = serde_json::from_value(found).unwrap_or_default();
            names.len() >= count
        })
        .await;
    names.truncate(count);
    names
}

/// As somebody has it who deploys with CDA: other names, and steps that a person must decide about.
fn cluster_yaml(lab: &Value, names: &[String]) -> String {
    let iso = lab["demo_iso"].as_str().unwrap();
    let mut text = format!(
        "clusters:\n- name: lab\n  kind: iso\n  network_api_port: cards7\n  install_iso: \"{iso}\"\n  masters:\n"
    );
    let cards = lab["cards"].as_array().unwrap();
    for (at, name) in names.iter().enumerate() {
        let card = cards.iter().find(|card| card["name"] == name.as_str());
        let imc = card.unwrap()["imc_redfish"].as_str().unwrap();
        text.push_str(&format!(
            "  - name: acc-{at}\n    node: localhost\n    type: ipu\n    bmc: \"{imc}\"\n    \
             ip: 10.0.0.{at}\n    mac: 00:08:00:01:03:0{at}\n"
        ));
    }
    text.push_str("  postconfig:\n  - name: microshift\n  - name: dpu_operator_dpu\n");
    text
}

async fn next(window: &Window) {
    window.click("[data-testid='wizard-next']").await;
}

async fn deployed_as_a_batch(window: &Window, data: &Path) {
    let desktop = Desktop::start(&["body", "actions"]).await;
    window.resize(1400, 900).await;
    window.go("/overview").await;
    window.click("[data-testid='try-lab']").await;
    let names = well(window, 3).await;
    let lab = std::fs::read(data.join("lab/lab.json")).unwrap();
    let lab: Value = serde_json::from_slice(&lab).unwrap();
    let file = data.join("cluster.yaml");
    std::fs::write(&file, cluster_yaml(&lab, &names)).unwrap();

    window.go("/cards").await;
    window.click("[data-testid='open-cluster']").await;
    window.paste("#cluster-file", file.to_str().unwrap()).await;
    next(window).await;
    window
        .wait_text("[data-testid='cluster-sentence']", "0 errors", 30)
        .await;
    window.picture("cluster-says").await;
    next(window).await;
    // One of the file's steps is left out by a person; the other is confirmed in the review.
    window.wait_for("[data-testid='refused-steps']").await;
    window.choose("#leave-microshift").await;
    window
        .wait_text(
            "[data-testid='cluster-card-acc-0']",
            "step dpu_operator_dpu was not yet run",
            30,
        )
        .await;
    let certificate = data.join("hub-ca.pem");
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    std::fs::write(&certificate, pem).unwrap();
    window
        .paste("#operator-registry", "registry.hub:5000")
        .await;
    let certificate = certificate.to_str().unwrap();
    window.paste("#operator-registry-ca", certificate).await;
    window.paste("#waves", "1").await;
    window.picture("cluster-cards").await;
    next(window).await;
    window
        .wait_text("[data-testid='plan-acc-0']", "registry.hub:5000", 30)
        .await;
    // The file asks for a network on a port that is not there: that is told, and left out.
    window
        .wait_text(
            "[data-testid='local-network']",
            "Slipway can't set up cards7 now",
            30,
        )
        .await;
    window.choose("#confirm-dpu_operator_dpu").await;
    window
        .until("the plan with the confirmed step", 30, async || {
            window.enabled("[data-testid='wizard-deploy']").await
        })
        .await;
    window.picture("cluster-review").await;
    window.click("[data-testid='wizard-deploy']").await;

    window.wait_for("[data-testid='batch-state']").await;
    window.wait_for("[data-testid='wave-2']").await;
    let first = format!("[data-testid='batch-card-{}']", names[0]);
    window.wait_text(&first, "Running", 60).await;
    window.picture("batch-running").await;
    window
        .until("the batch to end", 300, async || {
            window
                .exists("[data-testid='batch-state'][data-state='ended']")
                .await
        })
        .await;
    window
        .wait_text("[data-testid='batch-sentence']", "3 succeeded", 30)
        .await;
    window.picture("batch-ended").await;
    let shown = desktop.until("Deploy 3 cards").await;
    let Shown {
        title,
        body,
        urgency,
        ..
    } = &shown;
    assert_eq!(title, "Deploy 3 cards of cluster.yaml: ended");
    assert_eq!(body, "3 of 3 cards verified");
    assert_eq!(
        *urgency, 1,
        "all is well: it need not stay until it is read"
    );
    // Pressed, it shows the batch, wherever the window was.
    window.go("/cards").await;
    window.wait_for("[data-testid='open-cluster']").await;
    desktop.ends(&shown, true).await;
    window.wait_for("[data-testid='batch-sentence']").await;
    window.go("/jobs").await;
    window
        .wait_text("[data-testid^='batch-row-']", "3 succeeded", 30)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_file_is_deployed_as_a_batch_in_the_window() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let given = data.to_str().unwrap().to_owned();
    Window::with(
        "cluster-file",
        &["--data-dir", &given],
        |window| async move { deployed_as_a_batch(&window, &data).await },
    )
    .await;
}
