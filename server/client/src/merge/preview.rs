//! What a merge would come to, before anything is written; and the values it gives the survivor.

use std::collections::BTreeSet;

use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::Result,
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use super::{
    related::Related,
    unites::{Unites, seen_in_order},
};
use crate::record::merge::{Change as _, Fields as _};

pub async fn preview<E: Unites>(tx: &TenantDb, scope: &Scope, ids: &[Uuid]) -> Result<pb::PreviewMergeResponse> {
    let rows = seen_in_order::<E>(tx, scope, ids).await?;
    let moves = Related::load(tx, E::KIND, &ids[1..]).await?;
    let paths = paths::<E>(&rows);
    let fields = paths.iter().filter_map(|field| {
        let values: Vec<String> = rows.iter().map(|row| text::<E>(row, field)).collect();
        let differs = values.iter().any(|value| *value != values[0]);
        let usual_id = E::KIND.format(E::id(usual::<E>(&rows, field)));
        differs.then(|| pb::MergeField { field: field.clone(), values, usual_id })
    });
    let count = |rows: usize| i32::try_from(rows).unwrap_or(i32::MAX);
    Ok(pb::PreviewMergeResponse {
        fields: fields.collect(),
        tags: united_tags::<E>(&rows),
        contacts: count(moves.contacts.len()),
        leads: count(moves.leads.len()),
        tasks: count(moves.tasks.len()),
        notes: count(moves.notes.len()),
        records: E::shown(tx, rows).await?,
    })
}

/// Paths of the fields that can be chosen among these: those that all have, then the company's own that one of them has.
pub fn paths<E: Unites>(rows: &[E::Model]) -> Vec<String> {
    let own: BTreeSet<String> = rows.iter().flat_map(E::custom).collect();
    E::FIELDS.iter().map(|field| (*field).to_owned()).chain(own).collect()
}

/// The record whose value a field gets when nobody chooses: the first that has one.
pub fn usual<'a, E: Unites>(rows: &'a [E::Model], field: &str) -> &'a E::Model {
    rows.iter().find(|row| !text::<E>(row, field).is_empty()).unwrap_or(&rows[0])
}

/// The change that gives a field the value it has in this row.
pub fn value<E: Unites>(row: &E::Model, field: &str) -> Option<E::Change> {
    // Any value names the field; the row has its own.
    E::change(field, "").map(|named| E::values(row).current(&named))
}

pub fn text<E: Unites>(row: &E::Model, field: &str) -> String {
    value::<E>(row, field).map(|change| change.text()).unwrap_or_default()
}

/// Each once whatever its case, the survivor's first.
pub fn united_tags<E: Unites>(rows: &[E::Model]) -> Vec<String> {
    let mut united: Vec<String> = Vec::new();
    for tag in rows.iter().flat_map(E::tags) {
        if !united.iter().any(|other| other.to_lowercase() == tag.to_lowercase()) {
            united.push(tag);
        }
    }
    united
}
