//! A look-up of encrypted values: a keyed hash (HMAC-SHA256, RFC 2104) that tells equal values from others to whoever has the key,
//! and nothing to anybody else.

use std::fmt;

use ring::hmac;
use zeroize::Zeroizing;

use super::Secret;
use crate::ids::random_bytes;

pub struct BlindIndex(Secret);

impl BlindIndex {
    pub fn generate() -> Self {
        Self(Zeroizing::new(random_bytes()))
    }

    /// From the 32 bytes it was kept as.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// To be kept encrypted.
    pub fn reveal(&self) -> &[u8] {
        &*self.0
    }

    /// 32 bytes.
    #[expect(clippy::disallowed_methods, reason = "it finds rows: a database compares it, and nobody sends one")]
    pub fn of(&self, text: &str) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*self.0), text.as_bytes()).as_ref().to_vec()
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_found_with_the_same_key_only() {
        let (one, other) = (BlindIndex::generate(), BlindIndex::generate());
        let again = BlindIndex::from_bytes(one.reveal()).unwrap();
        assert_eq!(one.of("a@example.com"), again.of("a@example.com"));
        assert_ne!(one.of("a@example.com"), one.of("b@example.com"));
        assert_ne!(one.of("a@example.com"), other.of("a@example.com"));
        assert!(BlindIndex::from_bytes(&[1; 31]).is_none());
    }
}
