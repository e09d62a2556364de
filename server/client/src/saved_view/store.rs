//! Rows of saved views. A shared one is read by everyone in the company and changed by its maker only.

use sea_orm::{ActiveValue::Set, Condition, IntoActiveModel as _, QueryOrder as _, QuerySelect as _, entity::prelude::*};
use streamflow_kernel::{
    db::{TenantDb, TenantEntity},
    error::{Error, Result},
    feed::{Audience, Change, Op},
    ids::{self, prefix},
};
use streamflow_proto::client::{reason, v1 as pb};

use super::{domain::NewSavedView, list::List};

/// More than a menu can show.
const MOST: u64 = 200;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_views")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub kind: String,
    pub name: String,
    pub filter: String,
    pub order_by: String,
    /// JSON array of field names.
    pub columns: String,
    pub shared: bool,
    pub owner_id: Uuid,
    /// JSON array of what the list is asked besides.
    pub switches: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// The person's own views of these lists and the shared ones, by name.
pub async fn saved_views(tx: &TenantDb, me: Uuid, lists: &[List]) -> Result<Vec<Model>> {
    let of_lists = Column::Kind.is_in(lists.iter().map(|list| list.as_str()));
    let finder = tx.find::<Entity>().filter(of_lists).filter(readable(me));
    tx.all(finder.map(|select| select.order_by_asc(Column::Name).order_by_asc(Column::Id).limit(MOST))).await
}

/// A view of this person, held until the transaction ends. Others' shared views are known to exist, but not theirs to change.
pub async fn own_view(tx: &TenantDb, me: Uuid, id: Uuid) -> Result<Model> {
    let finder = tx.find::<Entity>().map(|select| select.filter(Column::Id.eq(id)).filter(readable(me)).lock_exclusive());
    let view = tx.one(finder).await?.ok_or(Error::not_found("view"))?;
    if view.owner_id != me {
        return Err(Error::refused(
            reason::NOT_YOURS,
            "Only the person who made this view can change it. Save it under a new name.",
        ));
    }
    Ok(view)
}

pub async fn insert_view(tx: &TenantDb, id: Uuid, me: Uuid, new: NewSavedView) -> Result<Model> {
    let mut row = ActiveModel { id: Set(id), version: Set(1), owner_id: Set(me), ..Default::default() };
    put(&mut row, new)?;
    let view = tx.insert(row).await?;
    view.announce(tx, Op::Created, view.audience());
    Ok(view)
}

/// Replaces a view that is held by the transaction.
pub async fn update_view(tx: &TenantDb, before: Model, new: NewSavedView) -> Result<Model> {
    let mut row = before.clone().into_active_model();
    row.version = Set(before.version + 1);
    put(&mut row, new)?;
    let view = tx.update(row).await?;
    if before.shared && !view.shared {
        view.announce(tx, Op::Deleted, before.audience());
    }
    view.announce(tx, Op::Updated, view.audience());
    Ok(view)
}

pub async fn delete_view(tx: &TenantDb, view: Model) -> Result<()> {
    tx.delete_many::<Entity>(|delete| delete.filter(Column::Id.eq(view.id))).await?;
    view.announce(tx, Op::Deleted, view.audience());
    Ok(())
}

fn readable(me: Uuid) -> Condition {
    Condition::any().add(Column::OwnerId.eq(me)).add(Column::Shared.eq(true))
}

fn put(row: &mut ActiveModel, view: NewSavedView) -> Result<()> {
    row.kind = Set(view.list.as_str().to_owned());
    row.name = Set(view.name);
    row.filter = Set(view.filter);
    row.order_by = Set(view.order_by);
    row.columns = Set(serde_json::to_string(&view.columns).map_err(Error::internal)?);
    row.switches = Set(serde_json::to_string(&view.switches).map_err(Error::internal)?);
    row.shared = Set(view.shared);
    Ok(())
}

impl Model {
    fn audience(&self) -> Audience {
        if self.shared { Audience::EVERYONE } else { Audience::people(Some(self.owner_id), None, None) }
    }

    fn announce(&self, tx: &TenantDb, op: Op, audience: Audience) {
        tx.record(Change { entity: "saved_view", id: self.id, version: self.version, op, fields: Vec::new(), audience });
    }

    pub fn into_pb(self) -> pb::SavedView {
        let kind = List::from_stored(&self.kind).map_or(pb::ListKind::Unspecified, List::into_pb);
        pb::SavedView {
            id: ids::format(prefix::VIEW, self.id),
            version: self.version,
            kind: kind.into(),
            name: self.name,
            filter: self.filter,
            order_by: self.order_by,
            columns: serde_json::from_str(&self.columns).unwrap_or_default(),
            shared: self.shared,
            owner_id: ids::format(prefix::USER, self.owner_id),
            switches: serde_json::from_str(&self.switches).unwrap_or_default(),
        }
    }
}
