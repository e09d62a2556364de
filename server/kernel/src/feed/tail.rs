//! The tail: one task per process that reads new changes in order and hands them to the watchers of their company.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use parking_lot::Mutex;
use sea_orm::{FromQueryResult, sqlx::postgres::PgListener};
use tokio::{
    sync::{Notify, broadcast, watch},
    task::AbortHandle,
    time::Instant,
};
use tokio_stream::StreamExt as _;
use uuid::Uuid;

use super::{Audience, Cursor, Event, Op};
use crate::{
    db::{Backend, Database},
    error::Result,
    ids::random_bytes,
};

/// How long the tail sleeps when nobody wakes it. Other processes wake it by NOTIFY; this is the net below.
const IDLE_POLL: Duration = Duration::from_secs(1);
/// From one look to the next at least: while much is written, one look is for many changes. The first is at once.
const PACE: Duration = Duration::from_millis(8);
/// Pause before looking again for rows whose transactions other, older transactions still hide; doubled while nothing comes.
const HIDDEN_POLL: Duration = Duration::from_millis(4);
const LONGEST_HIDDEN_POLL: Duration = Duration::from_millis(64);
const BATCH: u64 = 1000;
/// Events a slow watcher may lag behind before it reads from the database instead.
const WATCHER_BUFFER: usize = 512;

/// Handle on the feed of one system. Cheap to clone. The tail ends with the last one.
#[derive(Clone, Debug)]
pub struct Feed {
    pub(super) inner: Arc<Inner>,
    _tasks: Arc<Tasks>,
}

/// What follows the database. It has connections of its own: where a system could not start and is begun anew, none may be left over.
#[derive(Debug)]
struct Tasks(Vec<AbortHandle>);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) database: Database,
    channel: String,
    /// Tells this process's announcements from its twins'.
    signature: String,
    /// Last change handed out.
    position: Mutex<Cursor>,
    /// When the tail last got an answer from the database, a new change or none.
    read_at: Mutex<Instant>,
    companies: Mutex<HashMap<Uuid, broadcast::Sender<Arc<Event>>>>,
    foreign: Notify,
    /// Turns true when the process ends: then no stream goes on.
    pub(super) ending: watch::Sender<bool>,
}

impl Feed {
    /// Starts the tail. `channel` names the system to its twin processes.
    pub async fn start(database: Database, channel: &str) -> Result<Self> {
        let position = current(&database).await?;
        let inner = Arc::new(Inner {
            database,
            channel: format!("streamflow_{channel}"),
            signature: HEXLOWER.encode(&random_bytes::<16>()),
            position: Mutex::new(position),
            read_at: Mutex::new(Instant::now()),
            companies: Mutex::default(),
            foreign: Notify::new(),
            ending: watch::Sender::new(false),
        });
        let mut tasks = vec![tokio::spawn(Arc::clone(&inner).run()).abort_handle()];
        if inner.database.backend() == Backend::Postgres {
            tasks.push(tokio::spawn(Arc::clone(&inner).listen()).abort_handle());
        }
        Ok(Self { inner, _tasks: Arc::new(Tasks(tasks)) })
    }

    pub fn position(&self) -> Cursor {
        self.inner.position()
    }

    /// How long ago the tail last read.
    pub fn read_ago(&self) -> Duration {
        self.inner.read_at.lock().elapsed()
    }

    /// Ends all streams, so that their pages go on at another process.
    pub fn end_streams(&self) {
        self.inner.ending.send_replace(true);
    }

    pub(super) fn subscribe(&self, org: Uuid) -> broadcast::Receiver<Arc<Event>> {
        let mut companies = self.inner.companies.lock();
        companies.entry(org).or_insert_with(|| broadcast::channel(WATCHER_BUFFER).0).subscribe()
    }
}

impl Inner {
    fn position(&self) -> Cursor {
        *self.position.lock()
    }

    async fn run(self: Arc<Self>) {
        let database = self.database.clone();
        let mut announce = false;
        let mut hidden_poll = HIDDEN_POLL;
        loop {
            if announce && database.backend() == Backend::Postgres {
                self.announce().await;
            }
            let began = Instant::now();
            match self.drain().await {
                Ok(Drained { is_new, hides_more: true }) => {
                    hidden_poll = if is_new { HIDDEN_POLL } else { (2 * hidden_poll).min(LONGEST_HIDDEN_POLL) };
                    tokio::time::sleep(hidden_poll).await;
                    announce = false;
                    continue;
                }
                Ok(_) => hidden_poll = HIDDEN_POLL,
                Err(error) => {
                    tracing::warn!(?error, "the change feed can't read; trying again");
                    tokio::time::sleep(IDLE_POLL).await;
                }
            }
            announce = tokio::select! {
                () = database.committed().notified() => true,
                () = self.foreign.notified() => false,
                () = tokio::time::sleep(IDLE_POLL) => false,
            };
            tokio::time::sleep_until(began + PACE).await;
        }
    }

    /// Reads until nothing new is visible.
    async fn drain(&self) -> Result<Drained> {
        let mut is_new = false;
        loop {
            let from = self.position();
            let Read { events, hides_more } = read_after(&self.database, from).await?;
            *self.read_at.lock() = Instant::now();
            let full = events.len() as u64 == BATCH;
            if let Some(last) = events.last() {
                *self.position.lock() = last.cursor;
                is_new = true;
            }
            self.publish(events);
            if !full {
                return Ok(Drained { is_new, hides_more });
            }
        }
    }

    fn publish(&self, events: Vec<Event>) {
        let mut companies = self.companies.lock();
        for event in events {
            let org = event.org_id;
            // A company nobody watches any more is forgotten.
            if companies.get(&org).is_some_and(|sender| sender.send(Arc::new(event)).is_err()) {
                companies.remove(&org);
            }
        }
    }

    /// Wakes the tails of other processes. Outside the writing transactions, because NOTIFY takes a lock they would queue for.
    async fn announce(&self) {
        let sql = format!("NOTIFY {}, '{}'", self.channel, self.signature);
        if let Err(error) = self.database.execute(&sql, vec![]).await {
            tracing::warn!(?error, "other processes could not be told of a change; they find it within a second");
        }
    }

    async fn listen(self: Arc<Self>) {
        loop {
            // Asked each time: the pool is another one after the database was away.
            let pool = self.database.pool().get_postgres_connection_pool().clone();
            match PgListener::connect_with(&pool).await {
                Ok(mut listener) => {
                    if listener.listen(&self.channel).await.is_ok() {
                        let mut stream = listener.into_stream();
                        while let Some(Ok(heard)) = stream.next().await {
                            // What this process wrote it reads at its own commit.
                            if heard.payload() != self.signature {
                                self.foreign.notify_one();
                            }
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "the change listener can't connect"),
            }
            tokio::time::sleep(IDLE_POLL).await;
        }
    }
}

/// The place from which everything later is new.
pub(super) async fn current(database: &Database) -> Result<Cursor> {
    #[derive(FromQueryResult)]
    struct Place {
        xid: i64,
        seq: i64,
    }
    let sql = match database.backend() {
        Backend::Postgres => {
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 AS xid, 9223372036854775807::bigint AS seq"
        }
        Backend::Sqlite => "SELECT 0 AS xid, COALESCE(MAX(seq), 0) AS seq FROM changes",
    };
    let rows: Vec<Place> = database.system_query(sql, vec![]).await?;
    Ok(rows.first().map_or_else(Cursor::default, |row| Cursor { xid: row.xid, seq: row.seq }))
}

#[derive(FromQueryResult)]
pub(super) struct Row {
    org_id: Uuid,
    xid: i64,
    seq: i64,
    at: DateTime<Utc>,
    entity: String,
    id: Uuid,
    version: i64,
    op: String,
    actor_id: Option<Uuid>,
    actor_name: String,
    fields: String,
    audience: String,
}

const COLUMNS: &str = "org_id, seq, at, entity, id, version, op, actor_id, actor_name, fields, audience";

/// What a look at the feed came to.
struct Drained {
    is_new: bool,
    hides_more: bool,
}

/// Changes in the order they became visible.
struct Read {
    events: Vec<Event>,
    /// Something later is written, and still hidden by an older transaction.
    hides_more: bool,
}

async fn read_after(database: &Database, from: Cursor) -> Result<Read> {
    #[derive(FromQueryResult)]
    struct Seen {
        #[sea_orm(nested)]
        row: Row,
        is_visible: bool,
    }
    if database.backend() == Backend::Sqlite {
        let sql = format!("SELECT {COLUMNS}, 0 AS xid FROM changes WHERE seq > ? ORDER BY seq LIMIT {BATCH}");
        let rows: Vec<Row> = database.system_query(&sql, vec![from.seq.into()]).await?;
        return Ok(Read { events: rows.into_iter().map(Row::into_event).collect(), hides_more: false });
    }
    // One snapshot for both: what is visible, and whether it is all.
    let sql = format!(
        "SELECT {COLUMNS}, xid::text::bigint AS xid, xid < pg_snapshot_xmin(pg_current_snapshot()) AS is_visible FROM changes \
         WHERE (xid, seq) > (?::text::xid8, ?::bigint) ORDER BY changes.xid, seq LIMIT {BATCH}"
    );
    let rows: Vec<Seen> = database.system_query(&sql, vec![from.xid.to_string().into(), from.seq.into()]).await?;
    let hides_more = rows.last().is_some_and(|last| !last.is_visible);
    let events = rows.into_iter().take_while(|seen| seen.is_visible).map(|seen| seen.row.into_event()).collect();
    Ok(Read { events, hides_more })
}

/// Changes of one company after `from` up to `limit`, for a watcher that was away.
pub(super) async fn read_company(database: &Database, org: Uuid, from: Cursor, limit: u64) -> Result<Vec<Event>> {
    let rows: Vec<Row> = if database.backend() == Backend::Sqlite {
        let sql = format!("SELECT {COLUMNS}, 0 AS xid FROM changes WHERE org_id = ? AND seq > ? ORDER BY seq LIMIT {limit}");
        database.system_query(&sql, vec![org.into(), from.seq.into()]).await?
    } else {
        let sql = format!(
            "SELECT {COLUMNS}, xid::text::bigint AS xid FROM changes \
             WHERE org_id = ? AND (xid, seq) > (?::text::xid8, ?::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot()) \
             ORDER BY changes.xid, seq LIMIT {limit}"
        );
        database.system_query(&sql, vec![org.into(), from.xid.to_string().into(), from.seq.into()]).await?
    };
    Ok(rows.into_iter().map(Row::into_event).collect())
}

impl Row {
    fn into_event(self) -> Event {
        Event {
            cursor: Cursor { xid: self.xid, seq: self.seq },
            org_id: self.org_id,
            id: self.id,
            version: self.version,
            op: Op::parse(&self.op),
            fields: self.fields.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect(),
            actor_id: self.actor_id,
            actor_name: self.actor_name,
            at: self.at,
            // An audience that can't be read reaches only those who see everything.
            audience: serde_json::from_str::<Audience>(&self.audience).unwrap_or_default(),
            entity: self.entity,
        }
    }
}
