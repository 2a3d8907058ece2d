//! The one key exchange group that rustls does not bring: ECDH over P-521.
//!
//! Intel's IMC allows only X448, P-521 and FFDHE (the GnuTLS policy in `tests/fixtures`); a rustls
//! without this group gets "handshake eof" there. The arithmetic is aws-lc's.

use aws_lc_rs::{
    agreement::{self, EphemeralPrivateKey, PublicKey, UnparsedPublicKey},
    rand::SystemRandom,
};
use rustls::{
    Error, NamedGroup, PeerMisbehaved,
    crypto::{ActiveKeyExchange, GetRandomFailed, SharedSecret, SupportedKxGroup},
    ffdhe_groups::FfdheGroup,
};

/// P-521, offered after the groups that rustls prefers.
#[derive(Debug)]
pub(crate) struct Secp521r1;

struct Exchange {
    private: EphemeralPrivateKey,
    public: PublicKey,
}

impl SupportedKxGroup for Secp521r1 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let failed = |_| Error::from(GetRandomFailed);
        let private = EphemeralPrivateKey::generate(&agreement::ECDH_P521, &SystemRandom::new())
            .map_err(failed)?;
        let public = private.compute_public_key().map_err(failed)?;
        Ok(Box::new(Exchange { private, public }))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let invalid = || Error::from(PeerMisbehaved::InvalidKeyShare);
        // TLS 1.3 knows only the uncompressed form (RFC 8446, 4.2.8.2); aws-lc would take others.
        if peer.first() != Some(&0x04) {
            return Err(invalid());
        }
        let peer = UnparsedPublicKey::new(&agreement::ECDH_P521, peer);
        agreement::agree_ephemeral(self.private, peer, invalid(), |secret| {
            Ok(SharedSecret::from(secret))
        })
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_get_the_same_secret() {
        let ours = Secp521r1.start().unwrap();
        let theirs = Secp521r1.start().unwrap();
        assert_eq!(ours.pub_key().len(), 133);
        let (our_key, their_key) = (ours.pub_key().to_vec(), theirs.pub_key().to_vec());
        let one = ours.complete(&their_key).unwrap();
        let other = theirs.complete(&our_key).unwrap();
        assert_eq!(one.secret_bytes(), other.secret_bytes());
        assert_eq!(one.secret_bytes().len(), 66);
    }

    #[test]
    fn a_key_that_is_not_on_the_curve_is_refused() {
        let share = |bytes: &[u8]| Secp521r1.start().unwrap().complete(bytes).is_err();
        assert!(share(&[]));
        assert!(share(&[0x02; 67]));
        let mut off_curve = vec![0x04];
        off_curve.resize(133, 1);
        assert!(share(&off_curve));
    }
}
