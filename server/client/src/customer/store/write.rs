//! Writes customers: each with its event, its search entry and the news for watchers, in the caller's transaction.

use sea_orm::{ActiveValue::Set, DbErr, IntoActiveModel as _};
use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
};

use super::{ActiveModel, Model};
use crate::{
    contact,
    custom_field::value::Values,
    customer::domain::{Change, NewCustomer},
    record::{
        kind::Kind,
        merge::{self, Change as _},
        number,
        trace::Written,
        writer::Writer,
    },
    search::{
        self,
        domain::{entry, normalise},
    },
};

/// Adds a customer. Its people must be of the company.
pub async fn insert_customer(tx: &TenantDb, writer: &Writer, new: NewCustomer) -> Result<Model> {
    let now = writer.now();
    let mut row = ActiveModel {
        id: Set(writer.new_id()),
        version: Set(1),
        number: Set(number::next(tx, Kind::Customer).await?),
        source: Set(writer.origin.as_str().to_owned()),
        main_contact_name: Set(String::new()),
        custom: Set(Values::default().into_json()),
        created_at: Set(now),
        updated_at: Set(now),
        archived_at: Set(None),
        merged_into: Set(None),
        ..Default::default()
    };
    for change in new.fields() {
        put(&mut row, change)?;
    }
    let customer = tx.insert(row).await.map_err(refusal)?;
    customer.index(tx).await?;
    customer.written().trace_new(tx, writer).await?;
    Ok(customer)
}

/// Changes fields of a customer that is held by the transaction. Without changes nothing is written.
pub async fn update_customer(tx: &TenantDb, writer: &Writer, before: Model, changes: &[Change]) -> Result<Model> {
    if changes.is_empty() {
        return Ok(before);
    }
    let shown = merge::before_after(&before.values(), changes);
    let mut row = before.clone().into_active_model();
    for change in changes {
        put(&mut row, change.clone())?;
    }
    row.version = Set(before.version + 1);
    row.updated_at = Set(writer.now());
    let customer = tx.update(row).await.map_err(refusal)?;
    customer.reindex(tx, &before).await?;
    customer.written().trace_edit(tx, writer, shown, before.people()).await?;
    Ok(customer)
}

/// Shows the name of the main contact with its customer.
pub async fn set_main_contact_name(tx: &TenantDb, writer: &Writer, before: Model, name: &str) -> Result<Model> {
    if before.main_contact_name == name {
        return Ok(before);
    }
    let mut row = before.clone().into_active_model();
    row.main_contact_name = Set(name.to_owned());
    row.version = Set(before.version + 1);
    row.updated_at = Set(writer.now());
    let customer = tx.update(row).await?;
    customer.reindex(tx, &before).await?;
    customer.written().announce_fields(tx, vec!["main_contact_name".to_owned()], before.people());
    Ok(customer)
}

impl Model {
    pub fn written(&self) -> Written {
        Written { kind: Kind::Customer, id: self.id, version: self.version, people: self.people() }
    }

    async fn index(&self, tx: &TenantDb) -> Result<()> {
        let entry = entry::customer(&self.clone().into_pb());
        search::index::upsert(tx, (Kind::Customer, self.id), entry, self.people(), self.archived_at.is_some()).await
    }

    /// Brings the index up to date with what changed; contacts are found by their customer's name and seen by its people.
    async fn reindex(&self, tx: &TenantDb, before: &Self) -> Result<()> {
        let entries = [self, before].map(|row| entry::customer(&row.clone().into_pb()));
        if entries[0] != entries[1] {
            self.index(tx).await?;
        }
        if self.people() != before.people() {
            search::index::hand_over(tx, Kind::Customer, &[self.id], &self.people().places()).await?;
        }
        if self.name != before.name {
            contact::store::write::reindex_of_customer(tx, self).await?;
        }
        Ok(())
    }
}

/// Puts one field's value into its columns.
fn put(row: &mut ActiveModel, change: Change) -> Result<()> {
    match change {
        Change::Name(name) => {
            row.sort_name = Set(normalise(&name));
            row.name = Set(name);
        }
        Change::Kind(kind) => row.kind = Set(kind.as_str().to_owned()),
        Change::Email(email) => row.email = Set(email),
        Change::Phone(phone) => row.phone = Set(phone),
        Change::Website(website) => row.website = Set(website),
        Change::Street(street) => row.street = Set(street),
        Change::PostalCode(code) => row.postal_code = Set(code),
        Change::City(city) => row.city = Set(city),
        Change::Region(region) => row.region = Set(region),
        Change::Country(country) => row.country = Set(country),
        Change::Owner(id) => row.owner_id = Set(id),
        Change::Assignee(id) => row.assignee_id = Set(id),
        Change::Team(id) => row.team_id = Set(id),
        Change::Tags(tags) => row.tags = Set(serde_json::to_string(&tags).map_err(Error::internal)?),
        // Unique in the company, so a missing one must not be an empty text.
        Change::ExternalId(id) => row.external_id = Set(Some(id).filter(|id| !id.is_empty())),
        Change::Note(note) => row.note = Set(note),
        Change::Custom(set) => set.put(&mut row.custom),
    }
    Ok(())
}

/// Numbers come from the counter, so only the external id can be taken.
fn refusal(error: DbErr) -> Error {
    if Error::is_unique_violation(&error) {
        let change = Change::ExternalId(String::new());
        return Error::invalid(format!("customer.{}", change.field()), "Another customer has this key already.");
    }
    error.into()
}
