//! What a merge needs to know of a kind of record.

use sea_orm::ColumnTrait as _;
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use super::duplicates::Card;
use crate::{
    contact, customer,
    record::{
        bulk, number,
        people::People,
        row::{self, Record},
        values::{contact_change, customer_change},
        writer::Writer,
    },
};

/// A kind of record of which several can be one and the same.
pub trait Unites: Record {
    /// Paths whose value is chosen. Tags are united, and what a customer's main contact is follows from its contacts.
    const FIELDS: &'static [&'static str];

    fn name(row: &Self::Model) -> &str;
    /// As the timeline names it.
    fn label(row: &Self::Model) -> String;
    fn merged_into(row: &Self::Model) -> Option<Uuid>;
    fn tags(row: &Self::Model) -> Vec<String>;
    /// Paths of the company's own fields that the row has a value of.
    fn custom(row: &Self::Model) -> Vec<String>;
    /// The change that gives a field the value of this text.
    fn change(field: &str, text: &str) -> Option<Self::Change>;
    fn card(row: &Self::Model) -> Card;

    fn people(tx: &TenantDb, row: &Self::Model) -> impl Future<Output = Result<People>> + Send;
    fn write(
        tx: &TenantDb,
        writer: &Writer,
        row: Self::Model,
        changes: &[Self::Change],
    ) -> impl Future<Output = Result<Self::Model>> + Send;
    /// As lists of duplicates show them.
    fn shown(tx: &TenantDb, rows: Vec<Self::Model>) -> impl Future<Output = Result<Vec<pb::Duplicate>>> + Send;
}

impl Unites for customer::store::Entity {
    const FIELDS: &'static [&'static str] = &[
        "name",
        "kind",
        "email",
        "phone",
        "website",
        "address.street",
        "address.postal_code",
        "address.city",
        "address.region",
        "address.country",
        "owner_id",
        "assignee_id",
        "team_id",
        "external_id",
        "note",
    ];

    fn name(row: &Self::Model) -> &str {
        &row.name
    }

    fn label(row: &Self::Model) -> String {
        format!("{} {}", number::shown(Self::KIND, row.number), row.name)
    }

    fn merged_into(row: &Self::Model) -> Option<Uuid> {
        row.merged_into
    }

    fn tags(row: &Self::Model) -> Vec<String> {
        row.values().tags
    }

    fn custom(row: &Self::Model) -> Vec<String> {
        row.values().custom.sets().map(|set| set.path().to_owned()).collect()
    }

    fn change(field: &str, text: &str) -> Option<Self::Change> {
        customer_change(field, text)
    }

    fn card(row: &Self::Model) -> Card {
        Card::new(&row.name, &row.email, &[&row.phone], None)
    }

    async fn people(_: &TenantDb, row: &Self::Model) -> Result<People> {
        Ok(row.people())
    }

    async fn write(tx: &TenantDb, writer: &Writer, row: Self::Model, changes: &[Self::Change]) -> Result<Self::Model> {
        customer::store::write::update_customer(tx, writer, row, changes).await
    }

    async fn shown(_: &TenantDb, rows: Vec<Self::Model>) -> Result<Vec<pb::Duplicate>> {
        let shown = |row: Self::Model| {
            let customer = row.into_pb();
            let city = customer.address.unwrap_or_default().city;
            pb::Duplicate {
                id: customer.id,
                version: customer.version,
                name: customer.name,
                subtitle: if city.is_empty() { customer.number } else { format!("{} · {city}", customer.number) },
                email: customer.email,
                phone: customer.phone,
            }
        };
        Ok(rows.into_iter().map(shown).collect())
    }
}

impl Unites for contact::store::Entity {
    const FIELDS: &'static [&'static str] = &["name", "title", "email", "phone", "mobile", "note"];

    fn name(row: &Self::Model) -> &str {
        &row.name
    }

    fn label(row: &Self::Model) -> String {
        row.name.clone()
    }

    fn merged_into(row: &Self::Model) -> Option<Uuid> {
        row.merged_into
    }

    fn tags(_: &Self::Model) -> Vec<String> {
        Vec::new()
    }

    fn custom(_: &Self::Model) -> Vec<String> {
        Vec::new()
    }

    fn change(field: &str, text: &str) -> Option<Self::Change> {
        contact_change(field, text)
    }

    fn card(row: &Self::Model) -> Card {
        Card::new(&row.name, &row.email, &[&row.phone, &row.mobile], Some(row.customer_id))
    }

    async fn people(tx: &TenantDb, row: &Self::Model) -> Result<People> {
        Ok(customer_of(tx, row).await?.people())
    }

    async fn write(tx: &TenantDb, writer: &Writer, row: Self::Model, changes: &[Self::Change]) -> Result<Self::Model> {
        let customer = customer_of(tx, &row).await?;
        contact::store::write::update_contact(tx, writer, customer, row, changes).await
    }

    async fn shown(tx: &TenantDb, rows: Vec<Self::Model>) -> Result<Vec<pb::Duplicate>> {
        let shown = |contact: pb::Contact| {
            let parts = [contact.title, contact.customer_name].into_iter().filter(|part| !part.is_empty());
            let phone = if contact.phone.is_empty() { contact.mobile } else { contact.phone };
            pb::Duplicate {
                id: contact.id,
                version: contact.version,
                name: contact.name,
                subtitle: parts.collect::<Vec<_>>().join(" · "),
                email: contact.email,
                phone,
            }
        };
        Ok(contact::store::with_customers(tx, rows).await?.into_iter().map(shown).collect())
    }
}

async fn customer_of(tx: &TenantDb, row: &contact::store::Model) -> Result<customer::store::Model> {
    use customer::store::{Column, Entity};
    let customer = tx.one(tx.find::<Entity>().filter(Column::Id.eq(row.customer_id))).await?;
    customer.ok_or_else(|| Error::internal("a contact is without its customer"))
}

/// A record as the transaction has left it.
pub async fn current<E: Unites>(tx: &TenantDb, id: Uuid) -> Result<E::Model> {
    tx.one(tx.find::<E>().filter(E::ID.eq(id))).await?.ok_or(E::KIND.not_found())
}

/// Gives the survivor its next version even where none of its fields changed: what hangs on it did.
pub async fn touch<E: Unites>(tx: &TenantDb, writer: &Writer, id: Uuid) -> Result<()> {
    let before = current::<E>(tx, id).await?;
    let people = E::people(tx, &before).await?;
    tx.update_many::<E>(|update| bulk::touched::<E>(update, writer, &[id])).await?;
    bulk::written::<E>(&before, people).announce_fields(tx, Vec::new(), people);
    Ok(())
}

/// All records of these ids that the person sees, in this order; fails as for a missing one.
pub async fn seen_in_order<E: Unites>(tx: &TenantDb, scope: &Scope, ids: &[Uuid]) -> Result<Vec<E::Model>> {
    let mut rows = tx.all(row::finder::<E>(tx, scope).filter(E::ID.is_in(ids.iter().copied()))).await?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == E::id(row)));
    if rows.len() < ids.len() { Err(E::KIND.not_found()) } else { Ok(rows) }
}
