//! Takes a merge back: what moved goes back unless it went elsewhere since, and fields get their values back unless somebody changed them.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ColumnTrait as _, sea_query::Expr};
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result},
};
use streamflow_proto::client::{reason, v1 as pb};
use uuid::Uuid;

use super::{
    preview::text,
    related::Related,
    store::{self, Effect, Merge},
    unite::hold_customers,
    unites::{Unites, current, seen_in_order, touch},
};
use crate::{
    contact::store::main,
    customer,
    record::{bulk, kind::Kind, people, writer::Writer},
    search,
    timeline::store::{EventKind, NewEvent, insert_events},
};

/// What could not be taken back.
#[derive(Default)]
struct Kept {
    fields: Vec<String>,
    records: Vec<String>,
}

pub async fn undo<E: Unites>(
    tx: &TenantDb,
    writer: &Writer,
    scope: &Scope,
    (id, merge): (Uuid, Merge),
) -> Result<pb::UndoMergeResponse> {
    let effects = store::effects(tx, id).await?;
    let (own, moved): (Vec<Effect>, Vec<Effect>) = effects.into_iter().partition(|effect| effect.row_id == effect.from_id);
    let mut ids = vec![merge.survivor_id];
    ids.extend(own.iter().map(|effect| effect.row_id).filter(|id| *id != merge.survivor_id));
    hold_customers(tx, E::KIND, scope, &ids).await?;
    bulk::held::<E>(tx, scope, &ids).await?;
    let rows = seen_in_order::<E>(tx, scope, &ids).await?;
    let survivor = &rows[0];
    if E::is_archived(survivor) && E::merged_into(survivor).is_some() {
        return Err(Error::refused(reason::MERGED_ON, "The survivor was merged itself since. Undo that merge first."));
    }
    let mut kept = Kept::default();
    let is_ours = |row: &&E::Model| E::is_archived(row) && E::merged_into(row) == Some(merge.survivor_id);
    let others: Vec<E::Model> = rows[1..].iter().filter(is_ours).cloned().collect();
    kept.records.extend(rows[1..].iter().filter(|row| !is_ours(row)).map(E::label));
    let own: HashMap<Uuid, Effect> = own.into_iter().map(|effect| (effect.row_id, effect)).collect();
    if let Some(effect) = own.get(&merge.survivor_id) {
        restore_fields::<E>(tx, writer, survivor, effect, &mut kept).await?;
    }
    bring_back::<E>(tx, writer, &others, survivor).await?;
    for row in &others {
        restore_key::<E>(tx, writer, row, own.get(&E::id(row)), &mut kept).await?;
    }
    move_back::<E>(tx, writer, scope, &merge, &moved, (&others, &mut kept)).await?;
    settle(tx, writer, E::KIND, (merge.survivor_id, &others.iter().map(E::id).collect::<Vec<_>>()), own.values().chain(&moved))
        .await?;
    touch::<E>(tx, writer, merge.survivor_id).await?;
    store::set_undone(tx, id, writer.now()).await?;
    Ok(pb::UndoMergeResponse {
        survivor_id: E::KIND.format(merge.survivor_id),
        restored_ids: others.iter().map(|row| E::KIND.format(E::id(row))).collect(),
        kept_fields: kept.fields,
        kept_records: kept.records,
    })
}

/// Gives the survivor's fields back what they held, where they still hold what the merge gave them.
async fn restore_fields<E: Unites>(
    tx: &TenantDb,
    writer: &Writer,
    survivor: &E::Model,
    effect: &Effect,
    kept: &mut Kept,
) -> Result<()> {
    let mut changes = Vec::new();
    for (field, before) in &effect.before {
        let now = text::<E>(survivor, field);
        let as_left = effect.after.get(field) == Some(&now);
        match E::change(field, before) {
            Some(change) if as_left && can_have::<E>(tx, &change).await? => changes.push(change),
            _ if now == *before => {}
            _ => kept.fields.push(field.clone()),
        }
    }
    E::write(tx, writer, survivor.clone(), &changes).await?;
    Ok(())
}

/// False for people who have left since, and for a key that another record has taken.
async fn can_have<E: Unites>(tx: &TenantDb, change: &E::Change) -> Result<bool> {
    use crate::record::merge::Change as _;
    if let Some(place) = E::place(change) {
        return match people::check_exist(tx, "", &[place]).await {
            Ok(()) => Ok(true),
            Err(Error::Invalid(_)) => Ok(false),
            Err(error) => Err(error),
        };
    }
    if change.field() != "external_id" || change.text().is_empty() {
        return Ok(true);
    }
    let taken =
        tx.one(tx.find::<customer::store::Entity>().filter(customer::store::Column::ExternalId.eq(change.text()))).await?;
    Ok(taken.is_none())
}

async fn bring_back<E: Unites>(tx: &TenantDb, writer: &Writer, others: &[E::Model], survivor: &E::Model) -> Result<()> {
    let ids: Vec<Uuid> = others.iter().map(E::id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    tx.update_many::<E>(|update| {
        let update = update.col_expr(E::ARCHIVED_AT, Expr::val(None::<chrono::DateTime<chrono::Utc>>));
        let update = match E::MERGED_INTO {
            Some(column) => update.col_expr(column, Expr::val(None::<Uuid>)),
            None => update,
        };
        bulk::touched::<E>(update, writer, &ids)
    })
    .await?;
    search::index::set_archived(tx, E::KIND, &ids, false).await?;
    let labels: Vec<String> = others.iter().map(E::label).collect();
    let mut events = vec![NewEvent { text: labels.join(", "), ..NewEvent::new(E::KIND, E::id(survivor), EventKind::Separated) }];
    for row in others {
        let people = E::people(tx, row).await?;
        bulk::written::<E>(row, people).announce_fields(tx, vec!["archived_at".to_owned()], people);
        events.push(NewEvent { text: E::label(survivor), ..NewEvent::new(E::KIND, E::id(row), EventKind::Separated) });
    }
    insert_events(tx, writer, &events).await?;
    Ok(())
}

/// The survivor has given the key back by now.
async fn restore_key<E: Unites>(
    tx: &TenantDb,
    writer: &Writer,
    row: &E::Model,
    effect: Option<&Effect>,
    kept: &mut Kept,
) -> Result<()> {
    let key = effect.and_then(|effect| effect.before.get("external_id"));
    if let Some(change) = key.and_then(|key| E::change("external_id", key)) {
        if can_have::<E>(tx, &change).await? {
            E::write(tx, writer, current::<E>(tx, E::id(row)).await?, &[change]).await?;
        } else {
            kept.records.push(E::label(row));
        }
    }
    Ok(())
}

/// Rows still at the survivor go back to where they came from.
async fn move_back<E: Unites>(
    tx: &TenantDb,
    writer: &Writer,
    scope: &Scope,
    merge: &Merge,
    moved: &[Effect],
    (others, kept): (&[E::Model], &mut Kept),
) -> Result<()> {
    let at_survivor = Related::hold(tx, E::KIND, &[merge.survivor_id]).await?;
    let mut origin: BTreeMap<(&str, Uuid), Uuid> =
        moved.iter().map(|effect| ((effect.row_kind, effect.row_id), effect.from_id)).collect();
    let mut batches: HashMap<Uuid, Related> = HashMap::new();
    let mut back = |kind: &'static str, id: Uuid| origin.remove(&(kind, id));
    for row in at_survivor.contacts {
        if let Some(from) = back("contact", row.id) {
            batches.entry(from).or_default().contacts.push(row);
        }
    }
    for row in at_survivor.leads {
        if row.people().are_seen_by(scope)
            && let Some(from) = back("lead", row.id)
        {
            batches.entry(from).or_default().leads.push(row);
        }
    }
    for row in at_survivor.tasks {
        if let Some(from) = back("task", row.id) {
            batches.entry(from).or_default().tasks.push(row);
        }
    }
    for row in at_survivor.notes {
        if let Some(from) = back("note", row.id) {
            batches.entry(from).or_default().notes.push(row);
        }
    }
    for row in at_survivor.files {
        if let Some(from) = back("attachment", row.id) {
            batches.entry(from).or_default().files.push(row);
        }
    }
    let counted = |kind: &str, one: &str, many: &str| {
        let count = origin.keys().filter(|(row_kind, _)| *row_kind == kind).count();
        (count > 0).then(|| if count == 1 { format!("1 {one}") } else { format!("{count} {many}") })
    };
    let words = [
        ("contact", "contact", "contacts"),
        ("lead", "lead", "leads"),
        ("task", "task", "tasks"),
        ("note", "note", "notes"),
        ("attachment", "file", "files"),
    ];
    kept.records.extend(words.into_iter().filter_map(|(kind, one, many)| counted(kind, one, many)));
    for row in others {
        if let Some(batch) = batches.remove(&E::id(row)) {
            batch.move_to(tx, writer, E::KIND, (E::id(row), E::name(row))).await?;
        }
    }
    Ok(())
}

/// Main contacts are main again; a customer that lost its one gets another.
async fn settle<'a>(
    tx: &TenantDb,
    writer: &Writer,
    kind: Kind,
    (survivor, others): (Uuid, &[Uuid]),
    effects: impl Iterator<Item = &'a Effect> + Send,
) -> Result<()> {
    use crate::contact::store::{Column, Entity};
    let mains: Vec<Uuid> = effects.filter(|effect| effect.before.contains_key("main")).map(|effect| effect.row_id).collect();
    let contacts = tx.all(tx.find::<Entity>().filter(Column::Id.is_in(mains)).filter(Column::ArchivedAt.is_null())).await?;
    let mut wanted: BTreeMap<Uuid, Option<Uuid>> = BTreeMap::new();
    if kind == Kind::Customer {
        wanted.extend(others.iter().chain([&survivor]).map(|id| (*id, None)));
    }
    for contact in contacts.iter().filter(|contact| kind == Kind::Contact || others.contains(&contact.customer_id)) {
        wanted.insert(contact.customer_id, Some(contact.id));
    }
    for (customer_id, contact_id) in wanted {
        let customer = current::<customer::store::Entity>(tx, customer_id).await?;
        main::settle(tx, writer, customer, contact_id).await?;
    }
    Ok(())
}
