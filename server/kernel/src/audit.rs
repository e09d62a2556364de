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

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::{
    db::{Backend, Database},
    error::{Error, Result},
    feed::placeholders,
};

/// Records of one INSERT.
const BATCH: usize = 100;
/// Requests that may wait for a batch; more means the database does not answer.
const QUEUE: usize = 4096;

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

type Waiting = (AuditRecord, oneshot::Sender<bool>);

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

    /// Returns once the record is safe. An answer that can't be recorded must not be given.
    pub async fn write(&self, record: AuditRecord) -> Result<()> {
        let (done, written) = oneshot::channel();
        self.queue.try_send((record, done)).map_err(|_| Error::Unavailable("the audit queue is full".into()))?;
        match written.await {
            Ok(true) => Ok(()),
            _ => Err(Error::Unavailable("the audit record could not be written".into())),
        }
    }
}

async fn write_batches(database: Database, mut queue: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let (records, waiting): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let written = write_batch(&database, records).await;
        if let Err(error) = &written {
            tracing::error!(?error, "audit records could not be written");
        }
        for done in waiting {
            let _ = done.send(written.is_ok());
        }
    }
}

/// One statement, whatever the number of records: PostgreSQL prepares it once.
async fn write_batch(database: &Database, records: Vec<AuditRecord>) -> Result<()> {
    let (rows, values): (String, Vec<Value>) = match database.backend() {
        Backend::Postgres => (
            format!("SELECT {COLUMNS} FROM jsonb_populate_recordset(NULL::audit, ?::jsonb)"),
            vec![serde_json::to_value(records).map_err(Error::internal)?.into()],
        ),
        Backend::Sqlite => {
            let row = format!("({})", ["?"; 16].join(", "));
            let rows = vec![row; records.len()].join(", ");
            (format!("VALUES {rows}"), records.into_iter().flat_map(AuditRecord::values).collect())
        }
    };
    database.system_execute(&format!("INSERT INTO audit ({COLUMNS}) {rows}"), values).await?;
    Ok(())
}
