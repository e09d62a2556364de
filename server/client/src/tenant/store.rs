//! Companies, without their people.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{db::SystemDb, error::Result};
use uuid::Uuid;

#[derive(Clone, Debug, FromQueryResult)]
pub struct Tenant {
    pub id: Uuid,
    pub tenant_id: String,
    pub name: String,
    pub time_zone: String,
    pub currency_code: String,
    pub created_at: DateTime<Utc>,
}

const SELECT: &str = "SELECT id, tenant_id, name, time_zone, currency_code, created_at FROM orgs";

/// In the order of their ids, which is that of their making.
pub async fn tenants(db: &SystemDb, after: Option<Uuid>, since: Option<DateTime<Utc>>, limit: i64) -> Result<Vec<Tenant>> {
    let sql = format!("{SELECT} WHERE id > ? AND created_at >= ? ORDER BY id LIMIT ?");
    let since = since.unwrap_or(DateTime::UNIX_EPOCH);
    db.query(&sql, vec![after.unwrap_or(Uuid::nil()).into(), since.into(), limit.into()]).await
}

pub async fn tenant(db: &SystemDb, tenant_id: &str) -> Result<Option<Tenant>> {
    let rows = db.query(&format!("{SELECT} WHERE tenant_id = ?"), vec![tenant_id.into()]).await?;
    Ok(rows.into_iter().next())
}
