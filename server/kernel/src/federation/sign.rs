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
    #[expect(clippy::disallowed_methods, reason = "it is made here, and compared by nobody")]
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
    use std::{
        hint::black_box,
        time::{Duration, Instant},
    };

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

    fn wrong_at(byte: usize) -> String {
        let mut mac = URL_SAFE_NO_PAD.decode(&CALL.sign(&secret())[VERSION.len()..]).unwrap();
        mac[byte] ^= 1;
        format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(mac))
    }

    #[test]
    fn every_byte_is_compared() {
        for byte in 0..32 {
            assert!(!CALL.is_signed(&secret(), &wrong_at(byte)), "{byte}");
        }
    }

    /// How often a sample of the first kind is the smaller of two that are taken at random, ties being half: the area under the ROC curve of
    /// whoever tells the kinds apart by their time.
    fn area(first: &[Duration], mut second: Vec<Duration>) -> f64 {
        second.sort_unstable();
        let larger = |sample: &Duration| {
            let (smaller, not_larger) = (second.partition_point(|one| one < sample), second.partition_point(|one| one <= sample));
            (second.len() - not_larger) as f64 + (not_larger - smaller) as f64 / 2.0
        };
        first.iter().map(larger).sum::<f64>() / first.len() as f64 / second.len() as f64
    }

    /// Half the pairs fall either way where nothing is to be told, give or take 0.002 by chance (the square root of 1 / 6n). The bounds are
    /// those of guesses at passwords; a comparison that ends at the first difference is beyond them.
    #[test]
    fn where_a_signature_differs_shows_in_no_time() {
        const EACH: usize = 50_000;
        let (wrong, secret) = ([wrong_at(0), wrong_at(31)], secret());
        let mut took = [Vec::with_capacity(EACH), Vec::with_capacity(EACH)];
        for round in 0..2 * EACH {
            // One after the other in both orders, so that whatever else the machine does meets both alike.
            let which = usize::from(matches!(round % 4, 1 | 2));
            let since = Instant::now();
            let is_signed = CALL.is_signed(black_box(&secret), black_box(&wrong[which]));
            took[which].push(since.elapsed());
            assert!(!black_box(is_signed));
        }
        let [first, last] = took;
        let area = area(&first, last);
        assert!((0.45..=0.55).contains(&area), "the place of a difference can be told by the time: {area}");
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
