//! Rows of tasks. Who sees which is decided here: the database only keeps companies apart.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{
    db::{Scope, TenantDb, Visibility},
    error::Result,
    list::{
        List, ListSpec,
        order::OrderField,
        page::{Key, KeyKind, PageToken},
    },
};
use streamflow_proto::common::v1::PageInfo;
use uuid::Uuid;

/// Matches are counted no further.
const COUNTED: i64 = 10_000;

const BY_DAY: OrderField = OrderField::new("due_on", KeyKind::DateOrNone);

/// Which tasks a list shows; a page token of one is not good for another.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub include_done: bool,
    /// All that this person may see, not only their own.
    pub everyone: bool,
}

impl Choice {
    pub const fn spec(self) -> ListSpec {
        let name = match (self.everyone, self.include_done) {
            (false, false) => "tasks.own.open",
            (false, true) => "tasks.own.all",
            (true, false) => "tasks.everyone.open",
            (true, true) => "tasks.everyone.all",
        };
        ListSpec { name, filters: &[], orders: &[BY_DAY], default_order: BY_DAY.ascending() }
    }
}

#[derive(Clone, Debug, FromQueryResult)]
pub struct Task {
    pub id: Uuid,
    pub version: i64,
    pub title: String,
    pub due_on: Option<NaiveDate>,
    pub assignee_id: Option<Uuid>,
    /// As stored, see [`crate::record::kind::Kind`].
    pub record_kind: Option<String>,
    pub record_id: Option<Uuid>,
    pub record_name: String,
    pub done_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "id, version, title, due_on, assignee_id, record_kind, record_id, record_name, done_at, created_at";

/// A condition on tasks and its values.
struct Where {
    sql: String,
    values: Vec<Value>,
}

impl Where {
    /// Own tasks; with `everyone` also those of the people whose work this person sees, and what nobody has taken yet.
    fn seen(scope: &Scope, everyone: bool) -> Self {
        let me: Value = scope.user_id.into();
        match scope.visibility {
            Visibility::Org if everyone => Self { sql: "org_id = {org}".to_owned(), values: Vec::new() },
            Visibility::Team if everyone => {
                let teams = vec!["?"; scope.team_ids.len()].join(", ");
                let colleagues = if teams.is_empty() {
                    String::new()
                } else {
                    format!(
                        " OR assignee_id IN (SELECT user_id FROM team_members WHERE org_id = {{org}} AND team_id IN ({teams}))"
                    )
                };
                let sql = format!("org_id = {{org}} AND (assignee_id = ? OR assignee_id IS NULL{colleagues})");
                let values = std::iter::once(me).chain(scope.team_ids.iter().map(|id| (*id).into())).collect();
                Self { sql, values }
            }
            _ => Self { sql: "org_id = {org} AND assignee_id = ?".to_owned(), values: vec![me] },
        }
    }

    fn and(mut self, condition: &str, values: impl IntoIterator<Item = Value>) -> Self {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(values);
        self
    }
}

/// By due day, those without one last.
pub async fn tasks(tx: &TenantDb, list: &List, choice: Choice) -> Result<(Vec<Task>, PageInfo)> {
    let matching = || {
        let seen = Where::seen(tx.scope(), choice.everyone);
        if choice.include_done { seen } else { seen.and("done_at IS NULL", []) }
    };
    let page = list.after.iter().fold(matching(), after);
    let sql =
        format!("SELECT {COLUMNS} FROM tasks WHERE {} ORDER BY due_on ASC NULLS LAST, id LIMIT {}", page.sql, list.size + 1);
    let mut rows: Vec<Task> = tx.query(&sql, page.values).await?;
    let more = rows.len() as u64 > list.size;
    rows.truncate(usize::try_from(list.size).unwrap_or(usize::MAX));
    let mut info = PageInfo::default();
    if let Some(last) = rows.last().filter(|_| more) {
        info.next_page_token = list.token_after(last.due_on.map_or(Key::None, Key::Date), last.id);
    }
    if list.count_total {
        let total = count(tx, matching()).await?;
        info.total_is_capped = total > COUNTED;
        info.total_size = i32::try_from(total.min(COUNTED)).unwrap_or(i32::MAX);
    }
    Ok((rows, info))
}

fn after(page: Where, token: &PageToken) -> Where {
    let id: Value = token.last_id.into();
    match token.last_key {
        Key::Date(day) => page.and("(due_on > ? OR due_on IS NULL OR (due_on = ? AND id > ?))", [day.into(), day.into(), id]),
        _ => page.and("due_on IS NULL AND id > ?", [id]),
    }
}

async fn count(tx: &TenantDb, matching: Where) -> Result<i64> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let sql = format!(
        "SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM tasks WHERE {} LIMIT {}) AS matches",
        matching.sql,
        COUNTED + 1
    );
    let rows: Vec<Count> = tx.query(&sql, matching.values).await?;
    Ok(rows.first().map_or(0, |row| row.count))
}

/// A task this person sees.
pub async fn task(tx: &TenantDb, id: Uuid) -> Result<Option<Task>> {
    let one = Where::seen(tx.scope(), true).and("id = ?", [id.into()]);
    let rows: Vec<Task> = tx.query(&format!("SELECT {COLUMNS} FROM tasks WHERE {}", one.sql), one.values).await?;
    Ok(rows.into_iter().next())
}

/// Tasks about any of these records that somebody sees.
pub async fn about(tx: &TenantDb, scope: &Scope, kind: &str, record_ids: &[Uuid]) -> Result<Vec<Task>> {
    let marks = vec!["?"; record_ids.len()].join(", ");
    let values = std::iter::once(kind.into()).chain(record_ids.iter().map(|id| (*id).into()));
    let about = Where::seen(scope, true).and(&format!("record_kind = ? AND record_id IN ({marks})"), values);
    tx.query(&format!("SELECT {COLUMNS} FROM tasks WHERE {} ORDER BY id", about.sql), about.values).await
}

/// Makes tasks be about another record.
pub async fn move_to(tx: &TenantDb, tasks: &[Task], record_id: Uuid, record_name: &str) -> Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    let marks = vec!["?"; tasks.len()].join(", ");
    let sql = format!(
        "UPDATE tasks SET record_id = ?, record_name = ?, version = version + 1 WHERE org_id = {{org}} AND id IN ({marks})"
    );
    let values: [Value; 2] = [record_id.into(), record_name.into()];
    tx.execute(&sql, values.into_iter().chain(tasks.iter().map(|task| task.id.into())).collect()).await?;
    Ok(())
}

pub async fn insert_task(tx: &TenantDb, task: &Task) -> Result<()> {
    let sql = "INSERT INTO tasks (org_id, id, version, title, due_on, assignee_id, record_kind, record_id, record_name, created_at) \
               VALUES ({org}, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        task.id.into(),
        task.version.into(),
        task.title.clone().into(),
        task.due_on.into(),
        task.assignee_id.into(),
        task.record_kind.clone().into(),
        task.record_id.into(),
        task.record_name.clone().into(),
        task.created_at.into(),
    ];
    tx.execute(sql, values).await?;
    Ok(())
}

/// False when somebody else changed it meanwhile.
pub async fn set_done(tx: &TenantDb, task: &Task, done_at: Option<DateTime<Utc>>) -> Result<bool> {
    let sql = "UPDATE tasks SET done_at = ?, version = version + 1 WHERE org_id = {org} AND id = ? AND version = ?";
    Ok(tx.execute(sql, vec![done_at.into(), task.id.into(), task.version.into()]).await? == 1)
}

/// Open tasks of one's own: how many, and how many of them are late.
pub async fn own_open(tx: &TenantDb, today: NaiveDate) -> Result<(i64, i64)> {
    #[derive(FromQueryResult)]
    struct Row {
        open: i64,
        late: i64,
    }
    let own = Where::seen(tx.scope(), false).and("done_at IS NULL", []);
    let sql = format!("SELECT COUNT(*) AS open, COUNT(CASE WHEN due_on < ? THEN 1 END) AS late FROM tasks WHERE {}", own.sql);
    let values = std::iter::once(today.into()).chain(own.values).collect();
    let rows: Vec<Row> = tx.query(&sql, values).await?;
    Ok(rows.first().map_or((0, 0), |row| (row.open, row.late)))
}
