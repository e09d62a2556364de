//! Writes a few rows of an import in the caller's transaction.

use sea_orm::ColumnTrait as _;
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result},
};
use uuid::Uuid;

use super::{
    create::{Creation, create},
    domain::decide::{ContactFate, Fate},
    effects::{Effect, EffectOp, insert_effects},
    file::{Item, Setup},
    lookup::{Decision, Known},
};
use crate::{
    contact::{
        self,
        store::write::{insert_contact, update_contact},
    },
    customer::{self, domain::Change, store::write::update_customer},
    record::{kind::Kind, writer::Writer},
};

/// What rows came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub created: i32,
    pub updated: i32,
    pub unchanged: i32,
    pub skipped: i32,
    pub contacts_created: i32,
}

/// A customer that is there and is to be changed, or its contact is.
struct Edit {
    row: i32,
    customer: customer::store::Model,
    changes: Vec<Change>,
    contact: ContactFate,
    contacts: Vec<contact::store::Model>,
}

/// Writes `items`; rows that can't be written are left out. `tx` has the whole company in view, `scope` is what the importing person
/// sees.
pub async fn write_batch(
    tx: &TenantDb,
    writer: &Writer,
    scope: &Scope,
    (import_id, setup): (Uuid, &Setup),
    items: &[Item],
) -> Result<Tally> {
    let known = Known::look_up(tx, scope, setup, items, true).await?;
    let mut tally = Tally::default();
    let (mut creations, mut edits) = (Vec::new(), Vec::new());
    for item in items {
        let Some(meant) = &item.meant else {
            tally.skipped += 1;
            continue;
        };
        let row = i32::try_from(item.row.number).map_err(Error::internal)?;
        let decision = known.decide(setup, meant);
        match decision.fate.clone() {
            Fate::Blocked(_) => tally.skipped += 1,
            Fate::Create(customer) => creations.push(creation(row, *customer, decision.contact)),
            Fate::Update(changes) => edits.extend(edit(row, changes, &decision)),
            Fate::Unchanged if decision.is_contact_only() => edits.extend(edit(row, Vec::new(), &decision)),
            Fate::Unchanged => tally.unchanged += 1,
        }
    }
    tally.created = i32::try_from(creations.len()).map_err(Error::internal)?;
    tally.updated = i32::try_from(edits.len()).map_err(Error::internal)?;
    let mut effects = create(tx, writer, creations).await?;
    for edit in edits {
        effects.extend(write_edit(tx, writer, edit).await?);
    }
    let is_new_contact = |effect: &&Effect| effect.kind == Kind::Contact && effect.is_new();
    tally.contacts_created = i32::try_from(effects.iter().filter(is_new_contact).count()).map_err(Error::internal)?;
    insert_effects(tx, import_id, &effects).await?;
    Ok(tally)
}

fn creation(row: i32, customer: customer::domain::NewCustomer, contact: ContactFate) -> Creation {
    let contact = if let ContactFate::Create(contact) = contact { Some(contact) } else { None };
    Creation { row, customer, contact }
}

fn edit(row: i32, changes: Vec<Change>, decision: &Decision<'_>) -> Option<Edit> {
    Some(Edit {
        row,
        customer: decision.customer?.clone(),
        changes,
        contact: decision.contact.clone(),
        contacts: decision.contacts.to_vec(),
    })
}

async fn write_edit(tx: &TenantDb, writer: &Writer, edit: Edit) -> Result<Vec<Effect>> {
    let Edit { row, customer, changes, contact, contacts } = edit;
    let mut effects = Vec::new();
    let before = customer.values();
    let customer = update_customer(tx, writer, customer, &changes).await?;
    let customer_id = customer.id;
    let mut version = customer.version;
    if contact != ContactFate::Nothing {
        effects.extend(write_contact(tx, writer, row, customer, contact, contacts).await?);
        version = current_version(tx, customer_id).await?;
    }
    if !changes.is_empty() {
        let op = EffectOp::updating(&before, &changes);
        effects.push(Effect { row, kind: Kind::Customer, record_id: customer_id, op, version_after: version });
    }
    Ok(effects)
}

async fn write_contact(
    tx: &TenantDb,
    writer: &Writer,
    row: i32,
    customer: customer::store::Model,
    fate: ContactFate,
    contacts: Vec<contact::store::Model>,
) -> Result<Option<Effect>> {
    let (contact, op) = match fate {
        ContactFate::Nothing => return Ok(None),
        ContactFate::Create(new) => (insert_contact(tx, writer, customer, new).await?, EffectOp::Created),
        ContactFate::Update(at, changes) => {
            let Some(before) = contacts.into_iter().nth(at) else {
                return Ok(None);
            };
            let op = EffectOp::updating(&before.values(), &changes);
            (update_contact(tx, writer, customer, before, &changes).await?, op)
        }
    };
    Ok(Some(Effect { row, kind: Kind::Contact, record_id: contact.id, op, version_after: contact.version }))
}

/// A contact may have become its customer's main one, which is a change of the customer.
async fn current_version(tx: &TenantDb, customer_id: Uuid) -> Result<i64> {
    use customer::store::{Column, Entity};
    let row = tx.one(tx.find::<Entity>().filter(Column::Id.eq(customer_id))).await?;
    row.map(|row| row.version).ok_or_else(|| Error::internal("a customer vanished while it was held"))
}
