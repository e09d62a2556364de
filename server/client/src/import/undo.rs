//! Takes back what an import did, last row first, except what people worked with since.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{ColumnTrait as _, FromQueryResult, Value};
use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
    feed::{Change as News, Op},
};
use uuid::Uuid;

use super::{
    effects::{Effect, EffectOp, delete_effects_from, last_effects},
    job::{Attempts, Job},
    store::State,
};
use crate::{
    contact::{
        self,
        domain::Change as ContactChange,
        store::{main::settle, write::update_contact},
    },
    customer::{
        self,
        domain::{Change, Kind as CustomerKind},
        store::write::update_customer,
    },
    record::{kind::Kind, people::People, writer::Writer},
};

/// Rows of the file taken back in one transaction.
const WINDOW: i32 = 50;

/// Takes back all that is left.
pub async fn work(job: &mut Job) -> Result<()> {
    let mut window = WINDOW;
    let mut attempts = Attempts::new();
    loop {
        match step(job, window).await {
            Ok(Step::More) => {
                window = WINDOW;
                attempts = Attempts::new();
            }
            Ok(Step::End) => return job.end(State::Undone, "").await,
            Ok(Step::Lost) => return Ok(()),
            // One record can't have its old values back: find out which, and keep it as it is.
            Err(Error::Invalid(_)) if window > 1 => window = 1,
            Err(Error::Invalid(_)) => give_up(job).await?,
            Err(error) => attempts.failed(error).await?,
        }
        tokio::task::yield_now().await;
    }
}

enum Step {
    More,
    End,
    /// Another process took the import over.
    Lost,
}

async fn step(job: &mut Job, window: i32) -> Result<Step> {
    let Some(tx) = job.hold().await? else {
        return Ok(Step::Lost);
    };
    let effects = last_effects(&tx, job.import.id, window).await?;
    let Some(first) = effects.iter().map(|effect| effect.row).min() else {
        return Ok(Step::End);
    };
    let kept = Undo::load(&tx, effects)
        .await?
        .take_back(&tx, &job.writer())
        .await?;
    forget(job, tx, first, kept).await
}

/// Leaves the last row as it is.
async fn give_up(job: &mut Job) -> Result<()> {
    let Some(tx) = job.hold().await? else {
        return Ok(());
    };
    let effects = last_effects(&tx, job.import.id, 1).await?;
    let Some(first) = effects.first().map(|effect| effect.row) else {
        return Ok(());
    };
    forget(job, tx, first, effects.len()).await?;
    Ok(())
}

async fn forget(job: &mut Job, tx: TenantDb, first: i32, kept: usize) -> Result<Step> {
    delete_effects_from(&tx, job.import.id, first).await?;
    let kept = i32::try_from(kept).map_err(Error::internal)?;
    job.keep(tx, |import| {
        import.done_rows = first - 1;
        import.skipped += kept;
    })
    .await?;
    Ok(Step::More)
}

/// The records of a few rows, held.
struct Undo {
    customers: HashMap<Uuid, customer::store::Model>,
    contacts: HashMap<Uuid, contact::store::Model>,
    /// Customers that the import created.
    new_customers: HashSet<Uuid>,
    /// Effects on records that are as the import left them and nobody works with.
    effects: Vec<Effect>,
    kept: usize,
}

impl Undo {
    async fn load(tx: &TenantDb, effects: Vec<Effect>) -> Result<Self> {
        let contacts = contacts(tx, ids(&effects, Kind::Contact)).await?;
        let mut wanted = ids(&effects, Kind::Customer);
        wanted.extend(contacts.values().map(|contact| contact.customer_id));
        let customers = customers(tx, wanted).await?;
        let new = effects
            .iter()
            .filter(|effect| effect.is_new() && effect.kind == Kind::Customer);
        let new_customers = new.map(|effect| effect.record_id).collect();
        let mut undo = Self {
            customers,
            contacts,
            new_customers,
            effects,
            kept: 0,
        };
        // What somebody deleted is neither kept nor taken back.
        let there = |undo: &Self, effect: &Effect| undo.version(effect).is_some();
        undo.effects = std::mem::take(&mut undo.effects)
            .into_iter()
            .filter(|effect| there(&undo, effect))
            .collect();
        undo.keep(|undo, effect| undo.version(effect) != Some(effect.version_after));
        let used = used(tx, &undo.effects).await?;
        undo.keep(|_, effect| effect.is_new() && used.contains(&effect.record_id));
        // A customer that stays keeps the contact it came with.
        let doomed = ids(&undo.effects, Kind::Customer);
        let stays = |undo: &Self, effect: &Effect| {
            let customer = undo
                .contacts
                .get(&effect.record_id)
                .map(|contact| contact.customer_id);
            customer
                .is_some_and(|customer| undo.new_customers.contains(&customer) && !doomed.contains(&customer))
        };
        undo.keep(|undo, effect| effect.is_new() && effect.kind == Kind::Contact && stays(undo, effect));
        Ok(undo)
    }

    fn version(&self, effect: &Effect) -> Option<i64> {
        match effect.kind {
            Kind::Customer => self.customers.get(&effect.record_id).map(|row| row.version),
            _ => self.contacts.get(&effect.record_id).map(|row| row.version),
        }
    }

    /// Leaves the records of some effects as they are.
    fn keep(&mut self, is_kept: impl Fn(&Self, &Effect) -> bool) {
        let effects = std::mem::take(&mut self.effects);
        let (kept, rest): (Vec<Effect>, Vec<Effect>) =
            effects.into_iter().partition(|effect| is_kept(self, effect));
        self.kept += kept.len();
        self.effects = rest;
    }

    /// Customers get their values back first, as their version decides; they are deleted last, after their contacts.
    async fn take_back(mut self, tx: &TenantDb, writer: &Writer) -> Result<usize> {
        let effects = std::mem::take(&mut self.effects);
        let created = |kind: Kind| {
            let of_kind = effects
                .iter()
                .filter(move |effect| effect.kind == kind && effect.is_new());
            of_kind.map(|effect| effect.record_id).collect::<Vec<Uuid>>()
        };
        let (new_customers, new_contacts) = (created(Kind::Customer), created(Kind::Contact));
        for effect in &effects {
            if let EffectOp::Updated(before) = &effect.op {
                self.restore(tx, writer, effect, before).await?;
            }
        }
        self.delete_contacts(tx, writer, &new_contacts, &new_customers)
            .await?;
        self.delete_customers(tx, &new_customers).await?;
        Ok(self.kept)
    }

    async fn restore(
        &mut self,
        tx: &TenantDb,
        writer: &Writer,
        effect: &Effect,
        before: &BTreeMap<String, String>,
    ) -> Result<()> {
        if effect.kind == Kind::Customer {
            let Some(row) = self.customers.remove(&effect.record_id) else {
                return Ok(());
            };
            let changes: Vec<Change> = before
                .iter()
                .filter_map(|(field, text)| customer_change(field, text))
                .collect();
            let row = update_customer(tx, writer, row, &changes).await?;
            self.customers.insert(row.id, row);
            return Ok(());
        }
        let Some(row) = self.contacts.remove(&effect.record_id) else {
            return Ok(());
        };
        let Some(customer) = customer(tx, row.customer_id).await? else {
            return Ok(());
        };
        let changes: Vec<ContactChange> = before
            .iter()
            .filter_map(|(field, text)| contact_change(field, text))
            .collect();
        let row = update_contact(tx, writer, customer, row, &changes).await?;
        self.contacts.insert(row.id, row);
        Ok(())
    }

    /// Deletes contacts; customers that stay get another main contact, or none.
    async fn delete_contacts(
        &self,
        tx: &TenantDb,
        writer: &Writer,
        ids: &[Uuid],
        doomed: &[Uuid],
    ) -> Result<()> {
        delete(tx, Kind::Contact, ids).await?;
        for contact in ids.iter().filter_map(|id| self.contacts.get(id)) {
            let people = self
                .customers
                .get(&contact.customer_id)
                .map(customer::store::Model::people);
            announce(
                tx,
                Kind::Contact,
                contact.id,
                contact.version,
                people.unwrap_or_default(),
            );
            if contact.main && !doomed.contains(&contact.customer_id) {
                if let Some(customer) = customer(tx, contact.customer_id).await? {
                    settle(tx, writer, customer, None).await?;
                }
            }
        }
        Ok(())
    }

    async fn delete_customers(&self, tx: &TenantDb, ids: &[Uuid]) -> Result<()> {
        delete(tx, Kind::Customer, ids).await?;
        for customer in ids.iter().filter_map(|id| self.customers.get(id)) {
            announce(
                tx,
                Kind::Customer,
                customer.id,
                customer.version,
                customer.people(),
            );
        }
        Ok(())
    }
}

fn ids(effects: &[Effect], kind: Kind) -> HashSet<Uuid> {
    effects
        .iter()
        .filter(|effect| effect.kind == kind)
        .map(|effect| effect.record_id)
        .collect()
}

fn announce(tx: &TenantDb, kind: Kind, id: Uuid, version: i64, people: People) {
    let (entity, audience) = (kind.as_str(), people.audience());
    tx.record(News {
        entity,
        id,
        version: version + 1,
        op: Op::Deleted,
        fields: Vec::new(),
        audience,
    });
}

async fn customers(tx: &TenantDb, ids: HashSet<Uuid>) -> Result<HashMap<Uuid, customer::store::Model>> {
    use customer::store::{Column, Entity};
    let finder = tx.find::<Entity>().filter(Column::Id.is_in(ids));
    let rows = tx.all(finder.map(sea_orm::QuerySelect::lock_exclusive)).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// A customer as the transaction has left it.
async fn customer(tx: &TenantDb, id: Uuid) -> Result<Option<customer::store::Model>> {
    use customer::store::{Column, Entity};
    tx.one(tx.find::<Entity>().filter(Column::Id.eq(id))).await
}

async fn contacts(tx: &TenantDb, ids: HashSet<Uuid>) -> Result<HashMap<Uuid, contact::store::Model>> {
    use contact::store::{Column, Entity};
    let finder = tx.find::<Entity>().filter(Column::Id.is_in(ids));
    let rows = tx.all(finder.map(sea_orm::QuerySelect::lock_exclusive)).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

#[derive(FromQueryResult)]
struct Used {
    id: Uuid,
}

/// Records of these effects that people have tied something to: contacts of their own, leads, tasks, notes, private fields.
async fn used(tx: &TenantDb, effects: &[Effect]) -> Result<HashSet<Uuid>> {
    let values = |kind: Kind| {
        ids(effects, kind)
            .into_iter()
            .map(Value::from)
            .collect::<Vec<Value>>()
    };
    let (customers, contacts) = (values(Kind::Customer), values(Kind::Contact));
    let all: Vec<Value> = customers.iter().chain(&contacts).cloned().collect();
    let mut used = HashSet::new();
    // Contacts that go with their customer are not somebody's own.
    let own = if contacts.is_empty() {
        String::new()
    } else {
        format!(" AND id NOT IN ({})", marks(contacts.len()))
    };
    let questions = [
        (format!("SELECT customer_id AS id FROM contacts WHERE org_id = {{org}} AND customer_id IN (#){own}"), &customers, contacts.as_slice()),
        ("SELECT customer_id AS id FROM leads WHERE org_id = {org} AND customer_id IN (#)".to_owned(), &customers, &[]),
        ("SELECT customer_id AS id FROM customer_privates WHERE org_id = {org} AND customer_id IN (#)".to_owned(), &customers, &[]),
        ("SELECT record_id AS id FROM tasks WHERE org_id = {org} AND record_id IN (#)".to_owned(), &all, &[]),
        (
            "SELECT record_id AS id FROM timeline WHERE org_id = {org} AND record_kind IN ('customer', 'contact') \
             AND kind = 'note' AND record_id IN (#)"
                .to_owned(),
            &all,
            &[],
        ),
    ];
    for (sql, ids, rest) in questions {
        if ids.is_empty() {
            continue;
        }
        let values = ids.iter().chain(rest).cloned().collect();
        let rows: Vec<Used> = tx.query(&sql.replace('#', &marks(ids.len())), values).await?;
        used.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(used)
}

/// Deletes records with their events and search entries.
async fn delete(tx: &TenantDb, kind: Kind, ids: &[Uuid]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let (name, marks) = (kind.as_str(), marks(ids.len()));
    let table = if kind == Kind::Customer {
        "customers"
    } else {
        "contacts"
    };
    for sql in [
        format!(
            "DELETE FROM timeline WHERE org_id = {{org}} AND record_kind = '{name}' AND record_id IN ({marks})"
        ),
        format!("DELETE FROM search_entries WHERE org_id = {{org}} AND kind = '{name}' AND id IN ({marks})"),
        format!("DELETE FROM {table} WHERE org_id = {{org}} AND id IN ({marks})"),
    ] {
        tx.execute(&sql, ids.iter().map(|id| (*id).into()).collect())
            .await?;
    }
    Ok(())
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// The change that gives a customer's field the value it had, from its text.
fn customer_change(field: &str, text: &str) -> Option<Change> {
    let text = text.to_owned();
    Some(match field {
        "name" => Change::Name(text),
        "kind" => Change::Kind(CustomerKind::from_stored(&text)),
        "email" => Change::Email(text),
        "phone" => Change::Phone(text),
        "website" => Change::Website(text),
        "address.street" => Change::Street(text),
        "address.postal_code" => Change::PostalCode(text),
        "address.city" => Change::City(text),
        "address.region" => Change::Region(text),
        "address.country" => Change::Country(text),
        "tags" => Change::Tags(
            text.split(", ")
                .filter(|tag| !tag.is_empty())
                .map(str::to_owned)
                .collect(),
        ),
        "external_id" => Change::ExternalId(text),
        "note" => Change::Note(text),
        _ => return None,
    })
}

fn contact_change(field: &str, text: &str) -> Option<ContactChange> {
    let text = text.to_owned();
    Some(match field {
        "name" => ContactChange::Name(text),
        "title" => ContactChange::Title(text),
        "email" => ContactChange::Email(text),
        "phone" => ContactChange::Phone(text),
        "mobile" => ContactChange::Mobile(text),
        "note" => ContactChange::Note(text),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        import::domain::mapping::TARGETS,
        record::merge::{Change as _, Fields as _},
    };

    #[test]
    fn every_field_an_import_can_fill_can_get_its_text_back() {
        for target in TARGETS {
            let field = target.field;
            if let Some(field) = field.strip_prefix("contact.") {
                let part_of_name = matches!(field, "first_name" | "last_name");
                let change = contact_change(field, "x");
                assert!(
                    part_of_name
                        || change.is_some_and(|change| change.field() == field && change.text() == "x"),
                    "{field}"
                );
                continue;
            }
            let text = if field == "kind" { "person" } else { "a, b" };
            let change = customer_change(field, text).unwrap_or_else(|| panic!("{field}"));
            assert_eq!((change.field(), change.text().as_str()), (field, text));
        }
    }

    #[test]
    fn what_was_there_before_comes_back() {
        let mut old = crate::customer::domain::NewCustomer {
            name: "Old".to_owned(),
            ..Default::default()
        };
        old.tags = vec!["a".to_owned(), "b".to_owned()];
        let changes = [
            Change::Name("New".to_owned()),
            Change::Tags(Vec::new()),
            Change::City("Leeds".to_owned()),
        ];
        let EffectOp::Updated(before) = EffectOp::updating(&old, &changes) else {
            panic!("no update")
        };
        let mut row = old.clone();
        changes.into_iter().for_each(|change| row.set(change));
        before
            .iter()
            .filter_map(|(field, text)| customer_change(field, text))
            .for_each(|change| row.set(change));
        assert_eq!(row, old);
        assert_eq!(
            row.current(&Change::Name(String::new())),
            Change::Name("Old".to_owned())
        );
    }
}
