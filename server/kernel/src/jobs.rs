//! Work behind the answers: queued in the transaction of what it follows from, done afterwards by whichever process takes it, again
//! and again with growing pauses until it succeeds or is given up.
//!
//! A job is done at least once: a process that dies in the middle is followed by another one when its lease ends, so
//! [`Work::run`] must bear a second beginning. What a job is told is encrypted; why it failed is plain words without anything
//! personal, for the engineers' pages.

pub mod deed;
pub mod desk;
mod overview;
mod retry;
pub mod runner;
mod schedule;
mod store;

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{FromQueryResult, Value};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tonic::Code;
use uuid::Uuid;

pub use overview::{Overview, Schedule, overview, waiting};
pub use retry::Retry;
pub use runner::Runner;

use crate::{
    clock::Clock,
    crypto::{self, DataKey, FieldRef},
    db::{NO_ORG, SystemDb, TenantDb},
    error::{Error, Result},
    ids::Ids,
    kernel::Kernel,
};

/// A kind of work. Each process is given those it knows when it starts, and takes no jobs of others.
#[async_trait]
pub trait Work: Send + Sync {
    /// Stable name; jobs are queued by it.
    fn kind(&self) -> &'static str;

    /// How failures are followed.
    fn retry(&self) -> Retry {
        Retry::DEFAULT
    }

    /// Set for work of the system itself that is due again and again; nobody needs to queue it.
    fn every(&self) -> Option<TimeDelta> {
        None
    }

    /// Scheduled work that is due at once, too, when the process starts and when its database is back.
    fn at_start(&self) -> bool {
        false
    }

    /// Does it; may have been begun before. Returns what was done in plain words, nothing personal, or nothing.
    async fn run(&self, kernel: &Arc<Kernel>, job: &Job) -> Result<String, JobError>;
}

/// A job under way.
#[derive(Debug)]
pub struct Job {
    pub id: Uuid,
    /// Nil for the system itself.
    pub org_id: Uuid,
    pub kind: String,
    pub key: String,
    /// This one included.
    pub attempt: i32,
    payload: Vec<u8>,
}

impl Job {
    /// What the job was told. A job that can't be read never will be.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        serde_json::from_slice(&self.payload).map_err(|error| JobError::Dead(format!("what it was told can't be read: {error}")))
    }
}

/// Why a job was not done, in plain words, nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobError {
    /// Another attempt may succeed.
    Retry(String),
    /// No attempt will: somebody has to look.
    Dead(String),
}

impl From<Error> for JobError {
    /// The cause is for the log: it may say anything.
    fn from(error: Error) -> Self {
        tracing::warn!(?error, "a job failed");
        Self::Retry(
            match error {
                Error::Unavailable(_) => "a part it needs did not answer",
                Error::Internal(_) => "something went wrong inside; the log says what",
                Error::NotFound { .. } => "something it needs is not there",
                Error::Refused { reason, .. } if reason.code == Code::FailedPrecondition => "the state of things forbids it now",
                Error::Throttled { .. } => "too much was asked at once",
                Error::Invalid(_) => "its input was not accepted",
                _ => "it was refused",
            }
            .to_owned(),
        )
    }
}

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    kind: Cow<'static, str>,
    key: String,
    payload: serde_json::Value,
    run_at: Option<DateTime<Utc>>,
    again: bool,
}

impl NewJob {
    pub const fn new(kind: &'static str) -> Self {
        Self { kind: Cow::Borrowed(kind), key: String::new(), payload: serde_json::Value::Null, run_at: None, again: false }
    }

    /// Scheduled work: its name is kind and key.
    fn scheduled(name: &str) -> Self {
        Self { kind: Cow::Owned(name.to_owned()), key: name.to_owned(), ..Self::new("") }
    }

    /// While a job of the company with this kind and key waits or runs, another one is not queued.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// While one with its key runs, that one is begun once more when it ends: it may have looked before this was committed. For
    /// work that finds out by itself what there is to do.
    #[must_use]
    pub const fn once_more(mut self) -> Self {
        self.again = true;
        self
    }

    /// What [`Job::payload`] gives back.
    #[must_use]
    pub fn payload(mut self, payload: serde_json::Value) -> Self {
        self.payload = payload;
        self
    }

    /// Not before then.
    #[must_use]
    pub const fn at(mut self, time: DateTime<Utc>) -> Self {
        self.run_at = Some(time);
        self
    }
}

/// The queue of one system.
pub struct Jobs {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// The system's own, read once: jobs are queued inside transactions, where waiting for another connection could use the pool up.
    key: Arc<DataKey>,
    wake: Notify,
    /// Somebody wants the runner to begin anew.
    restart: Notify,
    /// Runners that take jobs; a process has one.
    runners: AtomicUsize,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jobs(…)")
    }
}

impl Jobs {
    pub(crate) fn new(clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, key: Arc<DataKey>) -> Self {
        Self { clock, ids, key, wake: Notify::new(), restart: Notify::new(), runners: AtomicUsize::new(0) }
    }

    /// Queues a job with the caller's transaction, for a company or for the system itself; call [`wake`](Self::wake) after the
    /// commit. None when one with its key waits or runs already.
    pub async fn put(&self, db: &SystemDb, org: Option<Uuid>, job: NewJob) -> Result<Option<Uuid>> {
        let (sql, id, values) = self.insertion(job, "?");
        let values = std::iter::once(org.unwrap_or(NO_ORG).into()).chain(values).collect();
        let rows: Vec<Put> = db.query(&sql, values).await?;
        Ok(rows.first().map(|row| row.id).filter(|put| *put == id))
    }

    /// The same for a transaction of one company.
    pub async fn put_for_org(&self, tx: &TenantDb, job: NewJob) -> Result<Option<Uuid>> {
        let (sql, id, values) = self.insertion(job, "{org}");
        let rows: Vec<Put> = tx.query(&sql, values.into()).await?;
        Ok(rows.first().map(|row| row.id).filter(|put| *put == id))
    }

    /// Has a job of the system itself begin at once: the one with its key that waits, or this one. False while it runs.
    pub async fn begin(&self, db: &SystemDb, job: NewJob) -> Result<bool> {
        let sql = "UPDATE jobs SET run_at = ? WHERE org_id = ? AND kind = ? AND key = ? AND state = 'queued'";
        let waiting = vec![self.clock.now().into(), NO_ORG.into(), job.kind.as_ref().into(), job.key.clone().into()];
        Ok(db.execute(sql, waiting).await? > 0 || self.put(db, None, job).await?.is_some())
    }

    /// Says that a job was committed. Without it the job begins a moment later.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Ends the runner of this process wherever it is, and starts another: for one that hangs, or whose jobs do. Those under way are
    /// begun again when their leases end. False where none runs.
    pub fn restart(&self) -> bool {
        let is_running = self.is_running();
        if is_running {
            self.restart.notify_one();
        }
        is_running
    }

    /// Whether this process does jobs.
    pub fn is_running(&self) -> bool {
        self.runners.load(Ordering::Acquire) > 0
    }

    /// A statement that returns the id of the job that is there then, if it could say so; the id of the new one, and its values.
    fn insertion(&self, job: NewJob, org: &str) -> (String, Uuid, [Value; 7]) {
        let (id, now) = (self.ids.uuid(), self.clock.now());
        let sealed = crypto::encrypt(&self.key, payload_of(id), job.payload.to_string().as_bytes());
        let run_at = job.run_at.unwrap_or(now);
        // The update holds the other one too: it can't be taken and ended before this transaction.
        let twin = if job.again {
            "(org_id, kind, key) WHERE key <> '' AND state IN ('queued', 'running') DO UPDATE SET again = true"
        } else {
            "DO NOTHING"
        };
        let sql = format!(
            "INSERT INTO jobs (org_id, id, kind, key, payload, run_at, created_at, again, state) \
             VALUES ({org}, ?, ?, ?, ?, ?, ?, ?, 'queued') ON CONFLICT {twin} RETURNING id"
        );
        let values =
            [id.into(), job.kind.into_owned().into(), job.key.into(), sealed.into(), run_at.into(), now.into(), job.again.into()];
        (sql, id, values)
    }
}

#[derive(FromQueryResult)]
struct Put {
    id: Uuid,
}

const fn payload_of(job_id: Uuid) -> FieldRef<'static> {
    FieldRef { org: NO_ORG, table: "jobs", column: "payload", row: job_id }
}
