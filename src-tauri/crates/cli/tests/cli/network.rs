//! The local network with the real dnsmasq: on a cable between two network namespaces, a DHCP client
//! gets what the cluster.yaml declares, and at the end the port is as it was.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::support::{
    Desk,
    desk::{self, Ran, Running},
    eventually,
    netns::{Cable, Given, MAC, PORT},
};

/// A provisioner in its own network.
struct Provisioner {
    cable: Cable,
    desk: Desk,
    file: PathBuf,
}

impl Provisioner {
    /// `None`, with a printed reason, where that can't be.
    fn new(imc: &str) -> Option<Self> {
        let desk = Desk::new();
        let cable = Cable::lay(&desk.beside(""))?;
        let file = desk.beside("cluster.yaml");
        let text = format!(
            "clusters:\n  - name: \"lab\"\n    kind: \"iso\"\n    network_api_port: \"{PORT}\"\n    \
             api_vip: \"192.168.3.99\"\n    ingress_vip: \"192.168.3.101\"\n    \
             install_iso: \"https://files.lab/dpu-os-1.0.0.iso\"\n    masters:\n    \
             - name: \"220-acc\"\n      node: \"localhost\"\n      kind: \"dpu\"\n      \
             bmc: {{url: \"{imc}\", user: \"root\", password: \"{}\"}}\n      \
             ip: \"192.168.3.20\"\n      mac: \"{MAC}\"\n",
            desk::IMC_PASSWORD
        );
        fs::write(&file, text).unwrap();
        Some(Self { cable, desk, file })
    }

    fn command(&self, before: &[&str], words: &[&str]) -> Command {
        let inside = self.cable.inside();
        let data = self.desk.data();
        let mut all: Vec<&str> = inside[1..].iter().map(String::as_str).collect();
        all.extend(before);
        all.extend([desk::SLIPCTL, "--data-dir", data.to_str().unwrap()]);
        all.extend(["--passphrase-fd", "3"]);
        all.extend(words);
        self.desk.with_passphrase(&inside[0], &all)
    }

    fn start(&self, words: &[&str]) -> Running {
        self.desk.spawn(self.command(&[], words), words)
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.start(words).end()
    }

    fn file(&self) -> &str {
        self.file.to_str().unwrap()
    }

    fn port_folder(&self) -> PathBuf {
        self.desk.data().join("network").join(PORT)
    }

    fn status(&self, code: i32) -> Value {
        let all = self
            .run(&["--json", "network", "status"])
            .exits(code)
            .json();
        assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
        all[0].clone()
    }
}

fn declared() -> Option<Given> {
    Some(Given {
        address: "192.168.3.20/24".into(),
        router: "192.168.3.1".into(),
    })
}

fn lives(pid: &Value) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_card_gets_its_declared_address_and_down_leaves_everything_as_it_was() {
    let Some(desk) = Provisioner::new("127.0.0.1:9") else {
        return;
    };
    let before = desk.cable.shown();
    let preview = desk.run(&["network", "preview", desk.file()]).good();
    for words in [
        "$ ip link set dev cards0 up",
        "$ ip address add 192.168.3.1/24 dev cards0",
        "dhcp-host=00:08:00:01:03:18,192.168.3.20,220-acc,1h",
        "$ dnsmasq --conf-file=",
        "cards0 is down; 192.168.3.1/24 is free to be added",
    ] {
        assert!(preview.out.contains(words), "no `{words}`: {}", preview.out);
    }
    assert_eq!(desk.cable.shown(), before, "a preview changes nothing");
    assert!(!desk.port_folder().exists());

    let up = desk.run(&["network", "up", desk.file(), "--yes"]).good();
    for words in ["brought cards0 up", "put 192.168.3.1/24", "started dnsmasq"] {
        assert!(up.out.contains(words), "no `{words}`: {}", up.out);
    }
    assert_eq!(desk.cable.ask_for_an_address(), declared());
    let first = desk.status(0);
    assert_eq!(first["given"][0], format!("192.168.3.20 to {MAC}"));
    assert_eq!(first["holders"][0]["card"], "220-acc");

    // A stranger on the same cable gets nothing, and nothing is done a second time.
    desk.cable.another_card("00:08:00:01:03:99");
    assert_eq!(desk.cable.ask_for_an_address(), None);
    desk.cable.another_card(MAC);
    desk.run(&["network", "up", desk.file(), "--yes"])
        .good()
        .says("nothing had to be done");
    assert_eq!(desk.status(0)["pid"], first["pid"]);

    // Whoever started it died before that was written down: it is found, and taken over.
    let state = desk.port_folder().join("state.json");
    let mut told: Value = serde_json::from_str(&fs::read_to_string(&state).unwrap()).unwrap();
    told["server"] = Value::Null;
    fs::write(&state, told.to_string()).unwrap();
    desk.run(&["network", "up", desk.file(), "--yes"]).good();
    let told: Value = serde_json::from_str(&fs::read_to_string(&state).unwrap()).unwrap();
    assert_eq!(told["server"]["pid"], first["pid"]);

    // It was killed: that is seen, and mended.
    let pid = first["pid"].to_string();
    assert!(
        Command::new("kill")
            .args(["-KILL", &pid])
            .status()
            .unwrap()
            .success()
    );
    eventually("it is gone", || (!lives(&first["pid"])).then_some(()));
    let broken = desk.status(1);
    assert_eq!(broken["missing"][0], "the DHCP server does not run");
    desk.run(&["network", "up", desk.file(), "--yes"])
        .good()
        .says("started dnsmasq");
    let second = desk.status(0);
    assert_ne!(second["pid"], first["pid"]);
    assert_eq!(desk.cable.ask_for_an_address(), declared());

    let down = desk.run(&["network", "down", PORT]).good();
    for words in [
        "ended the DHCP server",
        "removed 192.168.3.1/24",
        "as it was",
    ] {
        assert!(down.out.contains(words), "no `{words}`: {}", down.out);
    }
    assert_eq!(desk.cable.shown(), before);
    assert!(!lives(&second["pid"]) && !desk.port_folder().exists());
    desk.run(&["network", "down", PORT])
        .explains(3, "Slipway has set up no network on cards0");
}

#[test]
fn an_address_that_was_there_stays_there() {
    let Some(desk) = Provisioner::new("127.0.0.1:9") else {
        return;
    };
    desk.cable.ip(&format!("link set dev {PORT} up"));
    desk.cable
        .ip(&format!("address add 192.168.3.1/24 dev {PORT}"));
    let addresses = || {
        let all = desk.cable.ip(&format!("-json -4 address show dev {PORT}"));
        let all: Value = serde_json::from_str(&all).unwrap();
        (all[0]["addr_info"].clone(), all[0]["flags"].clone())
    };
    let before = addresses();
    let up = desk.run(&["network", "up", desk.file(), "--yes"]).good();
    assert!(!up.out.contains("put 192.168.3.1"), "{}", up.out);
    assert_eq!(desk.cable.ask_for_an_address(), declared());
    desk.run(&["network", "down", PORT]).good();
    assert_eq!(addresses(), before);
}

#[test]
fn what_can_not_be_set_up_is_told_with_the_command_that_helps() {
    let Some(desk) = Provisioner::new("127.0.0.1:9") else {
        return;
    };
    let preview = ["network", "preview", desk.file()];
    let less = ["setpriv", "--bounding-set=-net_admin"];
    let told = desk.desk.spawn(desk.command(&less, &preview), &preview);
    told.end()
        .exits(4)
        .says("it lacks CAP_NET_ADMIN")
        .says("sudo -E setpriv --reuid=$USER");
    let plan = ["plan", desk.file(), "--accept-untried", "local_network"];
    let told = desk.desk.spawn(desk.command(&less, &plan), &plan);
    told.end().good().says("warning: cards0: setting up a local network needs rights that this Slipway does not have (it lacks CAP_NET_ADMIN): run it as root, or");
    // And up does nothing then.
    let up = ["network", "up", desk.file(), "--yes"];
    let told = desk.desk.spawn(desk.command(&less, &up), &up);
    told.end()
        .explains(4, "cards0 can't be set up")
        .says("it lacks CAP_NET_ADMIN");
    assert!(!desk.port_folder().exists());

    let other = fs::read_to_string(&desk.file).unwrap();
    fs::write(&desk.file, other.replace(PORT, "cards7")).unwrap();
    desk.run(&preview)
        .exits(4)
        .says("this machine has no network port cards7")
        .says("it has lo, cards0");
    fs::write(&desk.file, &other).unwrap();
    desk.cable.ip(&format!("link set dev {PORT} up"));
    desk.cable
        .ip(&format!("address add 10.9.9.1/24 dev {PORT}"));
    desk.cable
        .ip(&format!("route add default via 10.9.9.2 dev {PORT}"));
    desk.run(&preview)
        .exits(4)
        .says("cards0 is this machine's way to the world");
    let without = other.replace(&format!("      mac: \"{MAC}\"\n"), "");
    fs::write(&desk.file, without).unwrap();
    desk.run(&preview)
        .explains(4, "this file asks for no local network");
}

#[test]
fn three_rights_are_enough_and_root_is_not_needed() {
    let Some(desk) = Provisioner::new("127.0.0.1:9") else {
        return;
    };
    let rights = "+net_admin,+net_raw,+net_bind_service";
    let (inherited, ambient) = (
        format!("--inh-caps={rights}"),
        format!("--ambient-caps={rights}"),
    );
    let nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        &inherited,
        &ambient,
    ];
    std::os::unix::fs::chown(desk.desk.beside(""), Some(65534), Some(65534)).unwrap();
    let as_nobody = |words: &[&str]| desk.desk.spawn(desk.command(&nobody, words), words).end();
    if as_nobody(&["--version"]).code != Some(0) {
        println!("skipped: nobody can't read {}", desk::SLIPCTL);
        return;
    }
    let before = desk.cable.shown();
    as_nobody(&["network", "up", desk.file(), "--yes"]).good();
    assert_eq!(desk.cable.ask_for_an_address(), declared());
    as_nobody(&["network", "status"])
        .good()
        .says("given: 192.168.3.20");
    as_nobody(&["network", "down", PORT]).good();
    assert_eq!(desk.cable.shown(), before);
}

/// A lab on the provisioner's own loopback.
struct LabInside(std::process::Child);

impl Drop for LabInside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_deployment_serves_its_card_through_a_kill_and_takes_everything_back() {
    let Some(mut desk) = Provisioner::new("IMC") else {
        return;
    };
    let lab = desk.desk.beside("lab");
    let inside = desk.cable.inside();
    let mut command = Command::new(&inside[0]);
    command.args(&inside[1..]).arg(desk::SLIPCTL);
    command.args(["lab", "start", "--speed", "demo", "--fleet", "fresh"]);
    command.args(["--cards", "1", "--dir"]).arg(&lab);
    desk::alone(&mut command, &desk.desk.beside(""));
    let _lab = LabInside(command.stdout(Stdio::null()).spawn().unwrap());
    let told = lab.join("lab.json");
    eventually("the lab is ready", || told.exists().then_some(()));
    desk.run(&["lab", "add", "--dir", lab.to_str().unwrap()])
        .good();
    let told: Value = serde_json::from_str(&fs::read_to_string(told).unwrap()).unwrap();
    let imc = told["cards"][0]["imc_redfish"].as_str().unwrap();
    let text = fs::read_to_string(&desk.file).unwrap().replace("IMC", imc);
    desk.file = desk.desk.beside("deploy.yaml");
    fs::write(&desk.file, text).unwrap();
    let before = desk.cable.shown();

    let plan = desk.run(&["plan", desk.file()]).good();
    assert!(
        plan.out.contains("local_network [left out]"),
        "{}",
        plan.out
    );
    let accept = ["--accept-untried", "local_network"];
    let mut words = vec!["doctor", desk.file()];
    words.extend(accept);
    desk.run(&words).says("the rights for it are there");

    let mut words = vec!["deploy", desk.file(), "--yes"];
    words.extend(accept);
    let running = desk.start(&words);
    let port = eventually("the network stands", || {
        let all = desk.run(&["--json", "network", "status"]);
        let all: Value = serde_json::from_str(&all.out).ok()?;
        let port = all.get(0)?.clone();
        (port["whole"] == true).then_some(port)
    });
    assert_eq!(desk.cable.ask_for_an_address(), declared());
    desk.run(&["network", "down", PORT])
        .explains(4, "the deployment of 220-acc needs cards0");
    running.kill();
    // The server is nobody's child: the card keeps its address meanwhile.
    assert!(lives(&port["pid"]));
    assert_eq!(desk.cable.ask_for_an_address(), declared());

    let resumed = desk.start(&["job", "run"]);
    let ended = resumed.end().good();
    let job = desk.desk.last_job("dpu-01");
    assert_eq!(job["row"]["outcome"], "succeeded", "{job}\n{ended:?}");
    let events = job["events"].as_array().unwrap();
    let texts: Vec<&str> = events.iter().filter_map(|e| e["text"].as_str()).collect();
    let count = |text: &str| texts.iter().filter(|told| told.contains(text)).count();
    assert_eq!(count("started dnsmasq on cards0"), 1, "{texts:#?}");
    assert_eq!(count("ended the DHCP server on cards0"), 1, "{texts:#?}");
    assert!(!lives(&port["pid"]) && !desk.port_folder().exists());
    assert_eq!(desk.cable.shown(), before);
}
