//! Requests that a program signs, in the form of Standard Webhooks (standard-webhooks/spec/standard-webhooks.md): HMAC-SHA256 over
//! id, time and body, with a secret of its own. Here it is only read and compared; who has which secret, and that an id is good once,
//! is the business of the RPC that takes such requests.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, request::Parts};
use sha2::Sha256;

use super::{door::single, payload::Framed};
use crate::federation::guard::{Refusal, check_skew, seconds};

pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";

/// What secrets are written with before their base64.
const SECRET: &str = "whsec_";
/// The only form of signatures there is.
const VERSION: &str = "v1,";
const MAX_ID: usize = 128;
/// Signatures of one request: while a program's secret changes it may sign with both.
const MAX_SIGNATURES: usize = 4;

/// The body as it travelled, where the gate sees a translation of it.
#[derive(Clone)]
pub(crate) struct Sent(pub Bytes);

/// What a request says with its signature, before any of it is believed.
#[derive(Clone, Debug)]
pub struct Letter {
    id: String,
    /// Unix seconds.
    at: i64,
    signatures: Vec<Vec<u8>>,
    body: Framed,
}

/// The letter of a request whose body was read; none of one that does not claim to be signed.
pub(crate) fn letter(parts: &Parts, body: &Bytes) -> Option<Result<Letter, Refusal>> {
    let sent = parts.extensions.get::<Sent>().map_or(body, |sent| &sent.0);
    Letter::read(&parts.headers, sent)
}

/// A new secret as its program gets it.
pub fn secret_text(secret: &[u8; 32]) -> String {
    format!("{SECRET}{}", STANDARD.encode(secret))
}

impl Letter {
    fn read(headers: &HeaderMap, body: &Bytes) -> Option<Result<Self, Refusal>> {
        let is_signed = [ID, TIMESTAMP, SIGNATURE].iter().any(|name| headers.contains_key(*name));
        is_signed.then(|| Self::parse(headers, body))
    }

    fn parse(headers: &HeaderMap, body: &Bytes) -> Result<Self, Refusal> {
        let text = |name| single(headers, name).ok_or(Refusal::Malformed);
        let (id, at) = (text(ID)?, seconds(text(TIMESTAMP)?).ok_or(Refusal::Malformed)?);
        // A dot in it could be moved to what comes after it.
        let is_plain = (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
        let claimed: Vec<&str> = text(SIGNATURE)?.split(' ').collect();
        if !is_plain || claimed.len() > MAX_SIGNATURES {
            return Err(Refusal::Malformed);
        }
        let ours = claimed.iter().filter_map(|claimed| claimed.strip_prefix(VERSION));
        let signatures: Vec<Vec<u8>> = ours.filter_map(decoded).collect();
        if signatures.is_empty() {
            return Err(Refusal::Version);
        }
        Ok(Self { id: id.to_owned(), at, signatures, body: Framed(body.clone()) })
    }

    /// Which of the secrets, by their place, has signed this just now.
    pub fn signer<'k>(&self, secrets: impl IntoIterator<Item = &'k [u8]>, now: DateTime<Utc>) -> Result<usize, Refusal> {
        let signer = secrets.into_iter().position(|secret| self.is_signed(secret)).ok_or(Refusal::Signature)?;
        check_skew(self.at, now)?;
        Ok(signer)
    }

    /// Good once.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Takes the same time wherever a signature differs.
    fn is_signed(&self, secret: &[u8]) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
        mac.update(format!("{}.{}.", self.id, self.at).as_bytes());
        mac.update(&self.body.0);
        self.signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    }
}

/// Some libraries leave the padding out.
fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the Standard Webhooks libraries.
    const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const EXAMPLE: [(&str, &str); 3] = [
        (ID, "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        (TIMESTAMP, "1614265330"),
        (SIGNATURE, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ];
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn letter(headers: [(&'static str, &str); 3], body: &'static [u8]) -> Result<Letter, Refusal> {
        let headers = headers.map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        Letter::read(&headers.into_iter().collect(), &Bytes::from_static(body)).unwrap()
    }

    fn signer(headers: [(&'static str, &str); 3], body: &'static [u8], later: i64) -> Result<usize, Refusal> {
        let now = DateTime::from_timestamp(1_614_265_330 + later, 0).unwrap();
        let secret = STANDARD.decode(KEY).unwrap();
        letter(headers, body)?.signer([&b"another"[..], &secret], now)
    }

    fn with(place: usize, value: &'static str) -> [(&'static str, &'static str); 3] {
        let mut headers = EXAMPLE;
        headers[place].1 = value;
        headers
    }

    #[test]
    fn the_known_example_is_signed() {
        assert_eq!(signer(EXAMPLE, BODY, 0), Ok(1));
        assert_eq!(signer(EXAMPLE, BODY, -120), Ok(1));
        assert!(matches!(signer(EXAMPLE, BODY, 121), Err(Refusal::Skew { .. })));
        assert_eq!(signer(EXAMPLE, b"{\"test\": 2432232315}", 0), Err(Refusal::Signature));
        assert_eq!(signer(with(0, "msg_p5jXN8AQM9LWM0D4loKWxJel"), BODY, 0), Err(Refusal::Signature));
        assert_eq!(signer(with(1, "1614265331"), BODY, 0), Err(Refusal::Signature));
        let several = "v1a,AAAA v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE";
        assert_eq!(signer(with(2, several), BODY, 0), Ok(1), "one of several, and without its padding");
    }

    #[test]
    fn what_has_another_form_is_no_letter() {
        assert!(Letter::read(&HeaderMap::new(), &Bytes::new()).is_none());
        let malformed =
            [(0, ""), (0, "a.b"), (0, "a b"), (1, "01614265330"), (1, "+1614265330"), (1, ""), (2, "v1, v1, v1, v1, v1,")];
        for (place, value) in malformed {
            assert_eq!(letter(with(place, value), BODY).unwrap_err(), Refusal::Malformed, "{value}");
        }
        for value in ["g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v2,AAAA", "v1=AAAA", "v1,?", "V1,AAAA"] {
            assert_eq!(letter(with(2, value), BODY).unwrap_err(), Refusal::Version, "{value}");
        }
        let mut doubled: HeaderMap = HeaderMap::new();
        for value in ["a", "b"] {
            doubled.append(ID, value.parse().unwrap());
        }
        assert_eq!(Letter::read(&doubled, &Bytes::new()).unwrap().unwrap_err(), Refusal::Malformed);
    }
}
