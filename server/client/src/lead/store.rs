//! Rows of leads, and how they are read and listed. Writing is in [`mod@write`], places on the board in [`board`].

pub mod board;
pub mod write;

use sea_orm::{
    Condition,
    entity::prelude::*,
    sea_query::{CaseStatement, ExprTrait as _},
};
use streamflow_kernel::{
    clock::timestamp,
    db::{Scope, TenantDb, TenantEntity, Visibility, VisibleEntity},
    error::Result,
    ids::{self, prefix},
    list::{
        List, ListSpec,
        filter::{FieldSpec, Kind as Holds, Op},
        order::OrderField,
        page::{Key, KeyKind},
    },
};
use streamflow_proto::{client::v1 as pb, common::v1::Money};

use super::{
    domain::{Change, NewLead, Worth},
    stage,
};
use crate::custom_field::value::Values;
use crate::record::{
    kind::Kind,
    list::Sort,
    number,
    people::{People, Place},
    row::{Owned, Record},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "leads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub number: i64,
    pub name: String,
    /// Normalised name.
    pub sort_name: String,
    pub company: String,
    pub contact_name: String,
    pub email: String,
    pub phone: String,
    pub stage_id: Uuid,
    /// Order within the stage, ascending.
    pub position: f64,
    pub value_minor: i64,
    pub currency_code: String,
    pub source: String,
    pub owner_id: Option<Uuid>,
    pub assignee_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    /// JSON array of texts.
    pub tags: String,
    pub follow_up_on: Option<Date>,
    pub note: String,
    /// Set once converted.
    pub customer_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub archived_at: Option<DateTimeUtc>,
    /// Custom fields that have a value.
    pub custom: Json,
}

streamflow_kernel::in_order!(Model {
    org_id,
    id,
    version,
    number,
    name,
    sort_name,
    company,
    contact_name,
    email,
    phone,
    stage_id,
    position,
    value_minor,
    currency_code,
    source,
    owner_id,
    assignee_id,
    team_id,
    tags,
    follow_up_on,
    note,
    customer_id,
    created_at,
    updated_at,
    archived_at,
    custom,
});

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

impl VisibleEntity for Entity {
    const OWNER: Column = Column::OwnerId;
    const ASSIGNEE: Column = Column::AssigneeId;
    const TEAM: Column = Column::TeamId;
}

const BY_NAME: OrderField = OrderField::new("name", KeyKind::Text);
const BY_STAGE: &str = "stage";

impl Record for Entity {
    const KIND: Kind = Kind::Lead;
    const LIST: ListSpec = ListSpec {
        name: "leads",
        filters: &[
            FieldSpec::new("id", Holds::Uuid(prefix::LEAD)),
            FieldSpec::new("search", Holds::Search),
            FieldSpec::new("name", Holds::Text),
            FieldSpec::new("company", Holds::Text),
            FieldSpec::new("email", Holds::Text),
            FieldSpec::new("phone", Holds::Text),
            FieldSpec::new("stage_id", Holds::Uuid(prefix::STAGE)),
            FieldSpec::new("owner_id", Holds::Uuid(prefix::USER)),
            FieldSpec::new("assignee_id", Holds::Uuid(prefix::USER)),
            FieldSpec::new("team_id", Holds::Uuid(prefix::TEAM)),
            FieldSpec::new("source", Holds::Text),
            FieldSpec::new("tag", Holds::Text),
            FieldSpec::new("created_at", Holds::Timestamp),
            FieldSpec::new("updated_at", Holds::Timestamp),
            FieldSpec::new("follow_up_on", Holds::Date),
            FieldSpec::new("archived", Holds::Bool),
            FieldSpec::new("converted", Holds::Bool),
        ],
        orders: &[
            BY_NAME,
            OrderField::new("number", KeyKind::Number),
            OrderField::new(BY_STAGE, KeyKind::Number),
            OrderField::new("value", KeyKind::Number),
            OrderField::new("created_at", KeyKind::Time),
            OrderField::new("updated_at", KeyKind::Time),
            OrderField::new("follow_up_on", KeyKind::DateOrNone),
        ],
        default_order: BY_NAME.ascending(),
    };
    const ID: Column = Column::Id;
    const SORT_NAME: Column = Column::SortName;
    const VERSION: Column = Column::Version;
    const UPDATED_AT: Column = Column::UpdatedAt;
    const ARCHIVED_AT: Column = Column::ArchivedAt;

    type Change = Change;
    type Values = NewLead;

    /// Who sees finances sees customers, not leads.
    fn visible(scope: &Scope) -> Condition {
        if scope.visibility == Visibility::Finance {
            return Condition::all().add(Column::OrgId.is_null());
        }
        scope.condition::<Self>()
    }

    fn column(field: &str) -> Option<Column> {
        Some(match field {
            "name" => Column::Name,
            "number" => Column::Number,
            "company" => Column::Company,
            "email" => Column::Email,
            "phone" => Column::Phone,
            "stage_id" => Column::StageId,
            "value" => Column::ValueMinor,
            "owner_id" => Column::OwnerId,
            "assignee_id" => Column::AssigneeId,
            "team_id" => Column::TeamId,
            "source" => Column::Source,
            "tags" => Column::Tags,
            "created_at" => Column::CreatedAt,
            "updated_at" => Column::UpdatedAt,
            "follow_up_on" => Column::FollowUpOn,
            "converted" => Column::CustomerId,
            "custom" => Column::Custom,
            _ => return None,
        })
    }

    fn place(change: &Change) -> Option<Place> {
        match change {
            Change::Owner(id) => Some(Place::Owner(*id)),
            Change::Assignee(id) => Some(Place::Assignee(*id)),
            Change::Team(id) => Some(Place::Team(*id)),
            _ => None,
        }
    }

    fn id(row: &Model) -> Uuid {
        row.id
    }

    fn version(row: &Model) -> i64 {
        row.version
    }

    fn is_archived(row: &Model) -> bool {
        row.archived_at.is_some()
    }

    fn values(row: &Model) -> NewLead {
        row.values()
    }
}

impl Owned for Entity {
    fn people(row: &Model) -> People {
        People { owner: row.owner_id, assignee: row.assignee_id, team: row.team_id }
    }
}

/// The order of a list of leads.
pub async fn sort(tx: &TenantDb, list: &List) -> Result<Sort<Entity>> {
    if list.order.field != BY_STAGE {
        return Sort::of(list.order);
    }
    let one_stage = list.conditions.iter().any(|term| term.field == "stage_id" && term.op == Op::Equal);
    if one_stage {
        return Ok(by_position(list));
    }
    let stages: Vec<Uuid> = stage::stages(tx).await?.into_iter().map(|stage| stage.id).collect();
    Ok(by_stage(list, stages))
}

/// Within one stage: as the cards lie on the board. A token keeps the position's bits, because its numbers are whole.
fn by_position(list: &List) -> Sort<Entity> {
    let by = Expr::col(Column::Position.as_column_ref());
    let key = |row: &Model| Key::Number(row.position.to_bits().cast_signed());
    Sort::by(by, list.order, Box::new(key)).binding(|key| match key {
        Key::Number(bits) => f64::from_bits(bits.cast_unsigned()).into(),
        _ => 0.0.into(),
    })
}

/// Over several stages: by the stage's place in the pipeline.
fn by_stage(list: &List, stages: Vec<Uuid>) -> Sort<Entity> {
    let beyond = i64::try_from(stages.len()).unwrap_or(i64::MAX);
    let mut place = CaseStatement::new();
    for (at, id) in (0_i64..).zip(&stages) {
        place = place.case(Expr::col(Column::StageId.as_column_ref()).eq(*id), at);
    }
    let key = move |row: &Model| {
        let at = stages.iter().position(|id| *id == row.stage_id);
        Key::Number(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(beyond))
    };
    Sort::by(place.finally(beyond).into(), list.order, Box::new(key))
}

impl Model {
    pub fn people(&self) -> People {
        Entity::people(self)
    }

    /// The fields people write.
    pub fn values(&self) -> NewLead {
        NewLead {
            name: self.name.clone(),
            company: self.company.clone(),
            contact_name: self.contact_name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            stage_id: Some(self.stage_id),
            value: Worth { minor_units: self.value_minor, currency_code: self.currency_code.clone() },
            source: self.source.clone(),
            owner_id: self.owner_id,
            assignee_id: self.assignee_id,
            team_id: self.team_id,
            tags: serde_json::from_str(&self.tags).unwrap_or_default(),
            follow_up_on: self.follow_up_on,
            note: self.note.clone(),
            custom: Values::from_json(&self.custom),
        }
    }

    pub fn into_pb(self) -> pb::Lead {
        pb::Lead {
            id: ids::format(prefix::LEAD, self.id),
            version: self.version,
            number: number::shown(Kind::Lead, self.number),
            stage_id: ids::format(prefix::STAGE, self.stage_id),
            position: self.position,
            value: Some(Money { currency_code: self.currency_code, minor_units: self.value_minor }),
            owner_id: ids::format_option(prefix::USER, self.owner_id),
            assignee_id: ids::format_option(prefix::USER, self.assignee_id),
            team_id: ids::format_option(prefix::TEAM, self.team_id),
            tags: serde_json::from_str(&self.tags).unwrap_or_default(),
            follow_up_on: self.follow_up_on.map(|day| day.to_string()).unwrap_or_default(),
            customer_id: ids::format_option(prefix::CUSTOMER, self.customer_id),
            created_at: timestamp(self.created_at),
            updated_at: timestamp(self.updated_at),
            archived_at: self.archived_at.and_then(timestamp),
            name: self.name,
            company: self.company,
            contact_name: self.contact_name,
            email: self.email,
            phone: self.phone,
            source: self.source,
            note: self.note,
            custom: Values::from_json(&self.custom).into_map(),
        }
    }
}
