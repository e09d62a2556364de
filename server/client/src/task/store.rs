//! Rows of tasks. Who sees which is decided here: the database only keeps companies apart. What lists can be asked is in [`find`].

pub mod find;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveValue::Set, FromQueryResult, IntoActiveModel as _, QueryOrder as _, QuerySelect, entity::prelude::*,
    sea_query::ExprTrait as _,
};
use streamflow_kernel::{
    db::{Scope, TenantDb, TenantEntity, Visibility},
    error::{Error, Result},
};

use super::domain::{Change, NewTask, Values};
use crate::record::{kind::Kind, writer::Writer};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub title: String,
    pub due_on: Option<Date>,
    pub assignee_id: Option<Uuid>,
    /// As stored, see [`Kind`].
    pub record_kind: Option<String>,
    pub record_id: Option<Uuid>,
    pub record_name: String,
    pub done_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub archived_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

impl Model {
    /// The fields people write.
    pub fn values(&self) -> Values {
        Values { title: self.title.clone(), due_on: self.due_on, assignee_id: self.assignee_id }
    }
}

/// A task this person sees, archived or not.
pub async fn seen(tx: &TenantDb, id: Uuid) -> Result<Model> {
    let finder = tx.find::<Entity>().filter(find::seen(tx.scope(), true)).filter(Column::Id.eq(id));
    tx.one(finder).await?.ok_or(Error::not_found("task"))
}

/// As [`seen`], held until the transaction ends.
pub async fn locked(tx: &TenantDb, id: Uuid) -> Result<Model> {
    let finder = tx.find::<Entity>().filter(find::seen(tx.scope(), true)).filter(Column::Id.eq(id));
    tx.one(finder.map(QuerySelect::lock_exclusive)).await?.ok_or(Error::not_found("task"))
}

/// Tasks about any of these records that somebody sees, archived ones too.
pub async fn about(tx: &TenantDb, scope: &Scope, kind: &str, record_ids: &[Uuid]) -> Result<Vec<Model>> {
    let finder = tx.find::<Entity>().filter(find::seen(scope, true)).filter(Column::RecordKind.eq(kind));
    let finder = finder.filter(Column::RecordId.is_in(record_ids.iter().copied()));
    tx.all(finder.map(|select| select.order_by_asc(Column::Id))).await
}

/// Makes tasks be about another record.
pub async fn move_to(tx: &TenantDb, tasks: &[Model], record_id: Uuid, record_name: &str) -> Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    tx.update_many::<Entity>(|update| {
        update
            .col_expr(Column::RecordId, Expr::val(record_id))
            .col_expr(Column::RecordName, Expr::val(record_name))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.is_in(tasks.iter().map(|task| task.id)))
    })
    .await?;
    Ok(())
}

/// `record_name` is the name of what it is about.
pub async fn insert_task(tx: &TenantDb, writer: &Writer, new: NewTask, record_name: String) -> Result<Model> {
    let kind = new.about.and_then(|about| Kind::from_pb(about.kind.into()));
    let row = ActiveModel {
        id: Set(writer.new_id()),
        version: Set(1),
        title: Set(new.values.title),
        due_on: Set(new.values.due_on),
        assignee_id: Set(new.values.assignee_id),
        record_kind: Set(kind.map(|kind| kind.as_str().to_owned())),
        record_id: Set(new.about.map(|about| about.id)),
        record_name: Set(record_name),
        done_at: Set(None),
        created_at: Set(writer.now()),
        archived_at: Set(None),
        ..Default::default()
    };
    Ok(tx.insert(row).await?)
}

/// Changes fields of a task that is held. Without changes nothing is written.
pub async fn update_task(tx: &TenantDb, before: Model, changes: &[Change]) -> Result<Model> {
    if changes.is_empty() {
        return Ok(before);
    }
    let mut row = next_version(before);
    for change in changes {
        match change {
            Change::Title(title) => row.title = Set(title.clone()),
            Change::DueOn(day) => row.due_on = Set(*day),
            Change::Assignee(id) => row.assignee_id = Set(*id),
        }
    }
    Ok(tx.update(row).await?)
}

/// Marks a task that is held as done, or as open again.
pub async fn set_done(tx: &TenantDb, before: Model, done_at: Option<DateTime<Utc>>) -> Result<Model> {
    Ok(tx.update(ActiveModel { done_at: Set(done_at), ..next_version(before) }).await?)
}

/// Puts a task that is held away, or takes it back.
pub async fn set_archived(tx: &TenantDb, before: Model, archived_at: Option<DateTime<Utc>>) -> Result<Model> {
    Ok(tx.update(ActiveModel { archived_at: Set(archived_at), ..next_version(before) }).await?)
}

fn next_version(before: Model) -> ActiveModel {
    let version = before.version + 1;
    ActiveModel { version: Set(version), ..before.into_active_model() }
}

/// Open tasks of one's own: how many, and how many of them are late.
pub async fn own_open(tx: &TenantDb, today: NaiveDate) -> Result<(i64, i64)> {
    #[derive(FromQueryResult)]
    struct Row {
        open: i64,
        late: i64,
    }
    let sql = "SELECT COUNT(*) AS open, COUNT(CASE WHEN due_on < ? THEN 1 END) AS late FROM tasks \
               WHERE org_id = {org} AND assignee_id = ? AND done_at IS NULL AND archived_at IS NULL";
    let rows: Vec<Row> = tx.query(sql, vec![today.into(), tx.scope().user_id.into()]).await?;
    Ok(rows.first().map_or((0, 0), |row| (row.open, row.late)))
}

/// The people whose tasks this person sees besides their own, where that is not everybody.
pub async fn colleagues(tx: &TenantDb) -> Result<Vec<Uuid>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
    }
    let scope = tx.scope();
    if scope.visibility != Visibility::Team || scope.team_ids.is_empty() {
        return Ok(Vec::new());
    }
    let marks = vec!["?"; scope.team_ids.len()].join(", ");
    let sql = format!("SELECT DISTINCT user_id FROM team_members WHERE org_id = {{org}} AND team_id IN ({marks})");
    let rows: Vec<Row> = tx.query(&sql, scope.team_ids.iter().map(|id| (*id).into()).collect()).await?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}
