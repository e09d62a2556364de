//! Rows of custom fields. There are few in a company, so they are read all at once.

use sea_orm::{ActiveValue::Set, IntoActiveModel as _, entity::prelude::*};
use streamflow_kernel::{
    clock::timestamp,
    db::{SystemDb, TenantDb, TenantEntity},
    error::{Error, Result},
    feed::{Audience, Change, Op},
    ids::{self, Ids, prefix},
};
use streamflow_proto::client::v1 as pb;

use super::{
    domain::{self, Look, NewField},
    value::PREFIX,
};
use crate::{
    org,
    record::{input::Problem, kind::Kind},
    template::read::{Field, Holds},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_fields")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub record_kind: String,
    pub key: String,
    pub label: String,
    pub holds: String,
    /// JSON array of texts.
    pub choices: String,
    pub required: bool,
    pub help: String,
    pub unit: String,
    pub position: i32,
    pub created_at: DateTimeUtc,
    pub archived_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// The fields of a kind of record, or of all kinds: live ones in order, then those put away.
pub async fn fields(tx: &TenantDb, kind: Option<Kind>) -> Result<Vec<Model>> {
    let mut finder = tx.find::<Entity>();
    if let Some(kind) = kind {
        finder = finder.filter(Column::RecordKind.eq(kind.as_str()));
    }
    let mut fields = tx.all(finder).await?;
    fields.sort_by(|a, b| a.place().cmp(&b.place()));
    Ok(fields)
}

/// As [`fields`], without those put away.
pub async fn live(tx: &TenantDb, kind: Kind) -> Result<Vec<Model>> {
    let mut fields = fields(tx, Some(kind)).await?;
    fields.retain(|field| field.archived_at.is_none());
    Ok(fields)
}

/// All fields of a kind, held until the transaction ends, so that names and order stay unambiguous.
pub async fn locked(tx: &TenantDb, kind: Kind) -> Result<Vec<Model>> {
    org::store::hold(tx).await?;
    fields(tx, Some(kind)).await
}

/// A field of the company, held as [`locked`] holds all of them.
pub async fn field(tx: &TenantDb, id: Uuid) -> Result<Model> {
    org::store::hold(tx).await?;
    tx.one(tx.find::<Entity>().filter(Column::Id.eq(id))).await?.ok_or(Error::not_found("field"))
}

pub async fn insert_field(tx: &TenantDb, id: Uuid, new: NewField, position: i32, now: DateTimeUtc) -> Result<Model> {
    let mut row = ActiveModel {
        id: Set(id),
        version: Set(1),
        record_kind: Set(new.kind.as_str().to_owned()),
        key: Set(new.key),
        holds: Set(new.holds.as_str().to_owned()),
        position: Set(position),
        created_at: Set(now),
        archived_at: Set(None),
        ..Default::default()
    };
    put(&mut row, new.look)?;
    let field = tx.insert(row).await?;
    field.announce(tx, Op::Created, &["label"]);
    Ok(field)
}

pub async fn update_field(tx: &TenantDb, before: Model, look: Look) -> Result<Model> {
    let mut row = before.clone().into_active_model();
    put(&mut row, look)?;
    let after = write(tx, before.version, row).await?;
    let changed = [
        ("label", before.label != after.label),
        ("choices", before.choices != after.choices),
        ("required", before.required != after.required),
        ("help", before.help != after.help),
        ("unit", before.unit != after.unit),
    ];
    let names: Vec<&str> = changed.into_iter().filter_map(|(name, changed)| changed.then_some(name)).collect();
    after.announce(tx, Op::Updated, &names);
    Ok(after)
}

/// Gives a field another place among its siblings.
pub async fn place_field(tx: &TenantDb, before: Model, position: i32) -> Result<Model> {
    if before.position == position {
        return Ok(before);
    }
    let mut row = before.clone().into_active_model();
    row.position = Set(position);
    let after = write(tx, before.version, row).await?;
    after.announce(tx, Op::Updated, &["position"]);
    Ok(after)
}

/// Puts a field away, or takes it back.
pub async fn archive_field(tx: &TenantDb, before: Model, at: Option<DateTimeUtc>) -> Result<Model> {
    if before.archived_at.is_some() == at.is_some() {
        return Ok(before);
    }
    let mut row = before.clone().into_active_model();
    row.archived_at = Set(at);
    let after = write(tx, before.version, row).await?;
    after.announce(tx, Op::Updated, &["archived_at"]);
    Ok(after)
}

/// Fields a template gives a new company.
pub async fn insert_of_template(
    db: &SystemDb,
    ids: &dyn Ids,
    org: Uuid,
    (kind, fields): (Kind, &[Field]),
    now: DateTimeUtc,
) -> Result<()> {
    for (position, field) in (1_i32..).zip(fields) {
        let row = ActiveModel {
            org_id: Set(org),
            id: Set(ids.uuid()),
            version: Set(1),
            record_kind: Set(kind.as_str().to_owned()),
            key: Set(field.key.clone()),
            label: Set(field.label.clone()),
            holds: Set(field.holds.as_str().to_owned()),
            choices: Set(serde_json::to_string(&field.choices).map_err(Error::internal)?),
            required: Set(field.required),
            help: Set(field.help.clone()),
            unit: Set(field.unit.clone()),
            position: Set(position),
            created_at: Set(now),
            archived_at: Set(None),
        };
        db.insert(row).await?;
    }
    Ok(())
}

async fn write(tx: &TenantDb, version: i64, mut row: ActiveModel) -> Result<Model> {
    row.version = Set(version + 1);
    Ok(tx.update(row).await?)
}

fn put(row: &mut ActiveModel, look: Look) -> Result<()> {
    row.label = Set(look.label);
    row.choices = Set(serde_json::to_string(&look.choices).map_err(Error::internal)?);
    row.required = Set(look.required);
    row.help = Set(look.help);
    row.unit = Set(look.unit);
    Ok(())
}

impl Model {
    fn place(&self) -> (bool, &str, i32, Uuid) {
        (self.archived_at.is_some(), self.record_kind.as_str(), self.position, self.id)
    }

    fn announce(&self, tx: &TenantDb, op: Op, fields: &[&str]) {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        let (id, version) = (self.id, self.version);
        tx.record(Change { entity: "custom_field", id, version, op, fields, audience: Audience::EVERYONE });
    }

    pub fn holds(&self) -> Holds {
        Holds::from_stored(&self.holds).unwrap_or(Holds::Text)
    }

    pub fn choices(&self) -> Vec<String> {
        serde_json::from_str(&self.choices).unwrap_or_default()
    }

    /// A text as a value of this field.
    pub fn read(&self, text: &str) -> Result<Option<String>, Problem> {
        domain::read(self.holds(), &self.choices(), text)
    }

    /// How masks, mappings and violations name it.
    pub fn path(&self) -> String {
        format!("{PREFIX}{}", self.key)
    }

    /// True for one that new records must have a value in.
    pub fn is_needed(&self) -> bool {
        self.required && self.archived_at.is_none()
    }

    /// What to say when a value is missing that must be there.
    pub fn missing(&self) -> Problem {
        let verb = if self.holds() == Holds::Choice { "Choose" } else { "Enter" };
        Problem::new(format!("{verb} a value for {}.", self.label))
    }

    pub fn into_pb(self) -> pb::CustomField {
        let kind = Kind::from_stored(&self.record_kind).map_or(pb::RecordKind::Unspecified, Kind::into_pb);
        pb::CustomField {
            id: ids::format(prefix::FIELD, self.id),
            version: self.version,
            kind: kind.into(),
            r#type: self.holds().into_pb().into(),
            choices: self.choices(),
            key: self.key,
            label: self.label,
            required: self.required,
            help: self.help,
            unit: self.unit,
            archived_at: self.archived_at.and_then(timestamp),
        }
    }
}
