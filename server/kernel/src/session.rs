//! Sessions: an opaque 256-bit token, of which only the SHA-256 is kept, one row per sign-in, one cookie per portal. Nothing about
//! a session is cached: a killed one is refused at its next request.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{FromQueryResult, Value};
use sha2::{Digest as _, Sha256};
use streamflow_proto::reason::Reason;
use tonic::metadata::{MetadataMap, MetadataValue};
use uuid::Uuid;

use crate::{
    ctx::{Ctx, Principal},
    db::{Database, SystemDb, TenantDb},
    error::{Error, Result},
    list::{
        List, ListSpec,
        order::OrderField,
        page::{Key, KeyKind},
    },
};

/// How long sessions live in a portal.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// From sign-in to the end, whatever happens.
    pub absolute: Duration,
    /// Without a request.
    pub idle: Duration,
}

/// `last_seen_at` is written at most this often.
const TOUCH_EVERY: Duration = Duration::seconds(60);
/// A session still waiting for its second factor.
const PENDING_LIFETIME: Duration = Duration::minutes(10);

/// A new session's secret, shown once.
#[derive(Clone)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    pub fn new(random: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// One that was kept.
    pub(crate) fn from_kept(bytes: &[u8]) -> Result<Self> {
        String::from_utf8(bytes.to_vec()).map(Self).map_err(Error::internal)
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> Vec<u8> {
        hash_token(&self.0)
    }
}

/// SHA-256 of a token as text. Tokens have 256 bits, so a plain hash is enough.
pub fn hash_token(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The password was right; a second factor is still needed.
    Pending,
    Full,
}

impl Level {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Full => "full",
        }
    }

    pub fn parse(text: &str) -> Self {
        if text == "full" { Self::Full } else { Self::Pending }
    }
}

/// A row of `sessions`.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Session {
    pub id: Uuid,
    pub user_id: Uuid,
    pub org_id: Option<Uuid>,
    pub level: String,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub ip: String,
    pub user_agent: String,
    pub revoked_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "id, user_id, org_id, level, created_at, last_seen_at, expires_at, ip, user_agent, revoked_at";

/// For whom a session is opened.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    pub user_id: Uuid,
    pub org_id: Uuid,
    pub level: Level,
}

/// Opens a session and returns its token.
pub async fn open(db: &SystemDb, ctx: &Ctx, holder: Holder) -> Result<Token> {
    let (_, token) = open_until(db, ctx, holder, ctx.now() + longest(ctx, holder.level)).await?;
    Ok(token)
}

fn longest(ctx: &Ctx, level: Level) -> Duration {
    match level {
        Level::Pending => PENDING_LIFETIME,
        Level::Full => ctx.kernel().portal.lifetime.absolute,
    }
}

/// The same with an end of its own. Returns the session's id and its token.
pub async fn open_until(db: &SystemDb, ctx: &Ctx, holder: Holder, expires_at: DateTime<Utc>) -> Result<(Uuid, Token)> {
    let (id, token, now) = (ctx.new_id(), Token::new(ctx.kernel().ids.token()), ctx.now());
    let sql = "INSERT INTO sessions (id, token_hash, user_id, org_id, level, created_at, last_seen_at, expires_at, ip, user_agent) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        id.into(),
        token.hash().into(),
        holder.user_id.into(),
        holder.org_id.into(),
        holder.level.as_str().into(),
        now.into(),
        now.into(),
        expires_at.into(),
        ctx.request().ip.to_string().into(),
        ctx.request().user_agent.clone().into(),
    ];
    db.execute(sql, values).await?;
    ctx.note_token(&token);
    Ok((id, token))
}

/// A session that was ended just now. Its pages are those of its own company, whichever one its person ended it from.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Ended {
    pub id: Uuid,
    pub org_id: Option<Uuid>,
    pub expires_at: DateTime<Utc>,
}

/// Ends one session, if it was live.
pub async fn end(db: &SystemDb, session_id: Uuid, user_id: Uuid, now: DateTime<Utc>) -> Result<Option<Ended>> {
    let sql = "UPDATE sessions SET revoked_at = ? WHERE id = ? AND user_id = ? AND revoked_at IS NULL \
               RETURNING id, org_id, expires_at";
    let ended = db.query(sql, vec![now.into(), session_id.into(), user_id.into()]).await?;
    Ok(ended.into_iter().next())
}

/// Replaces the request's session by a full one with a new id. One that is full already ends when it would have: its time began with the
/// sign-in, whatever was proved since. Fails when it was ended meanwhile: whoever ended it meant its successors too.
pub async fn renew(db: &SystemDb, ctx: &Ctx, principal: &Principal) -> Result<Token> {
    let holder = Holder { user_id: principal.user_id, org_id: principal.org_id, level: Level::Full };
    if principal.level == Level::Full {
        return replace(db, ctx, principal, holder).await;
    }
    end(db, principal.session_id, principal.user_id, ctx.now()).await?.ok_or_else(ended)?;
    open(db, ctx, holder).await
}

/// Replaces the request's session by one of `holder`, which ends when the replaced one would have: nobody stays signed in for longer by
/// going back and forth. Fails like [`renew`].
pub async fn replace(db: &SystemDb, ctx: &Ctx, principal: &Principal, holder: Holder) -> Result<Token> {
    end(db, principal.session_id, principal.user_id, ctx.now()).await?.ok_or_else(ended)?;
    let expires_at = principal.expires_at.min(ctx.now() + longest(ctx, holder.level));
    let (_, token) = open_until(db, ctx, holder, expires_at).await?;
    Ok(token)
}

/// What is told to whoever comes with a session that was ended.
pub(crate) fn ended() -> Error {
    Error::refused(Reason::SESSION_ENDED, "This session was ended. Sign in again.")
}

/// Ends every session of a person but `keep`.
pub async fn end_all(db: &SystemDb, user_id: Uuid, keep: Option<Uuid>, now: DateTime<Utc>) -> Result<Vec<Ended>> {
    end_until_none_is_left(db, user_id, keep.unwrap_or_default(), now).await
}

/// Ends every session of a person in one company.
pub async fn end_all_in_company(tx: &TenantDb, user_id: Uuid, now: DateTime<Utc>) -> Result<Vec<Ended>> {
    end_until_none_is_left(tx, user_id, Uuid::nil(), now).await
}

/// A session that another transaction is just replacing holds this up, and its successor shows only to the next statement: it goes on
/// until none is to be seen, because one that is not there has no successor.
async fn end_until_none_is_left(db: &impl Book, user_id: Uuid, keep: Uuid, now: DateTime<Utc>) -> Result<Vec<Ended>> {
    let live = format!("{}user_id = ? AND revoked_at IS NULL AND id <> ?", db.within());
    let end = format!("UPDATE sessions SET revoked_at = ? WHERE {live} RETURNING id, org_id, expires_at");
    let left = format!("SELECT id, org_id, expires_at FROM sessions WHERE {live} LIMIT 1");
    let mut ended = Vec::new();
    loop {
        ended.extend(db.rows(&end, vec![now.into(), user_id.into(), keep.into()]).await?);
        if db.rows(&left, vec![user_id.into(), keep.into()]).await?.is_empty() {
            return Ok(ended);
        }
    }
}

/// Where sessions are ended: over all companies, or in one.
trait Book {
    /// The beginning of each condition.
    fn within(&self) -> &'static str;

    fn rows(&self, sql: &str, values: Vec<Value>) -> impl Future<Output = Result<Vec<Ended>>> + Send;
}

impl Book for SystemDb {
    fn within(&self) -> &'static str {
        ""
    }

    async fn rows(&self, sql: &str, values: Vec<Value>) -> Result<Vec<Ended>> {
        self.query(sql, values).await
    }
}

impl Book for TenantDb {
    fn within(&self) -> &'static str {
        "org_id = {org} AND "
    }

    async fn rows(&self, sql: &str, values: Vec<Value>) -> Result<Vec<Ended>> {
        self.query(sql, values).await
    }
}

const BY_BEGIN: OrderField = OrderField::new("created_at", KeyKind::Time);
/// What the list of one's sessions can be asked: nothing but its pages.
pub const LIST: ListSpec = ListSpec { name: "sessions", filters: &[], orders: &[BY_BEGIN], default_order: BY_BEGIN.descending() };

/// Live sessions of a person, newest first, and the token of the next page.
pub async fn live(db: &SystemDb, ctx: &Ctx, user_id: Uuid, list: &List) -> Result<(Vec<Session>, String)> {
    let now = ctx.now();
    let (page, after) = list.by_hand("created_at", "id");
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ? AND last_seen_at > ? \
         AND level = 'full'{page}"
    );
    let values = vec![user_id.into(), now.into(), (now - ctx.kernel().portal.lifetime.idle).into()];
    let mut rows: Vec<Session> = db.query(&sql, values.into_iter().chain(after).collect()).await?;
    let next = list.next_page_token(&mut rows, |session| (Key::Time(session.created_at), session.id));
    Ok((rows, next))
}

/// The session of a token, whatever its state.
pub async fn by_token_hash(database: &Database, token_hash: Vec<u8>) -> Result<Option<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE token_hash = ?");
    database.session(&sql, token_hash).await
}

/// Why a session no longer counts.
pub fn check_alive(
    lifetime: Lifetime,
    now: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
) -> Result<()> {
    if revoked_at.is_some() {
        return Err(ended());
    }
    if now >= expires_at {
        let text = "Your session has expired. Sign in again; nothing you saved is lost.";
        return Err(Error::refused(Reason::SESSION_EXPIRED, text));
    }
    if now - last_seen_at > lifetime.idle {
        let minutes = lifetime.idle.num_minutes();
        let text = format!("You were signed out after {minutes} minutes without activity. Nothing you saved is lost.");
        return Err(Error::refused(Reason::SESSION_EXPIRED, text));
    }
    Ok(())
}

/// Whether nobody has ended a session; its time is its reader's to know.
pub(crate) async fn is_live(database: &Database, session_id: Uuid) -> Result<bool> {
    #[derive(FromQueryResult)]
    struct Row {
        revoked_at: Option<DateTime<Utc>>,
    }
    let sql = "SELECT revoked_at FROM sessions WHERE id = ?";
    let rows: Vec<Row> = database.system_read().await?.query(sql, vec![session_id.into()]).await?;
    Ok(rows.first().is_some_and(|row| row.revoked_at.is_none()))
}

/// Notes that the session was used, at most once a minute and without making the request wait.
pub fn touch(database: &Database, session_id: Uuid, last_seen_at: DateTime<Utc>, now: DateTime<Utc>) {
    if now - last_seen_at < TOUCH_EVERY {
        return;
    }
    let database = database.clone();
    tokio::spawn(async move {
        let sql = "UPDATE sessions SET last_seen_at = ? WHERE id = ? AND last_seen_at < ?";
        if let Err(error) = database.system_execute_repeatable(sql, vec![now.into(), session_id.into(), now.into()]).await {
            tracing::warn!(?error, "a session's last use was not noted");
        }
    });
}

/// Name of the portal's cookie. `__Host-` binds it to this host, `/` and https (or localhost).
pub fn cookie_name(space: &str) -> String {
    format!("__Host-sf_{space}")
}

/// Puts the cookie of `token` on an answer.
pub fn set_cookie(metadata: &mut MetadataMap, ctx: &Ctx, token: &Token) -> Result<()> {
    let seconds = ctx.kernel().portal.lifetime.absolute.num_seconds();
    write_cookie(metadata, &cookie_name(ctx.kernel().portal.space), token.reveal(), seconds)
}

/// Takes the session cookie away.
pub fn clear_cookie(metadata: &mut MetadataMap, ctx: &Ctx) -> Result<()> {
    write_cookie(metadata, &cookie_name(ctx.kernel().portal.space), "", 0)
}

/// Sets a `__Host-` cookie that scripts can't read.
pub fn write_cookie(metadata: &mut MetadataMap, name: &str, value: &str, max_age_seconds: i64) -> Result<()> {
    let cookie = format!("{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; Secure; SameSite=Strict");
    metadata.append("set-cookie", MetadataValue::try_from(cookie).map_err(Error::internal)?);
    Ok(())
}
