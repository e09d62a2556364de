//! What the browser says of the request it answers (section 5.8.1): the authenticator signs its hash.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{Flaw, RelyingParty};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    Registration,
    SignIn,
}

impl Ceremony {
    const fn kind(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::SignIn => "webauthn.get",
        }
    }
}

/// Browsers add fields as time goes by.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

impl ClientData {
    pub fn read(json: &[u8]) -> Result<Self, Flaw> {
        serde_json::from_slice(json).map_err(|_| Flaw::ClientData)
    }

    /// What was signed. Whether it was given out is known by its row.
    pub fn challenge(&self) -> Result<[u8; 32], Flaw> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.challenge).map_err(|_| Flaw::ClientData)?;
        bytes.try_into().map_err(|_| Flaw::ClientData)
    }

    pub fn check(&self, ceremony: Ceremony, party: &RelyingParty) -> Result<(), Flaw> {
        if self.r#type != ceremony.kind() {
            return Err(Flaw::Type);
        }
        if self.origin != party.origin {
            return Err(Flaw::Origin);
        }
        if self.cross_origin || self.top_origin.is_some() {
            return Err(Flaw::CrossOrigin);
        }
        Ok(())
    }
}
