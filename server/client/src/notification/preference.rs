//! What a person wants to be told, and where. A kind that nothing was chosen for is in the inbox and not mailed.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{db::TenantDb, error::Result};
use uuid::Uuid;

use super::news::About;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preference {
    pub about: About,
    pub inbox: bool,
    pub email: bool,
}

#[derive(FromQueryResult)]
struct Row {
    kind: String,
    inbox: bool,
    email: bool,
}

/// Every kind that people of the role are told of.
pub async fn preferences(tx: &TenantDb, me: Uuid, role: &str) -> Result<Vec<Preference>> {
    let sql = "SELECT kind, inbox, email FROM notification_preferences WHERE org_id = {org} AND user_id = ?";
    let rows: Vec<Row> = tx.query(sql, vec![me.into()]).await?;
    let preference = |about: About| {
        let row = rows.iter().find(|row| row.kind == about.as_str());
        Preference { about, inbox: row.is_none_or(|row| row.inbox), email: row.is_some_and(|row| row.email) }
    };
    Ok(About::ALL.into_iter().filter(|about| about.concerns(role)).map(preference).collect())
}

pub async fn set_preference(tx: &TenantDb, me: Uuid, chosen: Preference, now: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO notification_preferences (org_id, user_id, kind, inbox, email, updated_at) VALUES ({org}, ?, ?, ?, ?, ?) \
               ON CONFLICT (org_id, user_id, kind) DO UPDATE SET inbox = excluded.inbox, email = excluded.email, \
               updated_at = excluded.updated_at";
    let Preference { about, inbox, email } = chosen;
    tx.execute(sql, vec![me.into(), about.as_str().into(), inbox.into(), email.into(), now.into()]).await?;
    Ok(())
}
