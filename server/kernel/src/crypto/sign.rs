//! Signatures that anybody can check who has the public key: Ed25519 (RFC 8032), with a key derived from a master key for one
//! purpose (HKDF-SHA256, RFC 5869), so that there is no second secret to keep.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::master::{MasterKey, MasterKeys};

/// Signs in the name of the current master key.
pub struct SigningKey {
    id: String,
    pair: Ed25519KeyPair,
}

/// What a signature is checked with. As text `id:base64`, where the id is the master key's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    pub id: String,
    bytes: [u8; 32],
}

impl SigningKey {
    /// The current master key's key for `purpose`.
    pub fn derive(masters: &MasterKeys, purpose: &str) -> Self {
        Self::of(masters.current(), purpose)
    }

    fn of(master: &MasterKey, purpose: &str) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&*master.derive(purpose)).expect("any 32 bytes are a seed");
        Self { id: master.id.clone(), pair }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// 64 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey { id: self.id.clone(), bytes }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// Those of all master keys, the current one's first.
    pub fn all(masters: &MasterKeys, purpose: &str) -> Vec<Self> {
        masters.iter().map(|master| SigningKey::of(master, purpose).public()).collect()
    }

    /// Reads what `to_string` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, key) = text.trim().split_once(':')?;
        let bytes = STANDARD.decode(key).ok()?.try_into().ok()?;
        (!id.is_empty()).then(|| Self { id: id.to_owned(), bytes })
    }

    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, STANDARD.encode(self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masters() -> MasterKeys {
        let entry = |id: &str, byte: u8| format!("{id}:{}", STANDARD.encode([byte; 32]));
        MasterKeys::parse(&format!("{},{}", entry("new", 1), entry("old", 2))).unwrap()
    }

    #[test]
    fn a_signature_holds_for_its_message_key_and_purpose() {
        let key = SigningKey::derive(&masters(), "one");
        let signature = key.sign(b"text");
        assert!(key.public().verify(b"text", &signature));
        assert!(!key.public().verify(b"other", &signature));
        assert!(!SigningKey::derive(&masters(), "two").public().verify(b"text", &signature));
        let [new, old] = PublicKey::all(&masters(), "one").try_into().unwrap();
        assert!(new.id == key.id() && new.verify(b"text", &signature) && !old.verify(b"text", &signature));
    }

    #[test]
    fn a_public_key_survives_its_text() {
        let key = SigningKey::derive(&masters(), "one").public();
        assert_eq!(PublicKey::parse(&format!("{key}\n")), Some(key));
        for bad in ["", "new", "new:", "new:AAAA", &format!(":{}", STANDARD.encode([1; 32]))] {
            assert_eq!(PublicKey::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn keys_do_not_show_themselves_in_logs() {
        assert_eq!(format!("{:?}", SigningKey::derive(&masters(), "one")), "SigningKey { id: \"new\", .. }");
    }
}
