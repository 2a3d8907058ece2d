//! SSH keys: making them, reading them, and their fingerprints. No I/O.

use russh::keys::{
    HashAlg, PrivateKey, PublicKey, decode_secret_key,
    ssh_key::{LineEnding, private::Ed25519Keypair},
};
use slipway_core::{secret::Password, trust::Fingerprint};

/// A new ed25519 key: the private half as OpenSSH PEM, the public half as one line
/// (`ssh-ed25519 AAAA… comment`). For the fleet's own key and for the host keys of cards.
///
/// Control characters are left out of the comment, so that the line stays one.
#[must_use]
pub fn generate_key(comment: &str) -> (Password, String) {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the operating system gives random bytes");
    let mut key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
    seed.fill(0);
    let comment: String = comment.chars().filter(|c| !c.is_control()).collect();
    key.set_comment(comment.trim());
    let private = key
        .to_openssh(LineEnding::LF)
        .expect("an ed25519 key has an OpenSSH form");
    let public = key
        .public_key()
        .to_openssh()
        .expect("an ed25519 key has an OpenSSH form");
    (Password::new(private.as_str()), public)
}

/// `SHA256:…`, as `ssh-keygen -l` prints it.
pub(crate) fn fingerprint(key: &PublicKey) -> Fingerprint {
    key.fingerprint(HashAlg::Sha256)
        .to_string()
        .parse()
        .expect("ssh-key writes SHA-256 fingerprints as ssh-keygen does")
}

/// The fingerprint of a public key line (`ssh-ed25519 AAAA… comment`); `None` where it is none.
#[must_use]
pub fn public_key_fingerprint(line: &str) -> Option<Fingerprint> {
    PublicKey::from_openssh(line)
        .ok()
        .map(|key| fingerprint(&key))
}

/// Whether this can be used as a private key: what is kept as one is tried before.
///
/// # Errors
/// Why not, for people; nothing of the key is in it.
pub fn check_private_key(pem: &Password) -> Result<(), String> {
    read_private_key(pem).map(drop)
}

/// Reads a private key; the error is for people and holds nothing of the key.
pub(crate) fn read_private_key(pem: &Password) -> Result<PrivateKey, String> {
    match decode_secret_key(pem.expose(), None) {
        Ok(key) if key.is_encrypted() => Err("it has a passphrase".into()),
        Ok(key) => Ok(key),
        Err(russh::keys::Error::KeyIsEncrypted) => Err("it has a passphrase".into()),
        Err(_) => Err("it can't be read as a private key".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_made_key_is_one_that_ssh_keygen_knows() {
        let (private, public) = generate_key("slipway@desk\nssh-rsa AAAA evil");
        assert_eq!(public.lines().count(), 1);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, private.expose()).unwrap();
        std::fs::set_permissions(
            &path,
            <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600),
        )
        .unwrap();
        let ssh_keygen = |option: &str| {
            let out = Command::new("ssh-keygen")
                .args([option, "-f"])
                .arg(&path)
                .output()
                .unwrap();
            assert!(out.status.success(), "{out:?}");
            String::from_utf8(out.stdout).unwrap()
        };
        let body = |line: &str| line.split(' ').nth(1).unwrap().trim().to_owned();
        assert_eq!(body(&ssh_keygen("-y")), body(&public));
        let ours = fingerprint(read_private_key(&private).unwrap().public_key());
        assert_eq!(ours.as_str(), body(&ssh_keygen("-l")));
    }

    #[test]
    fn two_keys_differ_and_what_is_no_key_is_told_without_its_text() {
        assert_ne!(generate_key("a").1, generate_key("a").1);
        let error = read_private_key(&Password::new("sentinel")).unwrap_err();
        assert!(!error.contains("sentinel"));
    }
}
