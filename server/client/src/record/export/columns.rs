//! The columns of an export: the fields of the wire by their paths, with people, teams and stages by name.

use std::{collections::HashMap, future::Future, sync::LazyLock};

use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
    ids::{self, prefix},
    list::List,
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::{
    contact,
    custom_field::{self, value::PREFIX},
    customer, lead,
    record::{list::Sort, row::Record},
};

/// What stands behind the ids in rows, by wire id.
pub type Names = HashMap<String, String>;
/// How one cell is written.
pub type Cell<W> = fn(&W, &Names) -> String;
pub type Columns<E> = Vec<Column<<E as Exported>::Wire>>;

/// One column of the file.
pub struct Column<W> {
    /// Path of the field as masks name it.
    path: String,
    /// First line of the file: the path, or what people call a field of their own.
    pub head: String,
    /// None for a custom field.
    cell: Option<Cell<W>>,
}

// Derived, it would ask the same of the record.
impl<W> Clone for Column<W> {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), head: self.head.clone(), cell: self.cell }
    }
}

impl<W> Column<W> {
    pub fn write<E: Exported<Wire = W>>(&self, record: &W, names: &Names) -> String {
        match self.cell {
            Some(cell) => cell(record, names),
            None => E::custom(record).get(self.path.trim_start_matches(PREFIX)).cloned().unwrap_or_default(),
        }
    }
}

/// A kind of record that can be exported.
pub trait Exported: Record {
    type Wire: Send + Sync + 'static;
    const COLUMNS: &'static [(&'static str, Cell<Self::Wire>)];

    /// Values of custom fields, by key.
    fn custom(record: &Self::Wire) -> &HashMap<String, String>;
    fn sort(tx: &TenantDb, list: &List) -> impl Future<Output = Result<Sort<Self>>> + Send;
    fn wire(tx: &TenantDb, rows: Vec<Self::Model>) -> impl Future<Output = Result<Vec<Self::Wire>>> + Send;
}

/// The named columns in the named order, or all. Fields that were put away are exported when they are named.
pub async fn chosen<E: Exported>(tx: &TenantDb, names: &[String]) -> Result<Columns<E>> {
    let fixed = E::COLUMNS.iter().map(|(path, cell)| {
        let path = (*path).to_owned();
        Column { head: path.clone(), path, cell: Some(*cell) }
    });
    let mut all: Columns<E> = fixed.collect();
    if names.is_empty() || names.iter().any(|name| name.starts_with(PREFIX)) {
        let fields = custom_field::store::fields(tx, Some(E::KIND)).await?;
        let wanted = fields.into_iter().filter(|field| !names.is_empty() || field.archived_at.is_none());
        all.extend(wanted.map(|field| Column { path: format!("{PREFIX}{}", field.key), head: field.label, cell: None }));
    }
    if names.is_empty() {
        return Ok(all);
    }
    let find = |name: &String| all.iter().find(|column| column.path == *name).cloned();
    let few = names.len() <= all.len();
    let known: Option<Columns<E>> = few.then(|| names.iter().map(find).collect()).flatten();
    known.ok_or_else(|| {
        let all: Vec<_> = all.iter().map(|column| column.path.as_str()).collect();
        Error::invalid("columns", format!("Choose columns from these: {}.", all.join(", ")))
    })
}

/// Contacts have no fields of the company's own.
static NO_CUSTOM: LazyLock<HashMap<String, String>> = LazyLock::new(HashMap::new);

/// Names of the company's people, teams and stages.
pub async fn names(tx: &TenantDb) -> Result<Names> {
    #[derive(FromQueryResult)]
    struct Named {
        id: Uuid,
        name: String,
    }
    let sources = [
        (
            prefix::USER,
            "SELECT u.id, u.display_name AS name FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = {org}",
        ),
        (prefix::TEAM, "SELECT id, name FROM teams WHERE org_id = {org}"),
        (prefix::STAGE, "SELECT id, name FROM lead_stages WHERE org_id = {org}"),
    ];
    let mut names = Names::new();
    for (prefix, sql) in sources {
        let rows: Vec<Named> = tx.query(sql, Vec::new()).await?;
        names.extend(rows.into_iter().map(|row| (ids::format(prefix, row.id), row.name)));
    }
    Ok(names)
}

fn name(names: &Names, id: &str) -> String {
    names.get(id).cloned().unwrap_or_default()
}

/// RFC 3339 in UTC.
fn time(at: Option<&prost_types::Timestamp>) -> String {
    at.map(ToString::to_string).unwrap_or_default()
}

fn address(customer: &pb::Customer, part: fn(&pb::Address) -> &String) -> String {
    customer.address.as_ref().map(|address| part(address).clone()).unwrap_or_default()
}

impl Exported for customer::store::Entity {
    type Wire = pb::Customer;
    const COLUMNS: &'static [(&'static str, Cell<pb::Customer>)] = &[
        ("number", |c, _| c.number.clone()),
        ("name", |c, _| c.name.clone()),
        ("kind", |c, _| c.kind().as_str_name().trim_start_matches("CUSTOMER_KIND_").to_lowercase()),
        ("email", |c, _| c.email.clone()),
        ("phone", |c, _| c.phone.clone()),
        ("website", |c, _| c.website.clone()),
        ("address.street", |c, _| address(c, |a| &a.street)),
        ("address.postal_code", |c, _| address(c, |a| &a.postal_code)),
        ("address.city", |c, _| address(c, |a| &a.city)),
        ("address.region", |c, _| address(c, |a| &a.region)),
        ("address.country", |c, _| address(c, |a| &a.country)),
        ("main_contact_name", |c, _| c.main_contact_name.clone()),
        ("owner_id", |c, names| name(names, &c.owner_id)),
        ("assignee_id", |c, names| name(names, &c.assignee_id)),
        ("team_id", |c, names| name(names, &c.team_id)),
        ("tags", |c, _| c.tags.join(", ")),
        ("external_id", |c, _| c.external_id.clone()),
        ("source", |c, _| c.source.clone()),
        ("note", |c, _| c.note.clone()),
        ("created_at", |c, _| time(c.created_at.as_ref())),
        ("updated_at", |c, _| time(c.updated_at.as_ref())),
        ("archived_at", |c, _| time(c.archived_at.as_ref())),
        ("id", |c, _| c.id.clone()),
    ];

    fn custom(record: &pb::Customer) -> &HashMap<String, String> {
        &record.custom
    }

    async fn sort(_: &TenantDb, list: &List) -> Result<Sort<Self>> {
        Sort::of(list.order)
    }

    async fn wire(_: &TenantDb, rows: Vec<Self::Model>) -> Result<Vec<pb::Customer>> {
        Ok(rows.into_iter().map(customer::store::Model::into_pb).collect())
    }
}

impl Exported for contact::store::Entity {
    type Wire = pb::Contact;
    const COLUMNS: &'static [(&'static str, Cell<pb::Contact>)] = &[
        ("name", |c, _| c.name.clone()),
        ("customer_name", |c, _| c.customer_name.clone()),
        ("title", |c, _| c.title.clone()),
        ("email", |c, _| c.email.clone()),
        ("phone", |c, _| c.phone.clone()),
        ("mobile", |c, _| c.mobile.clone()),
        ("main", |c, _| if c.main { "yes" } else { "no" }.to_owned()),
        ("note", |c, _| c.note.clone()),
        ("created_at", |c, _| time(c.created_at.as_ref())),
        ("updated_at", |c, _| time(c.updated_at.as_ref())),
        ("archived_at", |c, _| time(c.archived_at.as_ref())),
        ("customer_id", |c, _| c.customer_id.clone()),
        ("id", |c, _| c.id.clone()),
    ];

    fn custom(_: &pb::Contact) -> &HashMap<String, String> {
        &NO_CUSTOM
    }

    async fn sort(_: &TenantDb, list: &List) -> Result<Sort<Self>> {
        Sort::of(list.order)
    }

    async fn wire(tx: &TenantDb, rows: Vec<Self::Model>) -> Result<Vec<pb::Contact>> {
        contact::store::with_customers(tx, rows).await
    }
}

impl Exported for lead::store::Entity {
    type Wire = pb::Lead;
    const COLUMNS: &'static [(&'static str, Cell<pb::Lead>)] = &[
        ("number", |l, _| l.number.clone()),
        ("name", |l, _| l.name.clone()),
        ("company", |l, _| l.company.clone()),
        ("contact_name", |l, _| l.contact_name.clone()),
        ("email", |l, _| l.email.clone()),
        ("phone", |l, _| l.phone.clone()),
        ("stage_id", |l, names| name(names, &l.stage_id)),
        ("value", |l, _| l.value.as_ref().map(lead::domain::shown_money).unwrap_or_default()),
        ("source", |l, _| l.source.clone()),
        ("owner_id", |l, names| name(names, &l.owner_id)),
        ("assignee_id", |l, names| name(names, &l.assignee_id)),
        ("team_id", |l, names| name(names, &l.team_id)),
        ("tags", |l, _| l.tags.join(", ")),
        ("follow_up_on", |l, _| l.follow_up_on.clone()),
        ("note", |l, _| l.note.clone()),
        ("customer_id", |l, _| l.customer_id.clone()),
        ("created_at", |l, _| time(l.created_at.as_ref())),
        ("updated_at", |l, _| time(l.updated_at.as_ref())),
        ("archived_at", |l, _| time(l.archived_at.as_ref())),
        ("id", |l, _| l.id.clone()),
    ];

    fn custom(record: &pb::Lead) -> &HashMap<String, String> {
        &record.custom
    }

    fn sort(tx: &TenantDb, list: &List) -> impl Future<Output = Result<Sort<Self>>> + Send {
        lead::store::sort(tx, list)
    }

    async fn wire(_: &TenantDb, rows: Vec<Self::Model>) -> Result<Vec<pb::Lead>> {
        Ok(rows.into_iter().map(lead::store::Model::into_pb).collect())
    }
}
