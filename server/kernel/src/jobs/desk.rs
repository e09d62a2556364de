//! What the engineers' pages see and do: schedules, jobs of any company by kind and state, and the dead ones back to life.

use sea_orm::entity::prelude::*;
use streamflow_proto::reason::Reason;

use super::{
    NewJob,
    overview::{self, Schedule},
};
use crate::{
    ctx::{Ctx, SystemWriteDb},
    db::SystemDb,
    error::{Error, Result},
    list::{
        ListRequest, ListSpec,
        filter::{FieldSpec, Kind},
        order::OrderField,
        page::{Key, KeyKind},
    },
};

/// A job without what it was told.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub key: String,
    /// queued, running, done or dead.
    pub state: String,
    pub run_at: DateTimeUtc,
    pub attempts: i32,
    pub lease_until: Option<DateTimeUtc>,
    pub result: String,
    pub last_error: String,
    pub created_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub finished_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const BY_TIME: OrderField = OrderField::new("created_at", KeyKind::Time);

/// What the list can be asked; newest first, always.
pub const SPEC: ListSpec = ListSpec {
    name: "jobs",
    filters: &[FieldSpec::new("state", Kind::Text), FieldSpec::new("kind", Kind::Text)],
    orders: &[BY_TIME],
    default_order: BY_TIME.descending(),
};

/// One page and the token of the next, which is empty on the last one.
pub async fn jobs(ctx: &Ctx, request: ListRequest<'_>) -> Result<(Vec<Model>, String)> {
    let list = SPEC.read(request)?;
    let db = ctx.system_read().await?;
    let mut rows = db
        .all::<Entity>(|select| {
            let narrowed = list.conditions.iter().fold(select, |select, condition| {
                let column = if condition.field == "kind" { Column::Kind } else { Column::State };
                select.filter(condition.on(column))
            });
            list.select(narrowed, Column::CreatedAt, Column::Id)
        })
        .await?;
    let next = list.next_page_token(&mut rows, |row| (Key::Time(row.created_at), row.id));
    Ok((rows, next))
}

/// A job of any state and company. Fails with `NotFound` when there is none, or no more: done jobs stay a week, dead letters 90 days.
pub async fn job(ctx: &Ctx, id: Uuid) -> Result<Model> {
    found(&ctx.system_read().await?, id).await
}

/// Queues a job that was given up anew, with all its attempts; one that waits for its next attempt gets it now.
pub async fn retry(ctx: &Ctx, id: Uuid) -> Result<(SystemWriteDb, Model)> {
    let db = ctx.system().await?;
    let job = found(&db, id).await?;
    let sql = "UPDATE jobs SET state = 'queued', run_at = ?, finished_at = NULL, attempts = CASE WHEN state = 'dead' THEN 0 ELSE attempts END \
               WHERE org_id = ? AND id = ? AND state IN ('dead', 'queued') AND NOT EXISTS (SELECT 1 FROM jobs o \
               WHERE o.org_id = jobs.org_id AND o.kind = jobs.kind AND o.key = jobs.key AND o.key <> '' AND o.id <> jobs.id \
               AND o.state IN ('queued', 'running'))";
    if db.execute(sql, vec![ctx.now().into(), job.org_id.into(), id.into()]).await? == 0 {
        let text = match job.state.as_str() {
            "dead" | "queued" => "The same work waits or runs already, as another job.",
            "running" => "The job is running.",
            _ => "The job is done.",
        };
        return Err(Error::refused(Reason::NOT_RETRYABLE, text));
    }
    let job = found(&db, id).await?;
    Ok((db, job))
}

/// Deletes a job that was given up. The audit keeps that it was there.
pub async fn discard(ctx: &Ctx, id: Uuid) -> Result<SystemWriteDb> {
    let db = ctx.system().await?;
    let job = found(&db, id).await?;
    let gone = db.delete_many::<Entity>(|delete| {
        delete.filter(Column::OrgId.eq(job.org_id)).filter(Column::Id.eq(id)).filter(Column::State.eq("dead"))
    });
    if gone.await? == 0 {
        return Err(Error::refused(Reason::NOT_DEAD, "Only a job that was given up can be discarded."));
    }
    Ok(db)
}

async fn found(db: &SystemDb, id: Uuid) -> Result<Model> {
    db.one::<Entity>(|select| select.filter(Column::Id.eq(id))).await?.ok_or(Error::not_found("job"))
}

/// All of this system, by name.
pub async fn schedules(ctx: &Ctx) -> Result<Vec<Schedule>> {
    overview::schedules(&ctx.system_read().await?).await
}

/// Queues scheduled work to be done at once; its next turn stays.
pub async fn run_schedule(ctx: &Ctx, name: &str) -> Result<SystemWriteDb> {
    let db = ctx.system().await?;
    let schedule = overview::schedules(&db).await?.into_iter().find(|schedule| schedule.name == name);
    let schedule = schedule.ok_or(Error::not_found("scheduled task"))?;
    if !ctx.jobs().begin(&db, NewJob::scheduled(&schedule.name)).await? {
        return Err(Error::refused(Reason::RUNNING, "It is running right now."));
    }
    Ok(db)
}
