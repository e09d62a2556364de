//! What each row of an import did to which record, kept so that it can be taken back.

use std::collections::{BTreeMap, HashSet};

use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
};
use uuid::Uuid;

use crate::record::{
    kind::Kind,
    merge::{Change, Fields},
};

/// Rows of one INSERT; SQLite and PostgreSQL both bound the number of values.
const BATCH: usize = 500;

/// One record that one row created or changed.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Line of the data, from 1.
    pub row: i32,
    pub kind: Kind,
    pub record_id: Uuid,
    pub op: EffectOp,
    /// The version the import left; a later one means that somebody changed the record since.
    pub version_after: i64,
}

#[derive(Clone, Debug)]
pub enum EffectOp {
    Created,
    /// Text of each changed field before.
    Updated(BTreeMap<String, String>),
}

impl Effect {
    /// True for a record that was not there before the import.
    pub const fn is_new(&self) -> bool {
        matches!(self.op, EffectOp::Created)
    }
}

impl EffectOp {
    /// What `changes` are about to do to `current`.
    pub fn updating<F: Fields>(current: &F, changes: &[F::Change]) -> Self {
        let before = changes.iter().map(|change| (change.field().to_owned(), current.current(change).text()));
        Self::Updated(before.collect())
    }
}

/// Records of one kind.
pub fn ids(effects: &[Effect], kind: Kind) -> HashSet<Uuid> {
    effects.iter().filter(|effect| effect.kind == kind).map(|effect| effect.record_id).collect()
}

pub async fn insert_effects(tx: &TenantDb, import_id: Uuid, effects: &[Effect]) -> Result<()> {
    for batch in effects.chunks(BATCH) {
        let mut values: Vec<Value> = Vec::with_capacity(batch.len() * 7);
        for effect in batch {
            let (op, before) = match &effect.op {
                EffectOp::Created => ("created", "{}".to_owned()),
                EffectOp::Updated(before) => ("updated", serde_json::to_string(before).map_err(Error::internal)?),
            };
            values.extend::<[Value; 7]>([
                import_id.into(),
                effect.row.into(),
                effect.kind.as_str().into(),
                effect.record_id.into(),
                op.into(),
                before.into(),
                effect.version_after.into(),
            ]);
        }
        let rows = vec!["({org}, ?, ?, ?, ?, ?, ?, ?)"; batch.len()].join(", ");
        let sql = format!(
            "INSERT INTO import_effects \
             (org_id, import_id, row, record_kind, record_id, op, before, version_after) VALUES {rows}"
        );
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Stored {
    row: i32,
    record_kind: String,
    record_id: Uuid,
    op: String,
    before: String,
    version_after: i64,
}

/// The effects of the last `window` rows that have any left.
pub async fn last_effects(tx: &TenantDb, import_id: Uuid, window: i32) -> Result<Vec<Effect>> {
    let sql = "SELECT row, record_kind, record_id, op, before, version_after FROM import_effects \
               WHERE org_id = {org} AND import_id = ? AND row > \
               (SELECT MAX(row) FROM import_effects WHERE org_id = {org} AND import_id = ?) - ?";
    let stored: Vec<Stored> = tx.query(sql, vec![import_id.into(), import_id.into(), window.into()]).await?;
    stored.into_iter().map(Stored::into_effect).collect()
}

/// Forgets the effects from this row on.
pub async fn delete_effects_from(tx: &TenantDb, import_id: Uuid, row: i32) -> Result<()> {
    let sql = "DELETE FROM import_effects WHERE org_id = {org} AND import_id = ? AND row >= ?";
    tx.execute(sql, vec![import_id.into(), row.into()]).await?;
    Ok(())
}

impl Stored {
    fn into_effect(self) -> Result<Effect> {
        let kind = Kind::from_stored(&self.record_kind).ok_or_else(|| Error::internal("an effect on no known record"))?;
        let op = if self.op == "created" {
            EffectOp::Created
        } else {
            EffectOp::Updated(serde_json::from_str(&self.before).map_err(Error::internal)?)
        };
        Ok(Effect { row: self.row, kind, record_id: self.record_id, op, version_after: self.version_after })
    }
}
