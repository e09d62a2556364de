//! Companies, without their people.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{Backend, SystemDb},
    error::Result,
};
use uuid::Uuid;

use super::domain::Words;

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
    pub version: i64,
    pub trial_ends_at: Option<DateTime<Utc>>,
    pub suspended_at: Option<DateTime<Utc>>,
    pub suspend_reason: String,
    pub suspend_contact: String,
    /// How far its deletion is; none when nobody ever asked for it.
    closing_state: Option<String>,
    closing_due_at: Option<DateTime<Utc>>,
    closing_ended_at: Option<DateTime<Utc>>,
}

impl Tenant {
    /// When it is going to be deleted.
    pub fn closes_at(&self) -> Option<DateTime<Utc>> {
        self.closing_due_at.filter(|_| self.closing_state.as_deref().is_some_and(|state| matches!(state, "closing" | "deleting")))
    }

    pub fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.closing_ended_at.filter(|_| self.closing_state.as_deref() == Some("deleted"))
    }
}

/// Which companies are asked for: those made, and those made or changed, at these times or later.
#[derive(Clone, Copy, Debug, Default)]
pub struct Since {
    pub made: Option<DateTime<Utc>>,
    pub changed: Option<DateTime<Utc>>,
}

const SELECT: &str = "SELECT o.id, o.tenant_id, o.name, o.time_zone, o.currency_code, o.plan, o.industry, \
                      COALESCE(r.external_customer_id, '') AS external_customer_id, o.created_at, \
                      o.version, o.trial_ends_at, o.suspended_at, o.suspend_reason, o.suspend_contact, \
                      c.state AS closing_state, c.due_at AS closing_due_at, c.ended_at AS closing_ended_at \
                      FROM orgs o LEFT JOIN registrations r ON r.org_id = o.id LEFT JOIN org_closings c ON c.org_id = o.id";

/// What is being deleted is nobody's to open or close any more.
pub const STAYS: &str =
    "NOT EXISTS (SELECT 1 FROM org_closings c WHERE c.org_id = orgs.id AND c.state IN ('deleting', 'deleted'))";

/// Holds a company's row until the transaction's end, for whoever closes it for good: all who are on their way in have come in by then.
pub async fn hold_alone(db: &SystemDb, org: Uuid) -> Result<()> {
    hold(db, org, "FOR UPDATE").await
}

/// Whether a company stays, as it does then until the transaction's end: for whoever lets somebody in.
pub async fn hold_staying(db: &SystemDb, org: Uuid) -> Result<bool> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
    }
    hold(db, org, "FOR SHARE").await?;
    // A statement of its own: one that waited for the closing would still see what was before it.
    let rows: Vec<Row> = db.query(&format!("SELECT id FROM orgs WHERE id = ? AND {STAYS}"), vec![org.into()]).await?;
    Ok(rows.first().is_some_and(|row| row.id == org))
}

/// SQLite has one writer, so nobody else is there.
async fn hold(db: &SystemDb, org: Uuid, lock: &str) -> Result<()> {
    if db.backend() == Backend::Postgres {
        db.execute(&format!("SELECT 1 FROM orgs WHERE id = ? {lock}"), vec![org.into()]).await?;
    }
    Ok(())
}

/// In the order of their ids, which is that of their making.
pub async fn tenants(db: &SystemDb, after: Option<Uuid>, since: Since, limit: i64) -> Result<Vec<Tenant>> {
    let changed = since.changed.map_or("", |_| " AND (o.created_at >= ? OR o.updated_at >= ?)");
    let sql = format!("{SELECT} WHERE o.id > ? AND o.created_at >= ?{changed} ORDER BY o.id LIMIT ?");
    let made = since.made.unwrap_or(DateTime::UNIX_EPOCH);
    let mut values = vec![after.unwrap_or(Uuid::nil()).into(), made.into()];
    values.extend(since.changed.into_iter().flat_map(|at| [at.into(), at.into()]));
    values.push(limit.into());
    db.query(&sql, values).await
}

pub async fn tenant(db: &SystemDb, tenant_id: &str) -> Result<Option<Tenant>> {
    let rows = db.query(&format!("{SELECT} WHERE o.tenant_id = ?"), vec![tenant_id.into()]).await?;
    Ok(rows.into_iter().next())
}

/// Closes a company. False when it is closed already, or not there.
pub async fn suspend(db: &SystemDb, tenant_id: &str, words: &Words, now: DateTime<Utc>) -> Result<bool> {
    let sql = format!(
        "UPDATE orgs SET suspended_at = ?, suspend_reason = ?, suspend_contact = ?, updated_at = ?, version = version + 1 \
         WHERE tenant_id = ? AND suspended_at IS NULL AND {STAYS}"
    );
    let values = vec![now.into(), words.reason.clone().into(), words.contact.clone().into(), now.into(), tenant_id.into()];
    Ok(db.execute(&sql, values).await? == 1)
}

/// Opens a company. False when it is open already, or not there.
pub async fn resume(db: &SystemDb, tenant_id: &str, now: DateTime<Utc>) -> Result<bool> {
    let sql = format!(
        "UPDATE orgs SET suspended_at = NULL, suspend_reason = '', suspend_contact = '', updated_at = ?, \
         version = version + 1 WHERE tenant_id = ? AND suspended_at IS NOT NULL AND {STAYS}"
    );
    Ok(db.execute(&sql, vec![now.into(), tenant_id.into()]).await? == 1)
}

/// The name in page addresses of a company.
pub async fn tenant_id(db: &SystemDb, org: Uuid) -> Result<Option<String>> {
    #[derive(FromQueryResult)]
    struct Row {
        tenant_id: String,
    }
    let rows: Vec<Row> = db.query("SELECT tenant_id FROM orgs WHERE id = ?", vec![org.into()]).await?;
    Ok(rows.into_iter().next().map(|row| row.tenant_id))
}
