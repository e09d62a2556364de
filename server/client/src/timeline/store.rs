//! Rows of the timeline: events that writes leave, and notes that people add.

use sea_orm::{QueryOrder as _, QuerySelect as _, Value, entity::prelude::*, sea_query::ExprTrait as _};
use serde::{Deserialize, Serialize};
use streamflow_kernel::{
    clock::timestamp,
    db::{TenantDb, TenantEntity},
    error::{Error, Result},
    ids::{self, prefix},
    list::{
        List, ListSpec,
        order::OrderField,
        page::{Key, KeyKind},
    },
};
use streamflow_proto::{client::v1 as pb, common::v1::PageInfo};

use crate::record::{kind::Kind, list::Page, merge::BeforeAfter, writer::Writer};

/// Rows of one INSERT; SQLite and PostgreSQL both bound the number of values.
const BATCH: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timeline")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: DateTimeUtc,
    pub record_kind: String,
    pub record_id: Uuid,
    pub kind: String,
    pub actor_id: Option<Uuid>,
    pub actor_name: String,
    /// JSON array of `FieldChange`.
    pub changes: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// A timeline is read newest first and nothing else.
pub const LIST: ListSpec =
    ListSpec { name: "timeline", filters: &[], orders: &[], default_order: OrderField::new("at", KeyKind::Time).descending() };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Created,
    Edited,
    Assigned,
    Moved,
    Converted,
    Archived,
    Restored,
    Imported,
    Note,
    Merged,
    Separated,
    FileAdded,
    FileRemoved,
    FileRestored,
}

impl EventKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Edited => "edited",
            Self::Assigned => "assigned",
            Self::Moved => "moved",
            Self::Converted => "converted",
            Self::Archived => "archived",
            Self::Restored => "restored",
            Self::Imported => "imported",
            Self::Note => "note",
            Self::Merged => "merged",
            Self::Separated => "separated",
            Self::FileAdded => "file_added",
            Self::FileRemoved => "file_removed",
            Self::FileRestored => "file_restored",
        }
    }
}

/// Something that happened to a record.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub record: (Kind, Uuid),
    pub kind: EventKind,
    pub changes: Vec<BeforeAfter>,
    /// For notes, and names: of records that were merged, of the rule that assigned a lead, of files.
    pub text: String,
}

impl NewEvent {
    pub const fn new(record: Kind, id: Uuid, kind: EventKind) -> Self {
        Self { record: (record, id), kind, changes: Vec::new(), text: String::new() }
    }
}

#[derive(Serialize, Deserialize)]
struct FieldChange {
    field: String,
    before: String,
    after: String,
}

/// A page of a record's events. The caller has made sure that the person sees the record.
pub async fn events(tx: &TenantDb, record: (Kind, Uuid), list: &List) -> Result<Page<Model>> {
    let place = || Expr::tuple([Expr::col(Column::At), Expr::col(Column::Id)]);
    let after = list.after.as_ref().and_then(|token| match token.last_key {
        Key::Time(at) => Some(place().lt(Expr::tuple([Expr::val(at), Expr::val(token.last_id)]))),
        _ => None,
    });
    let finder = tx.find::<Entity>().map(|select| {
        let select = select.filter(Column::RecordKind.eq(record.0.as_str())).filter(Column::RecordId.eq(record.1));
        let select = select.order_by_desc(Column::At).order_by_desc(Column::Id).limit(list.size + 1);
        match after {
            Some(after) => select.filter(after),
            None => select,
        }
    });
    let mut rows = tx.all(finder).await?;
    let more = rows.len() as u64 > list.size;
    rows.truncate(usize::try_from(list.size).unwrap_or(usize::MAX));
    let last = rows.last().filter(|_| more);
    let next_page_token = last.map(|row| list.token_after(Key::Time(row.at), row.id)).unwrap_or_default();
    Ok(Page { info: PageInfo { next_page_token, ..PageInfo::default() }, rows })
}

/// Writes a note and gives it back as it stands.
pub async fn insert_note(tx: &TenantDb, writer: &Writer, note: NewEvent) -> Result<Model> {
    let ids = insert_events(tx, writer, &[note]).await?;
    let written = tx.one(tx.find::<Entity>().filter(Column::Id.is_in(ids))).await?;
    written.ok_or_else(|| Error::internal("a note is not there after writing it"))
}

/// Writes events of this moment, in order. Returns their ids.
pub async fn insert_events(tx: &TenantDb, writer: &Writer, events: &[NewEvent]) -> Result<Vec<Uuid>> {
    let mut written = Vec::with_capacity(events.len());
    for batch in events.chunks(BATCH) {
        let mut values: Vec<Value> = Vec::with_capacity(batch.len() * 9);
        for event in batch {
            let id = writer.new_id();
            written.push(id);
            values.extend::<[Value; 9]>([
                id.into(),
                writer.now().into(),
                event.record.0.as_str().into(),
                event.record.1.into(),
                event.kind.as_str().into(),
                writer.actor.id.into(),
                writer.actor.name.clone().into(),
                stored_changes(&event.changes)?.into(),
                event.text.clone().into(),
            ]);
        }
        let rows = vec!["({org}, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; batch.len()].join(", ");
        let sql = format!(
            "INSERT INTO timeline (org_id, id, at, record_kind, record_id, kind, actor_id, actor_name, changes, text) \
             VALUES {rows}"
        );
        tx.execute(&sql, values).await?;
    }
    Ok(written)
}

fn stored_changes(changes: &[BeforeAfter]) -> Result<String> {
    let changes: Vec<FieldChange> = changes
        .iter()
        .map(|change| FieldChange { field: change.field.clone(), before: change.before.clone(), after: change.after.clone() })
        .collect();
    serde_json::to_string(&changes).map_err(Error::internal)
}

impl Model {
    pub fn into_pb(self) -> pb::TimelineEvent {
        let changes: Vec<FieldChange> = serde_json::from_str(&self.changes).unwrap_or_default();
        let kind = pb::TimelineEventKind::from_str_name(&format!("TIMELINE_EVENT_KIND_{}", self.kind.to_uppercase()));
        pb::TimelineEvent {
            id: ids::format(prefix::EVENT, self.id),
            at: timestamp(self.at),
            kind: kind.unwrap_or_default().into(),
            actor_id: ids::format_option(prefix::USER, self.actor_id),
            actor_name: self.actor_name,
            changes: changes
                .into_iter()
                .map(|change| pb::FieldChange { field: change.field, before: change.before, after: change.after })
                .collect(),
            text: self.text,
        }
    }
}
