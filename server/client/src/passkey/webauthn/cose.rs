//! Public keys as authenticators write them (RFC 9052, RFC 9053, RFC 8230), and what they say of a signature.

use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};

use super::{Flaw, cbor};

/// ES256, EdDSA, RS256: what phones, password managers, security keys and TPMs have between them.
pub const ALGORITHMS: [i32; 3] = [ES256, EDDSA, RS256];
const ES256: i32 = -7;
const EDDSA: i32 = -8;
const RS256: i32 = -257;

/// Labels of COSE_Key.
const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const CURVE_OR_MODULUS: i64 = -1;
const X_OR_EXPONENT: i64 = -2;
const Y: i64 = -3;

/// Values of `kty` and `crv`.
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const P_256: i64 = 1;
const ED_25519: i64 = 6;

#[derive(Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// Uncompressed point.
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
    Rs256 {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

impl PublicKey {
    pub fn read(cose: &[u8]) -> Result<Self, Flaw> {
        let key = cbor::map(cose, Flaw::PublicKey)?;
        let number = |label| key.int(label).ok_or(Flaw::PublicKey);
        let bytes = |label, lengths: std::ops::RangeInclusive<usize>| {
            key.bytes(label).filter(|bytes| lengths.contains(&bytes.len())).ok_or(Flaw::PublicKey)
        };
        match (number(KEY_TYPE)?, i32::try_from(number(ALGORITHM)?).map_err(|_| Flaw::PublicKey)?) {
            (EC2, ES256) if number(CURVE_OR_MODULUS)? == P_256 => {
                Ok(Self::Es256([&[4], bytes(X_OR_EXPONENT, 32..=32)?, bytes(Y, 32..=32)?].concat()))
            }
            (OKP, EDDSA) if number(CURVE_OR_MODULUS)? == ED_25519 => Ok(Self::EdDsa(bytes(X_OR_EXPONENT, 32..=32)?.to_vec())),
            // 2,048 to 4,096 bits.
            (RSA, RS256) => {
                let (modulus, exponent) = (bytes(CURVE_OR_MODULUS, 256..=512)?, bytes(X_OR_EXPONENT, 1..=8)?);
                Ok(Self::Rs256 { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
            }
            _ => Err(Flaw::PublicKey),
        }
    }

    pub const fn algorithm(&self) -> i32 {
        match self {
            Self::Es256(_) => ES256,
            Self::EdDsa(_) => EDDSA,
            Self::Rs256 { .. } => RS256,
        }
    }

    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Flaw> {
        let verdict = match self {
            Self::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature),
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rs256 { modulus, exponent } => {
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        verdict.map_err(|_| Flaw::Signature)
    }
}
