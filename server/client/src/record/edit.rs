//! The flow of an edit, the same for every noun: hold the row, see what others changed since, merge or refuse.

use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result},
};
use uuid::Uuid;

use super::{
    fields::Patch,
    merge::{self, Merge, TheirChange},
    people::Place,
    row::{self, Record},
};

/// An edit that has met the record as it is now. The row is held until the transaction ends.
pub struct Plan<E: Record> {
    pub row: E::Model,
    pub merge: Merge<E::Change>,
}

impl<E: Record> Plan<E> {
    /// With conflicts nothing may be written: the caller answers with the record as it is.
    pub fn is_refused(&self) -> bool {
        !self.merge.conflicts.is_empty()
    }

    pub fn conflicting_fields(&self) -> Vec<String> {
        self.merge.conflicts.iter().map(|conflict| conflict.field.clone()).collect()
    }

    /// The places the edit fills anew.
    pub fn places(&self) -> Vec<Place> {
        self.merge.apply.iter().filter_map(E::place).collect()
    }
}

/// True when the edit leaves alone who sees the record.
pub fn keeps_people<E: Record>(patch: &Patch<E::Change>) -> bool {
    patch.changes.iter().all(|change| E::place(change).is_none())
}

/// Merges an edit into the record as it is now.
pub async fn plan<E: Record>(tx: &TenantDb, scope: &Scope, patch: &Patch<E::Change>) -> Result<Plan<E>> {
    let row = row::locked::<E>(tx, scope, patch.id).await?;
    let current = E::version(&row);
    let theirs = changes_since(tx, E::KIND.as_str(), patch.id, patch.version, current).await?;
    let merge = merge::merge(&E::values(&row), &patch.changes, &theirs);
    Ok(Plan { row, merge })
}

#[derive(FromQueryResult)]
struct Row {
    fields: String,
    actor_name: String,
}

/// What others changed of a record after version `base`, oldest first. `entity` is its noun in the change feed.
pub async fn changes_since(tx: &TenantDb, entity: &str, id: Uuid, base: i64, current: i64) -> Result<Vec<TheirChange>> {
    if base > current {
        let text = "There is no such version of this record yet. Load it again.";
        return Err(Error::invalid(format!("{entity}.version"), text));
    }
    if base == current {
        return Ok(Vec::new());
    }
    let sql = "SELECT fields, actor_name FROM changes WHERE org_id = {org} AND entity = ? AND id = ? AND version > ? \
               AND op <> 'deleted' ORDER BY seq";
    let rows: Vec<Row> = tx.query(sql, vec![entity.into(), id.into(), base.into()]).await?;
    let fields = |row: Row| {
        let by = row.actor_name;
        let named: Vec<_> = row.fields.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect();
        named.into_iter().map(move |field| TheirChange { field, by: by.clone() })
    };
    Ok(rows.into_iter().flat_map(fields).collect())
}
