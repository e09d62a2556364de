//! What a signature covers, and how it is made and checked: HMAC-SHA256 (RFC 2104) over everything that decides what a call does.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::crypto::{self, Secret};

/// The only form of signatures there is; another one needs another prefix.
const VERSION: &str = "v1=";
/// Keeps our signatures apart from whatever else is signed with the same key by mistake.
const PURPOSE: &[u8] = b"streamflow federation v1";

/// One call as it is signed.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub method: &'a str,
    /// With the query, if there were one.
    pub path: &'a str,
    /// Name of the system the call is for.
    pub audience: &'a str,
    pub caller: &'a str,
    pub key_id: &'a str,
    /// Unix seconds.
    pub at: i64,
    pub nonce: &'a str,
    /// Empty when there is none. It decides whether a call runs, so nobody on the way may change it.
    pub idempotency_key: &'a str,
    /// The body's bytes as they travel.
    pub body: &'a [u8],
}

impl Call<'_> {
    /// The signature as its header writes it.
    pub fn sign(&self, secret: &Secret) -> String {
        format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(self.mac(secret).finalize().into_bytes()))
    }

    /// Whether `signature` is this call's; takes the same time wherever they differ.
    pub fn is_signed(&self, secret: &Secret, signature: &str) -> bool {
        let given = signature.strip_prefix(VERSION).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        given.is_some_and(|given| self.mac(secret).verify_slice(&given).is_ok())
    }

    fn mac(&self, secret: &Secret) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&**secret).expect("HMAC takes keys of any length");
        mac.update(&self.canonical());
        mac
    }

    /// Each part with its length before it, so that no two calls give the same bytes.
    fn canonical(&self) -> Vec<u8> {
        crypto::bind(&[
            PURPOSE,
            self.method.as_bytes(),
            self.path.as_bytes(),
            self.audience.as_bytes(),
            self.caller.as_bytes(),
            self.key_id.as_bytes(),
            &self.at.to_be_bytes(),
            self.nonce.as_bytes(),
            self.idempotency_key.as_bytes(),
            &Sha256::digest(self.body),
        ])
    }
}

/// Whether a signature claims a form we know.
pub fn is_of_known_version(signature: &str) -> bool {
    signature.starts_with(VERSION)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::*;

    const CALL: Call<'static> = Call {
        method: "POST",
        path: "/a.B/C",
        audience: "north",
        caller: "south",
        key_id: "k1",
        at: 1_764_181_200,
        nonce: "AAAAAAAAAAAAAAAAAAAAAA",
        idempotency_key: "",
        body: b"body",
    };

    fn secret() -> Secret {
        Zeroizing::new([7; 32])
    }

    #[test]
    fn every_part_is_covered() {
        let signature = CALL.sign(&secret());
        assert!(CALL.is_signed(&secret(), &signature));
        let others = [
            Call { method: "GET", ..CALL },
            Call { path: "/a.B/D", ..CALL },
            Call { path: "/a.B/C?", ..CALL },
            Call { audience: "east", ..CALL },
            Call { caller: "west", ..CALL },
            Call { key_id: "k2", ..CALL },
            Call { at: CALL.at + 1, ..CALL },
            Call { nonce: "AAAAAAAAAAAAAAAAAAAAAB", ..CALL },
            Call { idempotency_key: "key-0001", ..CALL },
            Call { body: b"body ", ..CALL },
            Call { body: b"", ..CALL },
        ];
        for other in others {
            assert!(!other.is_signed(&secret(), &signature), "{other:?}");
        }
        assert!(!CALL.is_signed(&Zeroizing::new([8; 32]), &signature));
    }

    #[test]
    fn a_signature_has_one_form() {
        let signature = CALL.sign(&secret());
        let text = signature.trim_start_matches("v1=");
        let bad = [
            String::new(),
            "v1=".to_owned(),
            text.to_owned(),
            format!("v0={text}"),
            format!("v2={text}"),
            format!("V1={text}"),
            format!("v1={}", &text[..text.len() - 1]),
            format!("v1={text}="),
            format!("v1={text},v1={text}"),
            format!(" {signature}"),
        ];
        for bad in bad {
            assert!(!CALL.is_signed(&secret(), &bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parts_that_share_bytes_never_mean_the_same(cut in 1_usize..12, other in 1_usize..12) {
            let text = "north.south.k1";
            let split = |at: usize| Call { audience: &text[..at], caller: &text[at..], ..CALL };
            prop_assert_eq!(split(cut).canonical() == split(other).canonical(), cut == other);
        }
    }
}
