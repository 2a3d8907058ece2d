//! Where a peer answers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;

/// A text that is no `host` or `host:port`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an address (host or host:port)")]
pub struct InvalidAddress(String);

/// A host name or IP address, and a port. IPv6 is written `[::1]:8443`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(try_from = "String", into = "String")]
#[specta(type = String)]
pub struct Address {
    pub host: String,
    pub port: u16,
}

impl Address {
    /// # Errors
    /// [`InvalidAddress`] where `host` can't be a host.
    pub fn new(host: &str, port: u16) -> Result<Self, InvalidAddress> {
        Self::parse_or(host, port)
    }

    /// Parses `host` or `host:port`; without a port it is `default_port`.
    ///
    /// # Errors
    /// [`InvalidAddress`] on anything else: a URL, a path, a blank.
    pub fn parse_or(text: &str, default_port: u16) -> Result<Self, InvalidAddress> {
        let invalid = || InvalidAddress(text.to_owned());
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or_else(invalid)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| invalid())?;
            match rest.strip_prefix(':') {
                Some(port) => (host, port.parse().map_err(|_| invalid())?),
                None if rest.is_empty() => (host, default_port),
                None => return Err(invalid()),
            }
        } else if text.parse::<std::net::Ipv6Addr>().is_ok() {
            (text, default_port)
        } else {
            let (host, port) = match text.split_once(':') {
                Some((host, port)) => (host, port.parse().map_err(|_| invalid())?),
                None => (text, default_port),
            };
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            if host.is_empty() || host.starts_with(['-', '.']) || !host.chars().all(allowed) {
                return Err(invalid());
            }
            (host, port)
        };
        if port == 0 || host.len() > 253 {
            return Err(invalid());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;
    /// Needs the port: this is the stored form.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let address = Self::parse_or(text, 0);
        address.map_err(|_| InvalidAddress(text.to_owned()))
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;
    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(value: Address) -> String {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_ports_and_ipv6() {
        let shown = |text: &str| Address::parse_or(text, 8443).unwrap().to_string();
        assert_eq!(shown("imc.lab"), "imc.lab:8443");
        assert_eq!(shown("10.0.0.1:443"), "10.0.0.1:443");
        assert_eq!(shown("fe80::1"), "[fe80::1]:8443");
        assert_eq!(shown("[::1]:22"), "[::1]:22");
        for text in [
            "",
            "https://imc",
            "a b",
            "imc:",
            "imc:0",
            "imc:99999",
            "-oProxyCommand=x",
            "a/b",
        ] {
            assert!(Address::parse_or(text, 8443).is_err(), "{text}");
        }
        assert!("imc".parse::<Address>().is_err());
    }
}
