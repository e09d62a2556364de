//! How the queue of a system is, in figures.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Value};

use crate::{
    db::{NO_ORG, SystemDb},
    error::{Error, Result},
};

/// Work that is due again and again.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Schedule {
    pub name: String,
    /// Its period, from one start to the next.
    pub every_seconds: i64,
    pub next_run_at: DateTime<Utc>,
    /// None before its first start.
    pub last_started_at: Option<DateTime<Utc>>,
    /// Of the last run that has ended, well or not.
    pub last_finished_at: Option<DateTime<Utc>>,
    pub last_result: String,
    pub last_error: String,
    /// Its job waits or runs.
    pub under_way: bool,
}

/// The queue as it is now.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Due, or waiting for a time.
    pub waiting: i64,
    /// Of those, failed before.
    pub retrying: i64,
    /// Begun and not ended; a process that died has its own until the lease ends.
    pub running: i64,
    /// Given up after all their attempts; kept for 90 days.
    pub dead: i64,
    /// Done within the last day.
    pub done: i64,
    /// Since when the oldest job that is due has waited.
    pub oldest_due_at: Option<DateTime<Utc>>,
    pub schedules: Vec<Schedule>,
}

#[derive(FromQueryResult)]
struct Counts {
    waiting: i64,
    retrying: i64,
    running: i64,
    dead: i64,
    done: i64,
    oldest_due_at: Option<DateTime<Utc>>,
}

/// Reads the system that `db` belongs to.
pub async fn overview(db: &SystemDb, now: DateTime<Utc>) -> Result<Overview> {
    let sql = "SELECT COUNT(CASE WHEN state = 'queued' THEN 1 END) AS waiting, \
               COUNT(CASE WHEN state = 'queued' AND attempts > 0 THEN 1 END) AS retrying, \
               COUNT(CASE WHEN state = 'running' THEN 1 END) AS running, COUNT(CASE WHEN state = 'dead' THEN 1 END) AS dead, \
               COUNT(CASE WHEN state = 'done' AND finished_at >= ? THEN 1 END) AS done, \
               MIN(CASE WHEN state = 'queued' AND run_at <= ? THEN run_at END) AS oldest_due_at \
               FROM jobs WHERE state IN ('queued', 'running', 'dead') OR (state = 'done' AND finished_at >= ?)";
    let day = now - chrono::TimeDelta::days(1);
    let counts: Vec<Counts> = db.query(sql, vec![day.into(), now.into(), day.into()]).await?;
    let counts = counts.into_iter().next().ok_or_else(|| Error::internal("a count returned nothing"))?;
    let Counts { waiting, retrying, running, dead, done, oldest_due_at } = counts;
    Ok(Overview { waiting, retrying, running, dead, done, oldest_due_at, schedules: schedules(db).await? })
}

#[derive(FromQueryResult)]
struct Waiting {
    key: String,
    run_at: DateTime<Utc>,
}

/// When jobs of the system itself are tried next, by their keys. Those that run, and those that are done, are left out.
pub async fn waiting(db: &SystemDb, kind: &str, keys: &[String]) -> Result<HashMap<String, DateTime<Utc>>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let places = vec!["?"; keys.len()].join(", ");
    let sql = format!(
        "SELECT key, run_at FROM jobs WHERE org_id = ? AND kind = ? AND key IN ({places}) AND key <> '' AND state = 'queued'"
    );
    let values = [NO_ORG.into(), kind.into()].into_iter().chain(keys.iter().map(|key| Value::from(key.clone()))).collect();
    let rows: Vec<Waiting> = db.query(&sql, values).await?;
    Ok(rows.into_iter().map(|row| (row.key, row.run_at)).collect())
}

/// By name.
pub(super) async fn schedules(db: &SystemDb) -> Result<Vec<Schedule>> {
    let sql = "SELECT name, every_seconds, next_run_at, last_started_at, last_finished_at, last_result, last_error, \
               EXISTS (SELECT 1 FROM jobs WHERE jobs.kind = schedules.name AND jobs.key = schedules.name \
               AND jobs.state IN ('queued', 'running')) AS under_way FROM schedules ORDER BY name";
    db.query(sql, vec![]).await
}
