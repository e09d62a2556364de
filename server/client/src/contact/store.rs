//! Rows of contacts, and how they are read and listed. A contact is seen by whoever sees its customer. Writing is in [`mod@write`].

pub mod main;
pub mod write;

use std::collections::HashMap;

use sea_orm::{Condition, FromQueryResult, QuerySelect as _, entity::prelude::*, sea_query::Query};
use streamflow_kernel::{
    clock::timestamp,
    db::{Scope, TenantDb, TenantEntity, Visibility},
    error::Result,
    ids::{self, prefix},
    list::{
        List, ListSpec,
        filter::{FieldSpec, Kind as Holds},
        order::OrderField,
        page::KeyKind,
    },
};
use streamflow_proto::client::v1 as pb;

use super::domain::{Change, Contact};
use crate::{
    customer,
    record::{
        kind::Kind,
        list::{self, Page, Sort},
        people::Place,
        row::Record,
    },
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contacts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub customer_id: Uuid,
    pub name: String,
    /// Normalised name.
    pub sort_name: String,
    pub title: String,
    pub email: String,
    pub phone: String,
    pub mobile: String,
    pub note: String,
    pub main: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub archived_at: Option<DateTimeUtc>,
    /// The record that took this one over; means something while it is archived.
    pub merged_into: Option<Uuid>,
}

streamflow_kernel::in_order!(Model {
    org_id,
    id,
    version,
    customer_id,
    name,
    sort_name,
    title,
    email,
    phone,
    mobile,
    note,
    main,
    created_at,
    updated_at,
    archived_at,
    merged_into,
});

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

const BY_NAME: OrderField = OrderField::new("name", KeyKind::Text);

impl Record for Entity {
    const KIND: Kind = Kind::Contact;
    const LIST: ListSpec = ListSpec {
        name: "contacts",
        filters: &[
            FieldSpec::new("id", Holds::Uuid(prefix::CONTACT)),
            FieldSpec::new("search", Holds::Search),
            FieldSpec::new("name", Holds::Text),
            FieldSpec::new("email", Holds::Text),
            FieldSpec::new("phone", Holds::Text),
            FieldSpec::new("customer_id", Holds::Uuid(prefix::CUSTOMER)),
            FieldSpec::new("title", Holds::Text),
            FieldSpec::new("created_at", Holds::Timestamp),
            FieldSpec::new("updated_at", Holds::Timestamp),
            FieldSpec::new("archived", Holds::Bool),
        ],
        orders: &[BY_NAME, OrderField::new("created_at", KeyKind::Time), OrderField::new("updated_at", KeyKind::Time)],
        default_order: BY_NAME.ascending(),
    };
    const ID: Column = Column::Id;
    const SORT_NAME: Column = Column::SortName;
    const VERSION: Column = Column::Version;
    const UPDATED_AT: Column = Column::UpdatedAt;
    const ARCHIVED_AT: Column = Column::ArchivedAt;
    const MERGED_INTO: Option<Column> = Some(Column::MergedInto);

    type Change = Change;
    type Values = Contact;

    fn visible(scope: &Scope) -> Condition {
        if matches!(scope.visibility, Visibility::Org | Visibility::Finance) {
            return Condition::all();
        }
        let customers = Query::select()
            .column(customer::store::Column::Id)
            .from(customer::store::Entity)
            .and_where(customer::store::Column::OrgId.eq(scope.org_id))
            .cond_where(customer::store::Entity::visible(scope))
            .take();
        Condition::all().add(Column::CustomerId.in_subquery(customers))
    }

    fn column(field: &str) -> Option<Column> {
        Some(match field {
            "name" => Column::Name,
            "email" => Column::Email,
            "phone" => Column::Phone,
            "customer_id" => Column::CustomerId,
            "title" => Column::Title,
            "created_at" => Column::CreatedAt,
            "updated_at" => Column::UpdatedAt,
            _ => return None,
        })
    }

    fn place(_: &Change) -> Option<Place> {
        None
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

    fn values(row: &Model) -> Contact {
        row.values()
    }
}

/// A page of contacts.
pub async fn contacts(tx: &TenantDb, list: &List) -> Result<Page<Model>> {
    list::page::<Entity>(tx, list, &Sort::of(list.order)?).await
}

/// Contacts as the wire has them, each with the name of its customer.
pub async fn with_customers(tx: &TenantDb, rows: Vec<Model>) -> Result<Vec<pb::Contact>> {
    #[derive(FromQueryResult)]
    struct Name {
        id: Uuid,
        name: String,
    }
    let mut ids: Vec<Uuid> = rows.iter().map(|row| row.customer_id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let columns = [customer::store::Column::Id, customer::store::Column::Name];
    let finder = tx.find::<customer::store::Entity>().filter(customer::store::Column::Id.is_in(ids));
    let names: Vec<Name> = tx.rows(finder.map(|select| select.select_only().columns(columns))).await?;
    let names: HashMap<Uuid, String> = names.into_iter().map(|row| (row.id, row.name)).collect();
    let named = |row: Model| {
        let name = names.get(&row.customer_id).cloned().unwrap_or_default();
        row.into_pb(&name)
    };
    Ok(rows.into_iter().map(named).collect())
}

impl Model {
    /// The fields people write.
    pub fn values(&self) -> Contact {
        Contact {
            name: self.name.clone(),
            title: self.title.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            mobile: self.mobile.clone(),
            note: self.note.clone(),
            main: self.main,
        }
    }

    pub fn into_pb(self, customer_name: &str) -> pb::Contact {
        pb::Contact {
            id: ids::format(prefix::CONTACT, self.id),
            version: self.version,
            customer_id: ids::format(prefix::CUSTOMER, self.customer_id),
            customer_name: customer_name.to_owned(),
            name: self.name,
            title: self.title,
            email: self.email,
            phone: self.phone,
            mobile: self.mobile,
            note: self.note,
            main: self.main,
            created_at: timestamp(self.created_at),
            updated_at: timestamp(self.updated_at),
            merged_into_id: ids::format_option(prefix::CONTACT, self.merged_into.filter(|_| self.archived_at.is_some())),
            archived_at: self.archived_at.and_then(timestamp),
        }
    }
}
