//! A port to cards with the real servers, in a network that nobody else is in: each test starts
//! itself anew there. (That cards get their addresses from dnsmasq, and what becomes of it all when
//! somebody is killed, is tested with `slipctl`.)

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

#[path = "support/own_network.rs"]
mod own_network;

use std::{
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use slipway_core::network::{DhcpServer, Lease, LocalNetwork};
use slipway_media::Ports;

use own_network::ip;

const PORT: &str = "cards0";
const MAC: &str = "00:08:00:01:03:18";
/// In a network of its own, with a card's end of a cable in another.
fn inside(test: &str, server: &str) -> bool {
    own_network::inside(test, &["nsenter", "busybox", server], &["true"])
}

/// The card's end of a cable. Its network ends with it.
struct Card(Child);

impl Card {
    fn at_a_cable() -> Self {
        let mut command = Command::new("unshare");
        command.args(["--net", "sleep", "600"]);
        let card = Self(command.stdin(Stdio::null()).spawn().unwrap());
        let own = std::fs::read_link("/proc/self/ns/net").unwrap();
        let theirs = format!("/proc/{}/ns/net", card.0.id());
        let begun = Instant::now();
        while std::fs::read_link(&theirs).is_ok_and(|link| link == own) {
            assert!(begun.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(5));
        }
        let id = card.0.id();
        ip(&format!(
            "link add {PORT} type veth peer name card0 netns {id}"
        ));
        for line in [
            format!("ip link set dev card0 address {MAC}"),
            "ip link set dev card0 up".into(),
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(card.run(&words).status.success(), "{line}");
        }
        card
    }

    fn run(&self, words: &[&str]) -> Output {
        let namespace = format!("--net=/proc/{}/ns/net", self.0.id());
        let mut command = Command::new("nsenter");
        command.args([&namespace, "--"]).args(words);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// What busybox's DHCP client says.
    fn asks(&self) -> String {
        let words = "busybox udhcpc -i card0 -f -q -n -t 4 -T 1 -s /bin/true";
        let words: Vec<&str> = words.split(' ').collect();
        String::from_utf8_lossy(&self.run(&words).stderr).into_owned()
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn network(server: DhcpServer, ports: &Ports, mac: &str, address: &str) -> LocalNetwork {
    let lease = Lease {
        name: "220-acc".into(),
        macs: vec![mac.into()],
        ip: address.parse().unwrap(),
    };
    let folder = ports.folder().to_str().unwrap().to_owned();
    LocalNetwork::new(PORT, lease, server, &folder).unwrap()
}

fn addresses() -> String {
    ip(&format!("-brief -4 address show dev {PORT}"))
}

#[test]
fn iscs_dhcpd_serves_a_card_where_there_is_no_dnsmasq() {
    let test = "iscs_dhcpd_serves_a_card_where_there_is_no_dnsmasq";
    if !inside(test, "dhcpd") {
        return;
    }
    let card = Card::at_a_cable();
    let folder = tempfile::tempdir().unwrap();
    let ports = Ports::new(folder.path().join("network"));
    let wanted = network(DhcpServer::IscDhcpd, &ports, MAC, "192.168.3.20");
    let before = addresses();
    let done = ports.set_up_for("job", &wanted).unwrap();
    assert!(done[2].starts_with("started dhcpd on cards0"), "{done:?}");
    let said = card.asks();
    assert!(said.contains("lease of 192.168.3.20 obtained"), "{said}");
    assert_eq!(ports.set_up_for("job", &wanted).unwrap(), [""; 0]);
    let done = ports.take_back_for("job", PORT).unwrap();
    assert_eq!(done.len(), 3, "{done:?}");
    assert_eq!(addresses(), before);
}

#[test]
fn a_port_that_two_jobs_use_is_as_it_was_when_the_last_has_gone() {
    let test = "a_port_that_two_jobs_use_is_as_it_was_when_the_last_has_gone";
    if !inside(test, "dnsmasq") {
        return;
    }
    let card = Card::at_a_cable();
    let folder = tempfile::tempdir().unwrap();
    let ports = Ports::new(folder.path().join("network"));
    let of = |mac: &str, ip: &str| network(DhcpServer::Dnsmasq, &ports, mac, ip);
    let (first, second) = (
        of(MAC, "192.168.3.20"),
        of("00:08:00:01:04:18", "192.168.3.21"),
    );
    let elsewhere = of("00:08:00:01:05:18", "192.168.4.20");
    let before = addresses();
    ports.set_up_for("a", &first).unwrap();
    let done = ports.set_up_for("b", &second).unwrap();
    assert_eq!(done.len(), 1, "the address is there: {done:?}");
    assert!(done[0].starts_with("started anew dnsmasq"), "{done:?}");
    let done = ports.set_up_for("c", &elsewhere).unwrap();
    assert_eq!(done[0], "put 192.168.4.1/24 on cards0");

    // One address is one card's.
    let taken = of("00:08:00:01:06:18", "192.168.3.21");
    let refused = ports.set_up_for("d", &taken).unwrap_err();
    assert_eq!(refused.message, "192.168.3.21 is given to another card");

    let done = ports.take_back_for("c", PORT).unwrap();
    assert!(
        done.contains(&"removed 192.168.4.1/24 on cards0".into()),
        "{done:?}"
    );
    let done = ports.take_back_for("b", PORT).unwrap();
    assert_eq!(done[0], "220-acc is served on cards0 no more; 1 more there");
    let said = card.asks();
    assert!(said.contains("lease of 192.168.3.20 obtained"), "{said}");
    let report = ports.report().unwrap();
    assert!(report[0].whole, "{report:?}");
    assert_eq!(report[0].holders.len(), 1);

    assert_eq!(ports.take_back_for("nobody", PORT).unwrap(), [""; 0]);
    ports.take_back_for("a", PORT).unwrap();
    assert_eq!(addresses(), before);
    assert_eq!(ports.report().unwrap(), []);
}

#[test]
fn another_dhcp_server_on_the_port_is_told() {
    let test = "another_dhcp_server_on_the_port_is_told";
    if !inside(test, "dnsmasq") {
        return;
    }
    let _card = Card::at_a_cable();
    ip("link set dev lo up");
    let folder = tempfile::tempdir().unwrap();
    let ports = Ports::new(folder.path().join("network"));
    // Held as a server holds it that shares its port with nobody.
    let _other = std::net::UdpSocket::bind("0.0.0.0:67").unwrap();
    let wanted = network(DhcpServer::Dnsmasq, &ports, MAC, "192.168.3.20");
    let refused = ports.set_up_for("job", &wanted).unwrap_err();
    assert_eq!(refused.message, "dnsmasq can't be started on cards0");
    assert!(refused.causes[0].contains("in use"), "{refused:?}");
    // What was done until then is found, and taken back.
    let done = ports.take_back_for("job", PORT).unwrap();
    assert_eq!(done[0], "removed 192.168.3.1/24 from cards0");
}
