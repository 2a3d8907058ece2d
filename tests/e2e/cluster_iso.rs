//! A cluster file with an `iso_builder` section in the real window: its ISO is built first, as a job of
//! its own, and then the card is deployed with what came out. Everything is real but the card.

use std::{path::Path, process::Command};

use crate::{
    driver::Window,
    rack::{Rack, slipctl},
    studio_scene::{Studio, anaconda},
};

fn run_slipctl(data: &Path, words: &[&str]) -> String {
    let mut command = Command::new(slipctl());
    command.arg("--data-dir").arg(data).args(words);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The section names its kickstart and where its ISO goes by paths beside the file, as CDA's do.
fn cluster_yaml(studio: &Studio, rack: &Rack, registry: &str) {
    let base = anaconda::base(&studio.at("base"), anaconda::Layout::EfiFile);
    let kickstart = run_slipctl(&studio.at("data"), &["kickstart", "render"]);
    std::fs::write(studio.at("my.ks"), kickstart).unwrap();
    std::fs::create_dir(studio.at("out")).unwrap();
    let cards = rack.cards();
    let text = |name: &str| cards[0][name].as_str().unwrap();
    let file = format!(
        "clusters:\n- name: lab\n  kind: iso\n  network_api_port: eno1\n  install_iso: never.iso\n  masters:\n  \
         - name: acc-1\n    node: localhost\n    kind: dpu\n    \
         bmc: {{url: \"{imc}\", user: \"{user}\", password: \"{password}\"}}\n    \
         ip: 10.0.0.7\n    mac: 00:08:00:01:03:18\n  preconfig:\n  - name: iso_builder\n    \
         image_mode_url: \"{registry}/lab/dpu-os:stable\"\n    input_iso: {base}\n    kickstart: my.ks\n    \
         iso_kargs: \"ip=192.168.0.2:::255.255.255.0::enp0s1f0:off \
         netroot=iscsi:192.168.0.1::::iqn.e2000:acc acpi=force\"\n    final_iso_name: out/made.iso\n",
        imc = text("imc_redfish"),
        user = text("imc_user"),
        password = text("imc_password"),
        base = anaconda::text(&base),
    );
    std::fs::write(studio.at("cluster.yaml"), file).unwrap();
}

/// Follows the link to what belongs to the job, and waits until that has succeeded.
async fn follow(window: &Window, term: &str, title: &str) {
    let press = "const [term] = arguments; \
        const found = [...document.querySelectorAll(\"[data-testid='job-links'] dt\")] \
            .find((one) => one.textContent.trim() === term); \
        const link = found?.parentElement.querySelector('a'); \
        link?.click(); return Boolean(link)";
    window
        .until(&format!("the link to {term}"), 60, async || {
            window.script(press, vec![term.into()]).await == true
        })
        .await;
    window.wait_text("h1", title, 30).await;
    window
        .wait_text("[data-testid='job-outcome']", "Succeeded", 120)
        .await;
}

async fn built_and_deployed(window: &Window, studio: &Studio) {
    window.resize(1400, 900).await;
    window.go("/deploy/file").await;
    let file = studio.at("cluster.yaml");
    window.paste("#cluster-file", file.to_str().unwrap()).await;
    for _ in 0..3 {
        window.click("[data-testid='wizard-next']").await;
    }
    window
        .wait_text("main", "made.iso is built first", 30)
        .await;
    window
        .wait_text("[data-testid='plan-acc-1']", "by the ISO studio", 30)
        .await;
    window.picture("cluster-iso-review").await;
    assert!(!studio.at("out/made.iso").exists(), "a plan builds nothing");
    window.click("[data-testid='wizard-deploy']").await;

    window.wait_text("h1", "Cluster deployment", 30).await;
    let waiting = window.script("return window.location.hash", vec![]).await;
    let waiting = waiting.as_str().unwrap().trim_start_matches('#');
    window.picture("cluster-iso-waiting").await;
    follow(window, "The ISO", "ISO build of made.iso").await;
    window.picture("cluster-iso-built").await;
    assert!(studio.at("out/made.iso").exists());
    window.go(waiting).await;
    window
        .wait_text("[data-testid='job-outcome']", "Succeeded", 60)
        .await;
    follow(window, "The deployment", "Deployment of").await;
    window.picture("cluster-iso-deployed").await;
    window.go("/isos").await;
    let row = "[data-testid='iso-row-made.iso']";
    window.wait_text(row, "its job", 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_iso_of_a_cluster_file_is_built_and_deployed_in_the_window() {
    let Some(studio) = Studio::open() else { return };
    let Some(registry) = studio.registry(None) else {
        return;
    };
    let oci = studio.at("oci");
    anaconda::oci_dir(&oci, "aarch64", 1000);
    registry.push(&oci, "lab/dpu-os:stable", None);
    let rack = Rack::start(1).await;
    let data = studio.at("data");
    let dir = rack.dir();
    run_slipctl(&data, &["lab", "add", "--dir", dir.to_str().unwrap()]);
    cluster_yaml(&studio, &rack, &registry.host);
    let args = ["--data-dir", data.to_str().unwrap()];
    Window::with("cluster-iso", &args, |window| async move {
        built_and_deployed(&window, &studio).await;
    })
    .await;
}
