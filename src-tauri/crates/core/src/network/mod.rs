//! The network between the provisioner and its cards, where a plan asks for one: an address on the
//! port to the cards, and a DHCP server that answers those cards and nobody else.
//!
//! Data and text only. What is there, and what is done about it, is asked of
//! [`crate::ports::LocalNetworks`].

mod config;
mod plan;

use std::{fmt, net::Ipv4Addr};

use serde::{Deserialize, Serialize};

pub use config::{ServerFiles, config, start_command};
pub use plan::planned;
pub(crate) use plan::{planned_undo, skipped};

/// The length of a card network's prefix, as CDA has it.
pub const PREFIX: u8 = 24;
/// The kernel takes no longer name of an interface.
const LONGEST_NAME: usize = 15;

/// Which program answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DhcpServer {
    #[default]
    Dnsmasq,
    /// ISC's, where there is no dnsmasq.
    IscDhcpd,
}

impl DhcpServer {
    pub const ALL: [Self; 2] = [Self::Dnsmasq, Self::IscDhcpd];

    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::Dnsmasq => "dnsmasq",
            Self::IscDhcpd => "dhcpd",
        }
    }
}

/// What one card is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub name: String,
    /// In lower case with colons; the first is the card's, the others are its too.
    pub macs: Vec<String>,
    pub ip: Ipv4Addr,
}

/// What a plan wants of this machine's port to the cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalNetwork {
    /// The interface's name.
    pub port: String,
    /// This machine's own address there: the first of the card's network.
    pub address: Ipv4Addr,
    pub lease: Lease,
    pub server: DhcpServer,
    /// Where everything about this port is kept; Slipway's own.
    pub folder: String,
}

impl LocalNetwork {
    /// # Errors
    /// Why this can't be a network, in words.
    pub fn new(
        port: &str,
        lease: Lease,
        server: DhcpServer,
        networks: &str,
    ) -> Result<Self, String> {
        if !is_port(port) {
            return Err(format!("`{port}` is no name of a network port"));
        }
        if lease.macs.is_empty() {
            return Err(format!("{} has no `mac`", lease.name));
        }
        let [a, b, c, last] = lease.ip.octets();
        let address = Ipv4Addr::new(a, b, c, 1);
        if matches!(last, 0 | 1 | 255) || lease.ip.is_loopback() || lease.ip.is_multicast() {
            return Err(format!(
                "{} is no address for a card in {a}.{b}.{c}.0/{PREFIX}, where {address} is this machine's",
                lease.ip
            ));
        }
        Ok(Self {
            port: port.to_owned(),
            address,
            lease,
            server,
            folder: format!("{networks}/{port}"),
        })
    }

    /// `192.168.3.1/24`, as `ip` takes it.
    #[must_use]
    pub fn own_address(&self) -> String {
        format!("{}/{PREFIX}", self.address)
    }

    /// `192.168.3.0`.
    #[must_use]
    pub fn network(&self) -> Ipv4Addr {
        let [a, b, c, _] = self.address.octets();
        Ipv4Addr::new(a, b, c, 0)
    }

    /// The command that puts our address on the port.
    #[must_use]
    pub fn add_address(&self) -> Vec<String> {
        self.change_address("add")
    }

    /// The command that takes it away again.
    #[must_use]
    pub fn remove_address(&self) -> Vec<String> {
        self.change_address("del")
    }

    fn change_address(&self, how: &str) -> Vec<String> {
        let address = self.own_address();
        words(&["ip", "address", how, &address, "dev", &self.port])
    }
}

impl fmt::Display for LocalNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.own_address(), self.port)
    }
}

/// The command that brings a port up, or down.
#[must_use]
pub fn set_link(port: &str, how: &str) -> Vec<String> {
    words(&["ip", "link", "set", "dev", port, how])
}

fn words(argv: &[&str]) -> Vec<String> {
    argv.iter().map(|word| (*word).to_owned()).collect()
}

/// Whether the kernel would take it, and no program would take it for an option or a path.
#[must_use]
pub fn is_port(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    let first = name.chars().next();
    name.len() <= LONGEST_NAME
        && first.is_some_and(|first| first.is_ascii_alphanumeric())
        && name.chars().all(plain)
}

#[cfg(test)]
mod tests;
