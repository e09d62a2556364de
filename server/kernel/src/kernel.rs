//! Everything one system runs on, put together once at start and shared by its requests.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::RwLock;
use sea_orm::{ConnectionTrait, FromQueryResult};
use streamflow_proto::reason::Reason;
use uuid::Uuid;

use crate::{
    audit::{
        AuditWriter,
        seal::{self, Sealing},
    },
    clock::Clock,
    crypto::{DataKey, MasterRing, WrappedKey},
    db::{self, Database, NO_ORG, SystemDb},
    error::{Error, Result},
    federation::Federation,
    feed::Feed,
    ids::{self, Ids},
    jobs::{self, Jobs, Work},
    mail::Mailer,
    mail_queue::MailQueue,
    master_keys::holders::Holding,
    meter::{Meter, sampling::Sampling},
    password::PasswordHasher,
    prune::Prune,
    rate_limit::{Limits, Pace, RateLimiter},
    server::listeners::Listeners,
    session::Lifetime,
    upload::Tickets,
    vault::{Bounds, Vault},
};

/// A noun of a portal's records and changes.
#[derive(Clone, Copy, Debug)]
pub struct Noun {
    pub entity: &'static str,
    /// Prefix of its ids.
    pub prefix: &'static str,
    /// The right to hear of its changes; empty for what nobody hears of.
    pub permission: &'static str,
}

/// What a portal is to the kernel: a name and its rules.
#[derive(Clone, Copy, Debug)]
pub struct Portal {
    /// Name of the space, as `Me` tells it and as the portal header and the cookie carry it.
    pub space: &'static str,
    /// What the addresses of its people's pages begin with; `*` is one part of any name.
    pub pages: &'static str,
    /// What its pages' addresses go on with, or begin with before anybody is signed in. What is none of these was mistyped.
    pub first_parts: &'static [&'static str],
    pub lifetime: Lifetime,
    /// How quickly one signed-in person may ask.
    pub pace: Pace,
    /// Every noun that its changes and its audit name.
    pub nouns: &'static [Noun],
    /// Who gives its people their rights, as they call them.
    pub rights_from: &'static str,
    /// What its own pages may use of the browser, as a `Permissions-Policy` has it; empty for nothing that others are kept from.
    pub features: &'static str,
}

impl Portal {
    /// What is told to whom a role does not let.
    pub fn role_refused(&self) -> Error {
        Error::refused(Reason::ROLE, format!("Your role does not allow this. Ask {}.", self.rights_from))
    }

    /// A record's id as it is called on the wire; empty for none, and for a noun that nobody has named.
    pub fn wire_id(&self, entity: &str, id: Option<Uuid>) -> String {
        let noun = self.nouns.iter().find(|noun| noun.entity == entity);
        noun.map(|noun| ids::format_option(noun.prefix, id)).unwrap_or_default()
    }
}

/// Parts of a system. Services never see it; they get a [`Ctx`](crate::ctx::Ctx).
pub struct Kernel {
    pub portal: Portal,
    pub database: Database,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub limiter: RateLimiter,
    pub audit: AuditWriter,
    pub feed: Feed,
    pub passwords: PasswordHasher,
    pub mails: MailQueue,
    pub jobs: Jobs,
    pub meter: Meter,
    pub keys: KeyRing,
    pub federation: Arc<Federation>,
    pub vault: Vault,
    pub uploads: Tickets,
    /// Where people reach this portal, for links in mails. No trailing slash.
    pub public_url: String,
    pub listeners: Listeners,
    /// How many migrations this version knows of the system.
    pub migrations: usize,
    pub started_at: DateTime<Utc>,
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel").field("space", &self.portal.space).finish_non_exhaustive()
    }
}

/// What [`Kernel::start`] needs from outside.
pub struct Parts {
    pub portal: Portal,
    pub database: Database,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub passwords: PasswordHasher,
    pub mailer: Arc<Mailer>,
    pub master_keys: Arc<MasterRing>,
    pub public_url: String,
    /// Requests a minute by limit class, where the usual ones don't fit.
    pub limits: HashMap<String, u32>,
    /// Folder that files of companies are put below; made when the first one is written.
    pub vault: PathBuf,
    /// Of the process.
    pub listeners: Listeners,
    /// How many migrations this version knows of the system.
    pub migrations: usize,
    pub bounds: Bounds,
}

impl Kernel {
    /// Starts the background tasks of a system: change tail, audit writer and mail delivery.
    pub async fn start(parts: Parts) -> Result<Arc<Self>> {
        let uploads = Tickets::new(Arc::clone(&parts.master_keys));
        let keys = KeyRing::new(parts.database.clone(), parts.master_keys, Arc::clone(&parts.clock));
        keys.admit(parts.clock.now()).await?;
        keys.ensure_own(parts.clock.now()).await?;
        let feed = Feed::start(parts.database.clone(), parts.portal.space).await?;
        let limits = Limits::new(parts.portal.pace, &parts.limits);
        let (clock, ids) = (Arc::clone(&parts.clock), Arc::clone(&parts.ids));
        let jobs = Jobs::new(Arc::clone(&clock), Arc::clone(&ids), keys.current(NO_ORG).await?);
        let federation = Federation::new(parts.portal.space, parts.database.clone(), Arc::clone(&clock), Arc::clone(&ids));
        let mails = MailQueue::start(parts.database.clone(), parts.mailer, clock, ids, keys.clone()).await?;
        Ok(Arc::new(Self {
            portal: parts.portal,
            limiter: RateLimiter::new(parts.database.clone(), limits),
            audit: AuditWriter::start(parts.database.clone()),
            feed,
            vault: Vault::new(parts.vault, keys.clone(), parts.bounds),
            uploads,
            keys,
            federation: Arc::new(federation),
            database: parts.database,
            started_at: parts.clock.now(),
            clock: parts.clock,
            ids: parts.ids,
            passwords: parts.passwords,
            mails,
            jobs,
            meter: Meter::default(),
            public_url: parts.public_url,
            listeners: parts.listeners,
            migrations: parts.migrations,
        }))
    }

    /// Starts giving audit records their place in the chains; `folder` is where checkpoints go. Servers do it, commands don't.
    pub fn seal_audit(&self, folder: PathBuf) -> Sealing {
        Sealing::start(seal::Parts {
            database: self.database.clone(),
            clock: Arc::clone(&self.clock),
            system: self.portal.space,
            id: self.ids.uuid(),
            masters: Arc::clone(&self.keys.masters),
            folder,
        })
    }

    /// Starts following the key file, and telling other processes which master keys this one has. Servers do it, commands don't. Fails
    /// when it can't be told: then nobody would wait for this process before a key begins to wrap.
    pub async fn hold_master_keys(self: &Arc<Self>) -> Result<Holding> {
        Holding::start(self).await
    }

    /// Starts keeping what this process measures of itself. Servers do it, commands don't.
    pub fn sample_meter(self: &Arc<Self>) -> Sampling {
        Sampling::start(Arc::clone(self))
    }

    /// Starts doing jobs: the kernel's own work and `works`. Servers do it, commands don't.
    pub async fn run_jobs(self: &Arc<Self>, works: Vec<Arc<dyn Work>>) -> Result<jobs::Runner> {
        let own: [Arc<dyn Work>; 1] = [Arc::new(Prune)];
        jobs::Runner::start(Arc::clone(self), own.into_iter().chain(works).collect()).await
    }

    /// Ready means the database answers.
    pub async fn ready(&self) -> bool {
        self.database.answers(Duration::from_secs(1)).await
    }
}

/// How long a company's key is used without another look at its row: when that is destroyed, no process has it for longer.
const REMEMBERED: TimeDelta = TimeDelta::minutes(1);

/// By company and number of the key, with the time of the last look.
type KeyCache = HashMap<(Uuid, u32), (Arc<DataKey>, DateTime<Utc>)>;

/// Data keys of companies, kept in memory for a minute; the system's own for good.
#[derive(Clone)]
pub struct KeyRing {
    pub(crate) database: Database,
    pub(crate) masters: Arc<MasterRing>,
    pub(crate) clock: Arc<dyn Clock>,
    cache: Arc<RwLock<KeyCache>>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRing(…)")
    }
}

#[derive(FromQueryResult)]
struct KeyRow {
    id: i32,
    wrapped: Vec<u8>,
    master_key_id: String,
}

const NEWEST: &str =
    "SELECT id, wrapped, master_key_id FROM data_keys WHERE org_id = ? AND retired_at IS NULL ORDER BY id DESC LIMIT 1";
const INSERT: &str = "INSERT INTO data_keys (org_id, id, wrapped, master_key_id, created_at) VALUES (?, ?, ?, ?, ?)";
const BY_ID: &str = "SELECT id, wrapped, master_key_id FROM data_keys WHERE org_id = ? AND id = ?";

impl KeyRing {
    fn new(database: Database, masters: Arc<MasterRing>, clock: Arc<dyn Clock>) -> Self {
        let ring = Self { database, masters, clock, cache: Arc::default() };
        // What nobody asks for any more must not stay either.
        let (cache, clock) = (Arc::downgrade(&ring.cache), Arc::clone(&ring.clock));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(REMEMBERED.to_std().unwrap_or_default()).await;
                let Some(cache) = cache.upgrade() else { return };
                let now = clock.now();
                cache.write().retain(|(org, _), (_, seen_at)| is_fresh(*org, *seen_at, now));
            }
        });
        ring
    }

    /// The key new values of a company are encrypted with; the nil company is the system itself. Fails when there is none: then
    /// the data was shredded.
    pub async fn current(&self, org: Uuid) -> Result<Arc<DataKey>> {
        let rows: Vec<KeyRow> = self.database.system_read().await?.query(NEWEST, vec![org.into()]).await?;
        self.unwrapped(org, rows)
    }

    /// The same, asked inside a transaction that reaches the company's rows: waiting for a second connection while holding one
    /// could use the pool up.
    pub(crate) async fn current_within(&self, txn: &impl ConnectionTrait, org: Uuid) -> Result<Arc<DataKey>> {
        let sql = db::numbered(self.database.backend(), NEWEST);
        let rows: Vec<KeyRow> = db::query_rows(txn, &sql, vec![org.into()]).await?;
        self.unwrapped(org, rows)
    }

    /// Makes the system's own key, that of the nil company, on the first start. Of two processes that start at once one makes it.
    async fn ensure_own(&self, now: DateTime<Utc>) -> Result<()> {
        let rows: Vec<KeyRow> = self.database.system_read().await?.query(NEWEST, vec![NO_ORG.into()]).await?;
        if !rows.is_empty() {
            return Ok(());
        }
        let db = self.database.system().await?;
        let wrapped = self.wrap(&db, &DataKey::generate(1), NO_ORG, now).await?;
        let sql = format!("{INSERT} ON CONFLICT DO NOTHING");
        let values = vec![NO_ORG.into(), 1.into(), wrapped.bytes.into(), wrapped.master_id.into(), now.into()];
        db.execute(&sql, values).await?;
        db.commit().await
    }

    /// The key a stored value names.
    pub async fn of(&self, org: Uuid, ciphertext: &[u8]) -> Result<Arc<DataKey>> {
        let id = crate::crypto::key_id_of(ciphertext).map_err(Error::internal)?;
        if let Some((key, seen_at)) = self.cache.read().get(&(org, id))
            && is_fresh(org, *seen_at, self.clock.now())
        {
            return Ok(Arc::clone(key));
        }
        let number = i32::try_from(id).map_err(Error::internal)?;
        let rows: Vec<KeyRow> = self.database.system_read().await?.query(BY_ID, vec![org.into(), number.into()]).await?;
        self.unwrapped(org, rows)
    }

    /// Makes the first key of a company.
    pub async fn create(&self, db: &SystemDb, org: Uuid, now: DateTime<Utc>) -> Result<()> {
        let wrapped = self.wrap(db, &DataKey::generate(1), org, now).await?;
        let values = vec![org.into(), 1.into(), wrapped.bytes.into(), wrapped.master_id.into(), now.into()];
        db.execute(INSERT, values).await?;
        Ok(())
    }

    /// Forgets the keys of a company that were read before they were destroyed.
    pub fn forget(&self, org: Uuid) {
        self.cache.write().retain(|(of, _), _| *of != org);
    }

    fn unwrapped(&self, org: Uuid, rows: Vec<KeyRow>) -> Result<Arc<DataKey>> {
        let row = rows.into_iter().next().ok_or_else(|| Error::internal("the company has no data key"))?;
        let id = u32::try_from(row.id).map_err(Error::internal)?;
        let now = self.clock.now();
        if let Some((key, seen_at)) = self.cache.write().get_mut(&(org, id)) {
            *seen_at = now;
            return Ok(Arc::clone(key));
        }
        let wrapped = WrappedKey { id, bytes: row.wrapped, master_id: row.master_key_id };
        let key = Arc::new(self.masters.unwrap(org, &wrapped).map_err(Error::internal)?);
        self.cache.write().insert((org, id), (Arc::clone(&key), now));
        Ok(key)
    }
}

/// Clocks may be set back.
fn is_fresh(org: Uuid, seen_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    org == NO_ORG || (now - seen_at).abs() < REMEMBERED
}
