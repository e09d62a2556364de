//! Portals of few people, from the environment or a table: sign-in with password and TOTP, sessions, overview figures. The systems
//! map their own messages onto this; it knows none of them.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

pub mod ask;
pub mod elevation;
pub mod lockouts;
pub mod overview;
pub mod services;
pub mod support;
pub mod support_end;

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use streamflow_proto::reason::Reason;
use tonic::Response;
use uuid::Uuid;

use crate::{
    access::Authenticator,
    ctx::{Ctx, OrgFacts, Principal, Subject, SystemWriteDb},
    db::{Database, NO_ORG, Visibility},
    device,
    error::{Error, Result},
    ids::prefix,
    kernel::Noun,
    lockout::{Guesses, factor_key},
    password::{self, Params},
    session::{self, Holder, Level, Token},
    totp,
};

/// What the audit of such a portal names.
pub const NOUNS: &[Noun] = &[
    Noun { entity: "anomaly", prefix: prefix::ANOMALY, permission: "" },
    Noun { entity: "session", prefix: prefix::SESSION, permission: "" },
];

/// Somebody who may sign in to such a portal.
#[derive(Clone)]
pub struct Operator {
    pub user_id: Uuid,
    pub email: String,
    pub display_name: String,
    /// As the portal's protos name it, without `ROLE_`.
    pub role: String,
    password_hash: String,
    totp_secret: Vec<u8>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl Operator {
    /// Of the environment, where only these three name them. `password_hash` is a PHC string; `totp_secret` the raw seed. The id
    /// follows from all three: it stays the same over restarts, and with new credentials the sessions, devices and used codes of
    /// the old ones are nobody's.
    pub fn new(email: &str, role: &str, password_hash: String, totp_secret: Vec<u8>) -> Self {
        let email = email.trim().to_lowercase();
        let mut digest = Sha256::new();
        for part in [email.as_bytes(), password_hash.as_bytes(), &totp_secret] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let digest = digest.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        let user_id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
        Self { user_id, display_name: email.clone(), email, role: role.to_owned(), password_hash, totp_secret }
    }

    /// The same person with an id and a name of their own, as a table keeps them.
    pub fn known_as(self, user_id: Uuid, display_name: String) -> Self {
        Self { user_id, display_name, ..self }
    }

    pub fn password_hash(&self) -> &str {
        &self.password_hash
    }

    pub fn totp_secret(&self) -> &[u8] {
        &self.totp_secret
    }
}

/// Where a portal's people come from.
#[async_trait]
pub trait People: Send + Sync {
    /// Who signs in with this address, in small letters.
    async fn by_email(&self, email: &str) -> Result<Option<Operator>>;
    /// Whose session it is; `None` when the person may no longer be here.
    async fn by_id(&self, user_id: Uuid) -> Result<Option<Operator>>;
    /// Everybody whose account is active.
    async fn everybody(&self) -> Result<Vec<Operator>>;
    /// Whether anybody may sign in from this address.
    async fn admits(&self, ip: IpAddr) -> Result<bool>;
}

/// The one person of an environment, or nobody.
#[async_trait]
impl People for Option<Operator> {
    async fn by_email(&self, email: &str) -> Result<Option<Operator>> {
        Ok(self.clone().filter(|operator| operator.email == email))
    }

    async fn by_id(&self, user_id: Uuid) -> Result<Option<Operator>> {
        Ok(self.clone().filter(|operator| operator.user_id == user_id))
    }

    async fn everybody(&self) -> Result<Vec<Operator>> {
        Ok(self.iter().cloned().collect())
    }

    async fn admits(&self, _: IpAddr) -> Result<bool> {
        Ok(true)
    }
}

/// How the people of one portal sign in.
#[derive(Clone)]
pub struct Desk {
    people: Arc<dyn People>,
    /// Checking an unknown address costs what checking a known one does.
    cost: Params,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk(…)")
    }
}

impl Desk {
    /// `cost` is that of the people's password hashes.
    pub fn new(people: Arc<dyn People>, cost: Params) -> Self {
        Self { people, cost }
    }

    /// For the one person of an environment.
    pub fn of_one(operator: Option<Operator>) -> Self {
        let cost = operator.as_ref().and_then(|operator| password::cost(&operator.password_hash).ok());
        Self::new(Arc::new(operator), cost.unwrap_or(Params::BREAK_GLASS))
    }

    /// Checks e-mail and password; the session it opens still needs the second factor.
    pub async fn sign_in(&self, ctx: &Ctx, email: &str, password: &str) -> Result<(SystemWriteDb, Token)> {
        let kernel = ctx.kernel();
        if !self.people.admits(ctx.request().ip).await? {
            return Err(Error::refused(
                Reason::ADDRESS_NOT_ALLOWED,
                "This portal can't be signed in to from your network address.",
            ));
        }
        let email = email.trim().to_lowercase();
        let operator = self.people.by_email(&email).await?;
        if let Some(operator) = &operator {
            ctx.about(subject(operator));
        }
        let guesses = guesses(ctx, operator.as_ref(), &email).await?;
        guesses.count(ctx).await?;
        let is_right = match &operator {
            Some(known) => kernel.passwords.verify(password, &known.password_hash).await?.ok,
            None => {
                kernel.passwords.verify_nothing(password, self.cost).await?;
                false
            }
        };
        let Some(operator) = operator.filter(|_| is_right) else {
            return Err(Error::refused(
                Reason::WRONG_CREDENTIALS,
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
        let operator = self.people.by_id(principal.user_id).await?;
        let operator = operator.ok_or_else(|| Error::refused(Reason::NOT_SIGNED_IN, "Sign in first."))?;
        use_code(ctx, &operator, code).await?;
        let db = ctx.system().await?;
        let token = session::renew(&db, ctx, principal).await?;
        let device = device::remember(ctx, &db, operator.user_id).await?;
        Ok((db, token, device))
    }

    /// How the portal knows its sessions.
    pub fn authenticator(&self, database: Database) -> Arc<dyn Authenticator> {
        Arc::new(DeskAuthenticator { desk: self.clone(), database })
    }
}

/// Uses up a code of the person's authenticator. Wrong ones are counted for the person, wherever they are tried.
async fn use_code(ctx: &Ctx, operator: &Operator, code: &str) -> Result<()> {
    let device = device::known(ctx, &ctx.kernel().database.system_read().await?, operator.user_id).await?;
    let subject = factor_key(operator.user_id, device.as_deref());
    ctx.count_attempt(&subject).await?;
    let step = totp::matching_step(&operator.totp_secret, code.trim(), ctx.now());
    let fresh = match step {
        Some(step) => ctx.use_totp_step(operator.user_id, step).await?,
        None => false,
    };
    if !fresh {
        return Err(Error::invalid("code", "That code is not right. Codes change every 30 seconds and work once."));
    }
    ctx.forget_attempts(&subject).await
}

/// What counts wrong passwords of an address, which is hashed, so that the counters hold none. An unknown address asks what a known
/// one does, so that the time tells nothing.
async fn guesses(ctx: &Ctx, operator: Option<&Operator>, email: &str) -> Result<Guesses> {
    let asked = operator.map_or(Uuid::nil(), |known| known.user_id);
    let device = device::known(ctx, &ctx.kernel().database.system_read().await?, asked).await?;
    Ok(Guesses::new(ctx, account_key(email), device.as_deref().filter(|_| operator.is_some())))
}

/// What counts the guesses at an account.
fn account_key(email: &str) -> String {
    format!("operator:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(email.as_bytes())))
}

fn subject(operator: &Operator) -> Subject {
    let (name, role) = (operator.display_name.clone(), operator.role.clone());
    Subject { org_id: NO_ORG, user_id: Some(operator.user_id), name, role, ..Subject::default() }
}

struct DeskAuthenticator {
    desk: Desk,
    database: Database,
}

#[async_trait]
impl Authenticator for DeskAuthenticator {
    async fn principal(&self, token_hash: Vec<u8>) -> Result<Option<Principal>> {
        let Some(session) = session::by_token_hash(&self.database, token_hash).await? else { return Ok(None) };
        // A session of somebody who is no longer among the people is nobody's.
        let Some(operator) = self.desk.people.by_id(session.user_id).await? else { return Ok(None) };
        Ok(Some(Principal {
            session_id: session.id,
            level: Level::parse(&session.level),
            user_id: operator.user_id,
            org_id: NO_ORG,
            role: operator.role,
            read_only: false,
            team_ids: Vec::new(),
            visibility: Visibility::Org,
            display_name: operator.display_name,
            email: operator.email,
            second_factor: true,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
            revoked_at: session.revoked_at,
            org: OrgFacts::default(),
            support: None,
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
        let id = |email: &str, hash: &str, seed: &[u8]| Operator::new(email, "ADMIN", hash.to_owned(), seed.to_vec()).user_id;
        let known = id("a@example.com", "hash", b"seed");
        assert_eq!(known, id(" A@example.com", "hash", b"seed"));
        for other in
            [id("b@example.com", "hash", b"seed"), id("a@example.com", "hash2", b"seed"), id("a@example.com", "hash", b"2")]
        {
            assert_ne!(known, other);
        }
    }
}
