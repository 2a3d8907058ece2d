//! P4 components on a card of the lab: a real archive, made by tar, fetched by the ACC from a server of
//! the test, and unpacked there. What must not be unpacked is not.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, routing::get};

use crate::beside::cluster_yaml;
use crate::support::{Desk, Rack, Ran};

const NAME: &str = "intel-ipu-acc-components-2.0.0.tar.gz";
const CONFIG: &str = "sem_num_pages = 25;\n";

struct Scene {
    rack: Rack,
    desk: Desk,
    file: PathBuf,
    /// How often somebody asked for the archive.
    fetched: Arc<AtomicUsize>,
    base: String,
    sha256: String,
}

impl Scene {
    fn new() -> Self {
        let rack = Rack::start(1, |_| {});
        let desk = Desk::joined(&rack);
        let file = cluster_yaml(&desk, &rack, 1);
        let (archive, sha256) = archive(&desk);
        let fetched = Arc::new(AtomicUsize::new(0));
        let base = serve(&rack, archive, fetched.clone());
        Self {
            rack,
            desk,
            file,
            fetched,
            base,
            sha256,
        }
    }

    fn deploy(&self, name: &str, sha256: &str) -> Ran {
        let url = format!("{}/{name}", self.base);
        let file = self.file.to_str().unwrap();
        let words = ["deploy", file, "--yes", "--accept-untried"];
        let more = ["dpu_operator_dpu", "--skip-steps"];
        let others = "rh_subscription,microshift,host_driver_reload";
        let components = ["--p4-components", &url, "--p4-sha256", sha256];
        self.desk
            .run(&[&words[..], &more, &[others], &components].concat())
    }

    fn on_acc(&self, command: &str) -> String {
        let card = self.rack.card(1);
        let said = self.rack.block_on(card.run_on_acc(command, b""));
        String::from_utf8(said.stdout).unwrap()
    }

    /// Nothing of an archive is left beside its place.
    fn is_tidy(&self) {
        assert_eq!(self.on_acc("ls -a /opt"), "p4\n");
        assert_eq!(self.on_acc("ls -a /var/tmp"), "");
    }
}

/// As Intel's release has it: one folder with the two others in it. And its SHA-256.
fn archive(desk: &Desk) -> (Vec<u8>, String) {
    let release = desk.beside("intel-ipu-acc-components-2.0.0");
    for (path, text, mode) in [
        ("p4-cp/install/share/cfg.pb.txt", CONFIG, 0o640),
        ("p4-cp/run.sh", "#!/bin/sh\n", 0o755),
        ("p4-sde/lib/driver.so", "no elf\n", 0o644),
    ] {
        let path = release.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(&path, mode).unwrap();
    }
    let path = desk.beside(NAME);
    let folder = desk.beside("");
    let made = Command::new("tar")
        .arg("-czf")
        .arg(&path)
        .arg("-C")
        .arg(folder)
        .arg(release.file_name().unwrap())
        .status();
    assert!(made.unwrap().success());
    let sum = Command::new("sha256sum").arg(&path).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    (fs::read(path).unwrap(), sum[..64].to_owned())
}

/// By a redirect, as a mirror does it.
fn serve(rack: &Rack, archive: Vec<u8>, fetched: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let to = format!("{base}/mirror");
    let router = Router::new()
        .route(
            &format!("/{NAME}"),
            get(async move || axum::response::Redirect::temporary(&to)),
        )
        .route(
            "/mirror",
            get(async move || {
                fetched.fetch_add(1, Ordering::SeqCst);
                archive
            }),
        );
    let handle = rack.handle();
    let _guard = handle.enter();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    handle.spawn(async move { axum::serve(listener, router).await.unwrap() });
    base
}

#[test]
fn the_archive_is_fetched_by_the_card_unpacked_whole_and_not_a_second_time() {
    let scene = Scene::new();
    scene.deploy(NAME, &scene.sha256).good();
    let config = "/opt/p4/p4-cp-nws/install/share/cfg.pb.txt";
    assert_eq!(scene.on_acc(&format!("cat {config}")), CONFIG);
    assert_eq!(
        scene.on_acc(&format!(
            "stat -c %a {config} /opt/p4/p4-cp-nws/run.sh /opt/p4/p4sde/lib/driver.so"
        )),
        "640\n755\n644\n"
    );
    assert_eq!(
        scene.on_acc("ls /opt/p4"),
        "p4-cp-nws\np4sde\nslipway-sha256\n"
    );
    scene.is_tidy();
    assert_eq!(scene.fetched.load(Ordering::SeqCst), 1);
    assert_eq!(scene.on_acc("cat /proc/sys/vm/nr_hugepages"), "512\n");
    let events = scene.desk.last_job("dpu-01")["events"].to_string();
    for told in [
        "fetched the P4 components",
        "put the P4 components into /opt/p4",
    ] {
        assert!(events.contains(told), "no `{told}`: {events}");
    }
}

#[test]
fn what_is_not_the_named_archive_or_does_not_come_leaves_the_card_without_anything_of_it() {
    let scene = Scene::new();
    let wrong = "e".repeat(64);
    scene.deploy(NAME, &wrong).exits(1);
    let failure = |scene: &Scene| {
        let job = scene.desk.last_job("dpu-01");
        assert_eq!(job["failure"]["step"], "Run post steps", "{job}");
        let causes = job["failure"]["causes"].to_string();
        (
            job["failure"]["message"].as_str().unwrap().to_owned(),
            causes,
        )
    };
    let (message, causes) = failure(&scene);
    assert_eq!(
        message,
        "what lies there are not the P4 components that were named"
    );
    let seen = format!("SHA-256 should be {wrong}, and is {}", scene.sha256);
    assert!(causes.contains(&seen), "{causes}");
    assert_eq!(scene.fetched.load(Ordering::SeqCst), 1);
    assert_eq!(scene.on_acc("ls -a /opt /var/tmp"), "");

    // A name that the server has not: told in curl's words.
    scene.deploy("other.tar.gz", &scene.sha256).exits(1);
    let (message, causes) = failure(&scene);
    assert_eq!(message, "the card can't fetch the P4 components");
    let words = "curl: (22) The requested URL returned error: 404";
    assert!(causes.contains(words), "{causes}");
    assert_eq!(scene.on_acc("ls -a /opt /var/tmp"), "");
}
