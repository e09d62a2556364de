//! Marks that only we can make and check: HMAC-SHA256 (RFC 2104), with a key derived from the master keys for one purpose.

use std::fmt;

use ring::hmac;

use super::master::{MasterKey, MasterKeys};

/// Marks in the name of the current master key, and knows the marks of all.
pub struct MacKey {
    /// The current one first; there is always one.
    keys: Vec<hmac::Key>,
}

impl MacKey {
    pub fn derive(masters: &MasterKeys, purpose: &str) -> Self {
        let key = |master: &MasterKey| hmac::Key::new(hmac::HMAC_SHA256, &*master.derive(purpose));
        Self { keys: masters.iter().map(key).collect() }
    }

    /// 32 bytes.
    #[expect(clippy::disallowed_methods, reason = "it is made here, and compared by nobody")]
    pub fn mark(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.keys[0], message).as_ref().to_vec()
    }

    /// Whether one of the master keys made this mark of the message; takes the same time wherever they differ.
    pub fn knows(&self, message: &[u8], mark: &[u8]) -> bool {
        self.keys.iter().any(|key| hmac::verify(key, message, mark).is_ok())
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    #[test]
    fn a_mark_holds_for_its_message_purpose_and_keys() {
        let entry = |id: &str, byte: u8| format!("{id}:{}", STANDARD.encode([byte; 32]));
        let old = MasterKeys::parse(&entry("old", 2)).unwrap();
        let both = MasterKeys::parse(&format!("{},{}", entry("new", 1), entry("old", 2))).unwrap();
        let mark = MacKey::derive(&old, "one").mark(b"text");
        assert!(MacKey::derive(&old, "one").knows(b"text", &mark) && MacKey::derive(&both, "one").knows(b"text", &mark));
        assert!(!MacKey::derive(&both, "one").knows(b"other", &mark) && !MacKey::derive(&both, "two").knows(b"text", &mark));
        assert!(!MacKey::derive(&both, "one").knows(b"text", &mark[..31]) && !MacKey::derive(&both, "one").knows(b"text", b""));
        assert!(!MacKey::derive(&old, "one").knows(b"text", &MacKey::derive(&both, "one").mark(b"text")));
    }
}
