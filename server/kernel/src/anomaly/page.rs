//! Rows of anomalies, as people of the company see them, or of the system where it belongs to no company. The detector writes them.

use sea_orm::{ActiveValue::Set, IntoActiveModel as _, QuerySelect, entity::prelude::*};

use super::change;
use crate::{
    ctx::{Ctx, WriteDb},
    db::{TenantDb, TenantEntity},
    error::{Error, Result},
    feed::Op,
    ids::{self, prefix},
    list::{
        List, ListRequest, ListSpec,
        order::OrderField,
        page::{Key, KeyKind},
    },
};

const BY_TIME: OrderField = OrderField::new("last_at", KeyKind::Time);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "anomalies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub rule: String,
    pub subject: String,
    pub person_id: Option<Uuid>,
    pub person_name: String,
    pub address: String,
    pub events: i32,
    pub first_at: DateTimeUtc,
    pub last_at: DateTimeUtc,
    pub state: String,
    pub version: i64,
    pub acknowledged_by: Option<Uuid>,
    pub acknowledged_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// A page token of one list is not good for the other.
pub const fn spec(open_only: bool) -> ListSpec {
    let name = if open_only { "anomalies.open" } else { "anomalies" };
    ListSpec { name, filters: &[], orders: &[BY_TIME], default_order: BY_TIME.descending() }
}

/// Newest first, and the token of the next page.
pub async fn page(ctx: &Ctx, page_size: i32, page_token: &str, open_only: bool) -> Result<(Vec<Model>, String)> {
    let list = spec(open_only).read(ListRequest::page(page_size, page_token))?;
    anomalies(&ctx.read().await?, &list, open_only).await
}

async fn anomalies(tx: &TenantDb, list: &List, open_only: bool) -> Result<(Vec<Model>, String)> {
    let finder = tx.find::<Entity>().map(|select| {
        let select = if open_only { select.filter(Column::AcknowledgedAt.is_null()) } else { select };
        list.select(select, Column::LastAt, Column::Id)
    });
    let mut rows = tx.all(finder).await?;
    let next = list.next_page_token(&mut rows, |row| (Key::Time(row.last_at), row.id));
    Ok((rows, next))
}

/// Notes that the request's person has seen it. One that somebody has seen already stays as it is. The caller commits.
pub async fn acknowledge(ctx: &Ctx, anomaly_id: &str) -> Result<(WriteDb, Model)> {
    let missing = || Error::not_found("anomaly");
    let id = ids::parse(prefix::ANOMALY, anomaly_id).ok_or_else(missing)?;
    let tx = ctx.write().await?;
    let finder = tx.find::<Entity>().filter(Column::Id.eq(id)).map(QuerySelect::lock_exclusive);
    let before = tx.one(finder).await?.ok_or_else(missing)?;
    if before.acknowledged_at.is_some() {
        return Ok((tx, before));
    }
    let version = before.version + 1;
    let mut row = before.into_active_model();
    row.state = Set("acknowledged".to_owned());
    row.version = Set(version);
    row.acknowledged_by = Set(Some(ctx.principal()?.user_id));
    row.acknowledged_at = Set(Some(ctx.now()));
    let row = tx.update(row).await?;
    tx.record(change(id, version, Op::Updated));
    Ok((tx, row))
}
