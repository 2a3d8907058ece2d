//! Faults, trust and what is kept from run to run.
#![expect(
    clippy::unwrap_used,
    reason = "in helpers of tests, which clippy takes for other code"
)]

#[path = "common/asking.rs"]
mod asking;
mod common;

use std::time::Duration;

use axum::body::Bytes;
use common::{Imc, MediaServer, folder, until};
use serde_json::{Value, json};
use slipway_lab::{Fault, FleetMix, Lab, LabConfig, LabInventory};

const SLOT: &str = "/redfish/v1/Systems/1/VirtualMedia/1";
const SYSTEM: &str = "/redfish/v1/Systems/1";

struct Bench {
    lab: Lab,
    imc: Imc,
    media: MediaServer,
    url: String,
    _dir: tempfile::TempDir,
}

async fn bench() -> Bench {
    let (dir, path) = folder();
    let lab = Lab::start(LabConfig::test(1, path)).await.unwrap();
    let imc = Imc::new(&lab.inventory().cards[0]);
    let media = MediaServer::start(vec![("/a.iso".into(), Bytes::from(vec![1; 500_000]))]);
    let url = format!("{}/a.iso", media.base);
    Bench {
        lab,
        imc,
        media,
        url,
        _dir: dir,
    }
}

impl Bench {
    async fn trust(&self) {
        let anchor = "tee /etc/pki/ca-trust/source/anchors/a.pem && update-ca-trust";
        let ca = self.media.ca.as_bytes();
        assert_eq!(self.lab.card(1).run_on_imc(anchor, ca).await.exit, 0);
    }

    /// `TaskState` and the message of an insert.
    async fn insert(&self) -> (String, String) {
        let task = self.imc.insert(&self.url).await;
        let task = self.imc.ended(&task).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (
            text(&task["TaskState"]),
            text(&task["Messages"][0]["Message"]),
        )
    }
}

#[tokio::test]
async fn a_server_is_trusted_only_after_update_ca_trust_and_by_the_imcs_own_clock() {
    let bench = bench().await;
    let card = bench.lab.card(1);
    let refused = "Virtual Media insert failed: Data transfer failed: SSL peer certificate or SSH remote key was not OK";
    let exception = ("Exception".to_owned(), refused.to_owned());
    assert_eq!(bench.insert().await, exception);
    let anchor = "tee /etc/pki/ca-trust/source/anchors/a.pem";
    card.run_on_imc(anchor, bench.media.ca.as_bytes()).await;
    assert_eq!(bench.insert().await, exception, "not in force yet");
    card.run_on_imc("update-ca-trust", b"").await;
    card.inject(Fault::ClockSkew);
    assert_eq!(
        bench.insert().await,
        exception,
        "years before the certificate"
    );
    let now = jiff::Timestamp::now().as_second();
    let set = card.run_on_imc(&format!("date -s @{now}"), b"").await;
    assert_eq!(set.exit, 0);
    assert_eq!(bench.insert().await.0, "Completed");
    assert_eq!(bench.media.seen(), ["HEAD /a.iso", "GET /a.iso"]);
    bench.lab.stop().await;
}

#[tokio::test]
async fn an_imc_that_restarts_in_the_middle_keeps_the_part_and_appends_to_it() {
    let bench = bench().await;
    bench.trust().await;
    let card = bench.lab.card(1);
    card.inject(Fault::ImcGoneMidDownload);
    bench.imc.insert(&bench.url).await;
    let size = || async {
        let stat = card.run_on_imc("stat -c %s /mnt/imc/acc-os.iso", b"").await;
        String::from_utf8_lossy(&stat.stdout).trim().to_owned()
    };
    until("the IMC to come back without its Tasks", || async {
        let tasks = "/redfish/v1/TaskService/Tasks";
        let answer = bench.imc.authorised("GET", tasks).send().await.ok()?;
        let tasks: Value = answer.json().await.ok()?;
        (tasks["Members@odata.count"] == 0).then_some(())
    })
    .await;
    assert_eq!(size().await, "200000");
    assert_eq!(bench.imc.get(SLOT).await["Inserted"], false);
    assert_eq!(bench.insert().await.0, "Completed");
    assert_eq!(size().await, "700000", "the known bug: appended");
    card.run_on_imc("rm -f /mnt/imc/acc-os.iso", b"").await;
    assert_eq!(bench.insert().await.0, "Completed");
    assert_eq!(size().await, "500000");
    bench.lab.stop().await;
}

#[tokio::test]
async fn redfish_that_is_off_refuses_connections_until_it_is_started_on_the_imc() {
    let bench = bench().await;
    let card = bench.lab.card(1);
    let get = || bench.imc.authorised("GET", SYSTEM).send();
    assert_eq!(get().await.unwrap().status(), 200);
    card.inject(Fault::RedfishOff);
    until("Redfish to be gone", || async { get().await.err() }).await;
    assert!(card.imc_is_up(), "the IMC itself is there");
    let unit = card.run_on_imc("systemctl is-active redfish", b"").await;
    assert_eq!((unit.exit, unit.stdout.as_slice()), (3, &b"inactive\n"[..]));
    let issue = card.run_on_imc("cat /etc/issue", b"").await;
    assert!(String::from_utf8_lossy(&issue.stdout).contains("Version: 2.0.0"));
    card.run_on_imc("systemctl restart redfish", b"").await;
    until("Redfish to answer", || async { get().await.ok() }).await;
    bench.lab.stop().await;
}

#[tokio::test]
async fn a_card_as_shipped_has_no_redfish_until_it_is_set_up_and_shows_what_was_given_to_it() {
    let bench = bench().await;
    let card = bench.lab.card(1);
    let get = || bench.imc.authorised("GET", SYSTEM).send();
    assert_eq!(get().await.unwrap().status(), 200);
    let keep = "mkdir /work/kept && cp /work/redfish/certs/server.* /work/kept/";
    assert_eq!(card.run_on_imc(keep, b"").await.exit, 0);
    card.inject(Fault::RedfishAsShipped);
    until("Redfish to be gone", || async { get().await.err() }).await;
    let started = card.run_on_imc("systemctl restart redfish", b"").await;
    let words = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(
        started.exit == 1 && words.contains("does not exist"),
        "{words}"
    );
    let copy = "cp /etc/imc-redfish-configuration.json /work/redfish/";
    assert_eq!(card.run_on_imc(copy, b"").await.exit, 0);
    let hash = "bash /usr/bin/ipu-redfish-generate-password-hash.sh";
    let said = card.run_on_imc(hash, b"lab-imc-password\n").await;
    assert_eq!(said.exit, 0, "{}", String::from_utf8_lossy(&said.stderr));
    let certs = "mkdir -p -m 700 /work/redfish/certs && cp /work/kept/server.* /work/redfish/certs/ \
                 && systemctl restart redfish && stat -c %a /work/redfish/certs";
    let started = card.run_on_imc(certs, b"").await;
    let words = String::from_utf8_lossy(&started.stderr).into_owned();
    assert_eq!(
        (started.exit, &started.stdout[..]),
        (0, &b"700\n"[..]),
        "{words}"
    );
    until("Redfish to answer", || async { get().await.ok() }).await;
    bench.lab.stop().await;
}

#[tokio::test]
async fn the_service_root_has_the_name_that_the_imcs_configuration_gives_it() {
    let bench = bench().await;
    let card = bench.lab.card(1);
    let name = async || bench.imc.get("/redfish/v1").await["Name"].clone();
    assert_eq!(name().await, "Intel IPU Redfish Service");
    card.inject(Fault::RootRenamed);
    assert_eq!(name().await, "rack 7");
    let configuration = "/work/redfish/imc-redfish-configuration.json";
    let write = format!("tee {configuration}");
    card.run_on_imc(&write, br#"{"service": "slot 2"}"#).await;
    assert_eq!(name().await, "slot 2");
    card.clear_faults();
    assert_eq!(name().await, "Intel IPU Redfish Service");
    bench.lab.stop().await;
}

#[tokio::test]
async fn faults_of_the_redfish_service() {
    let bench = bench().await;
    bench.trust().await;
    let (card, imc) = (bench.lab.card(1), &bench.imc);
    card.inject_times(Fault::Redfish503, 2);
    for expected in [503, 503, 200] {
        let answer = imc.authorised("GET", SYSTEM).send().await.unwrap();
        assert_eq!(answer.status(), expected);
    }
    card.inject(Fault::HalfJson);
    let read = match imc.authorised("GET", SYSTEM).send().await {
        Ok(answer) => answer.bytes().await,
        Err(error) => Err(error),
    };
    assert!(read.is_err(), "it breaks off");
    card.inject(Fault::RefuseInsert);
    let insert = format!("{SLOT}/Actions/VirtualMedia.InsertMedia");
    let body = json!({"Image": bench.url, "TransferMethod": "Upload"});
    assert_eq!(imc.send("POST", &insert, &body).await.status(), 400);
    card.inject(Fault::TaskException);
    assert_eq!(bench.insert().await.0, "Exception");
    card.inject(Fault::NeverInserted);
    assert_eq!(bench.insert().await.0, "Completed");
    assert_eq!(imc.get(SLOT).await["Inserted"], false);
    card.inject(Fault::WrongImageName);
    bench.insert().await;
    assert_eq!(imc.get(SLOT).await["ImageName"], "another.iso");
    card.inject(Fault::StaleInserted);
    assert_eq!(imc.get(SLOT).await["ImageName"], "stale-installer.iso");
    card.inject(Fault::ImcDiskFull);
    let (state, message) = bench.insert().await;
    assert_eq!(state, "Exception");
    assert!(message.ends_with("Failed writing received data to disk/application"));
    card.clear_faults();
    card.inject(Fault::OverrideLost);
    let boot = json!({"Boot": {
        "BootSourceOverrideEnabled": "Continuous",
        "BootSourceOverrideTarget": "Cd",
    }});
    assert_eq!(imc.send("PATCH", SYSTEM, &boot).await.status(), 204);
    let read = imc.get(SYSTEM).await;
    assert_eq!(read["Boot"]["BootSourceOverrideTarget"], "None");
    card.inject(Fault::ResetRefused);
    let reset = "/redfish/v1/Managers/1/Actions/Manager.Reset";
    let body = json!({"ResetType": "ForceRestart"});
    assert_eq!(imc.send("POST", reset, &body).await.status(), 500);
    card.inject(Fault::TlsCertificateChanged);
    assert!(
        imc.authorised("GET", SYSTEM).send().await.is_err(),
        "the pin"
    );
    let again = Imc::new(&bench.lab.inventory().cards[0]);
    again.get(SYSTEM).await;
    card.inject(Fault::ImcGone);
    until("the IMC to be gone", || async {
        again.authorised("GET", SYSTEM).send().await.err()
    })
    .await;
    card.clear_faults();
    until("the IMC to be there", || async {
        again.authorised("GET", SYSTEM).send().await.ok()
    })
    .await;
    bench.lab.stop().await;
}

#[tokio::test]
async fn a_second_insert_in_flight_is_refused_and_a_session_works_without_a_password() {
    let (_dir, dir) = folder();
    let mut config = LabConfig::test(1, dir);
    config.timings.fetch_bytes_per_second = Some(1_000);
    let lab = Lab::start(config).await.unwrap();
    let imc = Imc::new(&lab.inventory().cards[0]);
    let media = MediaServer::start(vec![("/a.iso".into(), Bytes::from(vec![1; 500_000]))]);
    let anchor = "tee /etc/pki/ca-trust/source/anchors/a.pem && update-ca-trust";
    lab.card(1).run_on_imc(anchor, media.ca.as_bytes()).await;
    let url = format!("{}/a.iso", media.base);
    imc.insert(&url).await;
    let insert = format!("{SLOT}/Actions/VirtualMedia.InsertMedia");
    let body = json!({"Image": url, "TransferMethod": "Upload"});
    let second = imc.send("POST", &insert, &body).await;
    assert_eq!(second.status(), 400);
    let refusal: Value = second.json().await.unwrap();
    assert_eq!(refusal["error"]["code"], "Base.1.18.ResourceInUse");

    let login = json!({"UserName": imc.user, "Password": imc.password});
    let sessions = "/redfish/v1/SessionService/Sessions";
    let session = imc
        .request("POST", sessions)
        .json(&login)
        .send()
        .await
        .unwrap();
    let token = session.headers()["x-auth-token"].clone();
    let ask = |token| {
        imc.request("GET", SYSTEM)
            .header("X-Auth-Token", token)
            .send()
    };
    assert_eq!(ask(token.clone()).await.unwrap().status(), 200);
    let session = format!("{sessions}/1");
    let ended = imc.authorised("DELETE", &session).send().await.unwrap();
    assert_eq!(ended.status(), 204);
    assert_eq!(ask(token).await.unwrap().status(), 401);
    lab.stop().await;
}

#[tokio::test]
async fn a_kept_lab_comes_back_as_it_was() {
    let (_dir, dir) = folder();
    let config = LabConfig {
        persist: true,
        fleet: FleetMix::Installed,
        ..LabConfig::test(2, dir.clone())
    };
    let lab = Lab::start(config.clone()).await.unwrap();
    let before = lab.inventory();
    let file: LabInventory =
        serde_json::from_str(&std::fs::read_to_string(dir.join("lab.json")).unwrap()).unwrap();
    assert_eq!(file, before);
    let status = lab.card(1).bootc_status_json();
    assert!(status.contains("1.1.0"), "{status}");
    lab.card(1).run_on_imc("tee /root/note", b"kept").await;
    lab.stop().await;
    assert!(!dir.join("lab.json").exists());

    let lab = Lab::start(config).await.unwrap();
    assert_eq!(lab.inventory(), before);
    assert_eq!(lab.card(1).bootc_status_json(), status);
    let note = lab.card(1).run_on_imc("cat /root/note", b"").await;
    assert_eq!(note.stdout, b"kept");
    lab.stop().await;
}

#[tokio::test]
async fn a_mixed_fleet_has_something_of_everything() {
    let (_dir, dir) = folder();
    let config = LabConfig {
        fleet: FleetMix::Mixed,
        ..LabConfig::test(6, dir)
    };
    let lab = Lab::start(config).await.unwrap();
    let version = |card: usize, entry: &str| {
        let status: Value = serde_json::from_str(&lab.card(card).bootc_status_json()).ok()?;
        let version = &status["status"][entry]["image"]["version"];
        version.as_str().map(str::to_owned)
    };
    assert_eq!(version(1, "booted").as_deref(), Some("1.1.0"));
    assert_eq!(version(2, "booted").as_deref(), Some("1.0.0"));
    assert_eq!(version(3, "booted").as_deref(), Some("1.0.0"));
    assert_eq!(version(3, "rollback").as_deref(), Some("1.2.0"));
    let grub = lab.card(3).run_on_acc("grub2-editenv list", b"").await;
    let grub = String::from_utf8(grub.stdout).unwrap();
    assert!(grub.contains("boot_counter=-1"), "{grub}");
    assert_eq!(lab.card(4).bootc_status_json(), "");
    assert!(!lab.card(5).imc_is_up());
    assert!(lab.card(6).imc_is_up());
    lab.stop().await;
}

#[tokio::test]
async fn the_control_api_shows_and_breaks_things() {
    let bench = bench().await;
    let inventory = bench.lab.inventory();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(trusting_nobody())
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let card = format!("{}/v1/cards/1", inventory.control);
    assert_eq!(client.get(&card).send().await.unwrap().status(), 401);
    let token = &inventory.control_token;
    let post = |path: &str, body: Value| {
        client
            .post(format!("{card}/{path}"))
            .bearer_auth(token)
            .json(&body)
            .send()
    };
    let fault = json!({"fault": "redfish-503", "times": 3});
    assert_eq!(post("faults", fault).await.unwrap().status(), 204);
    let nonsense = json!({"fault": "nonsense"});
    assert_eq!(post("faults", nonsense).await.unwrap().status(), 400);
    let read = || async {
        let answer = client.get(&card).bearer_auth(token).send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    assert_eq!(
        read().await["faults"][0],
        json!({"fault": "redfish-503", "times": 3})
    );
    let exec = json!({"command": "cat", "stdin_base64": "aGVsbG8="});
    let executed: Value = post("imc/exec", exec).await.unwrap().json().await.unwrap();
    assert_eq!(executed["exit"], 0);
    assert_eq!(executed["stdout_base64"], "aGVsbG8=");
    let promote = format!("{}/v1/registry/promote", inventory.control);
    let promoted = client.post(&promote).bearer_auth(token);
    let promoted = promoted
        .json(&json!({"version": "1.2.0"}))
        .send()
        .await
        .unwrap();
    assert_eq!(promoted.status(), 204);
    assert_eq!(bench.lab.images().stable_version(), "1.2.0");
    bench.lab.stop().await;
}

/// TLS for a client that needs none, without a global default provider.
fn trusting_nobody() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(common::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
