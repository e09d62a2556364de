//! Encryption of fields in rows, signatures, and the keys they rest on.
//!
//! Master keys come from outside the database (environment or key file) and only wrap data keys. Each org
//! has its own data keys, kept wrapped in `data_keys`; they encrypt the fields. Destroying an org's data
//! keys therefore destroys its encrypted fields in each backup as well. Another master key takes the place of one by wrapping the data
//! keys anew ([`crate::master_keys`]); what is derived from it instead is short-lived, made anew, or checked with a public key that stays.
//!
//! AES-256-GCM with random 96-bit nonces throughout: a key is to be replaced long before 2^32 uses (NIST SP
//! 800-38D). What a ciphertext belongs to is authenticated with it, so a value moved to another row, column,
//! table or org does not decrypt.

pub mod blind;
pub mod field;
pub mod key_file;
pub mod keys;
pub mod mac;
pub mod master;
pub mod outside;
pub mod ring;
pub mod sign;

use aes_gcm::aead::Aead as _;
use aes_gcm::aead::Payload;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use zeroize::Zeroizing;

pub use blind::BlindIndex;
pub use field::{FieldRef, decrypt, encrypt, key_id_of};
pub use key_file::{KeyFile, after_all};
pub use keys::{DataKey, WrappedKey};
pub use mac::MacKey;
pub use master::{KeyFileError, MasterKeys};
pub use outside::{master_id_of, open_outside, seal_outside};
pub use ring::MasterRing;
pub use sign::{PublicKey, SigningKey};

use crate::ids::random_bytes;

/// Secret of 256 bits, wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

const NONCE: usize = 12;
const TAG: usize = 16;

/// Why something did not decrypt. None of it says anything about the plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    #[error("the ciphertext is not in a known format")]
    Malformed,
    #[error("the ciphertext was made with data key {made_with}, not {given}")]
    OtherKey { made_with: u32, given: u32 },
    #[error("the master key that wrapped this data key is not configured")]
    UnknownMasterKey,
    #[error("the ciphertext is damaged, or belongs to another place or key")]
    Refused,
}

/// Nonce, ciphertext and tag, with `aad` authenticated.
fn seal(key: &Secret, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let nonce: [u8; NONCE] = random_bytes();
    let sealed = Aes256Gcm::new((&**key).into())
        .encrypt((&nonce).into(), Payload { msg: plaintext, aad })
        .expect("AES-GCM refuses only texts above 64 GiB, and a field comes in a message of at most 1 MiB");
    [&nonce[..], &sealed].concat()
}

fn open(key: &Secret, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or(CryptoError::Malformed)?;
    if ciphertext.len() < TAG {
        return Err(CryptoError::Malformed);
    }
    Aes256Gcm::new((&**key).into())
        .decrypt(nonce.into(), Payload { msg: ciphertext, aad })
        .map(Zeroizing::new)
        .map_err(|_| CryptoError::Refused)
}

/// Joins parts, as of an AAD, so that no two lists of parts give the same bytes.
pub(crate) fn bind(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn different_parts_bind_differently(
            a in prop::collection::vec(prop::collection::vec(0_u8..3, 0..4), 0..4),
            b in prop::collection::vec(prop::collection::vec(0_u8..3, 0..4), 0..4),
        ) {
            let bytes = |parts: &[Vec<u8>]| bind(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(bytes(&a) == bytes(&b), a == b);
        }
    }
}
