//! What the rows of customers, contacts and leads have in common, so that lists, edits and exports are written once.

use sea_orm::{ColumnTrait as _, Condition, QuerySelect};
use streamflow_kernel::{
    db::{InOrder, Scope, Scoped, TenantDb, TenantEntity, VisibleEntity},
    error::Result,
    list::ListSpec,
};
use uuid::Uuid;

use super::{
    kind::Kind,
    merge::{Change, Fields},
    people::{People, Place},
};

/// A table of records.
pub trait Record: TenantEntity<Model: InOrder> {
    const KIND: Kind;
    /// What its list can be asked.
    const LIST: ListSpec;
    const ID: Self::Column;
    const SORT_NAME: Self::Column;
    const VERSION: Self::Column;
    const UPDATED_AT: Self::Column;
    const ARCHIVED_AT: Self::Column;
    /// Where a duplicate went, for kinds that are merged.
    const MERGED_INTO: Option<Self::Column> = None;

    /// A field with the value it is to have.
    type Change: Change + Send + Sync;
    /// The writable fields of a row.
    type Values: Fields<Change = Self::Change>;

    /// Which rows somebody sees.
    fn visible(scope: &Scope) -> Condition;

    /// The column behind a field that lists filter or order by, where it is one.
    fn column(field: &str) -> Option<Self::Column>;

    /// The place a change fills, if it decides who sees the record.
    fn place(change: &Self::Change) -> Option<Place>;

    fn id(row: &Self::Model) -> Uuid;
    fn version(row: &Self::Model) -> i64;
    fn is_archived(row: &Self::Model) -> bool;
    fn values(row: &Self::Model) -> Self::Values;
}

/// A table of records that belong to people themselves, not by way of another record.
pub trait Owned: Record + VisibleEntity {
    fn people(row: &Self::Model) -> People;
}

/// A record as somebody sees it.
pub async fn seen<E: Record>(tx: &TenantDb, scope: &Scope, id: Uuid) -> Result<E::Model> {
    tx.one_record(finder::<E>(tx, scope).filter(E::ID.eq(id))).await?.ok_or(E::KIND.not_found())
}

/// As [`seen`], held until the transaction ends: nobody else writes it meanwhile.
pub async fn locked<E: Record>(tx: &TenantDb, scope: &Scope, id: Uuid) -> Result<E::Model> {
    let finder = finder::<E>(tx, scope).filter(E::ID.eq(id));
    tx.one_record(finder.map(QuerySelect::lock_exclusive)).await?.ok_or(E::KIND.not_found())
}

/// All records of a kind that somebody sees.
pub fn finder<E: Record>(tx: &TenantDb, scope: &Scope) -> Scoped<E> {
    tx.find::<E>().filter(E::visible(scope))
}
