//! Writes leads: each with its event, its search entry and the news for watchers, in the caller's transaction.

use sea_orm::{ActiveValue::Set, IntoActiveModel as _};
use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
};
use uuid::Uuid;

use super::{ActiveModel, Model, board};
use crate::{
    assignment_rule::assign,
    custom_field::value::Values,
    lead::domain::{Change, NewLead},
    record::{
        fields::shown_user,
        kind::Kind,
        merge::{self, BeforeAfter},
        number,
        trace::Written,
        writer::Writer,
    },
    search::{
        self,
        domain::{entry, normalise},
    },
    timeline::store::{EventKind, NewEvent, insert_events},
};

/// Adds a lead at the end of its stage. Its stage and people must be of the company. The company's rules choose an assignee where
/// nobody else did.
pub async fn insert_lead(tx: &TenantDb, writer: &Writer, mut new: NewLead) -> Result<Model> {
    let turn = assign::by_rule(tx, &new).await?;
    if let Some(turn) = &turn {
        new.assignee_id = Some(turn.user_id);
    }
    let now = writer.now();
    let stage_id = new.stage_id.ok_or_else(|| Error::internal("a new lead has no stage"))?;
    let mut row = ActiveModel {
        id: Set(writer.new_id()),
        version: Set(1),
        number: Set(number::next(tx, Kind::Lead).await?),
        position: Set(board::end_of(tx, stage_id).await?),
        customer_id: Set(None),
        custom: Set(Values::default().into_json()),
        created_at: Set(now),
        updated_at: Set(now),
        archived_at: Set(None),
        ..Default::default()
    };
    for change in new.fields() {
        put(&mut row, change)?;
    }
    let lead = tx.insert(row).await?;
    lead.index(tx).await?;
    lead.written().trace_new(tx, writer).await?;
    if let Some(turn) = turn {
        let after = shown_user(&Some(turn.user_id));
        let changes = vec![BeforeAfter { field: "assignee_id".to_owned(), before: String::new(), after }];
        let event = NewEvent { changes, text: turn.rule, ..NewEvent::new(Kind::Lead, lead.id, EventKind::Assigned) };
        insert_events(tx, writer, &[event]).await?;
    }
    Ok(lead)
}

/// Changes fields of a lead that is held by the transaction. Without changes nothing is written.
pub async fn update_lead(tx: &TenantDb, writer: &Writer, before: Model, changes: &[Change]) -> Result<Model> {
    if changes.is_empty() {
        return Ok(before);
    }
    let shown = merge::before_after(&before.values(), changes);
    let mut row = before.clone().into_active_model();
    for change in changes {
        if let Change::Stage(Some(stage_id)) = change {
            row.position = Set(board::end_of(tx, *stage_id).await?);
        }
        put(&mut row, change.clone())?;
    }
    row.version = Set(before.version + 1);
    row.updated_at = Set(writer.now());
    let lead = tx.update(row).await?;
    lead.reindex(tx, &before).await?;
    lead.written().trace_edit(tx, writer, shown, before.people()).await?;
    Ok(lead)
}

/// Puts a lead that is held by the transaction into a stage, at a position.
pub async fn move_lead(tx: &TenantDb, writer: &Writer, before: Model, stage_id: Uuid, position: f64) -> Result<Model> {
    let mut row = before.clone().into_active_model();
    row.stage_id = Set(stage_id);
    row.position = Set(position);
    row.version = Set(before.version + 1);
    row.updated_at = Set(writer.now());
    let lead = tx.update(row).await?;
    let mut fields = vec!["position".to_owned()];
    if stage_id != before.stage_id {
        fields.insert(0, "stage_id".to_owned());
        let changes = merge::before_after(&before.values(), &[Change::Stage(Some(stage_id))]);
        let event = NewEvent { changes, ..NewEvent::new(Kind::Lead, lead.id, EventKind::Moved) };
        insert_events(tx, writer, &[event]).await?;
    }
    lead.written().announce_fields(tx, fields, before.people());
    Ok(lead)
}

/// Notes the customer a lead has become, and that it is won where the pipeline has a stage for it.
pub async fn mark_converted(
    tx: &TenantDb,
    writer: &Writer,
    before: Model,
    customer: (Uuid, String),
    won: Option<Uuid>,
) -> Result<Model> {
    let mut row = before.clone().into_active_model();
    let mut fields = vec!["customer_id".to_owned()];
    row.customer_id = Set(Some(customer.0));
    if let Some(stage_id) = won.filter(|stage_id| *stage_id != before.stage_id) {
        row.position = Set(board::end_of(tx, stage_id).await?);
        row.stage_id = Set(stage_id);
        fields.push("stage_id".to_owned());
    }
    row.version = Set(before.version + 1);
    row.updated_at = Set(writer.now());
    let lead = tx.update(row).await?;
    let change = BeforeAfter { field: "customer_id".to_owned(), before: String::new(), after: customer.1 };
    let event = NewEvent { changes: vec![change], ..NewEvent::new(Kind::Lead, lead.id, EventKind::Converted) };
    insert_events(tx, writer, &[event]).await?;
    lead.written().announce_fields(tx, fields, before.people());
    Ok(lead)
}

impl Model {
    pub fn written(&self) -> Written {
        Written { kind: Kind::Lead, id: self.id, version: self.version, people: self.people() }
    }

    async fn index(&self, tx: &TenantDb) -> Result<()> {
        let entry = entry::lead(&self.clone().into_pb());
        search::index::upsert(tx, (Kind::Lead, self.id), entry, self.people(), self.archived_at.is_some()).await
    }

    async fn reindex(&self, tx: &TenantDb, before: &Self) -> Result<()> {
        let entries = [self, before].map(|row| entry::lead(&row.clone().into_pb()));
        if entries[0] != entries[1] || self.people() != before.people() {
            self.index(tx).await?;
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
        Change::Company(company) => row.company = Set(company),
        Change::ContactName(name) => row.contact_name = Set(name),
        Change::Email(email) => row.email = Set(email),
        Change::Phone(phone) => row.phone = Set(phone),
        Change::Stage(id) => row.stage_id = Set(id.ok_or_else(|| Error::internal("a lead has no stage"))?),
        Change::Value(worth) => {
            row.value_minor = Set(worth.minor_units);
            row.currency_code = Set(worth.currency_code);
        }
        Change::Source(source) => row.source = Set(source),
        Change::Owner(id) => row.owner_id = Set(id),
        Change::Assignee(id) => row.assignee_id = Set(id),
        Change::Team(id) => row.team_id = Set(id),
        Change::Tags(tags) => row.tags = Set(serde_json::to_string(&tags).map_err(Error::internal)?),
        Change::FollowUpOn(day) => row.follow_up_on = Set(day),
        Change::Note(note) => row.note = Set(note),
        Change::Custom(set) => set.put(&mut row.custom),
    }
    Ok(())
}
