//! What is done to many records at once, in a handful of statements however many there are.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr, sea_query::ExprTrait as _,
};
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::Result,
};
use uuid::Uuid;

use super::{
    merge::BeforeAfter,
    people::{People, Place},
    row::{self, Owned, Record},
    trace::Written,
    writer::Writer,
};
use crate::{
    contact, customer,
    notification::news::{self, Handed},
    record::fields::{shown_team, shown_user},
    search,
    timeline::store::{EventKind, NewEvent, insert_events},
};

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Done {
    pub changed: usize,
    /// Those among the asked for that this person sees.
    pub seen: HashSet<Uuid>,
}

/// Gives records to people or a team. Those `scope` does not see stay as they are; the transaction must see the whole company.
pub async fn assign<E: Owned>(tx: &TenantDb, writer: &Writer, scope: &Scope, ids: &[Uuid], places: &[Place]) -> Result<Done> {
    let rows = held::<E>(tx, scope, ids).await?;
    let seen = rows.iter().map(E::id).collect();
    let handed = |row: &E::Model| places.iter().fold(E::people(row), |people, place| people.with(*place));
    let rows: Vec<E::Model> = rows.into_iter().filter(|row| handed(row) != E::people(row)).collect();
    let changed: Vec<Uuid> = rows.iter().map(E::id).collect();
    if changed.is_empty() {
        return Ok(Done { changed: 0, seen });
    }
    tx.update_many::<E>(|mut update| {
        for place in places {
            let column = match place {
                Place::Owner(_) => E::OWNER,
                Place::Assignee(_) => E::ASSIGNEE,
                Place::Team(_) => E::TEAM,
            };
            update = update.col_expr(column, Expr::val(place.id()));
        }
        touched::<E>(update, writer, &changed)
    })
    .await?;
    search::index::hand_over(tx, E::KIND, &changed, places).await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in &rows {
        let (before, after) = (E::people(row), handed(row));
        let changes = differences(before, after);
        let fields = changes.iter().map(|change| change.field.clone()).collect();
        events.push(NewEvent { changes, ..NewEvent::new(E::KIND, E::id(row), EventKind::Assigned) });
        written::<E>(row, after).announce_fields(tx, fields, before);
    }
    insert_events(tx, writer, &events).await?;
    let handed: Vec<Handed> =
        rows.iter().map(|row| Handed { id: E::id(row), before: E::people(row), after: handed(row) }).collect();
    news::handed_over(tx, writer, E::KIND, &handed).await?;
    Ok(Done { changed: changed.len(), seen })
}

/// Puts records away, or takes them back. Records that are there already stay as they are.
pub async fn archive<E: Owned>(tx: &TenantDb, writer: &Writer, ids: &[Uuid], away: bool) -> Result<Done> {
    let rows = held::<E>(tx, tx.scope(), ids).await?;
    let seen = rows.iter().map(E::id).collect();
    let rows: Vec<(E::Model, People)> = unlike::<E>(rows, away)
        .map(|row| {
            let people = E::people(&row);
            (row, people)
        })
        .collect();
    put_away::<E>(tx, writer, &rows, away).await?;
    Ok(Done { changed: rows.len(), seen })
}

/// As [`archive`]; each customer keeps a main contact while it has one at all.
pub async fn archive_contacts(tx: &TenantDb, writer: &Writer, ids: &[Uuid], away: bool) -> Result<Done> {
    use contact::store::{Column, Entity};
    let asked = tx.all(row::finder::<Entity>(tx, tx.scope()).filter(Column::Id.is_in(ids.iter().copied()))).await?;
    let customer_ids: Vec<Uuid> = asked.iter().map(|contact| contact.customer_id).collect();
    // Customers before contacts, as every writer of contacts holds them.
    let customers = held::<customer::store::Entity>(tx, tx.scope(), &customer_ids).await?;
    let people: HashMap<Uuid, People> = customers.iter().map(|row| (row.id, row.people())).collect();
    let rows = held::<Entity>(tx, tx.scope(), ids).await?;
    let seen = rows.iter().map(|row| row.id).collect();
    let rows: Vec<_> = unlike::<Entity>(rows, away)
        .filter_map(|row| people.get(&row.customer_id).map(|people| (row.clone(), *people)))
        .collect();
    put_away::<Entity>(tx, writer, &rows, away).await?;
    if away {
        // The flag goes to another one, and stays there when this one comes back.
        let gone: Vec<Uuid> = rows.iter().map(|(row, _)| row.id).collect();
        tx.update_many::<Entity>(|update| update.col_expr(Column::Main, Expr::val(false)).filter(Column::Id.is_in(gone))).await?;
    }
    let touched: HashSet<Uuid> = rows.iter().map(|(row, _)| row.customer_id).collect();
    for customer in customers.into_iter().filter(|customer| touched.contains(&customer.id)) {
        contact::store::main::settle(tx, writer, customer, None).await?;
    }
    Ok(Done { changed: rows.len(), seen })
}

/// Records the person sees among `ids`, held until the transaction ends, in an order that all writers share.
pub async fn held<E: Record>(tx: &TenantDb, scope: &Scope, ids: &[Uuid]) -> Result<Vec<E::Model>> {
    let finder = row::finder::<E>(tx, scope).filter(E::ID.is_in(ids.iter().copied()));
    tx.records(finder.map(|select| select.order_by_asc(E::ID).lock_exclusive())).await
}

/// Those that are not yet as wanted.
fn unlike<E: Record>(rows: Vec<E::Model>, away: bool) -> impl Iterator<Item = E::Model> {
    rows.into_iter().filter(move |row| E::is_archived(row) != away)
}

async fn put_away<E: Record>(tx: &TenantDb, writer: &Writer, rows: &[(E::Model, People)], away: bool) -> Result<()> {
    let ids: Vec<Uuid> = rows.iter().map(|(row, _)| E::id(row)).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let at = away.then_some(writer.now());
    tx.update_many::<E>(|update| {
        let update = update.col_expr(E::ARCHIVED_AT, Expr::val(at));
        // A duplicate that somebody wants back is no duplicate.
        let update = match E::MERGED_INTO.filter(|_| !away) {
            Some(column) => update.col_expr(column, Expr::val(None::<Uuid>)),
            None => update,
        };
        touched::<E>(update, writer, &ids)
    })
    .await?;
    search::index::set_archived(tx, E::KIND, &ids, away).await?;
    let kind = if away { EventKind::Archived } else { EventKind::Restored };
    let events: Vec<NewEvent> = ids.iter().map(|id| NewEvent::new(E::KIND, *id, kind)).collect();
    insert_events(tx, writer, &events).await?;
    for (row, people) in rows {
        written::<E>(row, *people).announce_fields(tx, vec!["archived_at".to_owned()], *people);
    }
    Ok(())
}

/// The next version of these rows, now.
pub fn touched<E: Record>(update: sea_orm::UpdateMany<E>, writer: &Writer, ids: &[Uuid]) -> sea_orm::UpdateMany<E> {
    update
        .col_expr(E::VERSION, Expr::col(E::VERSION).add(1))
        .col_expr(E::UPDATED_AT, Expr::val(writer.now()))
        .filter(E::ID.is_in(ids.iter().copied()))
}

/// The record as it stands after [`touched`].
pub fn written<E: Record>(before: &E::Model, people: People) -> Written {
    Written { kind: E::KIND, id: E::id(before), version: E::version(before) + 1, people }
}

fn differences(before: People, after: People) -> Vec<BeforeAfter> {
    let shown = |place: Place| match place {
        Place::Owner(id) | Place::Assignee(id) => shown_user(&id),
        Place::Team(id) => shown_team(&id),
    };
    let pairs = before.places().into_iter().zip(after.places());
    pairs
        .filter(|(before, after)| before != after)
        .map(|(before, after)| BeforeAfter { field: after.field().to_owned(), before: shown(before), after: shown(after) })
        .collect()
}
