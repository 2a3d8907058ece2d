//! The local network of a cluster file, set up and taken back by clicks: on one end of a cable whose
//! other end lies in a network namespace of the kernel, with the real dnsmasq and busybox's client.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::driver::Window;

const MAC: &str = "00:08:00:01:03:18";
/// The card's end, where nobody else is.
const CARD: &str = "card0";

/// One end is on this machine; both end with the process that holds the other's namespace.
struct Cable {
    far: Child,
    port: String,
    /// A /24 that no other run takes at the same time: its first three numbers.
    network: String,
    /// Of the app.
    data: PathBuf,
}

impl Cable {
    /// `None`, said so, where this machine can't.
    fn lay(data: PathBuf) -> Option<Self> {
        for program in ["ip", "unshare", "nsenter", "busybox", "dnsmasq"] {
            let run = Command::new(program).arg("--version").output();
            if run.is_err() {
                assert!(std::env::var_os("CI").is_none(), "{program} is missing");
                eprintln!("skipped: {program} is not installed");
                return None;
            }
        }
        let id = std::process::id();
        let far = Command::new("unshare")
            .args(["--net", "sleep", "600"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut cable = Self {
            far,
            port: format!("swy{id}"),
            network: format!("10.{}.{}", 200 + id % 50, id / 50 % 250),
            data,
        };
        if !cable.far_is_apart() {
            eprintln!("skipped: this container may make no network namespaces");
            return None;
        }
        let far = cable.far.id().to_string();
        let port = cable.port.clone();
        let veth = ["link", "add", &port, "type", "veth", "peer", "name", CARD];
        let laid = Command::new("ip").args(veth).args(["netns", &far]).output();
        let laid = laid.unwrap();
        if !laid.status.success() {
            let why = String::from_utf8_lossy(&laid.stderr);
            eprintln!("skipped: this container may lay no cable: {why}");
            return None;
        }
        cable.at_card(&["ip", "link", "set", "dev", CARD, "address", MAC]);
        cable.at_card(&["ip", "link", "set", "dev", CARD, "up"]);
        Some(cable)
    }

    fn far_is_apart(&mut self) -> bool {
        let own = std::fs::read_link("/proc/self/ns/net").unwrap();
        let theirs = format!("/proc/{}/ns/net", self.far.id());
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.far.try_wait().unwrap().is_none() && Instant::now() < deadline {
            if std::fs::read_link(&theirs).is_ok_and(|link| link != own) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    fn at_card(&self, words: &[&str]) -> String {
        let namespace = format!("--net=/proc/{}/ns/net", self.far.id());
        let mut command = Command::new("nsenter");
        command.args([&namespace, "--"]).args(words);
        let output = command.stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// What the app keeps of the port while it is set up.
    fn kept(&self) -> PathBuf {
        self.data.join("network").join(&self.port)
    }

    /// What busybox's client says that it got in the card's place.
    fn ask_for_an_address(&self) -> String {
        let client = ["busybox", "udhcpc", "-i", CARD, "-f", "-q", "-n"];
        let patience = ["-t", "5", "-T", "1", "-s", "/bin/true"];
        self.at_card(&[&client[..], &patience].concat())
    }

    /// Addresses (without what the kernel gives by itself), and whether it is set up.
    fn shown(&self) -> (Vec<String>, bool) {
        let mut command = Command::new("ip");
        command.args(["-json", "-4", "address", "show", "dev", &self.port]);
        let output = command.output().unwrap();
        let all: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let flags = std::fs::read_to_string(format!("/sys/class/net/{}/flags", self.port));
        let flags = flags.unwrap().trim().trim_start_matches("0x").to_owned();
        let up = u32::from_str_radix(&flags, 16).unwrap() & 1 == 1;
        let addresses = all[0]["addr_info"].as_array().cloned();
        let addresses = addresses.unwrap_or_default().into_iter().map(|address| {
            let (local, length) = (&address["local"], &address["prefixlen"]);
            format!("{}/{length}", local.as_str().unwrap())
        });
        (addresses.collect(), up)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        // The server is nobody's child; after a test that failed it would stay.
        if let Ok(server) = std::fs::read_to_string(self.kept().join("pid")) {
            let _ = Command::new("kill").arg(server.trim()).output();
        }
        // Where no namespace was made there is no cable either.
        let mut command = Command::new("ip");
        let _ = command.args(["link", "del", &self.port]).output();
        let _ = self.far.kill();
        let _ = self.far.wait();
    }
}

fn cluster_yaml(cable: &Cable, path: &Path) {
    let Cable { port, network, .. } = cable;
    let text = format!(
        "clusters:\n- name: lab\n  kind: iso\n  network_api_port: {port}\n  \
         install_iso: https://files.lab/dpu-os-1.0.0.iso\n  masters:\n  - name: 220-acc\n    \
         node: localhost\n    kind: dpu\n    bmc: {{url: \"127.0.0.1:9\", user: root, password: calvincalvincalvin}}\n    \
         ip: {network}.20\n    mac: \"{MAC}\"\n"
    );
    std::fs::write(path, text).unwrap();
}

async fn set_up_and_taken_back(window: &Window, cable: &Cable) {
    let Cable { port, network, .. } = cable;
    let before = cable.shown();
    assert_eq!(before, (vec![], false));
    window.resize(1400, 900).await;
    let file = cable.data.with_file_name("cluster.yaml");
    cluster_yaml(cable, &file);
    window.go("/deploy/file").await;
    window.paste("#cluster-file", file.to_str().unwrap()).await;
    for _ in 0..3 {
        window.click("[data-testid='wizard-next']").await;
    }
    // The preview tells every command, and does nothing.
    let preview = format!("[data-testid='local-network'] [data-testid='network-{port}']");
    window
        .wait_text(&preview, &format!("{port} is down"), 30)
        .await;
    window
        .press(&preview, "Show the commands for 220-acc")
        .await;
    let address = format!("{network}.1/24");
    for words in [
        format!("ip link set dev {port} up"),
        format!("ip address add {address} dev {port}"),
        "dnsmasq --conf-file=".to_owned(),
    ] {
        window.wait_text(&preview, &words, 30).await;
    }
    window.picture("network-preview").await;
    assert_eq!(cable.shown(), before);

    window.click("[data-testid='network-by-hand']").await;
    window.wait_text("[role='dialog']", &address, 30).await;
    assert_eq!(cable.shown(), before);
    window.click("[data-testid='confirm']").await;
    let set_up = format!("{port} is set up");
    window.wait_text("[role='dialog']", &set_up, 30).await;
    window.picture("network-set-up").await;
    assert_eq!(cable.shown(), (vec![address], true));
    let given = cable.ask_for_an_address();
    let lease = format!("lease of {network}.20 obtained");
    assert!(given.contains(&lease), "{given}");

    window
        .press("[role='dialog']", "Show it in the settings")
        .await;
    let shown = format!("[data-testid='port-{port}']");
    window.wait_text(&shown, "Stands", 30).await;
    let taken = format!("{network}.20 to {MAC}");
    window.wait_text(&shown, &taken, 30).await;
    window.picture("network-stands").await;
    window.press(&shown, "Take back…").await;
    window
        .wait_text("[role='dialog']", "220-acc gets no address", 30)
        .await;
    window.click("[data-testid='confirm']").await;
    window.gone(&shown).await;
    let back = format!("{port} was taken back");
    window.wait_text("main", &back, 30).await;
    window.picture("network-taken-back").await;
    assert_eq!(cable.shown(), before);
    assert!(!cable.kept().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_is_set_up_for_a_card_and_taken_back_in_the_window() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let args = ["--data-dir", data.to_str().unwrap()];
    let Some(cable) = Cable::lay(data.clone()) else {
        return;
    };
    let cable = &cable;
    Window::with("network", &args, |window| async move {
        set_up_and_taken_back(&window, cable).await;
    })
    .await;
}
