//! A list request on a finder: conditions, order, and the page after a row.
//!
//! Which column a field is, the store says; NULLs, LIKE and keysets are settled here once.

use sea_orm::sea_query::{BinOper, Expr, ExprTrait as _, Func, NullOrdering};
use sea_orm::{ColumnTrait, EntityTrait, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select};
use uuid::Uuid;

use super::List;
use super::filter::{Condition, Op, Value};
use super::page::{Key, KeyKind};

/// LIKE's own default differs between databases and needs doubling in some texts; this one never does.
const ESCAPE: char = '!';

impl Condition {
    /// This condition on a column. `!=` holds for NULL too: who asks for customers of anyone but Anna wants
    /// those of nobody as well. `:` looks anywhere in the text, in either case.
    pub fn on(&self, column: impl ColumnTrait) -> Expr {
        let Some(value) = sea_value(&self.value) else {
            return if self.op == Op::NotEqual { column.is_not_null() } else { column.is_null() };
        };
        match self.op {
            Op::Equal => column.eq(value),
            Op::NotEqual => column.ne(value).or(column.is_null()),
            Op::Less => column.lt(value),
            Op::LessOrEqual => column.lte(value),
            Op::Greater => column.gt(value),
            Op::GreaterOrEqual => column.gte(value),
            Op::Contains => contains(column, &self.value),
        }
    }
}

impl List {
    /// One row more than the page holds, in order, after the last row seen. `id` finishes the order.
    pub fn select<E: EntityTrait>(&self, rows: Select<E>, key: E::Column, id: E::Column) -> Select<E> {
        let direction = if self.order.descending { sea_orm::Order::Desc } else { sea_orm::Order::Asc };
        let rows = match &self.after {
            Some(after) => rows.filter(self.following(key, id, &after.last_key, after.last_id)),
            None => rows,
        };
        let rows = match self.order.key {
            // The one kind that can be NULL, and the databases differ on where NULL belongs.
            KeyKind::DateOrNone => rows.order_by_with_nulls(key, direction.clone(), NullOrdering::Last),
            KeyKind::Text | KeyKind::Number | KeyKind::Time => rows.order_by(key, direction.clone()),
        };
        rows.order_by(id, direction).limit(self.size + 1)
    }

    /// As [`select`](Self::select) for SQL by hand: what follows the last condition of its WHERE, and the values for its `?`. The key
    /// is never NULL.
    pub fn by_hand(&self, key: &str, id: &str) -> (String, Vec<sea_orm::Value>) {
        let (sign, direction) = if self.order.descending { ("<", "DESC") } else { (">", "ASC") };
        let last = self.after.as_ref().and_then(|after| Some((key_value(&after.last_key)?, after.last_id)));
        let after = last.as_ref().map(|_| format!(" AND ({key}, {id}) {sign} (?, ?)")).unwrap_or_default();
        let values = last.map(|(last, last_id)| vec![last, last_id.into()]).unwrap_or_default();
        (format!("{after} ORDER BY {key} {direction}, {id} {direction} LIMIT {}", self.size + 1), values)
    }

    /// Takes the surplus row off and gives the token of the next page; empty on the last one.
    pub fn next_page_token<T>(&self, rows: &mut Vec<T>, key_and_id: impl Fn(&T) -> (Key, Uuid)) -> String {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        if rows.len() <= size {
            return String::new();
        }
        rows.truncate(size);
        rows.last().map(key_and_id).map_or_else(String::new, |(key, id)| self.token_after(key, id))
    }

    /// As a comparison of pairs, which both databases answer from an index on the pair.
    fn following<C: ColumnTrait>(&self, key: C, id: C, last_key: &Key, last_id: Uuid) -> Expr {
        let beyond = |left: Expr, right: Expr| {
            if self.order.descending { left.lt(right) } else { left.gt(right) }
        };
        let Some(last) = key_value(last_key) else {
            return key.is_null().and(beyond(id.into_simple_expr(), Expr::val(last_id)));
        };
        let here = Expr::tuple([key.into_simple_expr(), id.into_simple_expr()]);
        let following = beyond(here, Expr::tuple([Expr::val(last), Expr::val(last_id)]));
        if self.order.key == KeyKind::DateOrNone { following.or(key.is_null()) } else { following }
    }
}

/// Both sides are lowered by the database, so that they agree whatever letters it knows.
fn contains(column: impl ColumnTrait, value: &Value) -> Expr {
    let text = match value {
        Value::Text(text) => text.as_str(),
        // No other kind of field takes this operator.
        _ => "",
    };
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(c);
    }
    pattern.push('%');
    let pattern = Expr::from(Func::lower(pattern)).binary(BinOper::Escape, Expr::Constant(ESCAPE.into()));
    Expr::from(Func::lower(column.into_simple_expr())).binary(BinOper::Like, pattern)
}

fn sea_value(value: &Value) -> Option<sea_orm::Value> {
    Some(match value {
        Value::Text(text) => text.as_str().into(),
        Value::Id(id) => (*id).into(),
        Value::Time(time) => (*time).into(),
        Value::Date(date) => (*date).into(),
        Value::Bool(bool) => (*bool).into(),
        Value::Number(number) => (*number).into(),
        Value::Decimal(number) => number.as_str().into(),
        Value::None => return None,
    })
}

fn key_value(key: &Key) -> Option<sea_orm::Value> {
    Some(match key {
        Key::Text(text) => text.as_str().into(),
        Key::Number(number) => (*number).into(),
        Key::Time(time) => (*time).into(),
        Key::Date(date) => (*date).into(),
        Key::None => return None,
    })
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests have a database of their own, with no tenants in it")]
mod tests;
