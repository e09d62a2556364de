//! Whose a code is besides its account's: the browser that asked for it. So nobody else ends it, uses up its tries, or has a use of one that
//! its owner asked for and reads out. One that a stranger asked for is good in the stranger's browser: the mail says to give it to nobody.

use streamflow_kernel::{access::authenticate::cookie, ctx::Ctx, error::Result, session::write_cookie};
use tonic::metadata::MetadataMap;

/// A `__Host-` cookie: no other host can set it, so nobody can be given one that somebody else knows.
const COOKIE: &str = "__Host-sf_client_code";
/// Seconds; codes end before.
const COOKIE_LIFE: i64 = 3_600;

/// A browser by its cookie, or a program, which keeps none, by where it asks from.
#[derive(Clone)]
pub struct Browser {
    pub name: String,
    /// What the browser is left to be known by.
    token: Option<String>,
}

/// Nothing else that somebody calls a cookie is given back.
fn is_ours(token: &str) -> bool {
    token.len() == 43 && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

impl Browser {
    /// Who sends a request. Only browsers say an origin, and only they are given a cookie.
    pub fn of(metadata: &MetadataMap, ctx: &Ctx) -> Self {
        let kept = cookie(metadata.as_ref(), COOKIE).filter(|token| is_ours(token));
        let token = kept.or_else(|| metadata.contains_key("origin").then(|| ctx.new_token().reveal().to_owned()));
        let name = token.as_ref().map_or_else(|| format!("at {}", ctx.request().ip), |token| format!("browser {token}"));
        Self { name, token }
    }

    pub fn set_cookie(&self, metadata: &mut MetadataMap) -> Result<()> {
        match &self.token {
            Some(token) => write_cookie(metadata, COOKIE, token, COOKIE_LIFE),
            None => Ok(()),
        }
    }
}
