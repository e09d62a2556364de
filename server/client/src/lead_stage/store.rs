//! Rows of stages; writing one tells boards. Reading them is the leads' (`lead/stage.rs`).

use sea_orm::{ActiveValue::Set, FromQueryResult, IntoActiveModel as _, QuerySelect, entity::prelude::*};
use streamflow_kernel::{
    db::{TenantDb, TenantEntity},
    error::{Error, Result},
    feed::{Audience, Change, Op},
};
use streamflow_proto::client::reason;

use super::domain::NewStage;
use crate::{lead::stage, org};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lead_stages")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// Order on the board, ascending.
    pub position: i32,
    /// open, won or lost.
    pub kind: String,
    pub version: i64,
    /// Put away since; no lead stands in it.
    pub archived_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// The stages on the board, held: nobody else shapes the pipeline until the transaction ends.
pub async fn locked(tx: &TenantDb) -> Result<Vec<Model>> {
    org::store::hold(tx).await?;
    stage::stages(tx).await
}

pub async fn insert_stage(tx: &TenantDb, id: Uuid, new: NewStage, position: i32) -> Result<Model> {
    let row = ActiveModel {
        id: Set(id),
        name: Set(new.name),
        position: Set(position),
        kind: Set(new.kind.to_owned()),
        version: Set(1),
        archived_at: Set(None),
        ..Default::default()
    };
    let stage = tx.insert(row).await?;
    announce(tx, &stage, Op::Created, "name");
    Ok(stage)
}

pub async fn rename_stage(tx: &TenantDb, before: Model, name: String) -> Result<Model> {
    let mut row = before.clone().into_active_model();
    row.name = Set(name);
    write(tx, &before, row, "name").await
}

pub async fn place_stage(tx: &TenantDb, before: Model, position: i32) -> Result<Model> {
    if before.position == position {
        return Ok(before);
    }
    let mut row = before.clone().into_active_model();
    row.position = Set(position);
    write(tx, &before, row, "order").await
}

/// Puts a stage away. The transaction must see the whole company; a stage with leads stays.
pub async fn archive_stage(tx: &TenantDb, id: Uuid, at: chrono::DateTime<chrono::Utc>) -> Result<Model> {
    // Whoever puts a lead into it holds it shared, so none comes in between.
    let finder = tx.find::<Entity>().map(QuerySelect::lock_exclusive);
    let before = tx.one(finder.filter(Column::Id.eq(id)).filter(Column::ArchivedAt.is_null())).await?;
    let before = before.ok_or(Error::not_found("stage"))?;
    if is_used(tx, id).await? {
        let text = "Leads stand in this stage, or are archived in it. Move them to another stage first.";
        return Err(Error::refused(reason::STAGE_IN_USE, text));
    }
    let mut row = before.clone().into_active_model();
    row.archived_at = Set(Some(at));
    write(tx, &before, row, "archived_at").await
}

/// A stage, whether it is on the board or not.
pub async fn stage(tx: &TenantDb, id: Uuid) -> Result<Model> {
    tx.one(tx.find::<Entity>().filter(Column::Id.eq(id))).await?.ok_or(Error::not_found("stage"))
}

/// Puts a stage on the board again.
pub async fn restore_stage(tx: &TenantDb, before: Model, position: i32) -> Result<Model> {
    let mut row = before.clone().into_active_model();
    row.archived_at = Set(None);
    row.position = Set(position);
    write(tx, &before, row, "archived_at").await
}

async fn is_used(tx: &TenantDb, id: Uuid) -> Result<bool> {
    #[derive(FromQueryResult)]
    struct Used {
        used: i64,
    }
    let sql = "SELECT COUNT(*) AS used FROM (SELECT 1 FROM leads WHERE org_id = {org} AND stage_id = ? LIMIT 1) AS one";
    let rows: Vec<Used> = tx.query(sql, vec![id.into()]).await?;
    Ok(rows.first().is_some_and(|row| row.used > 0))
}

async fn write(tx: &TenantDb, before: &Model, mut row: ActiveModel, field: &str) -> Result<Model> {
    row.version = Set(before.version + 1);
    let stage = tx.update(row).await?;
    announce(tx, &stage, Op::Updated, field);
    Ok(stage)
}

fn announce(tx: &TenantDb, stage: &Model, op: Op, field: &str) {
    let (id, version, fields) = (stage.id, stage.version, vec![field.to_owned()]);
    tx.record(Change { entity: "lead_stage", id, version, op, fields, audience: Audience::EVERYONE });
}
