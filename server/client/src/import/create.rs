//! Adds many customers, each with at most one contact, in few statements. What is left behind is what the writers of single records
//! leave: events, search entries, changes.

use sea_orm::Value;
use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
};
use uuid::Uuid;

use super::effects::{Effect, EffectOp};
use crate::{
    contact::{self, domain::Contact},
    customer::{self, domain::NewCustomer},
    record::{kind::Kind, number, writer::Writer},
    search::domain::{
        entry::{self, SearchEntry},
        normalise,
    },
    timeline::store::{EventKind, NewEvent, insert_events},
};

/// A customer to add, with the contact of its row.
pub struct Creation {
    pub row: i32,
    pub customer: NewCustomer,
    pub contact: Option<Contact>,
}

/// Adds them all. People and teams are not looked at: a file names none.
pub async fn create(tx: &TenantDb, writer: &Writer, creations: Vec<Creation>) -> Result<Vec<Effect>> {
    if creations.is_empty() {
        return Ok(Vec::new());
    }
    let first = numbers(tx, creations.len()).await?;
    let mut customers = Vec::with_capacity(creations.len());
    let mut contacts = Vec::new();
    let mut effects = Vec::with_capacity(creations.len() * 2);
    for (number, creation) in (first..).zip(creations) {
        let main_contact = creation.contact.as_ref().map(|contact| contact.name.clone()).unwrap_or_default();
        let customer = customer_row(tx, writer, creation.customer, number, main_contact)?;
        effects.push(created(creation.row, Kind::Customer, customer.id));
        if let Some(new) = creation.contact {
            let contact = contact_row(tx, writer, customer.id, new);
            effects.push(created(creation.row, Kind::Contact, contact.id));
            contacts.push((contact, customer.clone()));
        }
        customers.push(customer);
    }
    insert_customers(tx, &customers).await?;
    insert_contacts(tx, contacts.iter().map(|(contact, _)| contact)).await?;
    leave_traces(tx, writer, &customers, &contacts).await?;
    Ok(effects)
}

fn created(row: i32, kind: Kind, record_id: Uuid) -> Effect {
    Effect { row, kind, record_id, op: EffectOp::Created, version_after: 1 }
}

/// Takes `count` numbers in a row from the company's counter and gives the first.
async fn numbers(tx: &TenantDb, count: usize) -> Result<i64> {
    let first = number::next(tx, Kind::Customer).await?;
    let more = i64::try_from(count).map_err(Error::internal)? - 1;
    let sql = "UPDATE counters SET value = value + ? WHERE org_id = {org} AND name = ?";
    tx.execute(sql, vec![more.into(), Kind::Customer.as_str().into()]).await?;
    Ok(first)
}

fn customer_row(
    tx: &TenantDb,
    writer: &Writer,
    new: NewCustomer,
    number: i64,
    main_contact_name: String,
) -> Result<customer::store::Model> {
    Ok(customer::store::Model {
        org_id: tx.org(),
        id: writer.new_id(),
        version: 1,
        number,
        sort_name: normalise(&new.name),
        name: new.name,
        kind: new.kind.as_str().to_owned(),
        email: new.email,
        phone: new.phone,
        website: new.website,
        street: new.street,
        postal_code: new.postal_code,
        city: new.city,
        region: new.region,
        country: new.country,
        owner_id: new.owner_id,
        assignee_id: new.assignee_id,
        team_id: new.team_id,
        tags: serde_json::to_string(&new.tags).map_err(Error::internal)?,
        // Unique in the company, so a missing one must not be an empty text.
        external_id: Some(new.external_id).filter(|id| !id.is_empty()),
        source: writer.origin.as_str().to_owned(),
        note: new.note,
        main_contact_name,
        created_at: writer.now(),
        updated_at: writer.now(),
        archived_at: None,
        merged_into: None,
        custom: new.custom.into_json(),
    })
}

fn contact_row(tx: &TenantDb, writer: &Writer, customer_id: Uuid, new: Contact) -> contact::store::Model {
    contact::store::Model {
        org_id: tx.org(),
        id: writer.new_id(),
        version: 1,
        customer_id,
        sort_name: normalise(&new.name),
        name: new.name,
        title: new.title,
        email: new.email,
        phone: new.phone,
        mobile: new.mobile,
        note: new.note,
        main: true,
        created_at: writer.now(),
        updated_at: writer.now(),
        archived_at: None,
        merged_into: None,
    }
}

async fn insert_customers(tx: &TenantDb, rows: &[customer::store::Model]) -> Result<()> {
    const COLUMNS: [&str; 25] = [
        "id",
        "version",
        "number",
        "name",
        "sort_name",
        "kind",
        "email",
        "phone",
        "website",
        "street",
        "postal_code",
        "city",
        "region",
        "country",
        "owner_id",
        "assignee_id",
        "team_id",
        "tags",
        "external_id",
        "source",
        "note",
        "main_contact_name",
        "created_at",
        "updated_at",
        "custom",
    ];
    let values = rows.iter().cloned().map(|row| -> [Value; 25] {
        [
            row.id.into(),
            row.version.into(),
            row.number.into(),
            row.name.into(),
            row.sort_name.into(),
            row.kind.into(),
            row.email.into(),
            row.phone.into(),
            row.website.into(),
            row.street.into(),
            row.postal_code.into(),
            row.city.into(),
            row.region.into(),
            row.country.into(),
            row.owner_id.into(),
            row.assignee_id.into(),
            row.team_id.into(),
            row.tags.into(),
            row.external_id.into(),
            row.source.into(),
            row.note.into(),
            row.main_contact_name.into(),
            row.created_at.into(),
            row.updated_at.into(),
            row.custom.into(),
        ]
    });
    insert(tx, "customers", COLUMNS, values).await
}

async fn insert_contacts(tx: &TenantDb, rows: impl Iterator<Item = &contact::store::Model>) -> Result<()> {
    const COLUMNS: [&str; 13] = [
        "id",
        "version",
        "customer_id",
        "name",
        "sort_name",
        "title",
        "email",
        "phone",
        "mobile",
        "note",
        "main",
        "created_at",
        "updated_at",
    ];
    let values = rows.cloned().map(|row| -> [Value; 13] {
        [
            row.id.into(),
            row.version.into(),
            row.customer_id.into(),
            row.name.into(),
            row.sort_name.into(),
            row.title.into(),
            row.email.into(),
            row.phone.into(),
            row.mobile.into(),
            row.note.into(),
            row.main.into(),
            row.created_at.into(),
            row.updated_at.into(),
        ]
    });
    insert(tx, "contacts", COLUMNS, values).await
}

/// Events, search entries and news of what was added.
async fn leave_traces(
    tx: &TenantDb,
    writer: &Writer,
    customers: &[customer::store::Model],
    contacts: &[(contact::store::Model, customer::store::Model)],
) -> Result<()> {
    let written: Vec<_> = customers
        .iter()
        .map(customer::store::Model::written)
        .chain(contacts.iter().map(|(contact, customer)| contact.written(customer)))
        .collect();
    let events: Vec<NewEvent> =
        written.iter().map(|written| NewEvent::new(written.kind, written.id, EventKind::Imported)).collect();
    insert_events(tx, writer, &events).await?;
    let customers = customers.iter().map(|row| entry::customer(&row.clone().into_pb()));
    let contacts = contacts.iter().map(|(row, customer)| entry::contact(&row.clone().into_pb(&customer.name)));
    let entries = written.iter().zip(customers.chain(contacts));
    insert_entries(tx, entries.map(|(written, entry)| (written.kind, written.id, entry))).await?;
    for written in written {
        written.announce_new(tx);
    }
    Ok(())
}

/// Entries of records of nobody, which imported ones are.
async fn insert_entries(tx: &TenantDb, entries: impl Iterator<Item = (Kind, Uuid, SearchEntry)>) -> Result<()> {
    const COLUMNS: [&str; 8] = ["kind", "id", "title", "subtitle", "text", "digits", "keys", "archived"];
    let values = entries.map(|(kind, id, entry)| -> [Value; 8] {
        [
            kind.as_str().into(),
            id.into(),
            entry.title.into(),
            entry.subtitle.into(),
            entry.text.into(),
            entry.digits.into(),
            entry.keys.into(),
            false.into(),
        ]
    });
    insert(tx, "search_entries", COLUMNS, values).await
}

async fn insert<const N: usize>(
    tx: &TenantDb,
    table: &str,
    columns: [&str; N],
    rows: impl Iterator<Item = [Value; N]>,
) -> Result<()> {
    let values: Vec<Value> = rows.flatten().collect();
    if values.is_empty() {
        return Ok(());
    }
    let row = format!("({{org}}{})", ", ?".repeat(N));
    let rows = vec![row; values.len() / N].join(", ");
    tx.execute(&format!("INSERT INTO {table} (org_id, {}) VALUES {rows}", columns.join(", ")), values).await?;
    Ok(())
}
