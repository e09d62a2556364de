//! Rows of archives.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    clock::timestamp,
    db::{SystemDb, TenantDb},
    error::Result,
    feed::{Audience, Change, Op},
    ids::{self, prefix},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use super::archive::Progress;

/// An archive, finished or not.
#[derive(Clone, Debug, FromQueryResult)]
pub struct OrgExport {
    pub id: Uuid,
    pub state: String,
    pub asked_by: Uuid,
    name: String,
    created_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    tables_done: i32,
    tables: i32,
    row_count: i64,
    bytes: i64,
    /// Which storage has the file; empty for archives of before this was noted.
    pub storage: String,
}

/// How long the processes of a storage have for deleting what is over.
const ABANDONED: TimeDelta = TimeDelta::days(7);

pub const RUNNING: &str = "running";
pub const DONE: &str = "done";
pub const FAILED: &str = "failed";
pub const EXPIRED: &str = "expired";

/// Begins one. False while another one is written: the company's row is held, so that of two at once one is first.
pub async fn insert_export(tx: &TenantDb, id: Uuid, asked_by: Uuid, tables: i32, now: DateTime<Utc>) -> Result<bool> {
    crate::org::store::hold(tx).await?;
    let sql = "INSERT INTO org_exports (org_id, id, state, asked_by, created_at, tables) SELECT {org}, ?, 'running', ?, ?, ? \
               WHERE NOT EXISTS (SELECT 1 FROM org_exports WHERE org_id = {org} AND state = 'running')";
    let values = vec![id.into(), asked_by.into(), now.into(), tables.into()];
    tx.record(change(id, Op::Created));
    Ok(tx.execute(sql, values).await? == 1)
}

/// Archives whose files take place.
pub async fn kept(tx: &TenantDb) -> Result<i64> {
    #[derive(FromQueryResult)]
    struct Row {
        kept: i64,
    }
    let sql = "SELECT COUNT(*) AS kept FROM org_exports WHERE org_id = {org} AND state = 'done'";
    let rows: Vec<Row> = tx.query(sql, Vec::new()).await?;
    Ok(rows.first().map_or(0, |row| row.kept))
}

const SELECT: &str = "SELECT e.id, e.state, e.asked_by, u.display_name AS name, e.created_at, e.done_at, e.expires_at, e.tables_done, \
                      e.tables, e.row_count, e.bytes, e.storage FROM org_exports e LEFT JOIN users u ON u.id = e.asked_by";

/// The newest first.
pub async fn exports(db: &SystemDb, org: Uuid) -> Result<Vec<OrgExport>> {
    db.query(&format!("{SELECT} WHERE e.org_id = ? ORDER BY e.created_at DESC, e.id DESC LIMIT 50"), vec![org.into()]).await
}

pub async fn export(db: &SystemDb, org: Uuid, id: Uuid) -> Result<Option<OrgExport>> {
    let rows = db.query(&format!("{SELECT} WHERE e.org_id = ? AND e.id = ?"), vec![org.into(), id.into()]).await?;
    Ok(rows.into_iter().next())
}

pub async fn note_progress(db: &SystemDb, org: Uuid, id: Uuid, progress: Progress) -> Result<()> {
    let sql = "UPDATE org_exports SET tables_done = ?, row_count = ? WHERE org_id = ? AND id = ? AND state = 'running'";
    let tables = i32::try_from(progress.tables_done).unwrap_or(i32::MAX);
    let rows = i64::try_from(progress.rows).unwrap_or(i64::MAX);
    db.execute(sql, vec![tables.into(), rows.into(), org.into(), id.into()]).await?;
    Ok(())
}

/// Where the file is; noted before it is said to be there.
pub async fn note_storage(db: &SystemDb, org: Uuid, id: Uuid, storage: &str) -> Result<()> {
    let sql = "UPDATE org_exports SET storage = ? WHERE org_id = ? AND id = ? AND state = 'running'";
    db.execute(sql, vec![storage.into(), org.into(), id.into()]).await?;
    Ok(())
}

/// How an archive ended.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub state: &'static str,
    pub at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub bytes: u64,
}

/// False when it has ended already.
pub async fn end_export(db: &SystemDb, org: Uuid, id: Uuid, end: End) -> Result<bool> {
    let sql = "UPDATE org_exports SET state = ?, done_at = ?, expires_at = ?, bytes = ? WHERE org_id = ? AND id = ? AND state = 'running'";
    let bytes = i64::try_from(end.bytes).unwrap_or(i64::MAX);
    let values = vec![end.state.into(), end.at.into(), end.expires_at.into(), bytes.into(), org.into(), id.into()];
    Ok(db.execute(sql, values).await? == 1)
}

/// Where a file is whose time is over.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Over {
    pub org_id: Uuid,
    pub id: Uuid,
}

/// Those on one storage, and of others those that nobody came to delete: their machine is gone.
pub async fn over(db: &SystemDb, storage: &str, now: DateTime<Utc>) -> Result<Vec<Over>> {
    let sql = "SELECT org_id, id FROM org_exports WHERE state = 'done' \
               AND (expires_at <= ? AND storage IN (?, '') OR expires_at <= ?) ORDER BY expires_at LIMIT 100";
    db.query(sql, vec![now.into(), storage.into(), (now - ABANDONED).into()]).await
}

/// Archives that are said to be written though no job does: the server was killed at every try, or somebody discarded the job.
pub async fn abandoned(db: &SystemDb, before: DateTime<Utc>) -> Result<Vec<Over>> {
    #[derive(FromQueryResult)]
    struct Row {
        found: i64,
    }
    let sql = "SELECT org_id, id FROM org_exports WHERE state = 'running' AND created_at < ? ORDER BY created_at LIMIT 100";
    let running: Vec<Over> = db.query(sql, vec![before.into()]).await?;
    let mut abandoned = Vec::new();
    for one in running {
        let sql =
            "SELECT COUNT(*) AS found FROM jobs WHERE org_id = ? AND kind = ? AND key = ? AND state IN ('queued', 'running')";
        let values = vec![one.org_id.into(), super::job::KIND.into(), super::job::key(one.id).into()];
        let rows: Vec<Row> = db.query(sql, values).await?;
        if rows.first().is_none_or(|row| row.found == 0) {
            abandoned.push(one);
        }
    }
    Ok(abandoned)
}

pub async fn expire(db: &SystemDb, over: Over) -> Result<()> {
    let sql = "UPDATE org_exports SET state = 'expired' WHERE org_id = ? AND id = ? AND state = 'done'";
    db.execute(sql, vec![over.org_id.into(), over.id.into()]).await?;
    Ok(())
}

pub async fn forget(db: &SystemDb, before: DateTime<Utc>) -> Result<u64> {
    db.execute("DELETE FROM org_exports WHERE state IN ('expired', 'failed') AND created_at < ?", vec![before.into()]).await
}

/// What pages of the company hear.
pub fn change(id: Uuid, op: Op) -> Change {
    Change { entity: "org_export", id, version: 1, op, fields: Vec::new(), audience: Audience::EVERYONE }
}

impl OrgExport {
    /// Whether its file can be read now.
    pub fn is_there(&self, now: DateTime<Utc>) -> bool {
        self.state == DONE && self.expires_at.is_some_and(|end| end > now)
    }

    pub fn into_pb(self) -> pb::OrgExport {
        let state = match &*self.state {
            RUNNING => pb::OrgExportState::Running,
            DONE => pb::OrgExportState::Done,
            FAILED => pb::OrgExportState::Failed,
            EXPIRED => pb::OrgExportState::Expired,
            _ => pb::OrgExportState::Unspecified,
        };
        pb::OrgExport {
            id: ids::format(prefix::EXPORT, self.id),
            state: state.into(),
            asked_by: self.name,
            created_at: timestamp(self.created_at),
            done_at: self.done_at.and_then(timestamp),
            expires_at: self.expires_at.and_then(timestamp),
            tables_done: self.tables_done,
            tables: self.tables,
            rows: self.row_count,
            bytes: self.bytes,
        }
    }
}
