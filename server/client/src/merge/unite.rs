//! Unites records: what hangs on the others goes to the survivor, its fields get the chosen values, and the others are put away with a
//! pointer to it. All in the caller's transaction, which must have the whole company in view.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait as _, FromQueryResult, QueryFilter as _, sea_query::Expr};
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result, Violations},
};
use streamflow_proto::client::{reason, v1 as pb};
use uuid::Uuid;

use super::{
    domain::Group,
    preview::{paths, text, united_tags, usual, value},
    related::{self, Related, marks, values},
    store::{Effect, Texts, insert_merge},
    unites::{Unites, current, touch},
};
use crate::{
    contact::{self, store::main},
    customer,
    record::{
        bulk, input,
        kind::Kind,
        merge::{BeforeAfter, Change as _},
        number,
        writer::Writer,
    },
    search,
    timeline::store::{EventKind, NewEvent, insert_events},
};

/// Unites each group; gives the ids of the merges.
pub async fn merge<E: Unites>(tx: &TenantDb, writer: &Writer, scope: &Scope, groups: &[Group]) -> Result<Vec<Uuid>> {
    let all: Vec<Uuid> = groups.iter().flat_map(Group::ids).collect();
    hold_customers(tx, E::KIND, scope, &all).await?;
    // All at once and in one order, so that two merges wait for each other and not in a circle.
    let rows = bulk::held::<E>(tx, scope, &all).await?;
    let rows: HashMap<Uuid, E::Model> = rows.into_iter().map(|row| (E::id(&row), row)).collect();
    if rows.len() < all.len() {
        return Err(E::KIND.not_found());
    }
    check::<E>(groups, &rows)?;
    // Together: each group alone may be small enough.
    let moved: Vec<Uuid> = groups.iter().flat_map(|group| &group.others).map(|looked| looked.id).collect();
    related::check_count(related::count(tx, E::KIND, &moved).await?)?;
    let mut merges = Vec::with_capacity(groups.len());
    for group in groups {
        let rows = group.ids().filter_map(|id| rows.get(&id).cloned()).collect();
        merges.push(unite::<E>(tx, writer, scope, group, rows).await?);
    }
    Ok(merges)
}

/// Customers are held before their contacts, as by every writer of contacts.
pub async fn hold_customers(tx: &TenantDb, kind: Kind, scope: &Scope, ids: &[Uuid]) -> Result<()> {
    if kind == Kind::Contact {
        use contact::store::{Column, Entity};
        let contacts = tx.all(tx.find::<Entity>().filter(Column::Id.is_in(ids.iter().copied()))).await?;
        let customers: Vec<Uuid> = contacts.iter().map(|contact| contact.customer_id).collect();
        bulk::held::<customer::store::Entity>(tx, scope, &customers).await?;
    }
    Ok(())
}

/// Refuses what changed since it was looked at, what is put away, and more tags than a record can have.
fn check<E: Unites>(groups: &[Group], rows: &HashMap<Uuid, E::Model>) -> Result<()> {
    let changed = |(id, version): (Uuid, i64)| rows.get(&id).is_some_and(|row| E::version(row) != version);
    let looked = groups.iter().flat_map(Group::looked);
    let record_ids: Vec<String> =
        looked.filter(|looked| changed((looked.id, looked.version))).map(|looked| E::KIND.format(looked.id)).collect();
    if !record_ids.is_empty() {
        return Err(Error::conflict(&pb::MergeConflict { record_ids }));
    }
    let mut violations = Violations::new();
    for (at, group) in groups.iter().enumerate() {
        let rows: Vec<E::Model> = group.ids().filter_map(|id| rows.get(&id).cloned()).collect();
        if rows.iter().any(E::is_archived) {
            violations.add(format!("groups[{at}]"), "Archived records can't be merged. Restore them first.");
        }
        let paths = paths::<E>(&rows);
        for (choice, (path, _)) in group.choices.iter().enumerate() {
            if !paths.contains(path) {
                violations.add(format!("groups[{at}].choices[{choice}].field"), "None of these records has this field.");
            }
        }
        if let Err(problem) = input::tags(&united_tags::<E>(&rows)) {
            violations.add(format!("groups[{at}]"), format!("Too many tags together. {}", problem.sentence()));
        }
    }
    violations.into_result()
}

async fn unite<E: Unites>(tx: &TenantDb, writer: &Writer, scope: &Scope, group: &Group, rows: Vec<E::Model>) -> Result<Uuid> {
    let survivor = rows[0].clone();
    let id = E::id(&survivor);
    let others: Vec<Uuid> = rows[1..].iter().map(E::id).collect();
    let related = Related::hold(tx, E::KIND, &others).await?;
    related.check(tx, scope, E::KIND, &others).await?;
    refuse_privates(tx, E::KIND, &others).await?;
    let changes = changes::<E>(group, &rows);
    let mut effects = vec![Effect {
        before: before::<E>(&survivor, &changes),
        after: after(&changes),
        ..Effect::moved(E::KIND.as_str(), id, id)
    }];
    let mains = mains(tx, E::KIND, &others).await?;
    for row in &rows[1..] {
        effects.push(give_up::<E>(tx, writer, row, &changes, &mains).await?);
    }
    let name = after_name::<E>(&survivor, &changes);
    related.move_to(tx, writer, E::KIND, (id, &name)).await?;
    E::write(tx, writer, current::<E>(tx, id).await?, &changes).await?;
    put_away::<E>(tx, writer, &others, &survivor).await?;
    settle(tx, writer, E::KIND, id, &others, &mains).await?;
    touch::<E>(tx, writer, id).await?;
    let labels: Vec<String> = rows[1..].iter().map(E::label).collect();
    let event = NewEvent { text: labels.join(", "), ..NewEvent::new(E::KIND, id, EventKind::Merged) };
    insert_events(tx, writer, &[event]).await?;
    effects.extend(related.effects());
    let merge_id = writer.new_id();
    insert_merge(tx, merge_id, (E::KIND.as_str(), id), writer.now(), &effects).await?;
    Ok(merge_id)
}

/// What becomes of the survivor's fields.
fn changes<E: Unites>(group: &Group, rows: &[E::Model]) -> Vec<E::Change> {
    let chosen = |field: &str| group.choices.iter().find(|(path, _)| path == field).map(|(_, id)| *id);
    let mut changes = Vec::new();
    for field in &paths::<E>(rows) {
        let from = match chosen(field) {
            Some(id) => rows.iter().find(|row| E::id(row) == id).unwrap_or(&rows[0]),
            None => usual::<E>(rows, field),
        };
        if text::<E>(from, field) != text::<E>(&rows[0], field) {
            changes.extend(value::<E>(from, field));
        }
    }
    let tags = united_tags::<E>(rows);
    if tags != E::tags(&rows[0]) {
        changes.extend(E::change("tags", &tags.join(", ")));
    }
    changes
}

fn before<E: Unites>(survivor: &E::Model, changes: &[E::Change]) -> Texts {
    changes.iter().map(|change| (change.field().to_owned(), text::<E>(survivor, change.field()))).collect()
}

fn after<C: crate::record::merge::Change>(changes: &[C]) -> Texts {
    changes.iter().map(|change| (change.field().to_owned(), change.text())).collect()
}

fn after_name<E: Unites>(survivor: &E::Model, changes: &[E::Change]) -> String {
    let renamed = changes.iter().find(|change| change.field() == "name").map(crate::record::merge::Change::text);
    renamed.unwrap_or_else(|| E::name(survivor).to_owned())
}

/// Takes from a record what only one can have: a key in another system that the survivor gets, and being the main contact.
async fn give_up<E: Unites>(
    tx: &TenantDb,
    writer: &Writer,
    row: &E::Model,
    changes: &[E::Change],
    mains: &HashSet<Uuid>,
) -> Result<Effect> {
    const KEY: &str = "external_id";
    let id = E::id(row);
    let mut effect = Effect::moved(E::KIND.as_str(), id, id);
    let key = text::<E>(row, KEY);
    if !key.is_empty() && changes.iter().any(|change| change.field() == KEY && change.text() == key) {
        effect.before.insert(KEY.to_owned(), key);
        let emptied: Vec<E::Change> = E::change(KEY, "").into_iter().collect();
        E::write(tx, writer, row.clone(), &emptied).await?;
    }
    if mains.contains(&id) {
        effect.before.insert("main".to_owned(), "yes".to_owned());
    }
    Ok(effect)
}

/// The main contacts among these.
async fn mains(tx: &TenantDb, kind: Kind, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
    use contact::store::{Column, Entity};
    if kind != Kind::Contact {
        return Ok(HashSet::new());
    }
    let finder = tx.find::<Entity>().filter(Column::Id.is_in(ids.iter().copied())).filter(Column::Main.eq(true));
    let found: HashSet<Uuid> = tx.all(finder).await?.into_iter().map(|row| row.id).collect();
    // The flag goes to another one, as when a contact is archived.
    tx.update_many::<Entity>(|update| {
        update.col_expr(Column::Main, Expr::val(false)).filter(Column::Id.is_in(ids.iter().copied()))
    })
    .await?;
    Ok(found)
}

async fn put_away<E: Unites>(tx: &TenantDb, writer: &Writer, others: &[Uuid], survivor: &E::Model) -> Result<()> {
    let id = E::id(survivor);
    let mut rows = Vec::with_capacity(others.len());
    for other in others {
        let row = current::<E>(tx, *other).await?;
        let people = E::people(tx, &row).await?;
        rows.push((row, people));
    }
    tx.update_many::<E>(|update| {
        let update = update.col_expr(E::ARCHIVED_AT, Expr::val(Some(writer.now())));
        let update = match E::MERGED_INTO {
            Some(column) => update.col_expr(column, Expr::val(Some(id))),
            None => update,
        };
        bulk::touched::<E>(update, writer, others)
    })
    .await?;
    search::index::set_archived(tx, E::KIND, others, true).await?;
    let mut events = Vec::with_capacity(rows.len());
    for (row, people) in &rows {
        let pointer = BeforeAfter { field: "merged_into".to_owned(), before: String::new(), after: E::KIND.format(id) };
        let event = NewEvent::new(E::KIND, E::id(row), EventKind::Merged);
        events.push(NewEvent { changes: vec![pointer], text: E::label(survivor), ..event });
        bulk::written::<E>(row, *people).announce_fields(tx, vec!["archived_at".to_owned()], *people);
    }
    insert_events(tx, writer, &events).await?;
    Ok(())
}

/// Leaves each customer with one main contact, or none when it has no contacts. Where a main contact was merged, the survivor is it.
async fn settle(tx: &TenantDb, writer: &Writer, kind: Kind, id: Uuid, others: &[Uuid], mains: &HashSet<Uuid>) -> Result<()> {
    use contact::store::{Column, Entity};
    let mut wanted: HashMap<Uuid, Option<Uuid>> = HashMap::new();
    if kind == Kind::Customer {
        wanted.extend(others.iter().chain([&id]).map(|id| (*id, None)));
    } else {
        let survivor = current::<Entity>(tx, id).await?;
        for contact in tx.all(tx.find::<Entity>().filter(Column::Id.is_in(others.iter().copied()))).await? {
            let follows = mains.contains(&contact.id) && contact.customer_id == survivor.customer_id;
            let place = wanted.entry(contact.customer_id).or_default();
            *place = place.or(follows.then_some(id));
        }
    }
    let mut wanted: Vec<(Uuid, Option<Uuid>)> = wanted.into_iter().collect();
    wanted.sort_unstable();
    for (customer_id, contact_id) in wanted {
        let customer = current::<customer::store::Entity>(tx, customer_id).await?;
        main::settle(tx, writer, customer, contact_id).await?;
    }
    Ok(())
}

/// Private details are encrypted for one customer and don't move, so the one that has them must stay.
async fn refuse_privates(tx: &TenantDb, kind: Kind, others: &[Uuid]) -> Result<()> {
    #[derive(FromQueryResult)]
    struct Row {
        number: i64,
    }
    if kind != Kind::Customer {
        return Ok(());
    }
    let sql = format!(
        "SELECT c.number FROM customer_privates p JOIN customers c ON c.org_id = {{org}} AND c.id = p.customer_id \
         WHERE p.org_id = {{org}} AND p.customer_id IN ({}) ORDER BY c.number",
        marks(others.len())
    );
    let rows: Vec<Row> = tx.query(&sql, values(others).collect()).await?;
    let Some(row) = rows.first() else {
        return Ok(());
    };
    let number = number::shown(kind, row.number);
    let text = format!("{number} has private details, which don't move. Choose it as the survivor.");
    Err(Error::refused(reason::MERGE_HAS_PRIVATES, text))
}
