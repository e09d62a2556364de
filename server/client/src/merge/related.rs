//! What hangs on records, and how it goes to another one: contacts, leads that became the customer, tasks, notes, files. A table that links
//! to customers or contacts belongs here too.

use std::collections::HashMap;

use sea_orm::{ColumnTrait as _, FromQueryResult, QueryOrder as _, Value, sea_query::Expr};
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result},
    feed::{Change, Op},
};
use streamflow_proto::client::reason;
use uuid::Uuid;

use super::store::{Effect, Texts};
use crate::{
    contact, customer, lead,
    record::{bulk, find, kind::Kind, people::People, row, trace::Written, writer::Writer},
    task::{
        self,
        store::{Model as Task, about},
    },
};

/// Rows that go with one merge: more would hold everybody else up.
const MOST: usize = 5_000;

/// A note on the timeline.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Note {
    pub id: Uuid,
    pub record_id: Uuid,
}

/// A file on the record, there or not yet or deleted of late.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct File {
    pub id: Uuid,
    pub record_id: Uuid,
    version: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Related {
    pub contacts: Vec<contact::store::Model>,
    pub leads: Vec<lead::store::Model>,
    pub tasks: Vec<Task>,
    pub notes: Vec<Note>,
    pub files: Vec<File>,
}

/// How much hangs on these records, in the sight of the transaction.
pub async fn count(tx: &TenantDb, kind: Kind, ids: &[Uuid]) -> Result<usize> {
    #[derive(FromQueryResult)]
    struct Row {
        count: i64,
    }
    let marks = marks(ids.len());
    let mut parts = vec![
        format!("SELECT COUNT(*) AS count FROM tasks WHERE org_id = {{org}} AND record_kind = ? AND record_id IN ({marks})"),
        format!(
            "SELECT COUNT(*) FROM timeline WHERE org_id = {{org}} AND record_kind = ? AND kind = 'note' AND record_id IN ({marks})"
        ),
        format!("SELECT COUNT(*) FROM attachments WHERE org_id = {{org}} AND record_kind = ? AND record_id IN ({marks})"),
    ];
    let about = || std::iter::once(kind.as_str().into()).chain(values(ids));
    let mut all: Vec<_> = about().chain(about()).chain(about()).collect();
    if kind == Kind::Customer {
        for table in ["contacts", "leads"] {
            parts.push(format!("SELECT COUNT(*) FROM {table} WHERE org_id = {{org}} AND customer_id IN ({marks})"));
            all.extend(values(ids));
        }
    }
    let rows: Vec<Row> = tx.query(&parts.join(" UNION ALL "), all).await?;
    Ok(rows.iter().map(|row| usize::try_from(row.count).unwrap_or(usize::MAX)).fold(0, usize::saturating_add))
}

/// Refuses what nobody may move in one go.
pub fn check_count(all: usize) -> Result<()> {
    if all > MOST {
        let text = "More than 5,000 contacts, leads, tasks, notes and files would move. Choose the record with most of them as the survivor, \
                    or merge fewer records at once.";
        return Err(Error::refused(reason::MERGE_TOO_LARGE, text));
    }
    Ok(())
}

impl Related {
    /// All that hangs on these records, in the sight of the transaction.
    pub async fn load(tx: &TenantDb, kind: Kind, ids: &[Uuid]) -> Result<Self> {
        let mut related = Self { tasks: about(tx, tx.scope(), kind.as_str(), ids).await?, ..Self::default() };
        if kind == Kind::Customer {
            use contact::store::{Column as Contacts, Entity as Contact};
            use lead::store::{Column as Leads, Entity as Lead};
            let contacts = row::finder::<Contact>(tx, tx.scope()).filter(Contacts::CustomerId.is_in(ids.iter().copied()));
            related.contacts = tx.all(contacts.map(|select| select.order_by_asc(Contacts::Id))).await?;
            let leads = row::finder::<Lead>(tx, tx.scope()).filter(Leads::CustomerId.is_in(ids.iter().copied()));
            related.leads = tx.all(leads.map(|select| select.order_by_asc(Leads::Id))).await?;
        }
        let sql = format!(
            "SELECT id, record_id FROM timeline WHERE org_id = {{org}} AND record_kind = ? AND kind = 'note' AND record_id IN ({})",
            marks(ids.len())
        );
        related.notes = tx.query(&sql, std::iter::once(kind.as_str().into()).chain(values(ids)).collect()).await?;
        let sql = format!(
            "SELECT id, record_id, version FROM attachments WHERE org_id = {{org}} AND record_kind = ? AND record_id IN ({})",
            marks(ids.len())
        );
        related.files = tx.query(&sql, std::iter::once(kind.as_str().into()).chain(values(ids)).collect()).await?;
        Ok(related)
    }

    /// Refuses what this person may not move, or nobody in one go.
    pub async fn check(&self, tx: &TenantDb, scope: &Scope, kind: Kind, ids: &[Uuid]) -> Result<()> {
        let seen_tasks = about(tx, scope, kind.as_str(), ids).await?.len();
        if seen_tasks < self.tasks.len() || self.leads.iter().any(|lead| !lead.people().are_seen_by(scope)) {
            let text = "Others have leads or tasks with these records that you don't see. Ask an owner or manager to merge them.";
            return Err(Error::refused(reason::MERGE_NEEDS_OTHERS, text));
        }
        let all = self.contacts.len() + self.leads.len() + self.tasks.len() + self.notes.len() + self.files.len();
        check_count(all)
    }

    /// As [`load`](Self::load), with contacts and leads held: what is loaded stays so until it is moved.
    pub async fn hold(tx: &TenantDb, kind: Kind, ids: &[Uuid]) -> Result<Self> {
        let related = Self::load(tx, kind, ids).await?;
        let contacts: Vec<Uuid> = related.contacts.iter().map(|row| row.id).collect();
        let leads: Vec<Uuid> = related.leads.iter().map(|row| row.id).collect();
        let contacts = bulk::held::<contact::store::Entity>(tx, tx.scope(), &contacts).await?;
        let leads = bulk::held::<lead::store::Entity>(tx, tx.scope(), &leads).await?;
        Ok(Self { contacts, leads, ..related })
    }

    /// What is kept to take the move back.
    pub fn effects(&self) -> Vec<Effect> {
        let contacts = self.contacts.iter().map(|row| Effect {
            before: if row.main { Texts::from([("main".to_owned(), "yes".to_owned())]) } else { Texts::new() },
            ..Effect::moved("contact", row.id, row.customer_id)
        });
        let leads = self.leads.iter().filter_map(|row| Some(Effect::moved("lead", row.id, row.customer_id?)));
        let tasks = self.tasks.iter().filter_map(|row| Some(Effect::moved("task", row.id, row.record_id?)));
        let notes = self.notes.iter().map(|row| Effect::moved("note", row.id, row.record_id));
        let files = self.files.iter().map(|row| Effect::moved("attachment", row.id, row.record_id));
        contacts.chain(leads).chain(tasks).chain(notes).chain(files).collect()
    }

    /// Makes it all belong to `to`.
    pub async fn move_to(&self, tx: &TenantDb, writer: &Writer, kind: Kind, to: (Uuid, &str)) -> Result<()> {
        self.move_contacts(tx, writer, to.0).await?;
        self.move_leads(tx, writer, to.0).await?;
        task::store::move_to(tx, &self.tasks, to.0, to.1).await?;
        for task in &self.tasks {
            let moved = Task { version: task.version + 1, ..task.clone() };
            tx.record(task::api::change(&moved, Op::Updated, &["record_id"]));
        }
        self.move_notes(tx, kind, to.0).await?;
        self.move_files(tx, kind, to.0).await
    }

    async fn move_notes(&self, tx: &TenantDb, kind: Kind, to: Uuid) -> Result<()> {
        if self.notes.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "UPDATE timeline SET record_id = ? WHERE org_id = {{org}} AND record_kind = ? AND id IN ({})",
            marks(self.notes.len())
        );
        let head: [Value; 2] = [to.into(), kind.as_str().into()];
        tx.execute(&sql, head.into_iter().chain(self.notes.iter().map(|note| note.id.into())).collect()).await?;
        Ok(())
    }

    /// Their bytes stay where they are.
    async fn move_files(&self, tx: &TenantDb, kind: Kind, to: Uuid) -> Result<()> {
        if self.files.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "UPDATE attachments SET record_id = ?, version = version + 1 WHERE org_id = {{org}} AND record_kind = ? AND id IN ({})",
            marks(self.files.len())
        );
        let head: [Value; 2] = [to.into(), kind.as_str().into()];
        tx.execute(&sql, head.into_iter().chain(self.files.iter().map(|file| file.id.into())).collect()).await?;
        let audience = find::people_of(tx, kind, to).await?.audience();
        for File { id, version, .. } in &self.files {
            let (entity, id, version, op) = ("attachment", *id, version + 1, Op::Updated);
            tx.record(Change { entity, id, version, op, fields: vec![kind.format(to)], audience });
        }
        Ok(())
    }

    /// Contacts go without being anybody's main one; the caller settles that.
    async fn move_contacts(&self, tx: &TenantDb, writer: &Writer, to: Uuid) -> Result<()> {
        use contact::store::{Column, Entity};
        if self.contacts.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = self.contacts.iter().map(|row| row.id).collect();
        tx.update_many::<Entity>(|update| {
            let update = update.col_expr(Column::CustomerId, Expr::val(to)).col_expr(Column::Main, Expr::val(false));
            bulk::touched::<Entity>(update, writer, &ids)
        })
        .await?;
        let customers = self.customers(tx, to).await?;
        let target = customers.get(&to).ok_or(Kind::Customer.not_found())?;
        for before in &self.contacts {
            let (version, people) = (before.version + 1, target.people());
            let moved = contact::store::Model { customer_id: to, main: false, version, ..before.clone() };
            moved.index(tx, target).await?;
            let left = customers.get(&before.customer_id).map_or(people, customer::store::Model::people);
            let written = Written { kind: Kind::Contact, id: moved.id, version, people };
            written.announce_fields(tx, vec!["customer_id".to_owned()], left);
        }
        Ok(())
    }

    /// The customers contacts come from and go to.
    async fn customers(&self, tx: &TenantDb, to: Uuid) -> Result<HashMap<Uuid, customer::store::Model>> {
        use customer::store::{Column, Entity};
        let ids = self.contacts.iter().map(|row| row.customer_id).chain([to]);
        let rows = tx.all(tx.find::<Entity>().filter(Column::Id.is_in(ids))).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    async fn move_leads(&self, tx: &TenantDb, writer: &Writer, to: Uuid) -> Result<()> {
        use lead::store::{Column, Entity};
        if self.leads.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = self.leads.iter().map(|row| row.id).collect();
        tx.update_many::<Entity>(|update| {
            bulk::touched::<Entity>(update.col_expr(Column::CustomerId, Expr::val(to)), writer, &ids)
        })
        .await?;
        for lead in &self.leads {
            let people: People = lead.people();
            bulk::written::<Entity>(lead, people).announce_fields(tx, vec!["customer_id".to_owned()], people);
        }
        Ok(())
    }
}

pub fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

pub fn values(ids: &[Uuid]) -> impl Iterator<Item = Value> {
    ids.iter().map(|id| (*id).into())
}
