//! Rows of merges, and of what each changed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{
    db::{Backend, TenantDb},
    error::{Error, Result},
};
use uuid::Uuid;

/// Rows of one INSERT.
const BATCH: usize = 200;

/// Texts of fields by path.
pub type Texts = BTreeMap<String, String>;

#[derive(Clone, Debug, FromQueryResult)]
pub struct Merge {
    pub record_kind: String,
    pub survivor_id: Uuid,
    pub undone_at: Option<DateTime<Utc>>,
}

/// One row that a merge changed.
#[derive(Clone, Debug)]
pub struct Effect {
    /// A kind of record, "task" or "note".
    pub row_kind: &'static str,
    pub row_id: Uuid,
    /// The record it belonged to; for records themselves their own id.
    pub from_id: Uuid,
    pub before: Texts,
    pub after: Texts,
}

impl Effect {
    pub const fn moved(row_kind: &'static str, row_id: Uuid, from_id: Uuid) -> Self {
        Self { row_kind, row_id, from_id, before: Texts::new(), after: Texts::new() }
    }
}

pub async fn insert_merge(tx: &TenantDb, id: Uuid, record: (&str, Uuid), at: DateTime<Utc>, effects: &[Effect]) -> Result<()> {
    let sql = "INSERT INTO merges (org_id, id, record_kind, survivor_id, merged_at) VALUES ({org}, ?, ?, ?, ?)";
    tx.execute(sql, vec![id.into(), record.0.into(), record.1.into(), at.into()]).await?;
    for batch in effects.chunks(BATCH) {
        let mut values: Vec<Value> = Vec::with_capacity(batch.len() * 6);
        for effect in batch {
            let [before, after] =
                [&effect.before, &effect.after].map(|texts| serde_json::to_string(texts).map_err(Error::internal));
            let (kind, row, from) = (effect.row_kind, effect.row_id, effect.from_id);
            values.extend::<[Value; 6]>([id.into(), kind.into(), row.into(), from.into(), before?.into(), after?.into()]);
        }
        let rows = vec!["({org}, ?, ?, ?, ?, ?, ?)"; batch.len()].join(", ");
        let sql = format!("INSERT INTO merge_effects (org_id, merge_id, row_kind, row_id, from_id, before, after) VALUES {rows}");
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// A merge, held until the transaction ends.
pub async fn merge(tx: &TenantDb, id: Uuid) -> Result<Option<Merge>> {
    let held = if tx.backend() == Backend::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!("SELECT record_kind, survivor_id, undone_at FROM merges WHERE org_id = {{org}} AND id = ?{held}");
    Ok(tx.query(&sql, vec![id.into()]).await?.into_iter().next())
}

pub async fn effects(tx: &TenantDb, merge_id: Uuid) -> Result<Vec<Effect>> {
    #[derive(FromQueryResult)]
    struct Row {
        row_kind: String,
        row_id: Uuid,
        from_id: Uuid,
        before: String,
        after: String,
    }
    let sql = "SELECT row_kind, row_id, from_id, before, after FROM merge_effects WHERE org_id = {org} AND merge_id = ?";
    let rows: Vec<Row> = tx.query(sql, vec![merge_id.into()]).await?;
    let kinds = ["customer", "contact", "lead", "task", "note", "attachment"];
    rows.into_iter()
        .map(|row| {
            let row_kind = kinds.into_iter().find(|kind| *kind == row.row_kind);
            Ok(Effect {
                row_kind: row_kind.ok_or_else(|| Error::internal("a merge changed something unknown"))?,
                row_id: row.row_id,
                from_id: row.from_id,
                before: serde_json::from_str(&row.before).map_err(Error::internal)?,
                after: serde_json::from_str(&row.after).map_err(Error::internal)?,
            })
        })
        .collect()
}

pub async fn set_undone(tx: &TenantDb, id: Uuid, at: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE merges SET undone_at = ? WHERE org_id = {org} AND id = ?", vec![at.into(), id.into()]).await?;
    Ok(())
}
