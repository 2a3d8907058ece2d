//! The per-card overlay: the part of the kickstart that differs from card to card.
//!
//! The ISO's main kickstart includes [`crate::iso::AREA_FILE`]; the media server puts a card's
//! overlay there as it streams. So one ISO serves many cards, and each gets its own host name,
//! SSH host key and nonce before MicroShift starts for the first time.

use std::fmt::Write as _;

use super::heredoc;
use crate::{
    ids::JobId,
    image::ImageReference,
    iso::{AREA_SIGNATURE, AREA_SIZE},
    secret::Password,
};

/// The file on an installed card that names the deployment which made it.
pub const NONCE_FILE: &str = "/etc/slipway/deployment";

/// A field that can't stand in a kickstart.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidOverlay {
    #[error("`{0}` is not a host name (letters, digits, `-` and `.`; at most 253)")]
    Hostname(String),
    #[error("`localhost` must not become a card's name: MicroShift keeps it for ever")]
    Localhost,
    #[error("this is not an OpenSSH public key: `{0}`")]
    AuthorizedKey(String),
    #[error("the SSH host key is not in OpenSSH's format")]
    HostKey,
    #[error("the overlay has {0} bytes, the area {AREA_SIZE}")]
    TooLarge(usize),
}

/// What one card gets. The host key is a secret: so is the rendered text.
#[derive(Debug, Clone)]
pub struct Overlay {
    pub hostname: String,
    pub deployment: JobId,
    /// Public keys for root, one line each.
    pub authorized_keys: Vec<String>,
    /// An OpenSSH private key (ed25519), PEM.
    pub host_key: Password,
    pub host_key_public: String,
    /// Where the card follows its image from then on; `None` leaves it on the ISO.
    pub origin: Option<ImageReference>,
}

impl Overlay {
    /// Exactly [`AREA_SIZE`] bytes: the signature, the kickstart, newlines.
    ///
    /// # Errors
    /// [`InvalidOverlay`] names the field that could break out of its place.
    pub fn render(&self) -> Result<Vec<u8>, InvalidOverlay> {
        let mut text = String::from(AREA_SIGNATURE);
        check_hostname(&self.hostname)?;
        let _ = writeln!(text, "network --hostname={}", self.hostname);
        text.push_str("rootpw --lock\n");
        for key in &self.authorized_keys {
            check_public_key(key)?;
            let _ = writeln!(text, "sshkey --username=root \"{key}\"");
        }
        text.push_str("%post --erroronfail --log=/var/log/slipway-post.log\nset -eu\numask 077\n");
        let _ = writeln!(
            text,
            "install -d -m 0755 /etc/slipway\nprintf '%s\\n' {} > {NONCE_FILE}\nchmod 0644 {NONCE_FILE}",
            self.deployment
        );
        let private = self.host_key.expose();
        if !private.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n") || !private.ends_with('\n')
        {
            return Err(InvalidOverlay::HostKey);
        }
        check_public_key(&self.host_key_public)?;
        text.push_str("rm -f /etc/ssh/ssh_host_*\n");
        heredoc(&mut text, "/etc/ssh/ssh_host_ed25519_key", private);
        heredoc(
            &mut text,
            "/etc/ssh/ssh_host_ed25519_key.pub",
            &format!("{}\n", self.host_key_public),
        );
        text.push_str("chmod 0600 /etc/ssh/ssh_host_ed25519_key\nchmod 0644 /etc/ssh/ssh_host_ed25519_key.pub\n");
        if let Some(origin) = &self.origin {
            let _ = writeln!(
                text,
                "bootc switch --mutate-in-place --transport registry {origin}"
            );
        }
        text.push_str("%end\n");
        if text.len() > AREA_SIZE {
            return Err(InvalidOverlay::TooLarge(text.len()));
        }
        let mut bytes = text.into_bytes();
        bytes.resize(AREA_SIZE, b'\n');
        Ok(bytes)
    }
}

/// The area of an ISO that nobody has personalised: the signature and newlines.
#[must_use]
pub fn empty_area() -> Vec<u8> {
    let mut bytes = AREA_SIGNATURE.as_bytes().to_vec();
    bytes.resize(AREA_SIZE, b'\n');
    bytes
}

/// # Errors
/// [`InvalidOverlay`] where it is no host name, or `localhost`.
pub fn check_hostname(name: &str) -> Result<(), InvalidOverlay> {
    let label = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if name.len() > 253 || !name.split('.').all(label) {
        return Err(InvalidOverlay::Hostname(name.to_owned()));
    }
    if name == "localhost" || name.starts_with("localhost.") {
        return Err(InvalidOverlay::Localhost);
    }
    Ok(())
}

/// `ssh-ed25519 AAAA… comment`: type and base64, and a comment that can't leave its quotes.
///
/// # Errors
/// [`InvalidOverlay::AuthorizedKey`] on anything else.
pub fn check_public_key(line: &str) -> Result<(), InvalidOverlay> {
    let mut words = line.split(' ');
    let kind = words.next().unwrap_or_default();
    let body = words.next().unwrap_or_default();
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let harmless = |c: char| c.is_ascii_graphic() && !"\"'\\`$".contains(c) || c == ' ';
    let known = [
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-",
        "sk-ssh-",
        "sk-ecdsa-",
    ];
    let ok = known.iter().any(|prefix| kind.starts_with(prefix))
        && body.starts_with("AAAA")
        && body.chars().all(base64)
        && line.chars().all(harmless);
    if ok {
        Ok(())
    } else {
        Err(InvalidOverlay::AuthorizedKey(line.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn overlay() -> Overlay {
        Overlay {
            hostname: "dpu-07.lab.example".into(),
            deployment: "0190000000007000a000000000000001".parse().unwrap(),
            authorized_keys: vec!["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA slipway@desk".into()],
            host_key: Password::new(
                "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
            ),
            host_key_public: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB".into(),
            origin: Some("quay.io/lab/dpu-os:stable".parse().unwrap()),
        }
    }

    #[test]
    fn an_overlay_has_the_size_of_the_area_and_says_who_the_card_is() {
        let bytes = overlay().render().unwrap();
        assert_eq!(bytes.len(), AREA_SIZE);
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap().trim_end());
    }

    #[test]
    fn fields_cannot_leave_their_place() {
        let with = |change: fn(&mut Overlay)| {
            let mut overlay = overlay();
            change(&mut overlay);
            overlay.render().unwrap_err()
        };
        assert_eq!(
            with(|o| o.hostname = "localhost.localdomain".into()),
            InvalidOverlay::Localhost
        );
        assert!(matches!(
            with(|o| o.hostname = "a b".into()),
            InvalidOverlay::Hostname(_)
        ));
        assert!(matches!(
            with(|o| o.hostname = "a\n%end".into()),
            InvalidOverlay::Hostname(_)
        ));
        assert!(matches!(
            with(|o| o.authorized_keys[0].push_str("\"\n%post")),
            InvalidOverlay::AuthorizedKey(_)
        ));
        assert_eq!(
            with(|o| o.host_key = Password::new("x")),
            InvalidOverlay::HostKey
        );
    }

    proptest! {
        #[test]
        fn no_host_name_adds_a_line(name in "\\PC{0,40}") {
            let mut overlay = overlay();
            let lines = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim_end().lines().count();
            let before = lines(overlay.render().unwrap());
            overlay.hostname = name;
            if let Ok(bytes) = overlay.render() {
                prop_assert_eq!(lines(bytes), before);
            }
        }
    }
}
