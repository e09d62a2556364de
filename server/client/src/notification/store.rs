//! Rows of notifications. Whose they are is decided here: the database only keeps companies apart.

use sea_orm::{FromQueryResult, entity::prelude::*};
use streamflow_kernel::{
    db::{TenantDb, TenantEntity},
    error::{Error, Result},
    list::{
        List, ListSpec,
        order::OrderField,
        page::{Key, KeyKind},
    },
};

const BY_TIME: OrderField = OrderField::new("created_at", KeyKind::Time);
/// Unread ones are counted no further.
const COUNTED: i64 = 100;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub kind: String,
    pub title: String,
    pub body: String,
    pub link: String,
    pub created_at: DateTimeUtc,
    pub read_at: Option<DateTimeUtc>,
    pub hidden: bool,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// A page token of one list is not good for the other.
pub const fn spec(unread_only: bool) -> ListSpec {
    let name = if unread_only { "notifications.unread" } else { "notifications" };
    ListSpec { name, filters: &[], orders: &[BY_TIME], default_order: BY_TIME.descending() }
}

/// Own ones, newest first, and the token of the next page.
pub async fn notifications(tx: &TenantDb, me: Uuid, list: &List, unread_only: bool) -> Result<(Vec<Model>, String)> {
    let finder = tx.find::<Entity>().filter(Column::UserId.eq(me)).filter(Column::Hidden.eq(false)).map(|select| {
        let select = if unread_only { select.filter(Column::ReadAt.is_null()) } else { select };
        list.select(select, Column::CreatedAt, Column::Id)
    });
    let mut rows = tx.all(finder).await?;
    let next = list.next_page_token(&mut rows, |row| (Key::Time(row.created_at), row.id));
    Ok((rows, next))
}

pub async fn unread(tx: &TenantDb, me: Uuid) -> Result<i32> {
    #[derive(FromQueryResult)]
    struct Count {
        unread: i64,
    }
    let sql = format!(
        "SELECT COUNT(*) AS unread FROM (SELECT 1 AS one FROM notifications \
         WHERE org_id = {{org}} AND user_id = ? AND read_at IS NULL AND NOT hidden LIMIT {COUNTED}) AS counted"
    );
    let rows: Vec<Count> = tx.query(&sql, vec![me.into()]).await?;
    rows.first().map_or(Ok(0), |row| i32::try_from(row.unread).map_err(Error::internal))
}

/// Marks one as read or unread. None when this person has no such notification; the flag says whether anything changed.
pub async fn set_read(tx: &TenantDb, me: Uuid, id: Uuid, read_at: Option<DateTimeUtc>) -> Result<Option<(Model, bool)>> {
    let own = || tx.find::<Entity>().filter(Column::UserId.eq(me)).filter(Column::Id.eq(id)).filter(Column::Hidden.eq(false));
    let Some(before) = tx.one(own()).await? else { return Ok(None) };
    if before.read_at.is_some() == read_at.is_some() {
        return Ok(Some((before, false)));
    }
    let sql = "UPDATE notifications SET read_at = ? WHERE org_id = {org} AND user_id = ? AND id = ?";
    tx.execute(sql, vec![read_at.into(), me.into(), id.into()]).await?;
    Ok(Some((Model { read_at, ..before }, true)))
}

/// Returns how many were unread.
pub async fn set_all_read(tx: &TenantDb, me: Uuid, now: DateTimeUtc) -> Result<u64> {
    let sql = "UPDATE notifications SET read_at = ? WHERE org_id = {org} AND user_id = ? AND read_at IS NULL AND NOT hidden";
    tx.execute(sql, vec![now.into(), me.into()]).await
}
