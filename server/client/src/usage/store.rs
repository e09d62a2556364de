//! Counts of one company's rows, and of all companies' sign-ins.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{Backend, SystemDb, TenantDb},
    error::{Error, Result},
};

pub const DAY: i64 = 86_400;

/// A range that ends now, and where the one before it begins.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub from: DateTime<Utc>,
    pub before: DateTime<Utc>,
}

#[derive(Debug, FromQueryResult)]
pub struct Count {
    pub total: i64,
    pub value: i64,
    pub before: i64,
}

#[derive(Debug, FromQueryResult)]
pub struct Kind {
    pub kind: String,
    pub value: i64,
}

#[derive(Debug, FromQueryResult)]
pub struct Slot {
    pub slot: i64,
    pub value: i64,
}

/// `table` is one of ours, never a caller's word.
pub async fn count(db: &TenantDb, table: &'static str, range: Range) -> Result<Count> {
    let sql = format!(
        "SELECT COUNT(*) AS total, COUNT(CASE WHEN created_at >= ? THEN 1 END) AS value, \
         COUNT(CASE WHEN created_at >= ? AND created_at < ? THEN 1 END) AS before FROM {table} WHERE org_id = {{org}}"
    );
    let rows = db.query(&sql, vec![range.from.into(), range.before.into(), range.from.into()]).await?;
    rows.into_iter().next().ok_or_else(|| Error::internal("a count returned nothing"))
}

pub async fn leads_by_kind(db: &TenantDb) -> Result<Vec<Kind>> {
    let sql = "SELECT s.kind AS kind, COUNT(*) AS value FROM leads l JOIN lead_stages s ON s.org_id = l.org_id AND s.id = l.stage_id \
               WHERE l.org_id = {org} GROUP BY s.kind";
    db.query(sql, vec![]).await
}

/// Rows made by days since 1970. `table` is one of ours, never a caller's word.
pub async fn made_by_day(db: &TenantDb, table: &'static str, from: DateTime<Utc>) -> Result<Vec<Slot>> {
    let seconds = seconds(db.backend(), "created_at");
    let sql = format!(
        "SELECT {seconds} / {DAY} AS slot, COUNT(*) AS value FROM {table} WHERE org_id = {{org}} AND created_at >= ? GROUP BY 1"
    );
    db.query(&sql, vec![from.into()]).await
}

/// Days since 1970.
pub async fn sign_ins_by_day(db: &SystemDb, from: DateTime<Utc>) -> Result<Vec<Slot>> {
    let seconds = seconds(db.backend(), "at");
    let sql = format!(
        "SELECT {seconds} / {DAY} AS slot, COUNT(*) AS value FROM audit \
         WHERE (path LIKE '%/SignIn%' OR path LIKE '%/Finish%SignIn') AND outcome = 'OK' AND at >= ? GROUP BY 1 ORDER BY 1"
    );
    db.query(&sql, vec![from.into()]).await
}

fn seconds(backend: Backend, column: &str) -> String {
    match backend {
        Backend::Postgres => format!("CAST(FLOOR(EXTRACT(EPOCH FROM {column})) AS bigint)"),
        Backend::Sqlite => format!("unixepoch({column})"),
    }
}
