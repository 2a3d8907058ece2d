//! Credential profiles: which login is for which machines. The secret itself is never here.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::ids::CredentialId;

/// What proves who we are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// For Redfish and for SSH.
    #[default]
    Password,
    /// A private key in OpenSSH's or PKCS#8 form, without passphrase. For SSH only.
    SshKey,
    /// The keys of the agent behind `SSH_AUTH_SOCK`; nothing is stored. For SSH only.
    SshAgent,
}

impl CredentialKind {
    /// Whether Redfish takes it.
    #[must_use]
    pub fn is_for_redfish(self) -> bool {
        self == Self::Password
    }

    /// Whether a secret belongs to it.
    #[must_use]
    pub fn has_secret(self) -> bool {
        match self {
            Self::Password | Self::SshKey => true,
            Self::SshAgent => false,
        }
    }
}

/// What a profile is for: machines by address, or by label. Where both are empty it is for none by
/// itself, and is used only where somebody names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct CredentialScope {
    /// Host names with `*` for any run of characters, IP addresses, or networks (`10.1.0.0/16`).
    pub addresses: Vec<String>,
    pub labels: Vec<String>,
}

impl CredentialScope {
    /// Whether one of the patterns or labels fits.
    #[must_use]
    pub fn fits(&self, host: &str, labels: &[String]) -> bool {
        self.addresses.iter().any(|pattern| fits(pattern, host))
            || self.labels.iter().any(|label| labels.contains(label))
    }
}

fn fits(pattern: &str, host: &str) -> bool {
    let pattern = pattern.trim();
    if let (Some((network, bits)), Ok(address)) = (network_of(pattern), host.parse::<IpAddr>()) {
        return is_in(network, bits, address);
    }
    wildcard(
        pattern.to_ascii_lowercase().as_bytes(),
        host.to_ascii_lowercase().as_bytes(),
    )
}

/// `10.1.0.0/16` as address and number of leading bits.
pub(crate) fn network_of(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits: u32 = bits.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

fn is_in(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// `*` is any run of characters. Goes back only to the last star: no input makes it slow.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// How the SSH of an IMC is logged in to, besides the fleet key, which is always offered first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "login", content = "credential")]
pub enum ImcSshLogin {
    /// By the user and password of its Redfish.
    #[default]
    AsRedfish,
    Profile(CredentialId),
    /// Root without a password, as IMCs are shipped. Only where somebody said so for this card.
    EmptyPassword,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(addresses: &[&str], labels: &[&str]) -> CredentialScope {
        let all = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        CredentialScope {
            addresses: all(addresses),
            labels: all(labels),
        }
    }

    #[test]
    fn a_profile_is_for_names_networks_and_labels() {
        let lab = scope(&["imc-*.lab", "10.1.0.0/16", "fd00::/8"], &["rack-7"]);
        for host in ["imc-001.lab", "IMC-9.LAB", "10.1.200.3", "fd12::1"] {
            assert!(lab.fits(host, &[]), "{host}");
        }
        for host in ["imc-001.lab.example", "10.2.0.1", "fe80::1", ""] {
            assert!(!lab.fits(host, &[]), "{host}");
        }
        assert!(lab.fits("elsewhere", &["rack-7".to_owned()]));
    }

    #[test]
    fn a_profile_without_a_scope_is_for_nobody_by_itself() {
        assert!(!CredentialScope::default().fits("imc.lab", &["x".to_owned()]));
    }

    #[test]
    fn a_whole_network_and_one_address_are_networks_too() {
        assert!(scope(&["0.0.0.0/0"], &[]).fits("192.0.2.1", &[]));
        assert!(scope(&["192.0.2.1/32"], &[]).fits("192.0.2.1", &[]));
        assert!(!scope(&["192.0.2.1/33"], &[]).fits("192.0.2.1", &[]));
        assert!(scope(&["::/0"], &[]).fits("2001:db8::1", &[]));
    }

    #[test]
    fn many_stars_are_no_trap() {
        let pattern = "*a".repeat(40);
        assert!(!scope(&[&pattern], &[]).fits(&"a".repeat(39), &[]));
        assert!(scope(&[&pattern], &[]).fits(&"ba".repeat(60), &[]));
    }
}
