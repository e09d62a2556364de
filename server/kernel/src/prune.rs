//! Deletes what is kept for a time only, in small batches: what every system has once an hour, and what is a system's own once a day.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::Value;

use crate::{
    db::Database,
    device,
    error::Result,
    jobs::{Job, JobError, Work},
    kernel::Kernel,
};

/// Rows of one statement; on SQLite everybody else who writes waits for it.
const BATCH: u64 = 500;
/// Others write between two batches.
const PAUSE: Duration = Duration::from_millis(20);

/// The work of [`prune`].
#[derive(Debug)]
pub struct Prune;

#[async_trait]
impl Work for Prune {
    fn kind(&self) -> &'static str {
        "prune"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::hours(1))
    }

    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let deleted = prune(&kernel.database, kernel.clock.now()).await?;
        Ok(format!("{deleted} rows deleted"))
    }
}

/// Deletes what is too old. Returns how many rows went.
pub async fn prune(database: &Database, now: DateTime<Utc>) -> Result<u64> {
    let mut deleted = 0;
    for old in too_old(now) {
        deleted += old.delete(database).await?;
    }
    Ok(deleted)
}

/// Rows of one table of a system's own, deleted once a day.
#[derive(Debug)]
pub struct Daily {
    /// Of the job.
    pub kind: &'static str,
    pub table: &'static str,
    /// Columns that tell one row from another.
    pub key: &'static str,
    /// With one `?`, a time: what was before it may go.
    pub condition: &'static str,
    /// How long before now that time is.
    pub kept: TimeDelta,
}

#[async_trait]
impl Work for Daily {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::days(1))
    }

    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let Self { table, key, condition, kept, .. } = *self;
        let old = Old { table, key, condition, before: (kernel.clock.now() - kept).into() };
        Ok(format!("{} rows deleted", old.delete(&kernel.database).await?))
    }
}

/// Rows of one table that may go.
struct Old {
    table: &'static str,
    /// Columns that tell one row from another.
    key: &'static str,
    /// With one `?`, which stands for `before`.
    condition: &'static str,
    before: Value,
}

impl Old {
    /// Returns how many went.
    async fn delete(&self, database: &Database) -> Result<u64> {
        let mut deleted = 0;
        loop {
            let batch = database.system_execute(&self.statement(), vec![self.before.clone()]).await?;
            deleted += batch;
            if batch < BATCH {
                return Ok(deleted);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn statement(&self) -> String {
        let Self { table, key, condition, .. } = self;
        format!("DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {condition} LIMIT {BATCH})")
    }
}

fn too_old(now: DateTime<Utc>) -> [Old; 14] {
    let days = |days| Value::from(now - TimeDelta::days(days));
    let seconds = |ago: TimeDelta| (now - ago).timestamp();
    let old = |table, key, condition, before| Old { table, key, condition, before };
    [
        // Pages send again what they could not for 14 days, and clocks differ.
        old("idempotency", "org_id, actor_id, rpc, key", "created_at < ?", days(15)),
        // A code is good for a minute; its step, a count of half minutes, is of no use afterwards.
        old("totp_steps", "subject", "step < ?", (seconds(TimeDelta::days(1)) / 30).into()),
        // A week in which a page can still tell its person that the session has expired.
        old("sessions", "id", "expires_at < ?", days(7)),
        old("known_devices", "user_id, device_hash", "created_at < ?", Value::from(now - device::LIFETIME)),
        // The ladder forgets after a day, and its longest wait is an hour.
        old("lockouts", "key", "last_failure < ?", seconds(TimeDelta::days(2)).into()),
        // Windows are counted in minutes.
        old("rate_limits", "key", "window_start < ?", (seconds(TimeDelta::hours(1)) / 60).into()),
        // A call is good for two minutes either way; the rest is for clocks that are set.
        old("federation_nonces", "caller, key_id, nonce", "at < ?", Value::from(now - TimeDelta::hours(1))),
        old("client_errors", "id", "at < ?", days(90)),
        // Charts of a day are drawn from minutes, those of a week from hours, each beside the range before.
        old("metric_samples", "seconds, at, process", "seconds = 60 AND at < ?", Value::from(now - TimeDelta::hours(50))),
        old("metric_samples", "seconds, at, process", "seconds = 3600 AND at < ?", days(15)),
        old("anomalies", "org_id, id", "state = 'acknowledged' AND last_at < ?", days(90)),
        // Sent or given up: both have lost their body.
        old("mail_outbox", "id", "body = '' AND created_at < ?", days(30)),
        old("jobs", "org_id, id", "state = 'done' AND finished_at < ?", days(7)),
        old("jobs", "org_id, id", "state = 'dead' AND finished_at < ?", days(90)),
    ]
}
