//! A passkey that was made just now (section 7.1, from step 9).

use sha2::{Digest as _, Sha256};

use super::{
    Flaw, RelyingParty,
    authenticator::AuthenticatorData,
    cbor::{self, Map},
    cose::PublicKey,
};

/// What is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    pub id: Vec<u8>,
    /// COSE_Key.
    pub public_key: Vec<u8>,
    pub sign_count: u32,
    pub backup_eligible: bool,
    pub backed_up: bool,
}

impl NewCredential {
    /// Reads an attestation object. The client data was checked before.
    pub fn read(attestation_object: &[u8], client_data_json: &[u8], party: &RelyingParty) -> Result<Self, Flaw> {
        let object = cbor::map(attestation_object, Flaw::Attestation)?;
        let written = object.bytes("authData").ok_or(Flaw::Attestation)?;
        let data = AuthenticatorData::read(written)?;
        data.check(party)?;
        let made = data.credential.as_ref().ok_or(Flaw::AuthenticatorData)?;
        let key = PublicKey::read(made.public_key)?;
        let statement = object.get("attStmt").and_then(Map::of).ok_or(Flaw::Attestation)?;
        match object.text("fmt") {
            Some("none") if statement.len() == 0 => {}
            // Browsers leave this one in place, as it names nobody (section 5.1.3).
            Some("packed") => check_self_attestation(&statement, &key, written, client_data_json)?,
            _ => return Err(Flaw::Attestation),
        }
        Ok(Self {
            id: made.id.to_vec(),
            public_key: made.public_key.to_vec(),
            sign_count: data.sign_count,
            backup_eligible: data.is_backup_eligible(),
            backed_up: data.is_backed_up(),
        })
    }
}

/// The new key signs itself (section 8.2). With certificates it would be another kind, which is not asked for.
fn check_self_attestation(statement: &Map, key: &PublicKey, data: &[u8], client_data_json: &[u8]) -> Result<(), Flaw> {
    let signature = statement.bytes("sig").ok_or(Flaw::Attestation)?;
    if statement.len() != 2 || statement.int("alg") != Some(key.algorithm().into()) {
        return Err(Flaw::Attestation);
    }
    key.verify(&[data, &Sha256::digest(client_data_json)].concat(), signature)
}
