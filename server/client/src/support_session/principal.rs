//! Whose a support session is: nobody's of the company, and so not found where people's sessions are looked up.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    ctx::{OrgFacts, Principal, Support, Suspension},
    db::{Database, Scope, Visibility},
    error::Result,
    session::{self, Level},
};
use uuid::Uuid;

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    person_id: Uuid,
    person_name: String,
    org_name: String,
    tenant_id: String,
    time_zone: String,
    currency_code: String,
    trial_ends_at: Option<DateTime<Utc>>,
    suspended_at: Option<DateTime<Utc>>,
    suspend_reason: String,
    suspend_contact: String,
}

#[derive(FromQueryResult)]
struct Off {
    module: String,
}

/// What the session with this token sees, as the company is now: all of it, as an owner does, and to read only.
pub async fn principal(database: &Database, token_hash: Vec<u8>) -> Result<Option<Principal>> {
    let Some(session) = session::by_token_hash(database, token_hash).await? else { return Ok(None) };
    let Some(org_id) = session.org_id else { return Ok(None) };
    let tx = database.tenant_read(Scope::whole(org_id)).await?;
    let sql = "SELECT s.id, s.person_id, s.person_name, o.name AS org_name, o.tenant_id, o.time_zone, o.currency_code, \
               o.trial_ends_at, o.suspended_at, o.suspend_reason, o.suspend_contact \
               FROM support_sessions s JOIN orgs o ON o.id = s.org_id \
               WHERE s.org_id = {org} AND s.id = ?";
    let rows: Vec<Row> = tx.query(sql, vec![session.user_id.into()]).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let off = "SELECT module FROM org_modules WHERE org_id = {org} AND NOT enabled ORDER BY module";
    let off: Vec<Off> = tx.query(off, Vec::new()).await?;
    Ok(Some(Principal {
        session_id: session.id,
        level: Level::Full,
        user_id: row.id,
        org_id,
        role: "OWNER".to_owned(),
        read_only: true,
        team_ids: Vec::new(),
        visibility: Visibility::Org,
        display_name: row.person_name,
        email: String::new(),
        second_factor: true,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        expires_at: session.expires_at,
        revoked_at: session.revoked_at,
        org: OrgFacts {
            name: row.org_name,
            tenant_id: row.tenant_id,
            time_zone: row.time_zone,
            currency_code: row.currency_code,
            modules_off: off.into_iter().map(|off| off.module).collect(),
            trial_ends_at: row.trial_ends_at,
            suspension: row.suspended_at.map(|since| Suspension {
                since,
                reason: row.suspend_reason,
                contact: row.suspend_contact,
            }),
        },
        support: Some(Support { person_id: row.person_id }),
    }))
}
