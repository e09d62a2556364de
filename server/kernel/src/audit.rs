//! The audit: one record per request. A request that changes something writes its record in the same transaction; all others
//! are written in batches, and their answers wait for the batch.
//!
//! | room | holds |
//! |---|---|
//! | `chain` | the hash that ties a record to those before it |
//! | `seal` | the task that gives records their place in a chain, and the signed checkpoints in a file |
//! | `checkpoint` | one signed line of that file |
//! | `trail` | a chain with its records, read from the database or from an export |
//! | `verify` | what a trail and checkpoints say about each other, without a database |
//! | `page`, `export` | the audit as people read it |

#![expect(clippy::disallowed_methods, reason = "the record is written in the transaction of the effect")]

pub mod chain;
pub mod checkpoint;
pub mod export;
pub mod page;
pub mod seal;
pub mod trail;
pub mod verify;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};
use uuid::Uuid;

use crate::{
    db::{Backend, Column, Database},
    error::{Error, Result},
    feed::placeholders,
};

/// Records of one INSERT.
const BATCH: usize = 100;
/// INSERTs begin so far apart: most of what one costs is the same for one record and for many, and a record that comes alone waits for
/// nothing.
const APART: Duration = Duration::from_millis(2);
/// Requests that may wait for a batch; more means the database does not answer.
const QUEUE: usize = 4096;
/// Longest wait of a request for its record, and of the writer for one INSERT: a database that is gone without a word answers nothing. As
/// long as a call between systems may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// One request, as it was answered.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Nil for what concerns no company.
    pub org_id: Uuid,
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub actor_id: Option<Uuid>,
    pub actor_name: String,
    pub actor_role: String,
    /// The person behind a support session.
    pub real_actor_id: Option<Uuid>,
    pub ip: String,
    pub path: String,
    pub category: String,
    /// Canonical gRPC code name.
    pub outcome: String,
    pub correlation_id: String,
    /// JSON object of the request fields the RPC's access lets through.
    pub payload: String,
    pub entity: String,
    pub entity_id: Option<Uuid>,
    /// Comma separated.
    pub changed_fields: String,
}

const COLUMNS: &str = "org_id, id, at, actor_id, actor_name, actor_role, real_actor_id, ip, path, category, outcome, \
                       correlation_id, payload, entity, entity_id, changed_fields";

impl AuditRecord {
    fn values(self) -> [Value; 16] {
        [
            self.org_id.into(),
            self.id.into(),
            self.at.into(),
            self.actor_id.into(),
            self.actor_name.into(),
            self.actor_role.into(),
            self.real_actor_id.into(),
            self.ip.into(),
            self.path.into(),
            self.category.into(),
            self.outcome.into(),
            self.correlation_id.into(),
            self.payload.into(),
            self.entity.into(),
            self.entity_id.into(),
            self.changed_fields.into(),
        ]
    }
}

/// Writes a record in the caller's transaction.
pub(crate) async fn insert(txn: &impl ConnectionTrait, record: AuditRecord) -> Result<()> {
    let backend = txn.get_database_backend();
    let sql = format!("INSERT INTO audit ({COLUMNS}) VALUES {}", placeholders(backend, 0, 16));
    txn.execute_raw(Statement::from_sql_and_values(backend, sql, record.values())).await?;
    Ok(())
}

/// Writes records that may be there already, each once. In one transaction: all of them are there afterwards, or none is new.
pub(crate) async fn insert_once(database: &Database, records: Vec<AuditRecord>) -> Result<()> {
    let db = database.system().await?;
    let sql = format!("INSERT INTO audit ({COLUMNS}) VALUES ({}) ON CONFLICT DO NOTHING", ["?"; 16].join(", "));
    for record in records {
        db.execute(&sql, record.values().into()).await?;
    }
    db.commit().await
}

type Waiting = (AuditRecord, oneshot::Sender<Result<(), Unwritten>>);

/// Why a record could not be written.
#[derive(Clone, Copy, Debug)]
enum Unwritten {
    NoSpace,
    NoAnswer,
}

/// Batches the records of requests that have no transaction of their own.
#[derive(Clone, Debug)]
pub struct AuditWriter {
    queue: Arc<mpsc::Sender<Waiting>>,
}

impl AuditWriter {
    pub fn start(database: Database) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(write_batches(database, receiver));
        Self { queue: Arc::new(queue) }
    }

    /// Returns once the record is safe. An answer that can't be recorded must not be given; a record may be there all the same, of a
    /// statement whose answer came too late. It is there once, because nobody writes it again.
    pub async fn write(&self, record: AuditRecord) -> Result<()> {
        let (done, written) = oneshot::channel();
        self.queue.try_send((record, done)).map_err(|_| Error::Unavailable("the audit queue is full".into()))?;
        let cause = "the audit record could not be written".to_owned();
        match timeout(PATIENCE, written).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(Unwritten::NoSpace))) => Err(Error::Storage(cause)),
            _ => Err(Error::Unavailable(cause)),
        }
    }
}

async fn write_batches(database: Database, mut queue: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut next = Instant::now();
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        if next > Instant::now() {
            sleep_until(next).await;
        }
        while batch.len() < BATCH
            && let Ok(more) = queue.try_recv()
        {
            batch.push(more);
        }
        next = Instant::now() + APART;
        let (records, waiting): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let given_up = |_| Err(Error::Unavailable("no answer to a batch of audit records".to_owned()));
        let written = timeout(PATIENCE, write_batch(&database, records)).await.unwrap_or_else(given_up).map_err(|error| {
            tracing::error!(?error, "audit records could not be written");
            if matches!(error, Error::Storage(_)) { Unwritten::NoSpace } else { Unwritten::NoAnswer }
        });
        for done in waiting {
            let _ = done.send(written);
        }
    }
}

/// One statement, whatever the number of records: PostgreSQL prepares it once. It may run twice where a connection was lost, and writes
/// each record once all the same.
async fn write_batch(database: &Database, records: Vec<AuditRecord>) -> Result<()> {
    match database.backend() {
        Backend::Postgres => database.system_execute_columns(INSERT_COLUMNS, columns(records)).await?,
        Backend::Sqlite => {
            let row = format!("({})", ["?"; 16].join(", "));
            let rows = vec![row; records.len()].join(", ");
            let values = records.into_iter().flat_map(AuditRecord::values).collect();
            database.system_execute(&format!("INSERT INTO audit ({COLUMNS}) VALUES {rows}"), values).await?
        }
    };
    Ok(())
}

/// The columns as [`COLUMNS`] names them.
const INSERT_COLUMNS: &str = "INSERT INTO audit (org_id, id, at, actor_id, actor_name, actor_role, real_actor_id, ip, path, category, \
    outcome, correlation_id, payload, entity, entity_id, changed_fields) SELECT * FROM unnest($1::uuid[], $2::uuid[], \
    $3::timestamptz[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[], \
    $12::text[], $13::text[], $14::text[], $15::uuid[], $16::text[]) ON CONFLICT DO NOTHING";

fn columns(mut records: Vec<AuditRecord>) -> Vec<Column> {
    let mut texts = |of: fn(&mut AuditRecord) -> &mut String| {
        Column::Texts(records.iter_mut().map(|record| std::mem::take(of(record))).collect())
    };
    let names = texts(|record| &mut record.actor_name);
    let roles = texts(|record| &mut record.actor_role);
    let ips = texts(|record| &mut record.ip);
    let paths = texts(|record| &mut record.path);
    let categories = texts(|record| &mut record.category);
    let outcomes = texts(|record| &mut record.outcome);
    let correlation_ids = texts(|record| &mut record.correlation_id);
    let payloads = texts(|record| &mut record.payload);
    let entities = texts(|record| &mut record.entity);
    let changed_fields = texts(|record| &mut record.changed_fields);
    let uuids = |of: fn(&AuditRecord) -> Uuid| Column::Uuids(records.iter().map(of).collect());
    let maybe = |of: fn(&AuditRecord) -> Option<Uuid>| Column::MaybeUuids(records.iter().map(of).collect());
    vec![
        uuids(|record| record.org_id),
        uuids(|record| record.id),
        Column::Times(records.iter().map(|record| record.at).collect()),
        maybe(|record| record.actor_id),
        names,
        roles,
        maybe(|record| record.real_actor_id),
        ips,
        paths,
        categories,
        outcomes,
        correlation_ids,
        payloads,
        entities,
        maybe(|record| record.entity_id),
        changed_fields,
    ]
}
