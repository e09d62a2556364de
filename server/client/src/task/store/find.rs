//! What lists of tasks can be asked, and how that is found.

use sea_orm::{
    Condition,
    entity::prelude::*,
    sea_query::{Alias, ExprTrait as _, Query},
};
use streamflow_kernel::{
    db::{Scope, Scoped, TenantDb, Visibility},
    error::{Error, Result},
    ids::prefix,
    list::{
        List, ListSpec,
        filter::{self, FieldSpec, Kind as Holds, Op, Value},
        order::OrderField,
        page::{Key, KeyKind},
    },
};
use streamflow_proto::common::v1::PageInfo;

use super::{Column, Entity, Model};
use crate::{
    record::{kind::Kind, list::count_into},
    task::about,
};

const RECORD: &str = "record_id";
const FILTERS: &[FieldSpec] = &[
    FieldSpec::new("search", Holds::Search),
    FieldSpec::new("assignee_id", Holds::Uuid(prefix::USER)),
    FieldSpec::new("due_on", Holds::Date),
    FieldSpec::new("created_at", Holds::Timestamp),
    FieldSpec::new("done", Holds::Bool),
    FieldSpec::new("archived", Holds::Bool),
    // Read by `record`: its ids have the prefixes of several kinds.
    FieldSpec::new(RECORD, Holds::Text),
];
const BY_DAY: OrderField = OrderField::new("due_on", KeyKind::DateOrNone);
const ORDERS: &[OrderField] = &[BY_DAY, OrderField::new("created_at", KeyKind::Time)];

/// What a saved view calls the parts of a [`Choice`].
pub const EVERYONE: &str = "everyone";
pub const INCLUDE_DONE: &str = "include_done";

/// Which tasks a list shows; a page token of one is not good for another.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub include_done: bool,
    /// All that this person may see, not only their own.
    pub everyone: bool,
}

impl Choice {
    /// As a saved view says it.
    pub fn of(switches: &[String]) -> Self {
        let on = |name: &str| switches.iter().any(|switch| switch == name);
        Self { include_done: on(INCLUDE_DONE), everyone: on(EVERYONE) }
    }

    pub const fn spec(self) -> ListSpec {
        let name = match (self.everyone, self.include_done) {
            (false, false) => "tasks.own.open",
            (false, true) => "tasks.own.all",
            (true, false) => "tasks.everyone.open",
            (true, true) => "tasks.everyone.all",
        };
        ListSpec { name, filters: FILTERS, orders: ORDERS, default_order: BY_DAY.ascending() }
    }
}

/// Reads a term about the record of a task; None for other terms.
pub fn record(term: &filter::Term) -> Option<Result<filter::Condition, String>> {
    if term.field != RECORD {
        return None;
    }
    Some(match (term.op, record_of(&term.value)) {
        (Op::Equal, Some(_)) => {
            Ok(filter::Condition { field: RECORD.into(), op: Op::Equal, value: Value::Text(term.value.clone()) })
        }
        (Op::Equal, None) => Err(format!("{RECORD} is the id of a customer, contact or lead, not \"{}\"", term.value)),
        (op, _) => Err(format!("{RECORD} can't be compared with \"{op}\", only with =")),
    })
}

fn record_of(id: &str) -> Option<(Kind, Uuid)> {
    [Kind::Customer, Kind::Contact, Kind::Lead].into_iter().find_map(|kind| Some((kind, kind.parse_id(id).ok()?)))
}

/// Own tasks; with `everyone` also those of the people whose work this person sees, and what nobody has taken yet.
pub fn seen(scope: &Scope, everyone: bool) -> Condition {
    let own = Condition::any().add(Column::AssigneeId.eq(scope.user_id));
    match scope.visibility {
        Visibility::Org if everyone => Condition::all(),
        Visibility::Team if everyone => {
            let column = |name| Expr::col(Alias::new(name));
            let colleagues = Query::select()
                .column(Alias::new("user_id"))
                .from(Alias::new("team_members"))
                .and_where(column("org_id").eq(scope.org_id))
                .and_where(column("team_id").is_in(scope.team_ids.iter().copied()))
                .take();
            own.add(Column::AssigneeId.is_null()).add(Column::AssigneeId.in_subquery(colleagues))
        }
        _ => own,
    }
}

/// By due day where nothing else is asked, those without one last.
pub async fn tasks(tx: &TenantDb, list: &List, choice: Choice) -> Result<(Vec<Model>, PageInfo)> {
    let matching = matching(tx, list, choice).await?;
    let by = if list.order.key == KeyKind::Time { Column::CreatedAt } else { Column::DueOn };
    let mut rows = tx.all(matching.clone().map(|select| list.select(select, by, Column::Id))).await?;
    let key = |task: &Model| match by {
        Column::CreatedAt => Key::Time(task.created_at),
        _ => task.due_on.map_or(Key::None, Key::Date),
    };
    let next_page_token = list.next_page_token(&mut rows, |task| (key(task), task.id));
    let mut info = PageInfo { next_page_token, ..PageInfo::default() };
    if list.count_total {
        count_into(&mut info, tx, matching, rows.len()).await?;
    }
    Ok((rows, info))
}

/// Archived ones, and done ones the choice leaves out, only when the filter asks for them.
async fn matching(tx: &TenantDb, list: &List, choice: Choice) -> Result<Scoped<Entity>> {
    let asks = |field: &str| list.conditions.iter().any(|term| term.field == field);
    let mut all = seen(tx.scope(), choice.everyone);
    if !choice.include_done && !asks("done") {
        all = Condition::all().add(all).add(Column::DoneAt.is_null());
    }
    if !asks("archived") {
        all = Condition::all().add(all).add(Column::ArchivedAt.is_null());
    }
    for term in &list.conditions {
        all = Condition::all().add(all).add(condition(tx, term).await?);
    }
    Ok(tx.find::<Entity>().filter(all))
}

async fn condition(tx: &TenantDb, term: &filter::Condition) -> Result<Condition> {
    let is_set = |column: Column, yes: bool| if yes == (term.op == Op::Equal) { column.is_not_null() } else { column.is_null() };
    let one = match (&*term.field, &term.value) {
        ("search", Value::Text(typed)) => return Ok(found(tx.scope(), typed)),
        (RECORD, Value::Text(id)) => return about_record(tx, id).await,
        ("done", Value::Bool(done)) => is_set(Column::DoneAt, *done),
        ("archived", Value::Bool(archived)) => is_set(Column::ArchivedAt, *archived),
        ("assignee_id", _) => term.on(Column::AssigneeId),
        ("due_on", _) => term.on(Column::DueOn),
        ("created_at", _) => term.on(Column::CreatedAt),
        _ => return Err(Error::internal(format!("task: no column for filter field {}", term.field))),
    };
    Ok(Condition::all().add(one))
}

/// Each word in the title or in the name of the record, as far as this person sees that name.
fn found(scope: &Scope, typed: &str) -> Condition {
    typed.split_whitespace().fold(Condition::all(), |all, word| {
        let has = filter::Condition { field: "search".into(), op: Op::Contains, value: Value::Text(word.to_owned()) };
        let mut named = Condition::all().add(has.on(Column::RecordName));
        if scope.visibility != Visibility::Org {
            named = named.add(Column::AssigneeId.eq(scope.user_id));
        }
        all.add(Condition::any().add(has.on(Column::Title)).add(named))
    })
}

/// Of a record this person does not see, what is told of it on their own tasks: no more.
async fn about_record(tx: &TenantDb, id: &str) -> Result<Condition> {
    let Some((kind, id)) = record_of(id) else {
        return Err(Error::internal("task: a record that was read has no kind"));
    };
    let about_it = Condition::all().add(Column::RecordKind.eq(kind.as_str())).add(Column::RecordId.eq(id));
    let is_seen = about::seen(tx, kind, vec![id]).await?.contains(&id);
    Ok(if is_seen { about_it } else { about_it.add(Column::AssigneeId.eq(tx.scope().user_id)) })
}
