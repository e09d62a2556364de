//! Rows of jobs as a runner takes, holds and ends them.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use crate::{
    db::{Backend, Database},
    error::Result,
};

/// A process that died is followed by another after this time.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// A job this process holds until its lease ends.
#[derive(Debug, FromQueryResult)]
pub struct Claimed {
    pub org_id: Uuid,
    pub id: Uuid,
    pub kind: String,
    pub key: String,
    /// Ciphertext.
    pub payload: Vec<u8>,
    /// This one included.
    pub attempts: i32,
    /// What tells this attempt from others.
    pub lease_by: Uuid,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub enum End {
    Done(String),
    /// To be tried again at a time.
    Again(String, DateTime<Utc>),
    Dead(String),
    /// Not tried at all: the process ends.
    Released,
}

const DUE: &str = "((state = 'queued' AND run_at <= ?) OR (state = 'running' AND lease_until <= ?))";

#[derive(FromQueryResult)]
struct Waiting {
    #[expect(dead_code, reason = "that there is one is all that matters")]
    id: Uuid,
}

/// Takes the job that has been due longest, if there is one. Of two processes one gets it: PostgreSQL passes over rows another
/// transaction is taking, and SQLite has one writer, which is bothered only when there is something.
pub async fn claim(database: &Database, kinds: &[&'static str], attempt: Uuid, now: DateTime<Utc>) -> Result<Option<Claimed>> {
    let known = format!("{DUE} AND kind IN ({})", vec!["?"; kinds.len()].join(", "));
    let due = || [Value::from(now), Value::from(now)].into_iter().chain(kinds.iter().map(|kind| Value::from(*kind)));
    let look = format!("SELECT id FROM jobs WHERE {known} LIMIT 1");
    let waiting: Vec<Waiting> = database.system_read().await?.query(&look, due().collect()).await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let skip = match database.backend() {
        Backend::Postgres => " FOR UPDATE SKIP LOCKED",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "WITH next AS (SELECT org_id, id FROM jobs WHERE {known} ORDER BY run_at, id LIMIT 1{skip}) \
         UPDATE jobs SET state = 'running', attempts = attempts + 1, again = false, lease_by = ?, lease_until = ?, started_at = ? \
         WHERE (org_id, id) IN (SELECT org_id, id FROM next) \
         RETURNING org_id, id, kind, key, payload, attempts, lease_by"
    );
    let values = due().chain([attempt.into(), (now + LEASE).into(), now.into()]).collect();
    let db = database.system().await?;
    let rows: Vec<Claimed> = db.query(&sql, values).await?;
    db.commit().await?;
    Ok(rows.into_iter().next())
}

/// Holds a job longer. False when it is not this attempt's any more.
pub async fn renew(database: &Database, job: &Claimed, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE jobs SET lease_until = ? WHERE org_id = ? AND id = ? AND lease_by = ? AND state = 'running'";
    let values = vec![(now + LEASE).into(), job.org_id.into(), job.id.into(), job.lease_by.into()];
    Ok(database.system_execute_repeatable(sql, values).await? == 1)
}

/// Notes how an attempt ended, unless the job is another's by now. Scheduled work says so in its schedule too.
pub async fn end(database: &Database, job: &Claimed, end: &End, now: DateTime<Utc>) -> Result<bool> {
    let (change, mut values): (_, Vec<Value>) = match end {
        // What it was told is of no use to anybody any more.
        End::Done(result) => (
            "state = CASE WHEN again THEN 'queued' ELSE 'done' END, attempts = CASE WHEN again THEN 0 ELSE attempts END, \
             finished_at = ?, result = ?, last_error = '', payload = CASE WHEN again THEN payload ELSE ? END",
            vec![now.into(), result.clone().into(), Vec::<u8>::new().into()],
        ),
        End::Again(why, at) => ("state = 'queued', run_at = ?, last_error = ?", vec![(*at).into(), why.clone().into()]),
        End::Dead(why) => ("state = 'dead', finished_at = ?, last_error = ?", vec![now.into(), why.clone().into()]),
        End::Released => ("state = 'queued', run_at = ?, attempts = attempts - 1", vec![now.into()]),
    };
    let db = database.system().await?;
    let sql =
        format!("UPDATE jobs SET {change}, lease_by = NULL, lease_until = NULL WHERE org_id = ? AND id = ? AND lease_by = ?");
    values.extend([job.org_id.into(), job.id.into(), job.lease_by.into()]);
    if db.execute(&sql, values).await? == 0 {
        return Ok(false);
    }
    let told = match end {
        End::Done(result) => Some((result.as_str(), "")),
        End::Again(why, _) | End::Dead(why) => Some(("", why.as_str())),
        End::Released => None,
    };
    if let Some((result, why)) = told.filter(|_| job.org_id.is_nil()) {
        let sql = "UPDATE schedules SET last_started_at = (SELECT started_at FROM jobs WHERE org_id = ? AND id = ?), \
                   last_finished_at = ?, last_result = ?, last_error = ? WHERE name = ?";
        let values = vec![job.org_id.into(), job.id.into(), now.into(), result.into(), why.into(), job.kind.clone().into()];
        db.execute(sql, values).await?;
    }
    db.commit().await?;
    Ok(true)
}
