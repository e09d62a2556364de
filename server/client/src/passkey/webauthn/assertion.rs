//! A passkey that signs somebody in (section 7.2, from step 6).

use sha2::{Digest as _, Sha256};

use super::{Flaw, RelyingParty, authenticator::AuthenticatorData, cose::PublicKey};

/// A passkey as it is kept.
#[derive(Clone, Debug)]
pub struct Credential {
    pub user_handle: Vec<u8>,
    /// COSE_Key.
    pub public_key: Vec<u8>,
    pub sign_count: u32,
    pub backup_eligible: bool,
}

/// What the browser answers with.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Checked before.
    pub client_data_json: &'a [u8],
    pub authenticator_data: &'a [u8],
    pub signature: &'a [u8],
    pub user_handle: &'a [u8],
}

/// What is to be kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub sign_count: u32,
    pub backed_up: bool,
}

impl Credential {
    /// Fails with [`SignCount`](Flaw::SignCount) only after everything else was right.
    pub fn verify(&self, answer: Answer<'_>, party: &RelyingParty) -> Result<Counted, Flaw> {
        if answer.user_handle != self.user_handle {
            return Err(Flaw::UserHandle);
        }
        let data = AuthenticatorData::read(answer.authenticator_data)?;
        data.check(party)?;
        if data.is_backup_eligible() != self.backup_eligible {
            return Err(Flaw::Backup);
        }
        let key = PublicKey::read(&self.public_key)?;
        let signed = [answer.authenticator_data, &Sha256::digest(answer.client_data_json)].concat();
        key.verify(&signed, answer.signature)?;
        let counts = self.sign_count != 0 || data.sign_count != 0;
        if counts && data.sign_count <= self.sign_count {
            return Err(Flaw::SignCount(data.sign_count));
        }
        Ok(Counted { sign_count: data.sign_count, backed_up: data.is_backed_up() })
    }
}
