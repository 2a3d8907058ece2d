//! Whom to reach, as whom, and what to expect there. Data only.

use slipway_core::{address::Address, secret::Password, trust::Fingerprint};

/// One way to log in. `Debug` shows no secret: [`Password`] hides itself.
#[derive(Debug, Clone)]
pub enum SshAuth {
    /// A private key without passphrase, OpenSSH PEM (PKCS#8 and PKCS#1 are read too).
    Key(Password),
    /// Also answers `keyboard-interactive` where the peer offers only that.
    Password(Password),
    /// Every key of the agent behind `SSH_AUTH_SOCK`.
    Agent,
    /// No password at all: the `none` method, then an empty password. Only where the card's
    /// settings say so.
    None,
}

/// A login on a machine, perhaps behind another one.
#[derive(Debug, Clone)]
pub struct SshTarget {
    /// As seen from here, or from `via` where there is one.
    pub address: Address,
    pub user: String,
    /// Tried in this order.
    pub auth: Vec<SshAuth>,
    /// The accepted host key. Nothing is sent to a peer that shows another one.
    pub host_key: Option<Fingerprint>,
    /// The machine to go through: an IMC, for its ACC.
    pub via: Option<Box<SshTarget>>,
}

impl SshTarget {
    /// `host:port`, and `hop:port/host:port` behind a hop: the name under which a pin is kept.
    #[must_use]
    pub fn peer(&self) -> String {
        match &self.via {
            Some(hop) => format!("{}/{}", hop.peer(), self.address),
            None => self.address.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> SshTarget {
        let hop = SshTarget {
            address: Address::new("imc.lab", 22).unwrap(),
            user: "root".into(),
            auth: vec![SshAuth::Password(Password::new("sentinel-1"))],
            host_key: None,
            via: None,
        };
        SshTarget {
            address: Address::new("192.168.0.2", 22).unwrap(),
            user: "root".into(),
            auth: vec![SshAuth::Key(Password::new("sentinel-2")), SshAuth::Agent],
            host_key: None,
            via: Some(Box::new(hop)),
        }
    }

    #[test]
    fn a_target_behind_a_hop_is_named_after_both() {
        assert_eq!(target().peer(), "imc.lab:22/192.168.0.2:22");
    }

    #[test]
    fn a_target_is_printed_without_its_secrets() {
        let shown = format!("{:?}", target());
        assert!(shown.contains("Password(…)"), "{shown}");
        assert!(!shown.contains("sentinel"), "{shown}");
    }
}
