//! A condition of a filter as a condition on rows.

use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait as _, LikeExpr, extension::postgres::PgExpr as _},
};
use streamflow_kernel::{
    db::{Backend, TenantDb},
    error::{Error, Result},
    list::filter::{self, Op, Value},
};

use super::found::found;
use crate::{custom_field, record::row::Record, search::domain::normalise};

/// Fails only when a list declares a field that its noun has no column for.
pub fn condition<E: Record>(tx: &TenantDb, term: &filter::Condition) -> Result<Condition> {
    let backend = tx.backend();
    let unknown = || Error::internal(format!("{}: no column for filter field {}", E::KIND.as_str(), term.field));
    if let Some(custom) = custom_field::filter::condition::<E>(backend, term) {
        return Ok(custom);
    }
    let one = match (&*term.field, &term.value) {
        ("archived", Value::Bool(archived)) => is_present(E::ARCHIVED_AT, *archived == (term.op == Op::Equal)),
        ("search", Value::Text(typed)) => found::<E>(tx, typed),
        ("id", value) => return Ok(compared(backend, E::ID, term.op, value)),
        ("name", Value::Text(name)) if !normalise(name).is_empty() => text(backend, E::SORT_NAME, term.op, &normalise(name)),
        ("tag", Value::Text(tag)) => tagged(backend, E::column("tags").ok_or_else(unknown)?, term.op, tag),
        (field, value) => {
            let column = E::column(field).ok_or_else(unknown)?;
            return Ok(compared(backend, column, term.op, value));
        }
    };
    Ok(Condition::all().add(one))
}

fn compared<C: ColumnTrait>(backend: Backend, column: C, op: Op, value: &Value) -> Condition {
    let value: sea_orm::Value = match value {
        Value::Text(value) => return Condition::all().add(text(backend, column, op, value)),
        Value::None => return Condition::all().add(is_present(column, op != Op::Equal)),
        Value::Bool(present) => {
            return Condition::all().add(is_present(column, *present == (op == Op::Equal)));
        }
        Value::Id(id) => (*id).into(),
        Value::Time(time) => (*time).into(),
        Value::Date(date) => (*date).into(),
        Value::Number(number) => (*number).into(),
        Value::Decimal(number) => number.as_str().into(),
    };
    let expr = Expr::col(column.as_column_ref());
    let compared = match op {
        // "not Ana's" includes what is nobody's.
        Op::NotEqual => return Condition::any().add(expr.ne(value)).add(column.is_null()),
        Op::Equal | Op::Contains => expr.eq(value),
        Op::Less => expr.lt(value),
        Op::LessOrEqual => expr.lte(value),
        Op::Greater => expr.gt(value),
        Op::GreaterOrEqual => expr.gte(value),
    };
    Condition::all().add(compared)
}

fn is_present<C: ColumnTrait>(column: C, present: bool) -> Expr {
    if present { column.is_not_null() } else { column.is_null() }
}

/// Equal as written; contained in either case.
fn text<C: ColumnTrait>(backend: Backend, column: C, op: Op, value: &str) -> Expr {
    match op {
        Op::Contains => contains(backend, column, value),
        Op::NotEqual => column.ne(value),
        _ => column.eq(value),
    }
}

/// In either case.
pub fn contains<C: ColumnTrait>(backend: Backend, column: C, part: &str) -> Expr {
    like(backend, column, &format!("%{}%", escaped(part)))
}

/// In either case.
pub fn begins<C: ColumnTrait>(backend: Backend, column: C, start: &str) -> Expr {
    like(backend, column, &format!("{}%", escaped(start)))
}

/// Tags are a JSON array: a whole tag stands there between quotes.
fn tagged<C: ColumnTrait>(backend: Backend, column: C, op: Op, tag: &str) -> Expr {
    let quoted = serde_json::Value::from(tag).to_string();
    let pattern = match op {
        Op::Contains => format!("%{}%", escaped(quoted.trim_matches('"'))),
        _ => format!("%{}%", escaped(&quoted)),
    };
    let found = like(backend, column, &pattern);
    if op == Op::NotEqual { found.not() } else { found }
}

/// SQLite's LIKE takes either case by itself; PostgreSQL's patterns have the backslash by themselves.
fn like<C: ColumnTrait>(backend: Backend, column: C, pattern: &str) -> Expr {
    let column = Expr::col(column.as_column_ref());
    match backend {
        Backend::Postgres => column.ilike(pattern),
        Backend::Sqlite => column.like(LikeExpr::new(pattern).escape('\\')),
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
