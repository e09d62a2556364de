//! What the rows of a file find among the customers there are, for many rows at once.

use std::collections::HashMap;

use sea_orm::{ColumnTrait as _, FromQueryResult, Value};
use streamflow_kernel::{
    db::{Scope, Scoped, TenantDb, TenantEntity},
    error::Result,
};
use uuid::Uuid;

use super::{
    domain::{
        Key,
        check::ImportedRow,
        decide::{ContactFate, Fate, Found, Rules, decide_contact},
    },
    file::{Item, Setup},
};
use crate::{
    contact::{self, domain::Contact},
    customer::{
        self,
        domain::{Change, NewCustomer},
    },
    record::row::finder,
};

/// Records that the rows at hand may mean.
pub struct Known {
    /// By key, as rows write it.
    customers: HashMap<String, Vec<Customer>>,
    /// Who has an external id, seen or not.
    taken: HashMap<String, Uuid>,
    contacts: HashMap<Uuid, Vec<contact::store::Model>>,
}

struct Customer {
    row: customer::store::Model,
    values: NewCustomer,
}

/// What becomes of one row.
pub struct Decision<'a> {
    pub fate: Fate,
    pub contact: ContactFate,
    /// The customer that is there already.
    pub customer: Option<&'a customer::store::Model>,
    pub contacts: &'a [contact::store::Model],
}

impl Decision<'_> {
    /// True when the customer stays as it is and its contact does not.
    pub fn is_contact_only(&self) -> bool {
        self.fate == Fate::Unchanged && self.contact != ContactFate::Nothing
    }
}

impl Known {
    /// Looks up what `items` may mean. `tx` has the whole company in view; `scope` is what the importing person sees. With `hold`
    /// nobody else writes what was found until the transaction ends.
    pub async fn look_up(tx: &TenantDb, scope: &Scope, setup: &Setup, items: &[Item], hold: bool) -> Result<Self> {
        let meant: Vec<&ImportedRow> = items.iter().filter_map(|item| item.meant.as_ref()).collect();
        let customers = customers(tx, scope, setup.key, &meant, hold).await?;
        let taken = taken(tx, &meant, &customers).await?;
        let found: Vec<Uuid> = customers.values().flatten().map(|customer| customer.row.id).collect();
        let wanted = meant.iter().any(|row| !row.contact.is_empty());
        let contacts = if wanted { contacts(tx, found, hold).await? } else { HashMap::new() };
        Ok(Self { customers, taken, contacts })
    }

    /// Decides one row; preview and run both ask here.
    pub fn decide(&self, setup: &Setup, row: &ImportedRow) -> Decision<'_> {
        let rules = setup.rules();
        let matches = row.key.as_ref().and_then(|key| self.customers.get(key)).map_or(&[][..], Vec::as_slice);
        let (found, customer) = match matches {
            [] => (Found::Nothing, None),
            [one] => (Found::One(&one.values), Some(&one.row)),
            _ => (Found::Several, None),
        };
        let holder = external_id(row).and_then(|id| self.taken.get(id));
        let taken = holder.is_some_and(|holder| Some(*holder) != customer.map(|customer| customer.id));
        let mut fate = rules.decide(row, found, taken);
        // Somebody else's customer, whom this person doesn't see, has the key.
        if taken && setup.key == Some(Key::ExternalId) && matches!(fate, Fate::Create(_)) {
            let unseen = Rules { key: None, ..rules };
            fate = unseen.decide(row, Found::Nothing, true);
        }
        let contacts = customer.and_then(|customer| self.contacts.get(&customer.id)).map_or(&[][..], Vec::as_slice);
        let contact = match fate {
            Fate::Blocked(_) => ContactFate::Nothing,
            _ => decide_contact(&row.contact, &contacts.iter().map(contact_values).collect::<Vec<_>>()),
        };
        Decision { fate, contact, customer, contacts }
    }
}

fn contact_values(row: &contact::store::Model) -> Contact {
    row.values()
}

fn external_id(row: &ImportedRow) -> Option<&String> {
    row.customer.iter().find_map(|change| match change {
        Change::ExternalId(id) if !id.is_empty() => Some(id),
        _ => None,
    })
}

async fn customers(
    tx: &TenantDb,
    scope: &Scope,
    key: Option<Key>,
    rows: &[&ImportedRow],
    hold: bool,
) -> Result<HashMap<String, Vec<Customer>>> {
    use customer::store::{Column, Entity};
    let keys: Vec<&String> = rows.iter().filter_map(|row| row.key.as_ref()).collect();
    let Some(key) = key.filter(|_| !keys.is_empty()) else {
        return Ok(HashMap::new());
    };
    let column = match key {
        Key::Name => Column::SortName,
        Key::Email => Column::Email,
        Key::ExternalId | Key::Number => Column::ExternalId,
    };
    let mut finder = finder::<Entity>(tx, scope).filter(column.is_in(keys.into_iter().map(String::as_str)));
    if key != Key::ExternalId {
        // Only the external id is unique; of several with a name the one put away is not meant.
        finder = finder.filter(Column::ArchivedAt.is_null());
    }
    let mut found: HashMap<String, Vec<Customer>> = HashMap::new();
    for row in tx.all(held(finder, hold)).await? {
        let own = match key {
            Key::Name => row.sort_name.clone(),
            Key::Email => row.email.clone(),
            Key::ExternalId | Key::Number => row.external_id.clone().unwrap_or_default(),
        };
        found.entry(own).or_default().push(Customer { values: row.values(), row });
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct Holder {
    id: Uuid,
    external_id: String,
}

/// Who has the external ids of `rows`, without those whose customers were `found` by them.
async fn taken(tx: &TenantDb, rows: &[&ImportedRow], found: &HashMap<String, Vec<Customer>>) -> Result<HashMap<String, Uuid>> {
    let is_found = |id: &String| {
        let own = |customer: &Customer| customer.row.external_id.as_ref() == Some(id);
        found.get(id).is_some_and(|customers| customers.iter().any(own))
    };
    let wanted: Vec<Value> =
        rows.iter().filter_map(|row| external_id(row)).filter(|id| !is_found(id)).map(|id| id.as_str().into()).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let marks = vec!["?"; wanted.len()].join(", ");
    let sql = format!("SELECT id, external_id FROM customers WHERE org_id = {{org}} AND external_id IN ({marks})");
    let holders: Vec<Holder> = tx.query(&sql, wanted).await?;
    Ok(holders.into_iter().map(|holder| (holder.external_id, holder.id)).collect())
}

async fn contacts(tx: &TenantDb, customers: Vec<Uuid>, hold: bool) -> Result<HashMap<Uuid, Vec<contact::store::Model>>> {
    use contact::store::{Column, Entity};
    if customers.is_empty() {
        return Ok(HashMap::new());
    }
    let finder = tx.find::<Entity>().filter(Column::CustomerId.is_in(customers));
    let mut rows = tx.all(held(finder.filter(Column::ArchivedAt.is_null()), hold)).await?;
    // Ordered here: asked to order, SQLite would read all contacts of the company by their ids.
    rows.sort_unstable_by_key(|row| row.id);
    let mut found: HashMap<Uuid, Vec<contact::store::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.customer_id).or_default().push(row);
    }
    Ok(found)
}

pub fn held<E: TenantEntity>(finder: Scoped<E>, hold: bool) -> Scoped<E> {
    if hold { finder.map(sea_orm::QuerySelect::lock_exclusive) } else { finder }
}
