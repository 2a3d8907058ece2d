//! The encrypted file's bytes: a header that anybody may read, and a sealed JSON map. No files.
//!
//! ```text
//! slipway secrets 1\n
//! {"kdf":"argon2id","m_kib":65536,"t":3,"p":1,"salt":"…","nonce":"…"}\n
//! <XChaCha20-Poly1305 of {"key":"value",…}, the two lines above authenticated with it>
//! ```
//! The salt and with it the key stay for the life of the file; each write has a new nonce.

use std::collections::BTreeMap;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Aead, KeyInit, Payload},
};
use serde::{Deserialize, Serialize};
use slipway_core::{ports::SecretsError, secret::Password};
use zeroize::Zeroizing;

const MAGIC: &str = "slipway secrets 1\n";
const KDF: &str = "argon2id";
/// More than this is no header of ours, and would be an attack on the memory.
const MAX_COST: KdfCost = KdfCost {
    memory_kib: 1024 * 1024,
    passes: 64,
    lanes: 16,
};

/// What deriving the key from the passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfCost {
    /// In KiB.
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for KdfCost {
    /// 64 MiB and three passes, RFC 9106's choice for where memory is scarce, on one lane: the
    /// implementation has one thread.
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 1,
        }
    }
}

/// The plaintext: values are wiped when it is dropped.
pub(super) type Entries = BTreeMap<String, Zeroizing<String>>;

/// A derived key and what it was derived with.
pub(super) struct Key {
    bytes: Zeroizing<[u8; 32]>,
    salt: [u8; 16],
    cost: KdfCost,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    kdf: String,
    m_kib: u32,
    t: u32,
    p: u32,
    salt: String,
    nonce: String,
}

fn unusable(why: impl std::fmt::Display) -> SecretsError {
    SecretsError::Unusable(format!("the secret file: {why}"))
}

fn random<const N: usize>() -> Result<[u8; N], SecretsError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(unusable)?;
    Ok(bytes)
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], SecretsError> {
    let bytes = STANDARD.decode(text).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| unusable("its header was damaged"))
}

impl Key {
    /// For a new file.
    pub(super) fn new(passphrase: &Password, cost: KdfCost) -> Result<Self, SecretsError> {
        if passphrase.is_empty() {
            return Err(SecretsError::Unusable("the passphrase is empty".into()));
        }
        Self::derive(passphrase, random()?, cost)
    }

    /// For a file that is there. Whether it is the right one, opening tells.
    pub(super) fn for_file(passphrase: &Password, file: &[u8]) -> Result<Self, SecretsError> {
        let (header, _, _) = split(file)?;
        Self::derive(passphrase, decode(&header.salt)?, cost_of(&header))
    }

    fn derive(passphrase: &Password, salt: [u8; 16], cost: KdfCost) -> Result<Self, SecretsError> {
        let too_much = cost.memory_kib > MAX_COST.memory_kib
            || cost.passes > MAX_COST.passes
            || cost.lanes > MAX_COST.lanes;
        if too_much {
            return Err(unusable("its header asks for too much memory or time"));
        }
        let params =
            Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(unusable)?;
        let mut bytes = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose().as_bytes(), &salt, bytes.as_mut_slice())
            .map_err(unusable)?;
        Ok(Self { bytes, salt, cost })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.bytes).into())
    }

    /// The whole file, with a new nonce.
    pub(super) fn seal(&self, entries: &Entries) -> Result<Vec<u8>, SecretsError> {
        let nonce: [u8; 24] = random()?;
        let header = Header {
            kdf: KDF.to_owned(),
            m_kib: self.cost.memory_kib,
            t: self.cost.passes,
            p: self.cost.lanes,
            salt: STANDARD.encode(self.salt),
            nonce: STANDARD.encode(nonce),
        };
        let mut file = MAGIC.to_owned().into_bytes();
        serde_json::to_writer(&mut file, &header).map_err(unusable)?;
        file.push(b'\n');
        let plain = Zeroizing::new(serde_json::to_vec(entries).map_err(unusable)?);
        let payload = Payload {
            msg: &plain,
            aad: &file,
        };
        let sealed = self
            .cipher()
            .encrypt(&nonce.into(), payload)
            .map_err(|_| unusable("it can't be encrypted"))?;
        file.extend_from_slice(&sealed);
        Ok(file)
    }

    pub(super) fn open(&self, file: &[u8]) -> Result<Entries, SecretsError> {
        let (header, aad, sealed) = split(file)?;
        let salt: [u8; 16] = decode(&header.salt)?;
        if salt != self.salt || cost_of(&header) != self.cost {
            return Err(unusable(
                "it was made anew by another process; open it again",
            ));
        }
        let nonce: [u8; 24] = decode(&header.nonce)?;
        let payload = Payload { msg: sealed, aad };
        let plain = self
            .cipher()
            .decrypt(&nonce.into(), payload)
            .map_err(|_| SecretsError::WrongPassphrase)?;
        serde_json::from_slice(&Zeroizing::new(plain)).map_err(|_| unusable("it holds no map"))
    }
}

fn cost_of(header: &Header) -> KdfCost {
    KdfCost {
        memory_kib: header.m_kib,
        passes: header.t,
        lanes: header.p,
    }
}

/// The header, its bytes, and what is sealed.
fn split(file: &[u8]) -> Result<(Header, &[u8], &[u8]), SecretsError> {
    let rest = file
        .strip_prefix(MAGIC.as_bytes())
        .ok_or_else(|| unusable("it is not one of this version of Slipway"))?;
    let end = rest
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or_else(|| unusable("its header was damaged"))?;
    let header: Header =
        serde_json::from_slice(&rest[..end]).map_err(|_| unusable("its header was damaged"))?;
    if header.kdf != KDF {
        return Err(unusable(format!(
            "its key derivation `{}` is not known",
            header.kdf
        )));
    }
    let (aad, sealed) = file.split_at(MAGIC.len() + end + 1);
    Ok((header, aad, sealed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: KdfCost = KdfCost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    fn sealed() -> (Key, Vec<u8>) {
        let key = Key::new(&Password::new("correct horse"), CHEAP).unwrap();
        let entries = Entries::from([("ca/key".to_owned(), Zeroizing::new("sentinel".to_owned()))]);
        let file = key.seal(&entries).unwrap();
        (key, file)
    }

    #[test]
    fn what_was_sealed_opens_again_with_the_same_passphrase_only() {
        let (key, file) = sealed();
        assert_eq!(key.open(&file).unwrap()["ca/key"].as_str(), "sentinel");
        assert!(!String::from_utf8_lossy(&file).contains("sentinel"));
        let same = Key::for_file(&Password::new("correct horse"), &file).unwrap();
        assert_eq!(same.open(&file).unwrap().len(), 1);
        let other = Key::for_file(&Password::new("battery staple"), &file).unwrap();
        assert_eq!(other.open(&file).err(), Some(SecretsError::WrongPassphrase));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let (_, file) = sealed();
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            let opened = Key::for_file(&Password::new("correct horse"), &changed)
                .and_then(|key| key.open(&changed));
            assert!(opened.is_err(), "byte {at}");
        }
        for end in 0..file.len() {
            let opened = Key::for_file(&Password::new("correct horse"), &file[..end])
                .and_then(|key| key.open(&file[..end]));
            assert!(opened.is_err(), "cut at {end}");
        }
    }

    #[test]
    fn two_writes_share_no_nonce() {
        let (key, file) = sealed();
        let again = key.seal(&key.open(&file).unwrap()).unwrap();
        assert_ne!(
            split(&file).unwrap().0.nonce,
            split(&again).unwrap().0.nonce
        );
    }

    #[test]
    fn a_header_cant_make_us_take_all_memory() {
        let (_, file) = sealed();
        let text = String::from_utf8_lossy(&file).replace("\"m_kib\":8,", "\"m_kib\":4000000000,");
        let refused = Key::for_file(&Password::new("x"), text.as_bytes()).err();
        assert!(matches!(refused, Some(SecretsError::Unusable(why)) if why.contains("too much")));
    }

    #[test]
    fn an_empty_passphrase_is_none() {
        assert!(Key::new(&Password::new(""), CHEAP).is_err());
    }

    #[test]
    fn the_default_cost_is_what_the_documents_say() {
        let cost = KdfCost::default();
        assert_eq!((cost.memory_kib, cost.passes, cost.lanes), (65_536, 3, 1));
    }
}
