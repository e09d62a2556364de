//! Portals whose one person comes from the environment: sign-in with password and TOTP, sessions, overview figures. The systems
//! map their own messages onto this; it knows none of them.

pub mod overview;
pub mod services;

use std::sync::Arc;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use tonic::Response;
use uuid::Uuid;

use crate::{
    access::Authenticator,
    ctx::{Ctx, OrgFacts, Principal, Subject, SystemWriteDb},
    db::{Database, NO_ORG, Visibility},
    device,
    error::{Error, Result},
    lockout::Guesses,
    rate_limit,
    session::{self, Holder, Level, Token},
    totp,
};

/// The person of a portal. Without one nobody can sign in.
#[derive(Clone)]
pub struct Operator {
    pub user_id: Uuid,
    pub email: String,
    password_hash: String,
    totp_secret: Vec<u8>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl Operator {
    /// `password_hash` is a PHC string; `totp_secret` the raw seed. The id follows from all three: it stays the same over restarts,
    /// and with new credentials the sessions, devices and used codes of the old ones are nobody's.
    pub fn new(email: &str, password_hash: String, totp_secret: Vec<u8>) -> Self {
        let email = email.trim().to_lowercase();
        let mut digest = Sha256::new();
        for part in [email.as_bytes(), password_hash.as_bytes(), &totp_secret] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let digest = digest.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self { user_id: uuid::Builder::from_custom_bytes(bytes).into_uuid(), email, password_hash, totp_secret }
    }
}

/// The people of one portal, with the role its protos give them.
#[derive(Clone, Debug)]
pub struct Desk {
    operator: Option<Arc<Operator>>,
    role: &'static str,
}

impl Desk {
    pub fn new(operator: Option<Operator>, role: &'static str) -> Self {
        Self { operator: operator.map(Arc::new), role }
    }

    /// Checks e-mail and password; the session it opens still needs the second factor.
    pub async fn sign_in(&self, ctx: &Ctx, email: &str, password: &str) -> Result<(SystemWriteDb, Token)> {
        let kernel = ctx.kernel();
        let email = email.trim().to_lowercase();
        let operator = self.operator.as_deref().filter(|operator| operator.email == email);
        if let Some(operator) = operator {
            ctx.about(self.subject(operator));
        }
        let guesses = self.guesses(ctx, operator.is_some(), &email).await?;
        guesses.count(ctx).await?;
        // A wrong address costs the same work as the right one, whose hash costs more than a client's.
        let verdict = match self.operator.as_deref() {
            Some(known) => kernel.passwords.verify(password, &known.password_hash).await?.ok,
            None => {
                kernel.passwords.verify_dummy(password).await?;
                false
            }
        };
        let right = verdict && operator.is_some();
        let Some(operator) = operator.filter(|_| right) else {
            return Err(Error::unauthenticated(
                "WRONG_CREDENTIALS",
                "That e-mail and password don't match. Check both and try again.",
            ));
        };
        guesses.forget(ctx).await?;
        let db = ctx.system().await?;
        let holder = Holder { user_id: operator.user_id, org_id: NO_ORG, level: Level::Pending };
        let token = session::open(&db, ctx, holder).await?;
        Ok((db, token))
    }

    /// Finishes a sign-in with a TOTP code; the session gets a new token, and the device one of its own.
    pub async fn verify_second_factor(&self, ctx: &Ctx, code: &str) -> Result<(SystemWriteDb, Token, Token)> {
        let principal = ctx.principal()?;
        let operator = self.operator.as_deref().ok_or_else(|| Error::unauthenticated("NOT_SIGNED_IN", "Sign in first."))?;
        let database = &ctx.kernel().database;
        let subject = format!("factor:{}", operator.user_id);
        rate_limit::count_attempt(database, &subject, ctx.now()).await?;
        let step = totp::matching_step(&operator.totp_secret, code.trim(), ctx.now());
        let fresh = match step {
            Some(step) => rate_limit::use_totp_step(database, operator.user_id, step).await?,
            None => false,
        };
        if !fresh {
            return Err(Error::invalid("code", "That code is not right. Codes change every 30 seconds and work once."));
        }
        rate_limit::forget_attempts(database, &subject).await?;
        let db = ctx.system().await?;
        let token = session::renew(&db, ctx, principal).await?;
        let device = device::remember(ctx, &db, operator.user_id).await?;
        Ok((db, token, device))
    }

    /// How the portal knows its sessions.
    pub fn authenticator(&self, database: Database) -> Arc<dyn Authenticator> {
        Arc::new(DeskAuthenticator { desk: self.clone(), database })
    }

    /// What counts wrong passwords of an address, which is hashed, so that the counters hold none. A wrong address asks what the
    /// right one does, so that the time tells nothing.
    async fn guesses(&self, ctx: &Ctx, is_right: bool, email: &str) -> Result<Guesses> {
        let device = match self.operator.as_deref() {
            Some(known) => device::known(ctx, &ctx.kernel().database.system_read().await?, known.user_id).await?,
            None => None,
        };
        let account = format!("operator:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(email.as_bytes())));
        Ok(Guesses::new(ctx, account, device.as_deref().filter(|_| is_right)))
    }

    fn subject(&self, operator: &Operator) -> Subject {
        Subject { org_id: NO_ORG, user_id: Some(operator.user_id), name: operator.email.clone(), role: self.role.to_owned() }
    }
}

struct DeskAuthenticator {
    desk: Desk,
    database: Database,
}

#[async_trait]
impl Authenticator for DeskAuthenticator {
    async fn principal(&self, token_hash: Vec<u8>) -> Result<Option<Principal>> {
        let Some(session) = session::by_token_hash(&self.database, token_hash).await? else { return Ok(None) };
        // A session of an address that is no longer configured is nobody's.
        let Some(operator) = self.desk.operator.as_deref().filter(|operator| operator.user_id == session.user_id) else {
            return Ok(None);
        };
        Ok(Some(Principal {
            session_id: session.id,
            level: Level::parse(&session.level),
            user_id: operator.user_id,
            org_id: NO_ORG,
            role: self.desk.role.to_owned(),
            read_only: false,
            team_ids: Vec::new(),
            visibility: Visibility::Org,
            display_name: operator.email.clone(),
            email: operator.email.clone(),
            second_factor: true,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
            revoked_at: session.revoked_at,
            org: OrgFacts::default(),
        }))
    }
}

/// The token for the body, when a native client asked for it.
pub fn shown(token: &Token, asked: bool) -> String {
    if asked { token.reveal().to_owned() } else { String::new() }
}

/// Puts the session cookie on an answer.
pub fn with_cookie<T>(ctx: &Ctx, mut response: Response<T>, token: &Token) -> Result<Response<T>> {
    session::set_cookie(response.metadata_mut(), ctx, token)?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_credentials_are_another_person_to_sessions() {
        let id = |email: &str, hash: &str, seed: &[u8]| Operator::new(email, hash.to_owned(), seed.to_vec()).user_id;
        let known = id("a@example.com", "hash", b"seed");
        assert_eq!(known, id(" A@example.com", "hash", b"seed"));
        for other in
            [id("b@example.com", "hash", b"seed"), id("a@example.com", "hash2", b"seed"), id("a@example.com", "hash", b"2")]
        {
            assert_ne!(known, other);
        }
    }
}
