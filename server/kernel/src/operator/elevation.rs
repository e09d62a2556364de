//! Rights that a session takes on for some minutes, once its person has given password and code again. RPCs declare the right they
//! need (`elevation`), and the access layer asks here.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};
use streamflow_proto::{access::Access, reason::Reason};
use uuid::Uuid;

use super::{Desk, guesses, support_end};
use crate::{
    ctx::{Ctx, Principal, SystemWriteDb},
    db::{Backend, Database, numbered, query_rows},
    error::{Error, Result, Violations},
    ids::{self, prefix},
    prune::Daily,
};

const MAX_MINUTES: i32 = 60;
const MAX_JUSTIFICATION: usize = 500;
/// Ones that a list shows.
const SHOWN: u32 = 50;
/// How long one that is over can still be seen in the list; the audit has it for good.
const SEEN: TimeDelta = TimeDelta::days(90);

/// What a person asks for.
pub struct Ask {
    pub scopes: Vec<String>,
    pub minutes: i32,
    pub justification: String,
    pub password: String,
    pub code: String,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// A row of `elevations`.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Elevation {
    pub id: Uuid,
    pub session_id: Uuid,
    scopes: String,
    pub justification: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    session_lives: bool,
}

impl Elevation {
    pub fn scopes(&self) -> Vec<String> {
        self.scopes.split(',').map(str::to_owned).collect()
    }

    /// Whether it still gives its rights.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && self.session_lives && self.expires_at > now
    }
}

/// Every right that a portal has: those that its RPCs ask for.
pub fn scopes(table: &[Access]) -> Vec<&'static str> {
    let mut scopes: Vec<_> = table.iter().map(|access| access.elevation).filter(|scope| !scope.is_empty()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

impl Ask {
    /// Every problem at once.
    fn check(&self, known: &[&str]) -> Result<()> {
        let mut wrong = Violations::new();
        if self.scopes.is_empty() || self.scopes.iter().any(|scope| !known.contains(&scope.as_str())) {
            wrong.add("scopes", format!("Choose rights of these: {}.", known.join(", ")));
        }
        if !(1..=MAX_MINUTES).contains(&self.minutes) {
            wrong.add("minutes", format!("Choose 1 to {MAX_MINUTES} minutes."));
        }
        let odd = |c: char| c.is_control() && c != '\n';
        if self.justification.contains(odd) {
            wrong.add("justification", "Use no control characters.");
        } else if self.justification.chars().count() > MAX_JUSTIFICATION {
            wrong.add("justification", format!("Use at most {MAX_JUSTIFICATION} characters."));
        }
        wrong.into_result()
    }
}

/// Gives the request's session the rights. What is wrong with password and code is told and counted as in a sign-in.
pub async fn elevate(desk: &Desk, ctx: &Ctx, table: &[Access], ask: Ask) -> Result<(SystemWriteDb, Elevation)> {
    ask.check(&scopes(table))?;
    let principal = ctx.principal()?;
    let operator = desk.people.by_id(principal.user_id).await?;
    let operator = operator.ok_or_else(|| Error::refused(Reason::NOT_SIGNED_IN, "Sign in first."))?;
    let guesses = guesses(ctx, Some(&operator), &operator.email).await?;
    guesses.count(ctx).await?;
    if !ctx.kernel().passwords.verify(&ask.password, &operator.password_hash).await?.ok {
        return Err(Error::invalid("password", "That is not your password."));
    }
    guesses.forget(ctx).await?;
    super::use_code(ctx, &operator, &ask.code).await?;
    let mut scopes = ask.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    let elevation = Elevation {
        id: ctx.new_id(),
        session_id: principal.session_id,
        scopes: scopes.join(","),
        justification: ask.justification.trim().to_owned(),
        created_at: ctx.now(),
        expires_at: ctx.now() + TimeDelta::minutes(i64::from(ask.minutes)),
        ended_at: None,
        session_lives: true,
    };
    let db = ctx.system().await?;
    let sql = "INSERT INTO elevations (id, session_id, user_id, scopes, justification, created_at, expires_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        elevation.id.into(),
        elevation.session_id.into(),
        principal.user_id.into(),
        elevation.scopes.clone().into(),
        elevation.justification.clone().into(),
        elevation.created_at.into(),
        elevation.expires_at.into(),
    ];
    db.execute(sql, values).await?;
    Ok((db, elevation))
}

/// A person's own, newest first.
pub async fn own(ctx: &Ctx) -> Result<Vec<Elevation>> {
    let sql = format!(
        "SELECT e.id, e.session_id, e.scopes, e.justification, e.created_at, e.expires_at, e.ended_at, \
         (s.id IS NOT NULL AND s.revoked_at IS NULL) AS session_lives \
         FROM elevations e LEFT JOIN sessions s ON s.id = e.session_id \
         WHERE e.user_id = ? ORDER BY e.created_at DESC, e.id DESC LIMIT {SHOWN}"
    );
    ctx.system_read().await?.query(&sql, vec![ctx.principal()?.user_id.into()]).await
}

/// Gives one's own back before its time.
pub async fn revoke(ctx: &Ctx, id: &str) -> Result<SystemWriteDb> {
    let missing = || Error::not_found("elevation");
    let id = ids::parse(prefix::ELEVATION, id).ok_or_else(missing)?;
    let (db, user_id) = (ctx.system().await?, ctx.principal()?.user_id);
    let sql = "UPDATE elevations SET ended_at = ? WHERE id = ? AND user_id = ? AND ended_at IS NULL AND expires_at > ? \
               RETURNING session_id, scopes";
    let revoked: Vec<Revoked> = db.query(sql, vec![ctx.now().into(), id.into(), user_id.into(), ctx.now().into()]).await?;
    let Some(Revoked { session_id, scopes }) = revoked.first() else { return Err(missing()) };
    support_end::right_ended(&db, ctx.jobs(), (user_id, *session_id), scopes).await?;
    Ok(db)
}

#[derive(FromQueryResult)]
struct Revoked {
    session_id: Uuid,
    scopes: String,
}

/// Looks again at session and right, for what another system does at once, before this one commits anything: whoever lost either since
/// the request was let in has nothing done any more. Returns when the right ends that the request's RPC needs: with the last elevation
/// that gives it, and with the session.
pub async fn still_held(ctx: &Ctx) -> Result<DateTime<Utc>> {
    ctx.let_in_again().await?;
    let (principal, scope) = (ctx.principal()?, ctx.request().access.elevation);
    let live = live(ctx.system_read().await?.txn(), principal.session_id, ctx.kernel().clock.now(), "").await?;
    let ends = live.into_iter().filter(|row| row.gives(scope)).map(|row| row.expires_at).max();
    Ok(ends.ok_or_else(|| required(scope))?.min(principal.expires_at))
}

/// Refuses an RPC whose right the session has not taken on.
pub(crate) async fn check(database: &Database, access: &Access, principal: Option<&Principal>, now: DateTime<Utc>) -> Result<()> {
    let Some(principal) = principal.filter(|_| !access.elevation.is_empty()) else { return Ok(()) };
    let db = database.system_read().await?;
    check_within(db.txn(), access, principal, now).await
}

/// The same in a transaction: PostgreSQL waits here for the one who is giving the right back.
pub(crate) async fn check_within(
    txn: &impl ConnectionTrait,
    access: &Access,
    principal: &Principal,
    now: DateTime<Utc>,
) -> Result<()> {
    let lock = if txn.get_database_backend() == DbBackend::Postgres { " FOR SHARE" } else { "" };
    let live = live(txn, principal.session_id, now, lock).await?;
    if live.iter().any(|row| row.gives(access.elevation)) { Ok(()) } else { Err(required(access.elevation)) }
}

#[derive(FromQueryResult)]
struct Live {
    scopes: String,
    expires_at: DateTime<Utc>,
}

impl Live {
    fn gives(&self, scope: &str) -> bool {
        self.scopes.split(',').any(|given| given == scope)
    }
}

async fn live(txn: &impl ConnectionTrait, session_id: Uuid, now: DateTime<Utc>, lock: &str) -> Result<Vec<Live>> {
    let backend = if txn.get_database_backend() == DbBackend::Postgres { Backend::Postgres } else { Backend::Sqlite };
    let sql = "SELECT scopes, expires_at FROM elevations WHERE session_id = ? AND expires_at > ? AND ended_at IS NULL";
    query_rows(txn, &numbered(backend, &format!("{sql}{lock}")), vec![session_id.into(), now.into()]).await
}

fn required(scope: &str) -> Error {
    let text = format!("This needs the right “{scope}”. Take it on first, with your password and a code.");
    Error::refused(Reason::ELEVATION_REQUIRED, text)
}

/// Those that have been over for long.
pub const PRUNE: Daily =
    Daily { kind: "prune_elevations", table: "elevations", key: "id", condition: "expires_at < ?", kept: SEEN };
