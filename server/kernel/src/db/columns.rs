//! [`Column`]: the values of many rows for PostgreSQL, one array a column. A statement that takes arrays is the same for any number of
//! rows: it is prepared once, and its values need no texts in between.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, RuntimeErr, sqlx::Error as SqlxError};
use sqlx::{Arguments as _, postgres::PgArguments};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(crate) enum Column {
    Uuids(Vec<Uuid>),
    MaybeUuids(Vec<Option<Uuid>>),
    Numbers(Vec<i64>),
    Texts(Vec<String>),
    Times(Vec<DateTime<Utc>>),
    Bytes(Vec<Vec<u8>>),
}

/// The arrays as a statement's values, in this order.
pub(super) fn arguments(columns: Vec<Column>) -> Result<PgArguments, DbErr> {
    let mut arguments = PgArguments::default();
    for column in columns {
        let added = match column {
            Column::Uuids(ids) => arguments.add(ids),
            Column::MaybeUuids(ids) => arguments.add(ids),
            Column::Numbers(numbers) => arguments.add(numbers),
            Column::Texts(texts) => arguments.add(texts),
            Column::Times(times) => arguments.add(times),
            Column::Bytes(bytes) => arguments.add(bytes),
        };
        added.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(SqlxError::Encode(error).into())))?;
    }
    Ok(arguments)
}
