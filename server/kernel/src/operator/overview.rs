//! True figures of one system: its sessions, its audit, its health.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

use crate::{
    ctx::Ctx,
    db::Backend,
    error::{Error, Result},
    feed::Cursor,
};

/// A count in the range and in the range before it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figure {
    pub value: i64,
    pub before: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub at: DateTime<Utc>,
    pub value: i64,
    pub refused: i64,
}

#[derive(Clone, Debug)]
pub struct Health {
    pub name: &'static str,
    pub healthy: bool,
    pub detail: String,
}

#[derive(Clone, Debug)]
pub struct Overview {
    pub live_sessions: i32,
    pub sign_ins: Figure,
    pub refused_sign_ins: Figure,
    pub requests: Figure,
    pub denials: Figure,
    pub points: Vec<Point>,
    pub health: Vec<Health>,
}

#[derive(FromQueryResult)]
struct Totals {
    sign_ins: i64,
    refused_sign_ins: i64,
    requests: i64,
    denials: i64,
}

#[derive(FromQueryResult)]
struct Bucket {
    slot: i64,
    value: i64,
    refused: i64,
}

const REFUSED: &str = "outcome IN ('PERMISSION_DENIED', 'UNAUTHENTICATED', 'RESOURCE_EXHAUSTED')";

/// Counts `days` (1, 7 or 30) back from now.
pub async fn read(ctx: &Ctx, days: i32) -> Result<Overview> {
    if !matches!(days, 1 | 7 | 30) {
        return Err(Error::invalid("days", "Choose 1, 7 or 30 days."));
    }
    let now = ctx.now();
    let range = chrono::Duration::days(i64::from(days));
    let db = ctx.read().await?;
    let totals = async |from: DateTime<Utc>, to: DateTime<Utc>| -> Result<Totals> {
        let sql = format!(
            "SELECT COUNT(CASE WHEN path LIKE '%/VerifySecondFactor' AND outcome = 'OK' THEN 1 END) AS sign_ins, \
             COUNT(CASE WHEN category = 'sign_in' AND outcome <> 'OK' THEN 1 END) AS refused_sign_ins, COUNT(*) AS requests, \
             COUNT(CASE WHEN {REFUSED} THEN 1 END) AS denials FROM audit WHERE org_id = {{org}} AND at >= ? AND at < ?"
        );
        let rows = db.query::<Totals>(&sql, vec![from.into(), to.into()]).await?;
        rows.into_iter().next().ok_or_else(|| Error::internal("a count returned nothing"))
    };
    let (current, before) = (totals(now - range, now).await?, totals(now - range - range, now - range).await?);
    let points = points(&db, now, days).await?;
    drop(db);
    let figure = |value, before| Figure { value, before };
    Ok(Overview {
        live_sessions: live_sessions(ctx).await?,
        sign_ins: figure(current.sign_ins, before.sign_ins),
        refused_sign_ins: figure(current.refused_sign_ins, before.refused_sign_ins),
        requests: figure(current.requests, before.requests),
        denials: figure(current.denials, before.denials),
        points,
        health: health(ctx).await,
    })
}

/// One point a day, or an hour when the range is one day; empty ones too.
async fn points(db: &crate::db::TenantDb, now: DateTime<Utc>, days: i32) -> Result<Vec<Point>> {
    let width: i64 = if days == 1 { 3600 } else { 86_400 };
    let count = if days == 1 { 24 } else { i64::from(days) };
    let last = now.timestamp() / width;
    let first = last - count + 1;
    let seconds = match db.backend() {
        Backend::Postgres => "CAST(EXTRACT(EPOCH FROM at) AS bigint)",
        Backend::Sqlite => "CAST(strftime('%s', at) AS integer)",
    };
    let sql = format!(
        "SELECT {seconds} / {width} AS slot, COUNT(*) AS value, COUNT(CASE WHEN {REFUSED} THEN 1 END) AS refused \
         FROM audit WHERE org_id = {{org}} AND at >= ? GROUP BY 1"
    );
    let from = DateTime::from_timestamp(first * width, 0).ok_or_else(|| Error::internal("a time out of range"))?;
    let buckets: Vec<Bucket> = db.query(&sql, vec![from.into()]).await?;
    let point = |bucket: i64| {
        let found = buckets.iter().find(|row| row.slot == bucket);
        DateTime::from_timestamp(bucket * width, 0).map(|at| Point {
            at,
            value: found.map_or(0, |row| row.value),
            refused: found.map_or(0, |row| row.refused),
        })
    };
    Ok((first..=last).filter_map(point).collect())
}

async fn live_sessions(ctx: &Ctx) -> Result<i32> {
    #[derive(FromQueryResult)]
    struct Count {
        live: i64,
    }
    let sql = "SELECT COUNT(*) AS live FROM sessions WHERE revoked_at IS NULL AND level = 'full' AND expires_at > ? AND last_seen_at > ?";
    let idle = ctx.now() - ctx.kernel().portal.lifetime.idle;
    let db = ctx.kernel().database.system_read().await?;
    let rows: Vec<Count> = db.query(sql, vec![ctx.now().into(), idle.into()]).await?;
    Ok(rows.first().map_or(0, |row| i32::try_from(row.live).unwrap_or(i32::MAX)))
}

/// The tail reads at least once a second; after this long without an answer open pages show old rows.
const FEED_IS_LATE: Duration = Duration::from_secs(5);

pub(crate) async fn health(ctx: &Ctx) -> Vec<Health> {
    let kernel = ctx.kernel();
    let engine = match kernel.database.backend() {
        Backend::Postgres => "PostgreSQL with row-level security",
        Backend::Sqlite => "SQLite with write-ahead log and full sync",
    };
    let asked = tokio::time::Instant::now();
    let answers = kernel.database.answers(Duration::from_secs(2)).await;
    let took = asked.elapsed().as_secs_f64() * 1000.0;
    let answer = if answers { format!("answers in {took:.1} ms") } else { "does not answer".to_owned() };
    let database = Health { name: "Database", healthy: answers, detail: format!("{engine}, {answer}") };
    vec![database, feed_health(kernel.feed.read_ago(), kernel.feed.position())]
}

fn feed_health(read_ago: Duration, position: Cursor) -> Health {
    let detail = format!("read {:.1} s ago, at {position}", read_ago.as_secs_f64());
    Health { name: "Change feed", healthy: read_ago < FEED_IS_LATE, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_has_not_read_for_five_seconds_is_not_healthy() {
        let position = Cursor { xid: 7, seq: 9 };
        let late = feed_health(Duration::from_millis(5_200), position);
        assert_eq!((late.healthy, late.detail.as_str()), (false, "read 5.2 s ago, at 7.9"));
        assert!(feed_health(Duration::from_millis(1_100), position).healthy);
    }
}
