//! A chain with its records, read from the database page by page: what `streamflow audit verify` and `audit export` go through.

use std::collections::HashMap;

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{
    AuditRecord, COLUMNS,
    chain::{Hash, Head},
    verify::{Line, Link},
};
use crate::{
    db::{Database, SystemDb},
    error::{Error, Result},
};

const PAGE: u64 = 1000;

#[derive(FromQueryResult)]
struct LinkRow {
    position: i64,
    record_id: Uuid,
    hash: Vec<u8>,
}

#[derive(FromQueryResult)]
struct HeadRow {
    org_id: Uuid,
    position: i64,
    hash: Vec<u8>,
}

/// Companies that a table has rows of, found by jumping from one to the next in its primary key.
pub(crate) fn orgs_of(table: &str) -> String {
    format!(
        "WITH RECURSIVE orgs (org_id) AS ( \
         SELECT (SELECT org_id FROM {table} ORDER BY org_id LIMIT 1) UNION ALL \
         SELECT (SELECT t.org_id FROM {table} t WHERE t.org_id > orgs.org_id ORDER BY t.org_id LIMIT 1) \
         FROM orgs WHERE orgs.org_id IS NOT NULL)"
    )
}

/// Where every chain ends.
pub(super) async fn heads(db: &SystemDb) -> Result<HashMap<Uuid, Head>> {
    let last = |column: &str| {
        format!(
            "(SELECT c.{column} FROM audit_chain c WHERE c.org_id = orgs.org_id ORDER BY c.position DESC LIMIT 1) AS {column}"
        )
    };
    let sql = format!(
        "{} SELECT org_id, {}, {} FROM orgs WHERE org_id IS NOT NULL",
        orgs_of("audit_chain"),
        last("position"),
        last("hash")
    );
    let rows: Vec<HeadRow> = db.query(&sql, vec![]).await?;
    let head = |row: HeadRow| {
        let hash = row.hash.try_into().map_err(|_| Error::internal("a hash of the audit chain has not 32 bytes"))?;
        Ok((row.org_id, Head { position: row.position, hash }))
    };
    rows.into_iter().map(head).collect()
}

/// Companies with records, links or both; the nil one stands for the system itself.
pub async fn orgs(database: &Database) -> Result<Vec<Uuid>> {
    #[derive(FromQueryResult)]
    struct Org {
        org_id: Uuid,
    }
    let db = database.system_read().await?;
    let mut orgs = Vec::new();
    for table in ["audit", "audit_chain"] {
        let sql = format!("{} SELECT org_id FROM orgs WHERE org_id IS NOT NULL", orgs_of(table));
        let rows: Vec<Org> = db.query(&sql, vec![]).await?;
        orgs.extend(rows.into_iter().map(|row| row.org_id));
    }
    orgs.sort_unstable();
    orgs.dedup();
    Ok(orgs)
}

/// Gives every line of a chain to `each`: first the records that have no link yet, then the links in order. The server may go on
/// meanwhile: what gets its link between the two comes twice, and nothing is left out.
pub async fn walk(database: &Database, system: &str, org: Uuid, mut each: impl FnMut(Line) -> Result<()>) -> Result<()> {
    let line = |link, record| Line { system: system.to_owned(), org, link, record };
    let mut after = Uuid::nil();
    loop {
        let page = unsealed(&database.system_read().await?, org, after).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for record in page {
            each(line(None, Some(record)))?;
        }
    }
    let mut after = 0;
    loop {
        let page = links(&database.system_read().await?, org, after).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = last.position;
        for (link, record) in page {
            each(line(Some(link), record))?;
        }
    }
}

async fn links(db: &SystemDb, org: Uuid, after: i64) -> Result<Vec<(Link, Option<AuditRecord>)>> {
    let sql = format!(
        "SELECT position, record_id, hash FROM audit_chain WHERE org_id = ? AND position > ? ORDER BY position LIMIT {PAGE}"
    );
    let links: Vec<LinkRow> = db.query(&sql, vec![org.into(), after.into()]).await?;
    let last = links.last().map_or(after, |link| link.position);
    let sql = format!(
        "SELECT {COLUMNS} FROM audit WHERE org_id = ? AND id IN \
         (SELECT record_id FROM audit_chain WHERE org_id = ? AND position > ? AND position <= ?)"
    );
    let records: Vec<AuditRecord> = db.query(&sql, vec![org.into(), org.into(), after.into(), last.into()]).await?;
    let mut records: HashMap<Uuid, AuditRecord> = records.into_iter().map(|record| (record.id, record)).collect();
    let pair = |row: LinkRow| {
        // A hash of another length becomes one that fits nothing, so that the verifier names its place.
        let hash = Hash::try_from(row.hash).unwrap_or_default();
        (Link { position: row.position, record_id: row.record_id, hash }, records.remove(&row.record_id))
    };
    Ok(links.into_iter().map(pair).collect())
}

async fn unsealed(db: &SystemDb, org: Uuid, after: Uuid) -> Result<Vec<AuditRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit a WHERE org_id = ? AND id > ? AND NOT EXISTS \
         (SELECT 1 FROM audit_chain c WHERE c.org_id = a.org_id AND c.record_id = a.id) ORDER BY id LIMIT {PAGE}"
    );
    db.query(&sql, vec![org.into(), after.into()]).await
}
