//! MD5 by aws-lc, which is linked for TLS anyway. Its assembly takes a fifth less time than the
//! MD5 of RustCrypto, and making an ISO waits for nothing else as long ([`Md5`] is a chain: no
//! second processor helps). aws-lc-rs leaves MD5 out, so the functions of C are called here.
//!
//! The one user is the media check of Anaconda's ISOs, whose format has MD5 in it. It protects
//! against bad media, not against people.

use std::mem::MaybeUninit;

use aws_lc_sys::{MD5_CTX, MD5_Final, MD5_Init, MD5_Update};

/// The sum of the bytes so far. A clone goes on by itself, for sums in between.
#[derive(Debug, Clone)]
pub struct Md5(MD5_CTX);

#[expect(
    unsafe_code,
    reason = "the functions of C; nothing else of it leaves here"
)]
impl Md5 {
    #[must_use]
    pub fn new() -> Self {
        let mut context = MaybeUninit::uninit();
        // SAFETY: `MD5_Init` writes every field of the context that it is given, and can't fail:
        // MD5 allocates nothing.
        Self(unsafe {
            MD5_Init(context.as_mut_ptr());
            context.assume_init()
        })
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        // SAFETY: the context is one that `MD5_Init` made, and as many bytes as are named are
        // only read.
        unsafe { MD5_Update(&raw mut self.0, bytes.as_ptr().cast(), bytes.len()) };
    }

    #[must_use]
    pub fn finish(mut self) -> [u8; 16] {
        let mut sum = [0; 16];
        // SAFETY: `MD5_Final` writes 16 bytes (`MD5_DIGEST_LENGTH`); the context ends here.
        unsafe { MD5_Final(sum.as_mut_ptr(), &raw mut self.0) };
        sum
    }
}

impl Default for Md5 {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use md5::Digest as _;
    use proptest::prelude::*;

    use super::*;

    fn judged(bytes: &[u8]) -> [u8; 16] {
        md5::Md5::digest(bytes).into()
    }

    #[test]
    fn of_nothing_and_of_more_than_a_block() {
        let empty = [
            0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8,
            0x42, 0x7e,
        ];
        assert_eq!(Md5::new().finish(), empty, "RFC 1321, A.5");
        let mut sum = Md5::new();
        let bytes = vec![0x5a; 1_000_001];
        sum.update(&bytes);
        assert_eq!(sum.finish(), judged(&bytes));
    }

    proptest! {
        #[test]
        fn it_is_what_rustcrypto_says_and_a_clone_goes_on_by_itself(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..12),
        ) {
            let (mut sum, mut so_far) = (Md5::new(), Vec::new());
            for part in parts {
                sum.update(&part);
                so_far.extend_from_slice(&part);
                prop_assert_eq!(sum.clone().finish(), judged(&so_far));
            }
        }
    }
}
