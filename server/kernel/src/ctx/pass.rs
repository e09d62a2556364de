//! What a request was let in by, for what goes on after it: a stream lasts longer than the rights it began with.

use std::{fmt, sync::Arc};

use super::Ctx;
use crate::{
    access::{Authenticator, authorize},
    error::Result,
    session,
};

/// The session's token, as its hash, and who knows whose it is.
#[derive(Clone)]
pub(crate) struct Pass {
    pub authenticator: Arc<dyn Authenticator>,
    pub token_hash: Vec<u8>,
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pass(…)")
    }
}

impl Ctx {
    /// Fails where the request would not be let in now: its session has ended, or its person may not do this any more, for whatever
    /// reason the access layer has.
    pub async fn let_in_again(&self) -> Result<()> {
        let (kernel, pass) = (self.kernel(), self.0.pass.as_ref().ok_or_else(session::ended)?);
        let principal = pass.authenticator.principal(pass.token_hash.clone()).await?.ok_or_else(session::ended)?;
        let now = kernel.clock.now();
        session::check_alive(kernel.portal.lifetime, now, principal.last_seen_at, principal.expires_at, principal.revoked_at)?;
        authorize(&kernel.portal, self.request().access, Some(&principal), now)
    }
}
