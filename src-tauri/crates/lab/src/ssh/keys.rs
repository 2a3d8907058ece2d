//! Host keys as OpenSSH text.

use russh::keys::{
    HashAlg, PrivateKey,
    ssh_key::{LineEnding, private::Ed25519Keypair},
};
use slipway_core::trust::Fingerprint;

/// A new ed25519 key, PEM as `ssh-keygen` writes it.
///
/// # Panics
/// Where the system has no randomness, as every TLS and SSH handshake here would.
#[must_use]
pub fn new_host_key() -> String {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the system has randomness");
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
    let pem = key.to_openssh(LineEnding::LF);
    pem.expect("a key that was just made can be written")
        .to_string()
}

/// `ssh-ed25519 AAAA…` of a private key.
#[must_use]
pub fn public_line(pem: &str) -> Option<String> {
    let key = PrivateKey::from_openssh(pem).ok()?;
    key.public_key().to_openssh().ok()
}

/// What `ssh-keygen -l` prints of it. Of a text that is no key, the fingerprint of nothing.
#[must_use]
pub fn host_key_fingerprint(pem: &str) -> Fingerprint {
    let text = match PrivateKey::from_openssh(pem) {
        Ok(key) => key.public_key().fingerprint(HashAlg::Sha256).to_string(),
        Err(_) => "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU".to_owned(),
    };
    text.parse()
        .expect("russh writes fingerprints as core reads them")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn ssh_keygen_agrees() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let pem = new_host_key();
        std::fs::write(&path, &pem).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, mode).unwrap();
        let run = |args: &[&str]| {
            let out = Command::new("ssh-keygen").args(args).arg(&path).output();
            String::from_utf8(out.unwrap().stdout).unwrap()
        };
        let fingerprint = host_key_fingerprint(&pem).to_string();
        assert!(run(&["-l", "-f"]).contains(&fingerprint));
        assert!(run(&["-y", "-f"]).starts_with(&public_line(&pem).unwrap()));
    }
}
