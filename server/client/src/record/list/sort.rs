//! The order of a list as SQL: by one expression, finished by the id, so that a page can end between any two rows.

use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait, ModelTrait as _, QueryOrder as _, Select, Value,
    sea_query::{Expr, ExprTrait as _, NullOrdering, Order as Direction},
};
use streamflow_kernel::{
    error::{Error, Result},
    list::{
        order::Order,
        page::{Key, KeyKind},
    },
};
use uuid::Uuid;

use crate::record::row::Record;

type KeyOf<E> = Box<dyn Fn(&<E as EntityTrait>::Model) -> Key + Send + Sync>;

/// By what rows are ordered, what a page token keeps of a row, and how that is bound again.
pub struct Sort<E: EntityTrait> {
    by: Expr,
    descending: bool,
    /// Rows without a value come last in both directions.
    nullable: bool,
    key: KeyOf<E>,
    bind: fn(&Key) -> Value,
}

impl<E: Record> Sort<E> {
    /// By the column of the ordered field.
    pub fn of(order: Order) -> Result<Self> {
        let column = if order.field == "name" { Some(E::SORT_NAME) } else { E::column(order.field) };
        let column =
            column.ok_or_else(|| Error::internal(format!("{}: no column for order field {}", E::KIND.as_str(), order.field)))?;
        Ok(Self {
            nullable: order.key == KeyKind::DateOrNone,
            ..Self::by(Expr::col(column.as_column_ref()), order, Box::new(move |row| key(row.get(column))))
        })
    }

    /// By any expression that is never NULL; `key` gives its value for a row.
    pub fn by(by: Expr, order: Order, key: KeyOf<E>) -> Self {
        Self { by, descending: order.descending, nullable: false, key, bind }
    }

    /// Keys are bound by `bind` where the expression has another type than the key.
    pub fn binding(self, bind: fn(&Key) -> Value) -> Self {
        Self { bind, ..self }
    }

    pub fn key(&self, row: &E::Model) -> Key {
        (self.key)(row)
    }

    pub fn order(&self, select: Select<E>) -> Select<E> {
        let direction = if self.descending { Direction::Desc } else { Direction::Asc };
        let select = if self.nullable {
            select.order_by_with_nulls(self.by.clone(), direction.clone(), NullOrdering::Last)
        } else {
            select.order_by(self.by.clone(), direction.clone())
        };
        select.order_by(E::ID, direction)
    }

    /// Rows after the one with this key and id. Compared as a pair where possible, which an index can serve.
    pub fn after(&self, key: &Key, id: Uuid) -> Result<Condition> {
        let id_column = || Expr::col(E::ID.as_column_ref());
        let beyond = |left: Expr, right: Expr| {
            if self.descending { left.lt(right) } else { left.gt(right) }
        };
        if !self.nullable {
            let last = Expr::tuple([Expr::val((self.bind)(key)), Expr::val(id)]);
            return Ok(Condition::all().add(beyond(Expr::tuple([self.by.clone(), id_column()]), last)));
        }
        if *key == Key::None {
            let rest = Condition::all().add(self.by.clone().is_null());
            return Ok(rest.add(beyond(id_column(), Expr::val(id))));
        }
        let value = || Expr::val((self.bind)(key));
        let same = Condition::all().add(self.by.clone().eq(value())).add(beyond(id_column(), Expr::val(id)));
        Ok(Condition::any().add(beyond(self.by.clone(), value())).add(same).add(self.by.clone().is_null()))
    }
}

/// A column's value as a page token keeps it.
fn key(value: Value) -> Key {
    match value {
        Value::String(Some(text)) => Key::Text(text),
        Value::BigInt(Some(number)) => Key::Number(number),
        Value::ChronoDateTimeUtc(Some(time)) => Key::Time(time),
        Value::ChronoDate(Some(date)) => Key::Date(date),
        _ => Key::None,
    }
}

fn bind(key: &Key) -> Value {
    match key {
        Key::Text(text) => text.clone().into(),
        Key::Number(number) => (*number).into(),
        Key::Time(time) => (*time).into(),
        Key::Date(date) => (*date).into(),
        Key::None => Value::String(None),
    }
}
