//! Deletes what is kept for a time only, once an hour, in small batches. Several processes share a database; of them one does it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::Value;
use tokio::task::AbortHandle;

use crate::{clock::Clock, db::Database, device, error::Result};

const EVERY: TimeDelta = TimeDelta::hours(1);
/// How often a process asks whether it is time.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// Rows of one statement; on SQLite everybody else who writes waits for it.
const BATCH: u64 = 500;
/// Others write between two batches.
const PAUSE: Duration = Duration::from_millis(20);

/// The task of one process and database; it ends when this is dropped.
#[derive(Debug)]
pub struct Pruning(AbortHandle);

impl Pruning {
    pub fn start(database: Database, clock: Arc<dyn Clock>) -> Self {
        let task = tokio::spawn(async move {
            loop {
                if let Err(error) = prune_when_due(&database, clock.now()).await {
                    tracing::warn!(?error, "what is too old could not be deleted");
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        Self(task.abort_handle())
    }
}

impl Drop for Pruning {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Deletes what is too old, unless a process has done so within the hour. Returns how many rows went.
pub async fn prune_when_due(database: &Database, now: DateTime<Utc>) -> Result<Option<u64>> {
    if !is_ours(database, now).await? {
        return Ok(None);
    }
    let mut deleted = 0;
    for old in too_old(now) {
        loop {
            let batch = database.system_execute(&old.statement(), vec![old.before.clone()]).await?;
            deleted += batch;
            if batch < BATCH {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    tracing::info!(deleted, "what was too old is deleted");
    Ok(Some(deleted))
}

/// Takes the turn of this hour. A process that dies in the middle leaves the rest to the next hour.
async fn is_ours(database: &Database, now: DateTime<Utc>) -> Result<bool> {
    let sql = "INSERT INTO chores (name, due_at) VALUES ('prune', ?) ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at \
               WHERE chores.due_at <= ?";
    Ok(database.system_execute(sql, vec![(now + EVERY).into(), now.into()]).await? == 1)
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
    fn statement(&self) -> String {
        let Self { table, key, condition, .. } = self;
        format!("DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {condition} LIMIT {BATCH})")
    }
}

fn too_old(now: DateTime<Utc>) -> [Old; 9] {
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
        // Sent or given up: both have lost their body.
        old("mail_outbox", "id", "body = '' AND created_at < ?", days(30)),
    ]
}
