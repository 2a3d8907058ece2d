//! Against sushy-tools' emulator (PyPI), over its own TLS 1.2 and htpasswd: a Redfish service that
//! somebody else wrote. It fetches what is inserted, so a small web server stands beside it.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

mod support;

use std::{
    fs::File,
    io::ErrorKind,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use slipway_core::{
    address::Address,
    inventory::BmcKind,
    ports::{Bmc, BmcError, BootOverride, BootOverrideEnabled, Controller, TaskState},
    secret::Password,
    trust::Fingerprint,
};
use slipway_redfish::{RedfishClient, RedfishTarget, SiteCa, Timeouts, inspect};
use support::{PASSWORD, USER};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// bcrypt of [`PASSWORD`], cost 5.
const HTPASSWD: &str = "root:$2b$05$ZSdZ8kfxQpbqliI4lr4Iqu.LswlpHe8He/FvTwxggFBI9FG5/6xhi\n";

/// The emulator; ended by its id when it is dropped.
struct Emulator {
    child: Child,
    address: Address,
    ca: SiteCa,
    _dir: tempfile::TempDir,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Emulator {
    /// `None`, said so, where it is not installed; in CI that is a failure.
    #[expect(clippy::print_stdout, reason = "says what was not tested")]
    async fn start() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(at("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(at("certificate.pem"), certificate.pem()).unwrap();
        std::fs::write(at("htpasswd"), HTPASSWD).unwrap();
        // Its option takes no port 0, its configuration does.
        let configuration = format!(
            "SUSHY_EMULATOR_AUTH_FILE = {:?}\nSUSHY_EMULATOR_LISTEN_PORT = 0\n",
            at("htpasswd")
        );
        std::fs::write(at("emulator.conf"), configuration).unwrap();
        let log = File::create(at("log")).unwrap();
        let started = Command::new("sushy-emulator")
            .args(["--fake", "--interface", "127.0.0.1", "--config"])
            .arg(at("emulator.conf"))
            .arg("--ssl-certificate")
            .arg(at("certificate.pem"))
            .arg("--ssl-key")
            .arg(at("key.pem"))
            // What it keeps (its machines, the images) lies in the folder too.
            .env("TMPDIR", dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let in_ci = std::env::var_os("CI").is_some();
                assert!(!in_ci, "sushy-emulator is not installed");
                println!("skipped: sushy-emulator (PyPI's sushy-tools) is not installed");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let port = port_of(&mut child, &at("log")).await;
        Some(Self {
            child,
            address: Address::new("127.0.0.1", port).unwrap(),
            ca: SiteCa::from_pem(&certificate.pem()).unwrap(),
            _dir: dir,
        })
    }

    fn target(&self, password: &str, pin: Option<Fingerprint>) -> RedfishTarget {
        RedfishTarget {
            address: self.address.clone(),
            user: USER.to_owned(),
            password: Password::new(password),
            pin,
            ca: None,
            timeouts: Timeouts {
                repeat: Duration::from_millis(10),
                ..Timeouts::default()
            },
        }
    }
}

/// ` * Running on https://127.0.0.1:41234`
async fn port_of(child: &mut Child, log: &Path) -> u16 {
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        let text = std::fs::read_to_string(log).unwrap();
        let port = text.split("https://127.0.0.1:").nth(1);
        let port = port.and_then(|rest| rest.split_once('\n')?.0.trim().parse().ok());
        if let Some(port) = port {
            return port;
        }
        let ended = child.try_wait().unwrap();
        assert!(
            ended.is_none() && Instant::now() < deadline,
            "it did not start: {text}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Serves `/boot.iso`, and nothing else; the URL of its folder.
async fn images() -> url::Url {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let found = request[..read].starts_with(b"GET /boot.iso ");
            let answer = match found {
                true => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nboot",
                false => "HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            };
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://127.0.0.1:{port}/").parse().unwrap()
}

#[tokio::test]
async fn a_service_of_somebody_else() {
    let Some(emulator) = Emulator::start().await else {
        return;
    };
    let shown = inspect(&emulator.address, Some(&emulator.ca), Timeouts::default());
    let shown = shown.await.unwrap();
    assert!(shown.self_signed && shown.vouched_by_ca);
    let client = RedfishClient::new(emulator.target(PASSWORD, Some(shown.fingerprint.clone())));

    let identity = client.identify().await.unwrap();
    assert_eq!(identity.service_name, "Redvirt Service");
    assert_eq!(identity.firmware.as_deref(), Some("1.00"));

    let crawl = client.crawl().await.unwrap();
    let inventory = crawl.inventory;
    let kind = BmcKind::Server {
        vendor: Some("Sushy Emulator".into()),
        product: None,
    };
    assert_eq!(inventory.kind, kind);
    let system = &inventory.systems[0];
    let slots: Vec<_> = system
        .slots
        .iter()
        .map(|s| s.id.as_deref().unwrap())
        .collect();
    assert_eq!(slots, ["Cd", "Floppy"]);
    assert_eq!(inventory.managers[0].slots, []);
    assert_eq!(inventory.macs().len(), 1);
    // It links things that it does not have: gaps, and not an error.
    assert!(
        inventory
            .gaps
            .iter()
            .any(|gap| gap.path.ends_with("/Memory"))
    );

    media(&client, &system.slots[0].path).await;

    let cd = BootOverride {
        enabled: BootOverrideEnabled::Once,
        target: "Cd".into(),
    };
    // Its `Once` reads back as `Continuous`; that is what is reported.
    let set = client.set_boot(&system.path, &cd).await.unwrap();
    assert_eq!(set.target, "Cd");
    assert_eq!(set.enabled, BootOverrideEnabled::Continuous);

    assert_eq!(system.power.as_deref(), Some("Off"));
    client.reset(&system.path, "On").await.unwrap();
    let on = async || client.identify().await.unwrap().power.as_deref() == Some("On");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !on().await {
        assert!(Instant::now() < deadline, "it was not switched on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let error = client.reset(&system.path, "PushPowerButton").await;
    assert!(
        matches!(error, Err(BmcError::NotOffered { .. })),
        "{error:?}"
    );

    let wrong = RedfishClient::new(emulator.target("not-this-one", Some(shown.fingerprint)));
    let error = wrong.crawl().await.unwrap_err();
    assert!(matches!(error, BmcError::Unauthorized { .. }), "{error}");
}

async fn media(client: &RedfishClient, slot: &str) {
    let images = images().await;
    let image = images.join("boot.iso").unwrap();
    let task = client.insert_into(slot, &image).await.unwrap();
    assert_eq!(
        client.task(&task).await.unwrap().state,
        TaskState::Completed
    );
    let full = Controller::slot(client, slot).await.unwrap();
    assert!(full.inserted);
    assert_eq!(full.image.as_deref(), Some(image.as_str()));
    // Full: what is there is ejected first.
    client.insert_into(slot, &image).await.unwrap();
    let empty = client.eject_from(slot).await.unwrap();
    assert!(!empty.inserted && empty.image.is_none());
    client.eject_from(slot).await.unwrap();

    let missing = images.join("missing.iso").unwrap();
    let error = client.insert_into(slot, &missing).await.unwrap_err();
    let BmcError::Refused { message, .. } = error else {
        panic!("{error}");
    };
    assert!(message.contains("404"), "{message}");
}

#[tokio::test]
async fn a_refused_password_is_sent_once() {
    let Some(emulator) = Emulator::start().await else {
        return;
    };
    let mut target = emulator.target("not-this-one", None);
    target.ca = Some(emulator.ca.clone());
    let client = RedfishClient::new(target);
    let refused = AtomicUsize::new(0);
    for _ in 0..3 {
        match client.virtual_media().await.unwrap_err() {
            BmcError::Unauthorized { .. } => refused.fetch_add(1, Ordering::Relaxed),
            other => panic!("{other}"),
        };
    }
    let log = std::fs::read_to_string(emulator._dir.path().join("log")).unwrap();
    assert_eq!(log.matches("\" 401 ").count(), 1, "{log}");
}
