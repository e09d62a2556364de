//! The records of a few rows of an import, and how they are taken back.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::ColumnTrait as _;
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::Result,
    feed::{Change as News, Op},
};
use uuid::Uuid;

use super::used::{delete, used};
use crate::{
    contact::{
        self,
        domain::Change as ContactChange,
        store::{main::settle, write::update_contact},
    },
    customer::{self, domain::Change, store::write::update_customer},
    import::effects::{Effect, EffectOp, ids},
    record::{
        kind::Kind,
        people::People,
        values::{contact_change, customer_change},
        writer::Writer,
    },
};

/// The records of a few rows, held.
pub struct Records {
    customers: HashMap<Uuid, customer::store::Model>,
    contacts: HashMap<Uuid, contact::store::Model>,
    /// Customers that the import created.
    new_customers: HashSet<Uuid>,
    /// Effects on records that are as the import left them and nobody works with.
    effects: Vec<Effect>,
    kept: usize,
}

impl Records {
    /// The records `effects` are about, without those that people worked with since and those that `scope`, the sight of whoever
    /// takes the import back, does not reach.
    pub async fn load(tx: &TenantDb, scope: &Scope, effects: Vec<Effect>) -> Result<Self> {
        let contacts = contacts(tx, ids(&effects, Kind::Contact)).await?;
        let mut wanted = ids(&effects, Kind::Customer);
        wanted.extend(contacts.values().map(|contact| contact.customer_id));
        let customers = customers(tx, wanted).await?;
        let new = effects.iter().filter(|effect| effect.is_new() && effect.kind == Kind::Customer);
        let new_customers = new.map(|effect| effect.record_id).collect();
        let mut records = Self { customers, contacts, new_customers, effects, kept: 0 };
        // What somebody deleted is neither kept nor taken back.
        let there = records.effects.iter().filter(|effect| records.version(effect).is_some());
        records.effects = there.cloned().collect();
        records.keep(|records, effect| records.version(effect) != Some(effect.version_after) || !records.is_seen(effect, scope));
        // Twice: a contact that stays because somebody uses it keeps its customer.
        for _ in 0..2 {
            let used = used(tx, &records.effects).await?;
            records.keep(|_, effect| effect.is_new() && used.contains(&effect.record_id));
        }
        let doomed = ids(&records.effects, Kind::Customer);
        records.keep(|records, effect| effect.is_new() && records.is_with_one_that_stays(effect, &doomed));
        Ok(records)
    }

    fn version(&self, effect: &Effect) -> Option<i64> {
        match effect.kind {
            Kind::Customer => self.customers.get(&effect.record_id).map(|row| row.version),
            _ => self.contacts.get(&effect.record_id).map(|row| row.version),
        }
    }

    fn is_seen(&self, effect: &Effect, scope: &Scope) -> bool {
        let customer_id = match effect.kind {
            Kind::Customer => Some(effect.record_id),
            _ => self.contacts.get(&effect.record_id).map(|row| row.customer_id),
        };
        let customer = customer_id.and_then(|id| self.customers.get(&id));
        customer.is_some_and(|row| row.people().are_seen_by(scope))
    }

    /// True for a contact that came with a customer which is not deleted with it.
    fn is_with_one_that_stays(&self, effect: &Effect, doomed: &HashSet<Uuid>) -> bool {
        let contact = self.contacts.get(&effect.record_id).filter(|_| effect.kind == Kind::Contact);
        contact.is_some_and(|contact| self.new_customers.contains(&contact.customer_id) && !doomed.contains(&contact.customer_id))
    }

    /// Leaves the records of some effects as they are.
    fn keep(&mut self, is_kept: impl Fn(&Self, &Effect) -> bool) {
        let effects = std::mem::take(&mut self.effects);
        let (kept, rest): (Vec<Effect>, Vec<Effect>) = effects.into_iter().partition(|effect| is_kept(self, effect));
        self.kept += kept.len();
        self.effects = rest;
    }

    /// Customers get their values back first, as their version decides; they are deleted last, after their contacts.
    pub async fn take_back(mut self, tx: &TenantDb, writer: &Writer) -> Result<usize> {
        let effects = std::mem::take(&mut self.effects);
        let created = |kind: Kind| {
            let of_kind = effects.iter().filter(move |effect| effect.kind == kind && effect.is_new());
            of_kind.map(|effect| effect.record_id).collect::<Vec<Uuid>>()
        };
        let (new_customers, new_contacts) = (created(Kind::Customer), created(Kind::Contact));
        for effect in &effects {
            if let EffectOp::Updated(before) = &effect.op {
                self.restore(tx, writer, effect, before).await?;
            }
        }
        self.delete_contacts(tx, writer, &new_contacts, &new_customers).await?;
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
            let changes: Vec<Change> = before.iter().filter_map(|(field, text)| customer_change(field, text)).collect();
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
        let changes: Vec<ContactChange> = before.iter().filter_map(|(field, text)| contact_change(field, text)).collect();
        let row = update_contact(tx, writer, customer, row, &changes).await?;
        self.contacts.insert(row.id, row);
        Ok(())
    }

    /// Deletes contacts; customers that stay get another main contact, or none.
    async fn delete_contacts(&self, tx: &TenantDb, writer: &Writer, ids: &[Uuid], doomed: &[Uuid]) -> Result<()> {
        delete(tx, Kind::Contact, ids).await?;
        for contact in ids.iter().filter_map(|id| self.contacts.get(id)) {
            let people = self.customers.get(&contact.customer_id).map(customer::store::Model::people);
            announce(tx, Kind::Contact, contact.id, contact.version, people.unwrap_or_default());
            let stays = contact.main && !doomed.contains(&contact.customer_id);
            if stays && let Some(customer) = customer(tx, contact.customer_id).await? {
                settle(tx, writer, customer, None).await?;
            }
        }
        Ok(())
    }

    async fn delete_customers(&self, tx: &TenantDb, ids: &[Uuid]) -> Result<()> {
        delete(tx, Kind::Customer, ids).await?;
        for customer in ids.iter().filter_map(|id| self.customers.get(id)) {
            announce(tx, Kind::Customer, customer.id, customer.version, customer.people());
        }
        Ok(())
    }
}

pub(in crate::import) fn announce(tx: &TenantDb, kind: Kind, id: Uuid, version: i64, people: People) {
    let (entity, audience) = (kind.as_str(), people.audience());
    tx.record(News { entity, id, version: version + 1, op: Op::Deleted, fields: Vec::new(), audience });
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
