//! What the authenticator says (section 6.1): for which host, what its user did, how often it has signed, and which key it made.

use sha2::{Digest as _, Sha256};

use super::{Flaw, RelyingParty, cbor, limit};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// RP id hash, flags and counter.
const HEAD: usize = 32 + 1 + 4;
/// Make and model, which nobody vouches for.
const AAGUID: usize = 16;

#[derive(Debug)]
pub struct AuthenticatorData<'a> {
    rp_id_hash: &'a [u8],
    flags: u8,
    pub sign_count: u32,
    pub credential: Option<Credential<'a>>,
}

/// A key that was made just now.
#[derive(Debug)]
pub struct Credential<'a> {
    pub id: &'a [u8],
    /// COSE_Key.
    pub public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, Flaw> {
        let (head, mut rest) = bytes.split_at_checked(HEAD).ok_or(Flaw::AuthenticatorData)?;
        let (rp_id_hash, tail) = head.split_at(32);
        let flags = tail[0];
        let sign_count = u32::from_be_bytes([tail[1], tail[2], tail[3], tail[4]]);
        let mut credential = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (found, behind) = read_credential(rest)?;
            (credential, rest) = (Some(found), behind);
        }
        if flags & HAS_EXTENSIONS != 0 {
            let (extensions, taken) = cbor::item(rest, Flaw::AuthenticatorData)?;
            if !extensions.is_map() {
                return Err(Flaw::AuthenticatorData);
            }
            rest = &rest[taken..];
        }
        if rest.is_empty() { Ok(Self { rp_id_hash, flags, sign_count, credential }) } else { Err(Flaw::AuthenticatorData) }
    }

    pub fn check(&self, party: &RelyingParty) -> Result<(), Flaw> {
        if self.rp_id_hash != Sha256::digest(&party.id).as_slice() {
            return Err(Flaw::RpId);
        }
        if self.flags & USER_PRESENT == 0 {
            return Err(Flaw::UserPresence);
        }
        if self.flags & USER_VERIFIED == 0 {
            return Err(Flaw::UserVerification);
        }
        if self.is_backed_up() && !self.is_backup_eligible() {
            return Err(Flaw::Backup);
        }
        Ok(())
    }

    pub const fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    pub const fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

fn read_credential(bytes: &[u8]) -> Result<(Credential<'_>, &[u8]), Flaw> {
    let (head, rest) = bytes.split_at_checked(AAGUID + 2).ok_or(Flaw::AuthenticatorData)?;
    let length = usize::from(u16::from_be_bytes([head[AAGUID], head[AAGUID + 1]]));
    if !(1..=limit::CREDENTIAL_ID).contains(&length) {
        return Err(Flaw::AuthenticatorData);
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(Flaw::AuthenticatorData)?;
    let (_, taken) = cbor::item(rest, Flaw::AuthenticatorData)?;
    let (public_key, rest) = rest.split_at(taken);
    Ok((Credential { id, public_key }, rest))
}
