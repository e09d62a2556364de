//! Rows of customers, and how they are read and listed. Writing is in [`mod@write`].

pub mod write;

use sea_orm::{Condition, entity::prelude::*};
use streamflow_kernel::{
    clock::timestamp,
    db::{Scope, TenantEntity, VisibleEntity},
    ids::{self, prefix},
    list::{
        ListSpec,
        filter::{FieldSpec, Kind as Holds},
        order::OrderField,
        page::KeyKind,
    },
};
use streamflow_proto::client::v1 as pb;

use super::domain::{Change, Kind, NewCustomer};
use crate::custom_field::value::Values;
use crate::record::{
    kind, number,
    people::{People, Place},
    row::{Owned, Record},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customers")]
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
    pub kind: String,
    pub email: String,
    pub phone: String,
    pub website: String,
    pub street: String,
    pub postal_code: String,
    pub city: String,
    pub region: String,
    pub country: String,
    pub owner_id: Option<Uuid>,
    pub assignee_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    /// JSON array of texts.
    pub tags: String,
    pub external_id: Option<String>,
    pub source: String,
    pub note: String,
    pub main_contact_name: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub archived_at: Option<DateTimeUtc>,
    /// The record that took this one over; means something while it is archived.
    pub merged_into: Option<Uuid>,
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
    kind,
    email,
    phone,
    website,
    street,
    postal_code,
    city,
    region,
    country,
    owner_id,
    assignee_id,
    team_id,
    tags,
    external_id,
    source,
    note,
    main_contact_name,
    created_at,
    updated_at,
    archived_at,
    merged_into,
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

impl Record for Entity {
    const KIND: kind::Kind = kind::Kind::Customer;
    const LIST: ListSpec = ListSpec {
        name: "customers",
        filters: &[
            FieldSpec::new("id", Holds::Uuid(prefix::CUSTOMER)),
            FieldSpec::new("search", Holds::Search),
            FieldSpec::new("name", Holds::Text),
            FieldSpec::new("email", Holds::Text),
            FieldSpec::new("phone", Holds::Text),
            FieldSpec::new("city", Holds::Text),
            FieldSpec::new("country", Holds::Text),
            FieldSpec::new("owner_id", Holds::Uuid(prefix::USER)),
            FieldSpec::new("assignee_id", Holds::Uuid(prefix::USER)),
            FieldSpec::new("team_id", Holds::Uuid(prefix::TEAM)),
            FieldSpec::new("tag", Holds::Text),
            FieldSpec::new("kind", Holds::Enum(&["business", "person"])),
            FieldSpec::new("source", Holds::Text),
            FieldSpec::new("created_at", Holds::Timestamp),
            FieldSpec::new("updated_at", Holds::Timestamp),
            FieldSpec::new("archived", Holds::Bool),
        ],
        orders: &[
            BY_NAME,
            OrderField::new("number", KeyKind::Number),
            OrderField::new("city", KeyKind::Text),
            OrderField::new("created_at", KeyKind::Time),
            OrderField::new("updated_at", KeyKind::Time),
        ],
        default_order: BY_NAME.ascending(),
    };
    const ID: Column = Column::Id;
    const SORT_NAME: Column = Column::SortName;
    const VERSION: Column = Column::Version;
    const UPDATED_AT: Column = Column::UpdatedAt;
    const ARCHIVED_AT: Column = Column::ArchivedAt;
    const MERGED_INTO: Option<Column> = Some(Column::MergedInto);

    type Change = Change;
    type Values = NewCustomer;

    fn visible(scope: &Scope) -> Condition {
        scope.condition::<Self>()
    }

    fn column(field: &str) -> Option<Column> {
        Some(match field {
            "name" => Column::Name,
            "number" => Column::Number,
            "email" => Column::Email,
            "phone" => Column::Phone,
            "city" => Column::City,
            "country" => Column::Country,
            "owner_id" => Column::OwnerId,
            "assignee_id" => Column::AssigneeId,
            "team_id" => Column::TeamId,
            "tags" => Column::Tags,
            "kind" => Column::Kind,
            "source" => Column::Source,
            "created_at" => Column::CreatedAt,
            "updated_at" => Column::UpdatedAt,
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

    fn values(row: &Model) -> NewCustomer {
        row.values()
    }
}

impl Owned for Entity {
    fn people(row: &Model) -> People {
        People { owner: row.owner_id, assignee: row.assignee_id, team: row.team_id }
    }
}

impl Model {
    pub fn people(&self) -> People {
        Entity::people(self)
    }

    /// The fields people write.
    pub fn values(&self) -> NewCustomer {
        NewCustomer {
            name: self.name.clone(),
            kind: Kind::from_stored(&self.kind),
            email: self.email.clone(),
            phone: self.phone.clone(),
            website: self.website.clone(),
            street: self.street.clone(),
            postal_code: self.postal_code.clone(),
            city: self.city.clone(),
            region: self.region.clone(),
            country: self.country.clone(),
            owner_id: self.owner_id,
            assignee_id: self.assignee_id,
            team_id: self.team_id,
            tags: serde_json::from_str(&self.tags).unwrap_or_default(),
            external_id: self.external_id.clone().unwrap_or_default(),
            note: self.note.clone(),
            custom: Values::from_json(&self.custom),
        }
    }

    pub fn into_pb(self) -> pb::Customer {
        pb::Customer {
            id: ids::format(prefix::CUSTOMER, self.id),
            version: self.version,
            number: number::shown(kind::Kind::Customer, self.number),
            kind: Kind::from_stored(&self.kind).into_pb().into(),
            address: Some(pb::Address {
                street: self.street,
                postal_code: self.postal_code,
                city: self.city,
                region: self.region,
                country: self.country,
            }),
            owner_id: ids::format_option(prefix::USER, self.owner_id),
            assignee_id: ids::format_option(prefix::USER, self.assignee_id),
            team_id: ids::format_option(prefix::TEAM, self.team_id),
            tags: serde_json::from_str(&self.tags).unwrap_or_default(),
            external_id: self.external_id.unwrap_or_default(),
            created_at: timestamp(self.created_at),
            updated_at: timestamp(self.updated_at),
            merged_into_id: ids::format_option(prefix::CUSTOMER, self.merged_into.filter(|_| self.archived_at.is_some())),
            archived_at: self.archived_at.and_then(timestamp),
            name: self.name,
            email: self.email,
            phone: self.phone,
            website: self.website,
            source: self.source,
            main_contact_name: self.main_contact_name,
            note: self.note,
            custom: Values::from_json(&self.custom).into_map(),
        }
    }
}
