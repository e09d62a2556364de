//! Rules: what is secret on the way, and what people are told.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use streamflow_kernel::{
    access::authenticate::cookie,
    error::{Error, Result, Violations},
};
use streamflow_proto::client::reason;
use tonic::metadata::MetadataMap;

/// Of the page that GitHub sends people back to, below the portal's public address.
const PAGE: &str = "/sign-in/github";
/// A `__Host-` cookie: no other host can set it, so nobody can be given one that somebody else knows.
pub const COOKIE: &str = "__Host-sf_client_github";
/// GitHub's codes have 20 characters, and nobody says for how long.
const LONGEST_CODE: usize = 1_000;
const LONGEST_STATE: usize = 100;

/// The one address that GitHub may send people back to.
pub fn redirect_uri(public_url: &str) -> String {
    format!("{public_url}{PAGE}")
}

/// What the browser keeps on its way to GitHub and back.
pub fn kept_by_browser(metadata: &MetadataMap) -> Option<String> {
    cookie(metadata.as_ref(), COOKIE)
}

/// The code verifier of PKCE (RFC 7636, section 4.1). It follows from what the browser alone keeps, so that the database holds nothing
/// with which a stolen code could be used.
pub fn verifier(browser: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(format!("github code verifier {browser}")))
}

/// By the method S256 (RFC 7636, section 4.2).
pub fn challenge(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(verifier))
}

/// What GitHub sent somebody back with.
#[derive(Clone, Debug)]
pub struct Answer {
    pub code: String,
    pub state: String,
}

impl Answer {
    pub fn parse(code: String, state: String) -> Result<Self> {
        let mut problems = Violations::new();
        if code.is_empty() || code.len() > LONGEST_CODE {
            problems.add("code", "GitHub sends a code to this page. Begin again.");
        }
        if state.is_empty() || state.len() > LONGEST_STATE {
            problems.add("state", "GitHub sends the state to this page that it was given. Begin again.");
        }
        problems.into_result()?;
        Ok(Self { code, state })
    }
}

pub fn off() -> Error {
    Error::refused(reason::GITHUB_OFF, "Signing in with GitHub is not set up here.")
}

/// Used, too old, unknown, somebody else's, or of another browser: it is the same to who comes with it.
pub fn not_begun_here() -> Error {
    let text = "This was not begun in this browser in the last ten minutes, or it was finished already. Begin again.";
    Error::refused(reason::GITHUB_CONNECT_STATE, text)
}

pub fn refused() -> Error {
    Error::refused(reason::GITHUB_CONNECT_REFUSED, "GitHub takes this for used up or too old. Begin again.")
}

pub fn away() -> Error {
    let text = "GitHub does not answer as it should right now. Try again in a moment; the password works without it.";
    Error::refused(reason::GITHUB_AWAY, text)
}

/// Whatever the cause, a disabled account included: a GitHub account must not tell who is here.
pub fn not_connected() -> Error {
    let text = "This GitHub account lets nobody in yet. Sign in with your password first and connect it in your profile. \
                If you were invited, accept the invitation with a password before that.";
    Error::refused(reason::GITHUB_NOT_CONNECTED, text)
}

pub fn connected_already() -> Error {
    Error::refused(reason::GITHUB_CONNECTED, "You have connected a GitHub account already. Disconnect it first.")
}

pub fn taken() -> Error {
    Error::refused(reason::GITHUB_TAKEN, "Somebody else has connected this GitHub account. Connect another one of yours.")
}

/// A way in that failed counts among failed sign-ins.
pub fn as_failed_sign_in(error: Error) -> Error {
    match error {
        Error::Refused { reason: reason::GITHUB_CONNECT_STATE, text } => Error::refused(reason::GITHUB_STATE, text),
        Error::Refused { reason: reason::GITHUB_CONNECT_REFUSED, text } => Error::refused(reason::GITHUB_REFUSED, text),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        assert_eq!(challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let verifier = verifier("of a browser");
        assert!(verifier.len() == 43 && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
    }
}
