//! The record a task is about: named when the task is made, and shown to those who see the record or have the task.

use std::collections::HashSet;

use sea_orm::{ColumnTrait as _, FromQueryResult, QuerySelect as _};
use streamflow_kernel::{ctx::Principal, db::TenantDb, error::Result};
use uuid::Uuid;

use super::{domain::About, store::Model};
use crate::{
    contact, customer, lead,
    record::{
        kind::Kind,
        row::{self, Record},
    },
};

/// Name of a record that this person sees.
pub async fn name_of(tx: &TenantDb, principal: &Principal, about: About) -> Result<String> {
    let kind = Kind::required(about.kind.into())?;
    if !kind.is_readable_by(principal) {
        return Err(kind.not_found());
    }
    let scope = tx.scope();
    Ok(match kind {
        Kind::Customer => row::seen::<customer::store::Entity>(tx, scope, about.id).await?.name,
        Kind::Contact => row::seen::<contact::store::Entity>(tx, scope, about.id).await?.name,
        Kind::Lead => row::seen::<lead::store::Entity>(tx, scope, about.id).await?.name,
    })
}

/// Takes the record off tasks of others whose record this person does not see.
pub async fn hide_unseen(tx: &TenantDb, tasks: &mut [Model]) -> Result<()> {
    let me = Some(tx.scope().user_id);
    let of_others = |task: &&Model| task.assignee_id != me;
    let mut shown = HashSet::new();
    for kind in [Kind::Customer, Kind::Contact, Kind::Lead] {
        let ids: Vec<Uuid> = tasks
            .iter()
            .filter(of_others)
            .filter(|task| task.record_kind.as_deref() == Some(kind.as_str()))
            .filter_map(|task| task.record_id)
            .collect();
        shown.extend(seen(tx, kind, ids).await?);
    }
    for task in tasks.iter_mut().filter(|task| task.assignee_id != me) {
        if task.record_id.is_some_and(|id| !shown.contains(&id)) {
            (task.record_kind, task.record_id, task.record_name) = (None, None, String::new());
        }
    }
    Ok(())
}

/// Those of these records that this person sees.
pub async fn seen(tx: &TenantDb, kind: Kind, ids: Vec<Uuid>) -> Result<Vec<Uuid>> {
    match kind {
        _ if ids.is_empty() => Ok(Vec::new()),
        Kind::Customer => seen_among::<customer::store::Entity>(tx, ids).await,
        Kind::Contact => seen_among::<contact::store::Entity>(tx, ids).await,
        Kind::Lead => seen_among::<lead::store::Entity>(tx, ids).await,
    }
}

async fn seen_among<E: Record>(tx: &TenantDb, ids: Vec<Uuid>) -> Result<Vec<Uuid>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
    }
    let finder = row::finder::<E>(tx, tx.scope()).filter(E::ID.is_in(ids));
    let rows: Vec<Row> = tx.rows(finder.map(|select| select.select_only().column(E::ID))).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
