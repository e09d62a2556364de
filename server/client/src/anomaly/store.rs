//! Rows of anomalies, as the company's own people see them. The detector writes them.

use sea_orm::{ActiveValue::Set, IntoActiveModel as _, QuerySelect, entity::prelude::*};
use streamflow_kernel::{
    db::{TenantDb, TenantEntity},
    error::Result,
    list::{
        List, ListSpec,
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
pub async fn anomalies(tx: &TenantDb, list: &List, open_only: bool) -> Result<(Vec<Model>, String)> {
    let finder = tx.find::<Entity>().map(|select| {
        let select = if open_only { select.filter(Column::AcknowledgedAt.is_null()) } else { select };
        list.select(select, Column::LastAt, Column::Id)
    });
    let mut rows = tx.all(finder).await?;
    let next = list.next_page_token(&mut rows, |row| (Key::Time(row.last_at), row.id));
    Ok((rows, next))
}

/// None when there is none; the flag says whether anything changed.
pub async fn acknowledge(tx: &TenantDb, id: Uuid, by: Uuid, now: DateTimeUtc) -> Result<Option<(Model, bool)>> {
    let finder = tx.find::<Entity>().filter(Column::Id.eq(id)).map(QuerySelect::lock_exclusive);
    let Some(before) = tx.one(finder).await? else { return Ok(None) };
    if before.acknowledged_at.is_some() {
        return Ok(Some((before, false)));
    }
    let version = before.version + 1;
    let mut row = before.into_active_model();
    row.state = Set("acknowledged".to_owned());
    row.version = Set(version);
    row.acknowledged_by = Set(Some(by));
    row.acknowledged_at = Set(Some(now));
    Ok(Some((tx.update(row).await?, true)))
}
