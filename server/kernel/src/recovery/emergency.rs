//! The one sign-in of Recovery Mode: e-mail, password and code at once, so that nobody learns which of them was wrong.

use sha2::{Digest as _, Sha256};
use streamflow_proto::reason::Reason;

use super::{
    guard::RecoveryCtx,
    memory::{Held, LIFETIME},
};
use crate::{
    access::address_key,
    ctx::Subject,
    db::NO_ORG,
    error::{Error, Result},
    session::Token,
    totp,
};

impl RecoveryCtx {
    /// Opens a session of the emergency account. It ends after 15 minutes or with Recovery Mode, and can't be prolonged.
    pub async fn sign_in(&self, email: &str, password: &str, code: &str) -> Result<(Token, Held)> {
        let recovery = self.recovery();
        let ip = self.request().ip.to_canonical();
        if !recovery.networks.is_empty() && !recovery.networks.iter().any(|network| network.contains(&ip)) {
            return Err(Error::refused(
                Reason::ADDRESS_NOT_ALLOWED,
                "This portal can't be signed in to from your network address.",
            ));
        }
        let (now, email) = (self.now(), email.trim().to_lowercase());
        let named = recovery.emergency.as_ref().filter(|operator| operator.email == email);
        if let Some(operator) = named {
            self.about(Subject {
                org_id: NO_ORG,
                user_id: Some(operator.user_id),
                name: operator.email.clone(),
                role: recovery.role.to_owned(),
                real_actor_id: None,
            });
        }
        let account = data_encoding::HEXLOWER.encode(&Sha256::digest(email.as_bytes()));
        let here = format!("{account}@{}", address_key(self.request().ip));
        recovery.memory.count_attempt(&account, &here, named.is_some(), now).await?;
        let is_right = match recovery.emergency.as_ref() {
            Some(known) => recovery.passwords.verify(password, known.password_hash()).await?.ok,
            None => {
                recovery.passwords.verify_dummy(password).await?;
                false
            }
        };
        let Some(operator) = named.filter(|_| is_right) else { return Err(wrong()) };
        let step = totp::matching_step(operator.totp_secret(), code.trim(), now).ok_or_else(wrong)?;
        if !recovery.memory.use_step(operator.user_id, step, &account, &here).await? {
            return Err(wrong());
        }
        let token = Token::new(recovery.ids.token());
        let held = Held {
            id: recovery.ids.uuid(),
            user_id: operator.user_id,
            name: operator.email.clone(),
            round: self.round(),
            expires_at: now + LIFETIME,
        };
        recovery.memory.hold(&token, held.clone())?;
        tracing::warn!(target: "streamflow", system = recovery.space, ip = %self.request().ip, "the emergency account has signed in");
        Ok((token, held))
    }
}

/// The same for whatever was wrong, and for everybody else's account.
fn wrong() -> Error {
    Error::refused(
        Reason::WRONG_CREDENTIALS,
        "That e-mail, password and code don't match. The portal is in Recovery Mode: only the emergency account can sign in, \
         with a code that was not used before.",
    )
}
