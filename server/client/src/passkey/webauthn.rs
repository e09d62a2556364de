//! What a relying party verifies of Web Authentication (Level 3, sections 7.1 and 7.2). Pure: bytes in, a verdict out.
//!
//! Narrower than the standard: the user must have been verified, no page inside another page counts, and of attestation only what says
//! nothing about the device is read, because none is asked for.

mod assertion;
mod authenticator;
mod cbor;
mod client_data;
mod cose;
mod registration;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

pub use assertion::{Answer, Counted, Credential};
pub use client_data::{Ceremony, ClientData};
pub use cose::ALGORITHMS;
pub use registration::NewCredential;

/// Bytes that browsers and authenticators answer with, at most.
pub mod limit {
    pub const CLIENT_DATA: usize = 4 * 1024;
    /// An attestation that proves the device would be longer; none is asked for.
    pub const ATTESTATION: usize = 8 * 1024;
    pub const AUTHENTICATOR_DATA: usize = 2 * 1024;
    /// RSA of 4,096 bits has 512.
    pub const SIGNATURE: usize = 1024;
    /// Section 4, "Credential ID".
    pub const CREDENTIAL_ID: usize = 1023;
    /// Section 4, "User Handle".
    pub const USER_HANDLE: usize = 64;
}

/// The page that asks, and the host that its passkeys are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    pub origin: String,
    pub id: String,
}

impl RelyingParty {
    /// By an exact origin, e.g. `https://portal.example.com:8443`. None where its host is an address: those have no passkeys.
    pub fn of(origin: &str) -> Option<Self> {
        let (_, authority) = origin.split_once("://")?;
        let host = authority.split(':').next().filter(|host| !host.is_empty() && !host.starts_with('['))?;
        let is_name = host.parse::<Ipv4Addr>().is_err();
        is_name.then(|| Self { origin: origin.to_owned(), id: host.to_owned() })
    }
}

/// What is wrong with an answer; for the log and the tests. Callers learn that it is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Not the JSON that a browser writes.
    ClientData,
    /// Of the other ceremony.
    Type,
    Origin,
    /// Asked for by a page inside another one.
    CrossOrigin,
    /// Made for another host.
    RpId,
    /// Not readable, or with something behind its end.
    AuthenticatorData,
    UserPresence,
    UserVerification,
    /// Backed up though it can't be, or not the kind it was made as.
    Backup,
    Attestation,
    /// None of ours, or not one of its algorithm's.
    PublicKey,
    Signature,
    /// Somebody else's, or nobody's.
    UserHandle,
    /// No further than before, but this: there may be two of the authenticator.
    SignCount(u32),
}
