//! The DHCP server's configuration: everything that Slipway ever tells it.

use std::fmt::Write as _;

use super::{DhcpServer, Lease, LocalNetwork, words};

/// Where the server's things lie, all in one folder.
#[derive(Debug, Clone, Copy)]
pub struct ServerFiles<'a> {
    pub folder: &'a str,
}

impl ServerFiles<'_> {
    #[must_use]
    pub fn config(&self) -> String {
        format!("{}/dhcp.conf", self.folder)
    }
    #[must_use]
    pub fn pid(&self) -> String {
        format!("{}/pid", self.folder)
    }
    #[must_use]
    pub fn leases(&self) -> String {
        format!("{}/leases", self.folder)
    }
    #[must_use]
    pub fn log(&self) -> String {
        format!("{}/log", self.folder)
    }
}

/// The configuration for all cards on one port. A stranger is never answered: neither offered an
/// address nor told that its own is wrong.
#[must_use]
pub fn config(server: DhcpServer, port: &str, networks: &[&LocalNetwork]) -> String {
    let mut text = format!(
        "# Slipway's DHCP server for the cards on {port}, and for nobody else.\n\
         # Written anew for every deployment, and removed after the last one.\n"
    );
    match server {
        DhcpServer::Dnsmasq => dnsmasq(&mut text, port, networks),
        DhcpServer::IscDhcpd => isc(&mut text, networks),
    }
    text
}

/// One network for each address of ours.
fn distinct<'a>(networks: &[&'a LocalNetwork]) -> Vec<&'a LocalNetwork> {
    let mut all: Vec<&LocalNetwork> = networks.to_vec();
    all.sort_by_key(|network| network.address);
    all.dedup_by_key(|network| network.address);
    all
}

fn leases<'a>(networks: &[&'a LocalNetwork]) -> Vec<&'a Lease> {
    let mut all: Vec<&Lease> = networks.iter().map(|network| &network.lease).collect();
    all.sort_by_key(|lease| lease.ip);
    // A card that two jobs know is one card.
    all.dedup_by_key(|lease| lease.ip);
    all
}

fn dnsmasq(text: &mut String, port: &str, networks: &[&LocalNetwork]) {
    let _ = write!(
        text,
        "interface={port}\nexcept-interface=lo\nbind-interfaces\n# No DNS.\nport=0\nlog-dhcp\ndhcp-ignore=tag:!known\n"
    );
    for network in distinct(networks) {
        let _ = writeln!(
            text,
            "dhcp-range={},static,255.255.255.0,1h",
            network.network()
        );
    }
    for lease in leases(networks) {
        let name = if may_be_given(&lease.name) {
            format!("{},", lease.name)
        } else {
            String::new()
        };
        let macs = lease.macs.join(",");
        let _ = writeln!(text, "dhcp-host={macs},{},{name}1h", lease.ip);
    }
}

fn isc(text: &mut String, networks: &[&LocalNetwork]) {
    text.push_str(
        "default-lease-time 3600;\nmax-lease-time 3600;\nshared-network cards {\n  deny unknown-clients;\n",
    );
    for network in distinct(networks) {
        let _ = writeln!(
            text,
            "  subnet {} netmask 255.255.255.0 {{\n    option routers {};\n  }}",
            network.network(),
            network.address
        );
    }
    text.push_str("}\n");
    for (number, lease) in leases(networks).into_iter().enumerate() {
        let name = if may_be_given(&lease.name) {
            format!(" option host-name \"{}\";", lease.name)
        } else {
            String::new()
        };
        for (which, mac) in lease.macs.iter().enumerate() {
            let _ = writeln!(
                text,
                "host card-{number}-{which} {{ hardware ethernet {mac}; fixed-address {};{name} }}",
                lease.ip
            );
        }
    }
}

/// A name that no server takes for something else: dnsmasq reads digits as a time.
fn may_be_given(name: &str) -> bool {
    name.len() <= 63
        && !name.starts_with('-')
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name != "ignore"
        && name != "infinite"
}

/// The command that starts the server; it goes into the background by itself once it answers.
#[must_use]
pub fn start_command(server: DhcpServer, port: &str, files: ServerFiles<'_>) -> Vec<String> {
    match server {
        DhcpServer::Dnsmasq => vec![
            "dnsmasq".into(),
            format!("--conf-file={}", files.config()),
            format!("--pid-file={}", files.pid()),
            format!("--dhcp-leasefile={}", files.leases()),
            format!("--log-facility={}", files.log()),
        ],
        DhcpServer::IscDhcpd => words(&[
            "dhcpd",
            "-4",
            "-q",
            "-cf",
            &files.config(),
            "-pf",
            &files.pid(),
            "-lf",
            &files.leases(),
            port,
        ]),
    }
}
