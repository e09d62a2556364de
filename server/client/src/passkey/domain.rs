//! Rules of passkeys: what a request must hold, and what callers learn of one that is not accepted.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use streamflow_kernel::error::{Error, Result, Violations};
use streamflow_proto::client::{reason, v1 as pb};

use super::webauthn::{Answer, limit};
use crate::record::input;

/// Passkeys of a person.
pub const MOST: usize = 10;
/// Characters of a name.
const NAME: usize = 60;

pub fn hash(challenge: &[u8; 32]) -> Vec<u8> {
    Sha256::digest(challenge).to_vec()
}

/// What counts wrong answers of a passkey, known or not.
pub fn attempts_key(credential_id: &[u8]) -> String {
    format!("passkey:{}", HEXLOWER.encode(&Sha256::digest(credential_id)))
}

/// A name as it is kept.
pub fn name(text: &str) -> Result<String> {
    input::required("a name", text, NAME).map_err(|problem| Error::invalid("name", problem.sentence()))
}

/// The name of a new one, once its parts have a size they can have; all problems at once.
pub fn new_name(req: &pb::FinishPasskeyRegistrationRequest) -> Result<String> {
    let mut problems = Violations::new();
    let name = input::required("a name", &req.name, NAME);
    let name = name.map_err(|problem| problems.add("name", problem.sentence())).unwrap_or_default();
    check_size("client_data_json", &req.client_data_json, 1, limit::CLIENT_DATA, &mut problems);
    check_size("attestation_object", &req.attestation_object, 1, limit::ATTESTATION, &mut problems);
    problems.into_result()?;
    Ok(name)
}

/// What a passkey answered, once its parts have a size they can have; all problems at once.
pub fn answer(req: &pb::FinishPasskeySignInRequest) -> Result<Answer<'_>> {
    let mut problems = Violations::new();
    check_size("credential", &req.credential, 1, limit::CREDENTIAL_ID, &mut problems);
    check_size("client_data_json", &req.client_data_json, 1, limit::CLIENT_DATA, &mut problems);
    check_size("authenticator_data", &req.authenticator_data, 1, limit::AUTHENTICATOR_DATA, &mut problems);
    check_size("signature", &req.signature, 1, limit::SIGNATURE, &mut problems);
    check_size("user_handle", &req.user_handle, 0, limit::USER_HANDLE, &mut problems);
    problems.into_result()?;
    Ok(Answer {
        client_data_json: &req.client_data_json,
        authenticator_data: &req.authenticator_data,
        signature: &req.signature,
        user_handle: &req.user_handle,
    })
}

fn check_size(field: &str, bytes: &[u8], least: usize, most: usize, problems: &mut Violations) {
    if !(least..=most).contains(&bytes.len()) {
        problems.add(field, format!("The browser must answer with {least} to {most} bytes here."));
    }
}

/// What a caller learns of a sign-in that is not accepted, whatever the cause.
pub fn wrong_passkey() -> Error {
    let text =
        "That passkey does not open an account here. Sign in with your password, and look at your passkeys in the profile.";
    Error::refused(reason::WRONG_PASSKEY, text)
}

/// What a caller learns of a new passkey that can't be kept.
pub fn unusable() -> Error {
    let text = "This passkey can't be used here. Try again, or keep it in another place, such as your phone.";
    Error::refused(reason::PASSKEY_UNUSABLE, text)
}

pub fn expired() -> Error {
    Error::refused(reason::PASSKEY_EXPIRED, "That took longer than five minutes, or was done already. Try again.")
}

pub fn too_many() -> Error {
    let text = format!("You have {MOST} passkeys, and nobody can have more. Remove one first.");
    Error::refused(reason::PASSKEY_LIMIT, text)
}

pub fn known_already() -> Error {
    Error::refused(reason::PASSKEY_KNOWN, "This passkey was added before.")
}
