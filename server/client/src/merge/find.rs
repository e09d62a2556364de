//! Looks for duplicates: of one record by the search index, or among all by comparing the newest with each other.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait as _, QueryOrder as _, QuerySelect as _};
use streamflow_kernel::{db::TenantDb, error::Result};
use streamflow_proto::client::v1::{self as pb, DuplicateReason as Reason};
use uuid::Uuid;

use super::{
    duplicates::{self, GROUP},
    unites::Unites,
};
use crate::{
    record::row,
    search::{domain::Query, find},
};

/// Records compared with each other; in one answer that anybody waits for.
const COMPARED: usize = 5_000;
const GROUPS: usize = 50;
/// Answers of the search index for one of a record's values.
const HITS: usize = 20;

/// Groups among all live records, and whether there may be more.
pub async fn among_all<E: Unites>(tx: &TenantDb) -> Result<(Vec<pb::DuplicateGroup>, bool)> {
    let live = row::finder::<E>(tx, tx.scope()).filter(E::ARCHIVED_AT.is_null());
    let limit = u64::try_from(COMPARED).unwrap_or(u64::MAX);
    let newest = live.map(|select| select.order_by_desc(E::UPDATED_AT).order_by_desc(E::ID).limit(limit + 1));
    let mut rows = tx.all(newest).await?;
    let mut truncated = rows.len() > COMPARED;
    rows.truncate(COMPARED);
    let cards: Vec<_> = rows.iter().map(E::card).collect();
    let mut found = duplicates::groups(&cards);
    truncated |= found.len() > GROUPS;
    found.truncate(GROUPS);
    let mut groups = Vec::with_capacity(found.len());
    for (members, reasons) in found {
        truncated |= members.len() > GROUP;
        let members = members.iter().take(GROUP).map(|at| rows[*at].clone()).collect();
        groups.push(group::<E>(tx, members, reasons).await?);
    }
    Ok((groups, truncated))
}

/// The group of one record, or none.
pub async fn of_record<E: Unites>(tx: &TenantDb, id: Uuid) -> Result<(Vec<pb::DuplicateGroup>, bool)> {
    let record = row::seen::<E>(tx, tx.scope(), id).await?;
    let card = E::card(&record);
    let mut alike = BTreeSet::new();
    let mut named = BTreeSet::new();
    let by_values = std::iter::once(&card.email).chain(&card.phones).map(|text| (text, false));
    for (text, is_name) in by_values.chain([(&card.name, true)]).filter(|(text, _)| !text.is_empty()) {
        let hits = find::find(tx, &Query::parse(text), &[E::KIND], HITS).await?;
        let ids = hits.into_iter().map(|hit| hit.id).filter(|hit| *hit != id);
        if is_name { named.extend(ids) } else { alike.extend(ids) }
    }
    let wanted: Vec<Uuid> = alike.union(&named).copied().collect();
    let live = row::finder::<E>(tx, tx.scope()).filter(E::ID.is_in(wanted)).filter(E::ARCHIVED_AT.is_null());
    let mut reasons = BTreeSet::new();
    let mut members = vec![record];
    for row in tx.all(live.map(|select| select.order_by_asc(E::ID))).await? {
        let mut shared = card.shared(&E::card(&row));
        if named.contains(&E::id(&row)) {
            shared.insert(Reason::Name);
        }
        if !shared.is_empty() {
            reasons.extend(shared);
            members.push(row);
        }
    }
    let truncated = members.len() > GROUP;
    members.truncate(GROUP);
    let groups = if members.len() > 1 { vec![group::<E>(tx, members, reasons).await?] } else { Vec::new() };
    Ok((groups, truncated))
}

/// Ids grow with time, so the smallest is the oldest.
async fn group<E: Unites>(tx: &TenantDb, mut members: Vec<E::Model>, reasons: BTreeSet<Reason>) -> Result<pb::DuplicateGroup> {
    members.sort_by_key(E::id);
    let records = E::shown(tx, members).await?;
    Ok(pb::DuplicateGroup { records, reasons: reasons.into_iter().map(Into::into).collect() })
}
