//! Lists of companies: filter, order and pages, for the portal and for other systems alike.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait as _, QueryFilter,
    sea_query::{Expr, ExprTrait as _},
};
use streamflow_kernel::{
    db::SystemDb,
    error::{Error, Result},
    list::{
        ListRequest, ListSpec,
        filter::{Condition, FieldSpec, Kind, Op, Value},
        order::OrderField,
        page::{Key, KeyKind},
    },
};

use super::{
    domain::STATES,
    store::{Column, Entity, Model},
};

const BY_AGE: OrderField = OrderField::new("created_at", KeyKind::Time);
const BY_NAME: OrderField = OrderField::new("name", KeyKind::Text);

/// What the list of companies can be asked; newest first unless asked otherwise.
pub const SPEC: ListSpec = ListSpec {
    name: "tenants",
    filters: &[
        FieldSpec::new("search", Kind::Search),
        FieldSpec::new("state", Kind::Enum(&STATES)),
        FieldSpec::new("plan", Kind::Text),
        FieldSpec::new("industry", Kind::Text),
        FieldSpec::new("created_at", Kind::Timestamp),
        FieldSpec::new("trial_ends_at", Kind::Timestamp),
    ],
    orders: &[BY_NAME, BY_AGE],
    default_order: BY_AGE.descending(),
};

/// One page as it is at `now`, and the token of the next, which is empty on the last one.
pub async fn tenants(db: &SystemDb, request: ListRequest<'_>, now: DateTime<Utc>) -> Result<(Vec<Model>, String)> {
    let list = SPEC.read(request)?;
    let by_name = list.order.field == BY_NAME.name;
    let key = if by_name { Column::SortName } else { Column::CreatedAt };
    let conditions = list.conditions.iter().map(|term| condition(term, now)).collect::<Result<Vec<_>>>()?;
    let find = |select: sea_orm::Select<Entity>| {
        let select = conditions.into_iter().fold(select, QueryFilter::filter);
        list.select(select.filter(Column::Id.is_not_null()), key, Column::Id)
    };
    let mut rows = db.all::<Entity>(find).await?;
    let next = list.next_page_token(&mut rows, |row| {
        let key = if by_name { Key::Text(row.sort_name.clone()) } else { Key::Time(row.created_at) };
        (key, row.id.unwrap_or_default())
    });
    Ok((rows, next))
}

fn condition(term: &Condition, now: DateTime<Utc>) -> Result<Expr> {
    Ok(match (&*term.field, &term.value) {
        ("search", _) => term.on(Column::SortName).or(term.on(Column::TenantId)).or(term.on(Column::ExternalCustomerId)),
        ("state", Value::Text(word)) => {
            let is = in_state(word, now);
            if term.op == Op::NotEqual { is.not() } else { is }
        }
        ("plan", _) => term.on(Column::Plan),
        ("industry", _) => term.on(Column::Industry),
        ("created_at", _) => term.on(Column::CreatedAt),
        ("trial_ends_at", _) => term.on(Column::TrialEndsAt),
        (field, _) => return Err(Error::internal(format!("tenants: no column for filter field {field}"))),
    })
}

/// The same as [`state`](super::domain::state), as a condition. Never NULL, so that it can be turned round.
fn in_state(word: &str, now: DateTime<Utc>) -> Expr {
    let there = Column::DeletedAt.is_null();
    let unsuspended = there.clone().and(Column::SuspendedAt.is_null());
    let open = unsuspended.clone().and(Column::ClosesAt.is_null());
    match word {
        "DELETED" => Column::DeletedAt.is_not_null(),
        "SUSPENDED" => there.and(Column::SuspendedAt.is_not_null()),
        "CLOSING" => unsuspended.and(Column::ClosesAt.is_not_null()),
        "TRIAL" => open.and(Column::TrialEndsAt.is_not_null()).and(Column::TrialEndsAt.gt(now)),
        "TRIAL_ENDED" => open.and(Column::TrialEndsAt.is_not_null()).and(Column::TrialEndsAt.lte(now)),
        _ => open.and(Column::TrialEndsAt.is_null()),
    }
}
