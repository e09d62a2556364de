//! Filters of lists by custom fields: a term typed by its field, and the condition it is on rows.

use sea_orm::{
    Condition,
    sea_query::{Expr, ExprTrait as _, LikeExpr, extension::postgres::PgExpr as _},
};
use streamflow_kernel::{
    db::{Backend, TenantDb},
    error::Result,
    list::{
        List, ListRequest,
        filter::{self, Op, Term, Value, read_date},
    },
};

use super::{
    domain::number,
    store::{self, Model},
    value::PREFIX,
};
use crate::{record::row::Record, template::read::Holds};

/// Reads what a list is asked. The company's fields are looked up only when the filter names one, those put away among them: views
/// that were saved with one go on.
pub async fn read<E: Record>(tx: &TenantDb, request: ListRequest<'_>) -> Result<List> {
    let fields = if request.filter.contains(PREFIX) { store::fields(tx, Some(E::KIND)).await? } else { Vec::new() };
    Ok(E::LIST.read_with(request, &|term| typed(&fields, term))?)
}

/// None for a term of another field.
fn typed(fields: &[Model], term: &Term) -> Option<Result<filter::Condition, String>> {
    let key = term.field.strip_prefix(PREFIX)?;
    let Some(field) = fields.iter().find(|field| field.key == key) else {
        return Some(Err(format!("There is no field \"{}\" to filter by", term.field)));
    };
    let holds = field.holds();
    let allowed: &[Op] = match holds {
        Holds::Text | Holds::Lines => &[Op::Equal, Op::NotEqual, Op::Contains],
        Holds::Choice | Holds::Checkbox => &[Op::Equal, Op::NotEqual],
        Holds::Number | Holds::Date => &[Op::Equal, Op::NotEqual, Op::Less, Op::LessOrEqual, Op::Greater, Op::GreaterOrEqual],
    };
    if !allowed.contains(&term.op) {
        let ops: Vec<String> = allowed.iter().map(Op::to_string).collect();
        return Some(Err(format!("{} can't be compared with \"{}\", only with {}", term.field, term.op, ops.join(" "))));
    }
    let equality = matches!(term.op, Op::Equal | Op::NotEqual);
    let value = value(holds, &term.value, equality).ok_or_else(|| wrong(holds, term));
    Some(value.map(|value| filter::Condition { field: term.field.clone().into(), op: term.op, value }))
}

/// An empty value asks for records that have none; dates and numbers may say `none`, as others do.
fn value(holds: Holds, text: &str, equality: bool) -> Option<Value> {
    match holds {
        Holds::Checkbox => text.parse().ok().map(Value::Bool),
        _ if text.is_empty() => equality.then_some(Value::None),
        Holds::Text | Holds::Lines | Holds::Choice => Some(Value::Text(text.to_owned())),
        Holds::Number | Holds::Date if text == "none" => equality.then_some(Value::None),
        Holds::Number => number(text).ok().flatten().map(Value::Decimal),
        Holds::Date => read_date(text).map(Value::Date),
    }
}

fn wrong(holds: Holds, term: &Term) -> String {
    let what = match holds {
        Holds::Checkbox => "true or false",
        Holds::Number => "a number (12.5)",
        _ => "a date (2026-11-30)",
    };
    format!("{} is {what}, not \"{}\"", term.field, term.value)
}

/// The condition on rows; nothing for a term of another field. The key and a number stand in the text itself: both were read above,
/// and hold nothing but letters, digits and their marks.
pub fn condition<E: Record>(backend: Backend, term: &filter::Condition) -> Option<Condition> {
    let key = term.field.strip_prefix(PREFIX)?;
    let kept = format!("(\"{}\".\"custom\" ->> '{key}')", E::default().table_name());
    let held = || Expr::cust(kept.clone());
    let (left, right) = match &term.value {
        Value::None => return Some(Condition::all().add(is_null(held(), term.op == Op::Equal))),
        Value::Bool(ticked) => return Some(Condition::all().add(is_null(held(), *ticked != (term.op == Op::Equal)))),
        Value::Text(text) if term.op == Op::Contains => return Some(Condition::all().add(contains(backend, held(), text))),
        Value::Decimal(number) => {
            let kind = if backend == Backend::Postgres { "numeric" } else { "REAL" };
            (Expr::cust(format!("CAST({kept} AS {kind})")), Expr::cust(format!("({number})")))
        }
        Value::Date(day) => (held(), Expr::val(day.to_string())),
        Value::Text(text) => (held(), Expr::val(text.as_str())),
        Value::Id(_) | Value::Time(_) | Value::Number(_) => return None,
    };
    let compared = match term.op {
        // "not flat" includes those that say nothing.
        Op::NotEqual => return Some(Condition::any().add(left.ne(right)).add(held().is_null())),
        Op::Equal | Op::Contains => left.eq(right),
        Op::Less => left.lt(right),
        Op::LessOrEqual => left.lte(right),
        Op::Greater => left.gt(right),
        Op::GreaterOrEqual => left.gte(right),
    };
    Some(Condition::all().add(compared))
}

fn is_null(held: Expr, null: bool) -> Expr {
    if null { held.is_null() } else { held.is_not_null() }
}

/// In either case, as lists look into their other texts.
fn contains(backend: Backend, held: Expr, text: &str) -> Expr {
    let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    match backend {
        Backend::Postgres => held.ilike(pattern),
        Backend::Sqlite => held.like(LikeExpr::new(pattern).escape('\\')),
    }
}
