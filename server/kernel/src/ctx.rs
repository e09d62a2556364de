//! [`Ctx`]: who asks, for which company, at what time, and the only way from a request to the database. Only the access layer
//! makes one.

#![expect(clippy::disallowed_methods, reason = "the reply is kept in the transaction of the effect")]

mod org;
mod parts;
mod pass;
mod write;

use std::{
    fmt,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest as _, Sha256};
use streamflow_proto::{access::Access, reason::Reason};
use tonic::Request;
use uuid::Uuid;

pub use org::{OrgFacts, Suspension};
pub(crate) use pass::Pass;
pub use write::{SystemWriteDb, WriteDb};

use crate::{
    access::{payload::Framed, signed::Letter},
    audit::AuditRecord,
    crypto::{self, FieldRef},
    db::{NO_ORG, Scope, TenantDb, Visibility},
    error::{Error, Result},
    federation::guard::Refusal,
    feed::Actor,
    kernel::Kernel,
    rate_limit::Remaining,
    session::{Level, Token},
};

/// Who a session belongs to, as the database says at this request.
#[derive(Clone, Debug)]
pub struct Principal {
    pub session_id: Uuid,
    pub level: Level,
    pub user_id: Uuid,
    /// Nil in portals that have no companies.
    pub org_id: Uuid,
    /// Role name as in the protos, without `ROLE_`.
    pub role: String,
    pub read_only: bool,
    pub team_ids: Vec<Uuid>,
    pub visibility: Visibility,
    pub display_name: String,
    pub email: String,
    pub second_factor: bool,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub org: OrgFacts,
    /// Set for somebody who is no member, and looks at the company to help.
    pub support: Option<Support>,
}

impl Principal {
    /// Fails for somebody who may only read.
    pub fn check_may_change(&self) -> Result<()> {
        if self.read_only {
            return Err(Error::refused(Reason::READ_ONLY, "Your account may look at everything it sees but change nothing."));
        }
        Ok(())
    }
}

/// Who looks in a support session.
#[derive(Clone, Copy, Debug)]
pub struct Support {
    /// The person's id where they come from.
    pub person_id: Uuid,
}

/// Role of those people in the audit.
pub const SUPPORT_ROLE: &str = "SUPPORT";
/// Category of all they do.
const IMPERSONATION: &str = "impersonation";

/// The request as it came in.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    pub access: &'static Access,
    pub correlation_id: Uuid,
    pub ip: IpAddr,
    pub user_agent: String,
    /// Cookie of a device this person signed in from before.
    pub device_token: Option<String>,
    pub at: DateTime<Utc>,
    /// A page asks by itself, and its person is not there.
    pub unattended: bool,
    /// It came with what should be a session, whatever that is worth.
    pub claims_session: bool,
    /// What the rate limit leaves this caller; none where no limit was asked yet.
    pub remaining: Option<Remaining>,
    /// As it came; empty until it was read.
    pub message: Framed,
    /// Request fields the audit may keep, as a JSON object.
    pub payload: String,
    /// What it says with a signature of its own, where it has one.
    pub letter: Option<Result<Letter, Refusal>>,
    pub idempotency: Option<IdempotencyKey>,
}

/// SHA-256 of a request message. A request may hold a password, which is soon guessed from it: it never lies anywhere in the open.
pub type BodyHash = [u8; 32];

#[derive(Clone)]
pub struct IdempotencyKey {
    pub key: String,
    pub body_hash: BodyHash,
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyKey").finish_non_exhaustive()
    }
}

impl IdempotencyKey {
    /// What is kept, before it is sealed: the request's hash, then the reply.
    fn content(&self, reply: &impl prost::Message) -> Vec<u8> {
        [&self.body_hash[..], &reply.encode_to_vec()].concat()
    }

    /// Where it is kept; it decrypts only for the person, RPC and key it was kept for.
    pub(crate) fn place(&self, org: Uuid, actor: Uuid, access: &Access) -> FieldRef<'static> {
        let whole = crypto::bind(&[actor.as_bytes(), access.path.as_bytes(), self.key.as_bytes()]);
        let mut row = [0; 16];
        row.copy_from_slice(&Sha256::digest(whole)[..16]);
        let row = uuid::Builder::from_custom_bytes(row).into_uuid();
        FieldRef { org, table: "idempotency", column: "reply", row }
    }

    /// Where the token beside a reply is kept.
    pub(crate) const fn of_token(reply: FieldRef<'static>) -> FieldRef<'static> {
        FieldRef { column: "token", ..reply }
    }
}

/// Who an anonymous request turned out to be about, for its audit record.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    pub org_id: Uuid,
    pub user_id: Option<Uuid>,
    pub name: String,
    pub role: String,
    /// Who it really is, where somebody of another system acts.
    pub real_actor_id: Option<Uuid>,
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ctx(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kernel: Arc<Kernel>,
    principal: Option<Principal>,
    /// None of a request without a session.
    pass: Option<Pass>,
    request: RequestInfo,
    subject: Mutex<Option<Subject>>,
    /// Of the session that the RPC began.
    token: Mutex<Option<Token>>,
    /// What the RPC changed, for the audit.
    notes: Mutex<serde_json::Map<String, serde_json::Value>>,
    /// The RPC has begun: its message could be read.
    entered: AtomicBool,
    audited: AtomicBool,
    /// A password or code was tried, and nobody has said that it was right.
    guessed: AtomicBool,
}

impl Ctx {
    /// Takes the context off a request. Fails when the access layer was not passed, which is a mistake in the wiring.
    pub fn enter<T>(mut request: Request<T>) -> Result<(Self, T)> {
        let ctx = request.extensions_mut().remove::<Self>().ok_or_else(|| Error::internal("a request without context"))?;
        ctx.0.entered.store(true, Ordering::Release);
        Ok((ctx, request.into_inner()))
    }

    pub(crate) fn new(kernel: Arc<Kernel>, principal: Option<Principal>, request: RequestInfo) -> Self {
        Self::admitted(kernel, principal, request, None)
    }

    pub(crate) fn admitted(kernel: Arc<Kernel>, principal: Option<Principal>, request: RequestInfo, pass: Option<Pass>) -> Self {
        let [entered, audited, guessed] = [(); 3].map(|()| AtomicBool::new(false));
        let (subject, token, notes) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { kernel, principal, pass, request, subject, token, notes, entered, audited, guessed }))
    }

    /// The signed-in person. Fails on RPCs that anyone may call.
    pub fn principal(&self) -> Result<&Principal> {
        self.0.principal.as_ref().ok_or_else(|| Error::refused(Reason::NOT_SIGNED_IN, "Sign in first."))
    }

    pub fn request(&self) -> &RequestInfo {
        &self.0.request
    }

    /// The whole system, with the database of every company: for the kernel itself.
    pub(crate) fn kernel(&self) -> &Arc<Kernel> {
        &self.0.kernel
    }

    /// The time of the request: one instant for all its rows.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.request.at
    }

    pub fn new_id(&self) -> Uuid {
        self.0.kernel.ids.uuid()
    }

    /// The person as the writer of changes.
    pub fn actor(&self) -> Actor {
        let principal = self.0.principal.as_ref();
        Actor {
            id: principal.map(|principal| principal.user_id),
            name: principal.map(|principal| principal.display_name.clone()).unwrap_or_default(),
            at: self.now(),
        }
    }

    /// Says whom an anonymous request is about, so that the company finds it in its audit.
    pub fn about(&self, subject: Subject) {
        *self.0.subject.lock() = Some(subject);
    }

    /// A session was begun: its token is kept with the reply, for a repetition by somebody whom neither has reached.
    pub(crate) fn note_token(&self, token: &Token) {
        *self.0.token.lock() = Some(token.clone());
    }

    /// Rows of the person's company that this person may see, to read.
    pub async fn read(&self) -> Result<TenantDb> {
        self.0.kernel.database.tenant_read(self.scope()?).await
    }

    /// Rows of the person's company that this person may see, to write.
    pub async fn write(&self) -> Result<WriteDb> {
        let db = self.0.kernel.database.tenant_write(self.scope()?).await?;
        Ok(WriteDb { db, ctx: self.clone() })
    }

    /// Like [`write`](Self::write) with the whole company in view: for rules that concern it as a whole, such as its last owner.
    pub async fn write_whole_org(&self) -> Result<WriteDb> {
        let scope = Scope { visibility: Visibility::Org, ..self.scope()? };
        let db = self.0.kernel.database.tenant_write(scope).await?;
        Ok(WriteDb { db, ctx: self.clone() })
    }

    /// What belongs to no company: accounts, sessions, links from mails.
    pub async fn system(&self) -> Result<SystemWriteDb> {
        let db = self.0.kernel.database.system().await?;
        Ok(SystemWriteDb { db, ctx: self.clone() })
    }

    /// What this person sees.
    pub fn scope(&self) -> Result<Scope> {
        let principal = self.principal()?;
        Ok(Scope {
            org_id: principal.org_id,
            user_id: principal.user_id,
            visibility: principal.visibility,
            team_ids: principal.team_ids.clone(),
        })
    }

    /// Company and person that replies are kept for. Those of people without a session are nobody's: the key, which only its sender
    /// knows, and the same body bring them back.
    pub(crate) fn keeper(&self) -> (Uuid, Uuid) {
        self.0.principal.as_ref().map_or((NO_ORG, Uuid::nil()), |principal| (principal.org_id, principal.user_id))
    }

    /// True once the RPC has taken its message.
    pub(crate) fn is_entered(&self) -> bool {
        self.0.entered.load(Ordering::Acquire)
    }

    /// True when the request's audit record is already in the database.
    pub(crate) fn is_audited(&self) -> bool {
        self.0.audited.load(Ordering::Acquire)
    }

    /// Says that a password or code was tried, or that it was right.
    pub(crate) fn note_guess(&self, tried: bool) {
        self.0.guessed.store(tried, Ordering::Release);
    }

    /// True when a password or code was tried and not found right.
    pub(crate) fn has_guessed(&self) -> bool {
        self.0.guessed.load(Ordering::Acquire)
    }

    /// The record of this request as it stands.
    pub(crate) fn audit_record(&self, outcome: &str) -> AuditRecord {
        let request = &self.0.request;
        let subject = self.0.subject.lock().clone();
        let subject = self.0.principal.as_ref().map_or_else(
            || subject.unwrap_or_default(),
            |principal| Subject {
                org_id: principal.org_id,
                // Somebody of the support has no account here: all they do is found by the person they are at home.
                user_id: Some(principal.support.as_ref().map_or(principal.user_id, |support| support.person_id)),
                name: principal.display_name.clone(),
                role: principal.support.map_or_else(|| principal.role.clone(), |_| SUPPORT_ROLE.to_owned()),
                real_actor_id: principal.support.map(|support| support.person_id),
            },
        );
        let acts_for_another = subject.real_actor_id.is_some();
        let mut record = record_of(request, subject, self.new_id(), outcome);
        if acts_for_another {
            IMPERSONATION.clone_into(&mut record.category);
        }
        let notes = self.0.notes.lock();
        if !notes.is_empty()
            && let Ok(serde_json::Value::Object(mut payload)) = serde_json::from_str(&record.payload)
        {
            payload.extend(notes.clone());
            record.changed_fields = notes.keys().cloned().collect::<Vec<_>>().join(",");
            record.payload = serde_json::Value::Object(payload).to_string();
        }
        record
    }

    /// Adds to the request's audit record what became of a field: what it was and what it is. Never a secret or personal data.
    pub fn note_change(&self, field: &str, before: serde_json::Value, after: serde_json::Value) {
        self.0.notes.lock().insert(field.to_owned(), serde_json::json!({ "before": before, "after": after }));
    }

    fn mark_audited(&self) {
        self.0.audited.store(true, Ordering::Release);
    }

    /// Keeps the reply for a repetition with the same key, sealed: it may say what its rows keep encrypted. Nobody else's would
    /// ever be asked for. Fails with [`Error::Replay`] when the twin was quicker.
    async fn keep_reply(&self, txn: &impl ConnectionTrait, reply: &impl prost::Message) -> Result<()> {
        let Some(idempotency) = &self.0.request.idempotency else { return Ok(()) };
        let (org_id, actor_id) = self.keeper();
        let key = self.0.kernel.keys.current_within(txn, org_id).await?;
        let place = idempotency.place(org_id, actor_id, self.0.request.access);
        let token = self.0.token.lock().clone();
        let token = token.map(|token| crypto::encrypt(&key, IdempotencyKey::of_token(place), token.reveal().as_bytes()));
        let backend = txn.get_database_backend();
        let sql = format!(
            "INSERT INTO idempotency (org_id, actor_id, rpc, key, reply, token, created_at) VALUES {}",
            crate::feed::placeholders(backend, 0, 7)
        );
        let values = vec![
            org_id.into(),
            actor_id.into(),
            self.0.request.access.path.into(),
            idempotency.key.clone().into(),
            crypto::encrypt(&key, place, &idempotency.content(reply)).into(),
            token.into(),
            self.now().into(),
        ];
        match txn.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await {
            Ok(_) => Ok(()),
            Err(error) if Error::is_unique_violation(&error) => Err(Error::Replay),
            Err(error) => Err(error.into()),
        }
    }
}

/// The audit record of a request as it came in.
pub(crate) fn record_of(request: &RequestInfo, subject: Subject, id: Uuid, outcome: &str) -> AuditRecord {
    AuditRecord {
        org_id: subject.org_id,
        id,
        at: request.at,
        actor_id: subject.user_id,
        actor_name: subject.name,
        actor_role: subject.role,
        real_actor_id: subject.real_actor_id,
        ip: request.ip.to_string(),
        path: request.access.path.to_owned(),
        category: request.access.audit.to_owned(),
        outcome: outcome.to_owned(),
        correlation_id: request.correlation_id.simple().to_string(),
        payload: request.payload.clone(),
        entity: String::new(),
        entity_id: None,
        changed_fields: String::new(),
    }
}
