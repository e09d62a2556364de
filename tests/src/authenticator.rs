//! An authenticator of Web Authentication in software: makes passkeys and signs with them, or wrongly where a test asks for it. It
//! writes its bytes by hand, so that it shares no code with what reads them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use sha2::{Digest as _, Sha256};
use streamflow_proto::client::v1 as pb;
use tonic::Request;

use crate::world::ORIGIN;

pub const PRESENT: u8 = 1;
pub const VERIFIED: u8 = 1 << 2;
const HAS_CREDENTIAL: u8 = 1 << 6;

/// Where somebody holds an authenticator up to, and what they do there.
#[derive(Clone, Debug)]
pub struct Moment {
    pub origin: String,
    pub rp_id: String,
    pub flags: u8,
    /// `webauthn.create` or `webauthn.get`; what the ceremony is called where it is empty.
    pub kind: &'static str,
    pub cross_origin: bool,
}

impl Default for Moment {
    fn default() -> Self {
        let (origin, rp_id) = (ORIGIN.to_owned(), "localhost".to_owned());
        Self { origin, rp_id, flags: PRESENT | VERIFIED, kind: "", cross_origin: false }
    }
}

impl Moment {
    fn client_data(&self, usual: &str, challenge: &[u8]) -> Vec<u8> {
        let kind = if self.kind.is_empty() { usual } else { self.kind };
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let Self { origin, cross_origin, .. } = self;
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":{cross_origin}}}"#).into_bytes()
    }

    fn head(&self, more: u8, sign_count: u32) -> Vec<u8> {
        [Sha256::digest(&self.rp_id).as_slice(), &[self.flags | more], &sign_count.to_be_bytes()].concat()
    }
}

/// A passkey that was made, ES256.
pub struct Passkey {
    key: EcdsaKeyPair,
    pub credential: Vec<u8>,
    pub user_handle: Vec<u8>,
    /// Signatures so far.
    pub sign_count: u32,
}

impl Passkey {
    /// For the person that the portal names.
    pub fn of(options: &pb::BeginPasskeyRegistrationResponse) -> Self {
        assert!(options.algorithms.contains(&-7), "ES256 is not among {:?}", options.algorithms);
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).expect("a key");
        Self {
            key,
            credential: uuid::Uuid::new_v4().as_bytes().to_vec(),
            user_handle: options.user_handle.clone(),
            sign_count: 0,
        }
    }

    /// The answer to a registration.
    pub fn made(&self, name: &str, challenge: &[u8], moment: &Moment) -> pb::FinishPasskeyRegistrationRequest {
        let length = u16::try_from(self.credential.len()).expect("a short credential").to_be_bytes();
        let point = self.key.public_key().as_ref();
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        let public_key =
            [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], &point[1..33], &[0x22, 0x58, 32], &point[33..]].concat();
        let data = [&moment.head(HAS_CREDENTIAL, self.sign_count)[..], &[0; 16], &length, &self.credential, &public_key].concat();
        let size = u16::try_from(data.len()).expect("short data").to_be_bytes();
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let attestation_object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59", &size[..], &data].concat();
        let client_data_json = moment.client_data("webauthn.create", challenge);
        pb::FinishPasskeyRegistrationRequest { name: name.to_owned(), client_data_json, attestation_object }
    }

    /// The answer to a sign-in; counts on.
    pub fn signed(&mut self, challenge: &[u8], moment: &Moment) -> pb::FinishPasskeySignInRequest {
        self.sign_count += 1;
        let client_data_json = moment.client_data("webauthn.get", challenge);
        let authenticator_data = moment.head(0, self.sign_count);
        let message = [&authenticator_data[..], &Sha256::digest(&client_data_json)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).expect("a signature");
        pb::FinishPasskeySignInRequest {
            credential: self.credential.clone(),
            client_data_json,
            authenticator_data,
            signature: signature.as_ref().to_vec(),
            user_handle: self.user_handle.clone(),
            return_token: true,
        }
    }
}

/// A request as the portal's own page sends it.
pub fn from_page<T>(mut request: Request<T>) -> Request<T> {
    request.metadata_mut().insert("origin", ORIGIN.parse().expect("a header"));
    request
}
