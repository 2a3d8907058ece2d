//! A provisioner and a card without anybody else: two network namespaces of the kernel with a cable
//! between them. They end with the processes that hold them.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

use super::{eventually, studio::missing};

/// The provisioner's end of the cable.
pub const PORT: &str = "cards0";
/// The card's end.
const CARD: &str = "card0";
pub const MAC: &str = "00:08:00:01:03:18";

/// A network namespace, held by a process that sleeps.
struct Held(Child);

impl Held {
    fn new() -> Self {
        let mut command = Command::new("unshare");
        command.args(["--net", "sleep", "600"]);
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let own = std::fs::read_link("/proc/self/ns/net").unwrap();
        let theirs = format!("/proc/{}/ns/net", child.id());
        eventually("a namespace of its own", || {
            let link = std::fs::read_link(&theirs).ok()?;
            (link != own).then_some(())
        });
        Self(child)
    }

    fn id(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a DHCP client was given.
#[derive(Debug, PartialEq, Eq)]
pub struct Given {
    pub address: String,
    pub router: String,
}

pub struct Cable {
    provisioner: Held,
    card: Held,
    script: PathBuf,
}

impl Cable {
    /// `None`, with a printed reason, where this machine can't.
    pub fn lay(folder: &Path) -> Option<Self> {
        let id = Command::new("id").arg("-u").output().unwrap();
        if id.stdout != b"0\n" {
            skip("only root makes network namespaces");
            return None;
        }
        if missing(&["unshare", "nsenter", "busybox", "dnsmasq", "setpriv"]) {
            return None;
        }
        let namespace = Command::new("unshare").args(["--net", "true"]).output();
        if !namespace.unwrap().status.success() {
            skip("this container may make no network namespaces");
            return None;
        }
        let script = folder.join("udhcpc.sh");
        let text = "#!/bin/sh\n[ \"$1\" = bound ] && echo \"bound $ip/$mask $router\"\nexit 0\n";
        std::fs::write(&script, text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&script, mode).unwrap();
        let cable = Self {
            provisioner: Held::new(),
            card: Held::new(),
            script,
        };
        let card = cable.card.id();
        for line in [
            "link set dev lo up".to_owned(),
            format!("link add {PORT} type veth peer name {CARD} netns {card}"),
        ] {
            cable.ip(&line);
        }
        for line in [
            format!("ip link set dev {CARD} address {MAC}"),
            format!("ip link set dev {CARD} up"),
        ] {
            cable.at_card(&line);
        }
        Some(cable)
    }

    /// The program and its first arguments that run the rest where the provisioner is.
    pub fn inside(&self) -> [String; 3] {
        let namespace = format!("--net=/proc/{}/ns/net", self.provisioner.id());
        ["nsenter".into(), namespace, "--".into()]
    }

    fn enter(held: &Held, words: &[&str]) -> Output {
        Command::new("nsenter")
            .arg(format!("--net=/proc/{}/ns/net", held.id()))
            .arg("--")
            .args(words)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// `ip`, where the provisioner is.
    pub fn ip(&self, line: &str) -> String {
        let mut words = vec!["ip"];
        words.extend(line.split(' '));
        let out = Self::enter(&self.provisioner, &words);
        assert!(out.status.success(), "ip {line}: {out:?}");
        String::from_utf8(out.stdout).unwrap()
    }

    fn at_card(&self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let out = Self::enter(&self.card, &words);
        assert!(out.status.success(), "{line}: {out:?}");
    }

    /// The card's end gets another MAC address.
    pub fn another_card(&self, mac: &str) {
        self.at_card(&format!("ip link set dev {CARD} address {mac}"));
    }

    /// busybox's DHCP client in the card's place: three tries, a second apart.
    pub fn ask_for_an_address(&self) -> Option<Given> {
        let script = self.script.to_str().unwrap();
        let words = [
            "busybox", "udhcpc", "-i", CARD, "-f", "-q", "-n", "-t", "3", "-T", "1", "-s", script,
        ];
        let out = Self::enter(&self.card, &words);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("bound "))?;
        let (address, router) = line.split_once(' ').unwrap();
        Some(Given {
            address: address.to_owned(),
            router: router.to_owned(),
        })
    }

    /// Flags, addresses and routes where the provisioner is: what must be as it was.
    pub fn shown(&self) -> (Value, String) {
        let text = self.ip("-json address show");
        let mut all: Value = serde_json::from_str(&text).unwrap();
        for link in all.as_array_mut().unwrap() {
            let link = link.as_object_mut().unwrap();
            // The one settles by itself, some time later; the other comes with the first time up.
            link.remove("operstate");
            link.remove("qdisc");
        }
        (all, self.ip("route show"))
    }
}

#[expect(
    clippy::print_stderr,
    reason = "whoever runs the tests should see what was left out"
)]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
