//! Rows of companies that are to be deleted.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    clock::timestamp,
    db::{Backend, SystemDb, TenantDb},
    error::{Error, Result},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::user::store as users;

#[derive(Clone, Debug, FromQueryResult)]
pub struct Closing {
    pub asked_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    name: String,
}

pub const MEMBERSHIPS: &str = "memberships";

/// Rows deleted by table.
pub type Counts = BTreeMap<String, u64>;

/// A company that is to be deleted, until it is.
pub async fn closing(db: &SystemDb, org: Uuid) -> Result<Option<Closing>> {
    let sql = "SELECT c.asked_at, c.due_at, COALESCE(u.display_name, '') AS name FROM org_closings c \
               LEFT JOIN users u ON u.id = c.asked_by WHERE c.org_id = ? AND c.state <> 'cancelled'";
    Ok(db.query(sql, vec![org.into()]).await?.into_iter().next())
}

/// False when it was asked for already.
pub async fn insert_closing(db: &SystemDb, org: Uuid, by: Uuid, now: DateTime<Utc>, due: DateTime<Utc>) -> Result<bool> {
    let sql = "INSERT INTO org_closings (org_id, state, asked_by, asked_at, due_at) VALUES (?, 'closing', ?, ?, ?) \
               ON CONFLICT (org_id) DO UPDATE SET state = 'closing', asked_by = excluded.asked_by, asked_at = excluded.asked_at, \
               due_at = excluded.due_at, ended_at = NULL WHERE org_closings.state = 'cancelled'";
    Ok(db.execute(sql, vec![org.into(), by.into(), now.into(), due.into()]).await? == 1)
}

/// False when there is nothing to take back, or it is too late.
pub async fn cancel(db: &SystemDb, org: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE org_closings SET state = 'cancelled', ended_at = ? WHERE org_id = ? AND state = 'closing' AND due_at > ?";
    Ok(db.execute(sql, vec![now.into(), org.into(), now.into()]).await? == 1)
}

/// What other systems are told of the company has changed.
pub async fn touch(db: &SystemDb, org: Uuid, now: DateTime<Utc>) -> Result<()> {
    db.execute("UPDATE orgs SET updated_at = ? WHERE id = ?", vec![now.into(), org.into()]).await?;
    Ok(())
}

/// Addresses of those who can take it back.
pub async fn owners(db: &SystemDb, org: Uuid) -> Result<Vec<String>> {
    #[derive(FromQueryResult)]
    struct Owner {
        email: String,
    }
    let sql = "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id \
               WHERE m.org_id = ? AND m.role = 'OWNER' AND m.disabled_at IS NULL ORDER BY u.email";
    let owners: Vec<Owner> = db.query(sql, vec![org.into()]).await?;
    Ok(owners.into_iter().map(|owner| owner.email).collect())
}

/// From now on nobody can stop it; rows go at `from`. False when it was taken back, is not due, or was begun before.
pub async fn begin(db: &SystemDb, org: Uuid, now: DateTime<Utc>, from: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE org_closings SET state = 'deleting', due_at = ? WHERE org_id = ? AND state = 'closing' AND due_at <= ?";
    Ok(db.execute(sql, vec![from.into(), org.into(), now.into()]).await? == 1)
}

/// When the next step of what is in this state is due; none where it is in another.
pub async fn due(db: &SystemDb, org: Uuid, state: &str) -> Result<Option<DateTime<Utc>>> {
    #[derive(FromQueryResult)]
    struct Row {
        due_at: DateTime<Utc>,
    }
    let sql = "SELECT due_at FROM org_closings WHERE org_id = ? AND state = ?";
    let rows: Vec<Row> = db.query(sql, vec![org.into(), state.into()]).await?;
    Ok(rows.first().map(|row| row.due_at))
}

/// Companies that nobody is in any more and whose rows may go.
pub async fn due_to_be_erased(db: &SystemDb, now: DateTime<Utc>) -> Result<Vec<Uuid>> {
    #[derive(FromQueryResult)]
    struct Row {
        org_id: Uuid,
    }
    let sql = "SELECT org_id FROM org_closings WHERE state = 'deleting' AND due_at <= ? ORDER BY due_at LIMIT 100";
    let rows: Vec<Row> = db.query(sql, vec![now.into()]).await?;
    Ok(rows.into_iter().map(|row| row.org_id).collect())
}

/// When the last company was deleted whole. Clocks may have been set back since.
pub async fn last_end(db: &SystemDb, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    #[derive(FromQueryResult)]
    struct Row {
        ended_at: DateTime<Utc>,
    }
    let sql = "SELECT ended_at FROM org_closings WHERE state = 'deleted' AND ended_at <= ? ORDER BY ended_at DESC LIMIT 1";
    let rows: Vec<Row> = db.query(sql, vec![now.into()]).await?;
    Ok(rows.first().map(|row| row.ended_at))
}

/// Nobody is let in: nobody invited, nobody of the support, no member. Whoever comes in that way holds the company's row first, so none is
/// on the way in. Sessions go last, when nobody can open one any more.
pub async fn shut(db: &SystemDb, org: Uuid, now: DateTime<Utc>) -> Result<()> {
    for table in ["invitations", "support_sessions"] {
        db.execute(&format!("DELETE FROM {table} WHERE org_id = ?"), vec![org.into()]).await?;
    }
    let sql = "UPDATE memberships SET disabled_at = ? WHERE org_id = ? AND disabled_at IS NULL";
    db.execute(sql, vec![now.into(), org.into()]).await?;
    db.execute("DELETE FROM sessions WHERE org_id = ?", vec![org.into()]).await?;
    Ok(())
}

/// Deletes some rows of a table, and counts them in the same transaction. Returns how many.
pub async fn erase(tx: &TenantDb, table: &str, most: u32) -> Result<u64> {
    let sql = match tx.backend() {
        Backend::Postgres => format!(
            "DELETE FROM {table} WHERE org_id = {{org}} AND ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE org_id = {{org}} LIMIT {most}))"
        ),
        Backend::Sqlite => format!(
            "DELETE FROM {table} WHERE org_id = {{org}} AND rowid IN (SELECT rowid FROM {table} WHERE org_id = {{org}} LIMIT {most})"
        ),
    };
    let deleted = tx.execute(&sql, Vec::new()).await?;
    if deleted > 0 {
        let rows: Vec<Counted> = tx.query("SELECT counts FROM org_closings WHERE org_id = {org}", Vec::new()).await?;
        let counts = Counted::plus(rows, table, deleted)?;
        tx.execute("UPDATE org_closings SET counts = ? WHERE org_id = {org}", vec![counts.into()]).await?;
    }
    Ok(deleted)
}

pub async fn has_rows(tx: &TenantDb, table: &str) -> Result<bool> {
    #[derive(FromQueryResult)]
    struct Row {
        found: i32,
    }
    let sql = format!("SELECT 1 AS found FROM {table} WHERE org_id = {{org}} LIMIT 1");
    let rows: Vec<Row> = tx.query(&sql, Vec::new()).await?;
    Ok(rows.first().is_some_and(|row| row.found == 1))
}

#[derive(FromQueryResult)]
struct Counted {
    counts: String,
}

impl Counted {
    fn read(rows: Vec<Self>) -> Result<Counts> {
        let text = rows.into_iter().next().map(|row| row.counts).unwrap_or_default();
        if text.is_empty() { Ok(Counts::new()) } else { serde_json::from_str(&text).map_err(Error::internal) }
    }

    fn plus(rows: Vec<Self>, table: &str, deleted: u64) -> Result<String> {
        let mut counts = Self::read(rows)?;
        *counts.entry(table.to_owned()).or_default() += deleted;
        serde_json::to_string(&counts).map_err(Error::internal)
    }
}

const COUNTS: &str = "SELECT counts FROM org_closings WHERE org_id = ?";

pub async fn read_counts(db: &SystemDb, org: Uuid) -> Result<Counts> {
    Counted::read(db.query(COUNTS, vec![org.into()]).await?)
}

/// What is nobody's own table but speaks of the company: sessions, mails, reports of pages, and how it was registered. Its external number
/// is free with that.
pub async fn erase_traces(db: &SystemDb, org: Uuid) -> Result<()> {
    for table in ["sessions", "mail_outbox", "client_errors", "registrations"] {
        db.execute(&format!("DELETE FROM {table} WHERE org_id = ?"), vec![org.into()]).await?;
    }
    Ok(())
}

/// Some people of the company.
pub async fn people(db: &SystemDb, org: Uuid) -> Result<Vec<Uuid>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
    }
    let rows: Vec<Row> = db.query("SELECT user_id FROM memberships WHERE org_id = ? LIMIT 100", vec![org.into()]).await?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

/// Takes people out of the company, and their accounts away where they have no other.
pub async fn erase_people(db: &SystemDb, org: Uuid, people: Vec<Uuid>, now: DateTime<Utc>) -> Result<()> {
    let (mut members, mut accounts) = (0, 0);
    for user in people {
        members += db.execute("DELETE FROM memberships WHERE org_id = ? AND user_id = ?", vec![org.into(), user.into()]).await?;
        accounts += erase_account(db, user, now).await?;
    }
    for (name, deleted) in [(MEMBERSHIPS, members), ("users", accounts)] {
        let counts = Counted::plus(db.query(COUNTS, vec![org.into()]).await?, name, deleted)?;
        db.execute("UPDATE org_closings SET counts = ? WHERE org_id = ?", vec![counts.into(), org.into()]).await?;
    }
    Ok(())
}

/// An account that no company has, or has had, or is about to have, with what was mailed to it and is over. Returns how many there were.
/// Mails that wait and sign-ups that go on stay: others have promised them.
async fn erase_account(db: &SystemDb, user: Uuid, now: DateTime<Utc>) -> Result<u64> {
    // Whoever gives the account a company at this moment has done so before the statements that look, or finds it gone.
    users::hold(db, user).await?;
    let alone = "id = ? AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = users.id) \
                 AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.user_id = users.id) \
                 AND NOT EXISTS (SELECT 1 FROM org_exports e WHERE e.asked_by = users.id) \
                 AND NOT EXISTS (SELECT 1 FROM sign_ups s WHERE s.email = users.email AND s.used_at IS NOT NULL AND s.expires_at > ?)";
    let values = || vec![user.into(), now.into()];
    let sql = format!("DELETE FROM mail_outbox WHERE body = '' AND recipient IN (SELECT email FROM users WHERE {alone})");
    db.execute(&sql, values()).await?;
    let sql = format!("DELETE FROM sign_ups WHERE email IN (SELECT email FROM users WHERE {alone}) AND expires_at <= ?");
    db.execute(&sql, vec![user.into(), now.into(), now.into()]).await?;
    for table in ["sessions", "known_devices"] {
        let sql = format!("DELETE FROM {table} WHERE user_id IN (SELECT id FROM users WHERE {alone})");
        db.execute(&sql, values()).await?;
    }
    db.execute(&format!("DELETE FROM users WHERE {alone}"), values()).await
}

/// What stays of the company's own row: its id, and its name in page addresses, which nobody else shall ever have.
pub async fn blank(db: &SystemDb, org: Uuid, now: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE orgs SET name = 'Deleted company', industry = '', work_orders = '[]', suspended_at = ?, \
               suspend_reason = 'This company was deleted.', suspend_contact = '' WHERE id = ?";
    db.execute(sql, vec![now.into(), org.into()]).await?;
    Ok(())
}

/// False when it has ended already.
pub async fn end(db: &SystemDb, org: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE org_closings SET state = 'deleted', asked_by = NULL, ended_at = ? WHERE org_id = ? AND state = 'deleting'";
    if db.execute(sql, vec![now.into(), org.into()]).await? == 0 {
        return Ok(false);
    }
    db.execute("UPDATE orgs SET updated_at = ?, version = version + 1 WHERE id = ?", vec![now.into(), org.into()]).await?;
    Ok(true)
}

impl Closing {
    pub fn into_pb(self) -> pb::Closing {
        pb::Closing { asked_at: timestamp(self.asked_at), asked_by: self.name, due_at: timestamp(self.due_at) }
    }
}
