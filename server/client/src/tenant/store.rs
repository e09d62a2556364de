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
    pub plan: String,
    /// Empty for none.
    pub industry: String,
    /// Empty for a company that nobody registered from outside.
    pub external_customer_id: String,
    pub created_at: DateTime<Utc>,
}

const SELECT: &str = "SELECT o.id, o.tenant_id, o.name, o.time_zone, o.currency_code, o.plan, o.industry, \
                      COALESCE(r.external_customer_id, '') AS external_customer_id, o.created_at \
                      FROM orgs o LEFT JOIN registrations r ON r.org_id = o.id";

/// In the order of their ids, which is that of their making.
pub async fn tenants(db: &SystemDb, after: Option<Uuid>, since: Option<DateTime<Utc>>, limit: i64) -> Result<Vec<Tenant>> {
    let sql = format!("{SELECT} WHERE o.id > ? AND o.created_at >= ? ORDER BY o.id LIMIT ?");
    let since = since.unwrap_or(DateTime::UNIX_EPOCH);
    db.query(&sql, vec![after.unwrap_or(Uuid::nil()).into(), since.into(), limit.into()]).await
}

pub async fn tenant(db: &SystemDb, tenant_id: &str) -> Result<Option<Tenant>> {
    let rows = db.query(&format!("{SELECT} WHERE o.tenant_id = ?"), vec![tenant_id.into()]).await?;
    Ok(rows.into_iter().next())
}
