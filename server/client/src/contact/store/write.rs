//! Writes contacts: each with its event, its search entry and the news for watchers, in the caller's transaction. The customer is
//! held throughout, so that two writers can't leave it with two main contacts.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, IntoActiveModel as _};
use streamflow_kernel::{db::TenantDb, error::Result};

use super::{ActiveModel, Column, Entity, Model, main};
use crate::{
    contact::domain::{Change, Contact},
    customer,
    record::{kind::Kind, merge, trace::Written, writer::Writer},
    search::{
        self,
        domain::{entry, normalise},
        index::Indexed,
    },
};

/// Adds a contact to a customer that is held by the transaction. The first one is its main contact.
pub async fn insert_contact(tx: &TenantDb, writer: &Writer, customer: customer::store::Model, new: Contact) -> Result<Model> {
    let now = writer.now();
    let is_main = new.main || main::main_contact(tx, customer.id).await?.is_none();
    let mut row = ActiveModel {
        id: Set(writer.new_id()),
        version: Set(1),
        customer_id: Set(customer.id),
        created_at: Set(now),
        updated_at: Set(now),
        archived_at: Set(None),
        merged_into: Set(None),
        ..Default::default()
    };
    for change in (Contact { main: is_main, ..new }).fields() {
        put(&mut row, change);
    }
    let contact = tx.insert(row).await?;
    contact.index(tx, &customer).await?;
    contact.written(&customer).trace_new(tx, writer).await?;
    if is_main {
        main::settle(tx, writer, customer, Some(contact.id)).await?;
    }
    Ok(contact)
}

/// Changes fields of a contact; it and its customer are held by the transaction. Without changes nothing is written.
pub async fn update_contact(
    tx: &TenantDb,
    writer: &Writer,
    customer: customer::store::Model,
    before: Model,
    changes: &[Change],
) -> Result<Model> {
    if changes.is_empty() {
        return Ok(before);
    }
    let shown = merge::before_after(&before.values(), changes);
    let mut row = before.clone().into_active_model();
    for change in changes {
        put(&mut row, change.clone());
    }
    row.version = Set(before.version + 1);
    row.updated_at = Set(writer.now());
    let contact = tx.update(row).await?;
    contact.index(tx, &customer).await?;
    contact.written(&customer).trace_edit(tx, writer, shown, customer.people()).await?;
    if contact.archived_at.is_some() {
        return Ok(contact);
    }
    if contact.main {
        main::settle(tx, writer, customer, Some(contact.id)).await?;
    } else if before.main {
        customer::store::write::set_main_contact_name(tx, writer, customer, "").await?;
    }
    Ok(contact)
}

/// Writes the entries of a customer's contacts anew: they are found by its name too.
pub async fn reindex_of_customer(tx: &TenantDb, customer: &customer::store::Model) -> Result<()> {
    let contacts = tx.all(tx.find::<Entity>().filter(Column::CustomerId.eq(customer.id))).await?;
    search::index::upsert_all(tx, contacts.into_iter().map(|contact| contact.indexed(customer)).collect()).await
}

impl Model {
    /// A contact has its customer's people.
    pub fn written(&self, customer: &customer::store::Model) -> Written {
        Written { kind: Kind::Contact, id: self.id, version: self.version, people: customer.people() }
    }

    pub async fn index(&self, tx: &TenantDb, customer: &customer::store::Model) -> Result<()> {
        search::index::upsert_all(tx, vec![self.clone().indexed(customer)]).await
    }

    fn indexed(self, customer: &customer::store::Model) -> Indexed {
        let (id, archived) = (self.id, self.archived_at.is_some());
        let entry = entry::contact(&self.into_pb(&customer.name));
        Indexed { kind: Kind::Contact, id, entry, people: customer.people(), archived }
    }
}

/// Puts one field's value into its columns.
fn put(row: &mut ActiveModel, change: Change) {
    match change {
        Change::Name(name) => {
            row.sort_name = Set(normalise(&name));
            row.name = Set(name);
        }
        Change::Title(title) => row.title = Set(title),
        Change::Email(email) => row.email = Set(email),
        Change::Phone(phone) => row.phone = Set(phone),
        Change::Mobile(mobile) => row.mobile = Set(mobile),
        Change::Note(note) => row.note = Set(note),
        Change::Main(main) => row.main = Set(main),
    }
}
