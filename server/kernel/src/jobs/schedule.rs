//! Work that is due again and again. Of several processes the one that moves the time on queues the job, in the same transaction;
//! from then on it is a job like any other: one process does it, and another one if that dies.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

use super::{Jobs, NewJob, Work};
use crate::{db::Database, error::Result};

/// Makes schedules known, due at once the first time and where the work wants it at each start. Periods follow the code.
pub async fn declare(database: &Database, works: &[Arc<dyn Work>], now: DateTime<Utc>) -> Result<()> {
    let db = database.system().await?;
    for work in works {
        let Some(every) = work.every() else { continue };
        let due = if work.at_start() { ", next_run_at = excluded.next_run_at" } else { "" };
        let sql = format!(
            "INSERT INTO schedules (name, every_seconds, next_run_at) VALUES (?, ?, ?) \
             ON CONFLICT (name) DO UPDATE SET every_seconds = excluded.every_seconds{due}"
        );
        db.execute(&sql, vec![work.kind().into(), every.num_seconds().into(), now.into()]).await?;
    }
    db.commit().await
}

#[derive(FromQueryResult)]
struct Due {
    name: String,
}

/// Queues the work that is due. Work that still waits or runs from the last time is not queued twice.
pub async fn queue_due(database: &Database, jobs: &Jobs, works: &[Arc<dyn Work>], now: DateTime<Utc>) -> Result<()> {
    let sql = "SELECT name FROM schedules WHERE next_run_at <= ?";
    let due: Vec<Due> = database.system_read().await?.query(sql, vec![now.into()]).await?;
    if due.is_empty() {
        return Ok(());
    }
    for work in works.iter().filter(|work| due.iter().any(|due| due.name == work.kind())) {
        let Some(every) = work.every() else { continue };
        let db = database.system().await?;
        let sql = "UPDATE schedules SET next_run_at = ? WHERE name = ? AND next_run_at <= ?";
        if db.execute(sql, vec![(now + every).into(), work.kind().into(), now.into()]).await? == 1 {
            jobs.put(&db, None, NewJob::scheduled(work.kind())).await?;
            db.commit().await?;
        }
    }
    Ok(())
}
