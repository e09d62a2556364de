//! [`InOrder`]: rows read by the places of their columns. Looking each up by its name, and writing that name down for each that is
//! NULL, costs more than what stands in it.

use std::marker::PhantomData;

use sea_orm::{
    DbErr, EntityTrait, IdenStatic as _, Iterable as _, QueryResult, RuntimeErr,
    sqlx::{Decode, Error as SqlxError, Postgres, Row as _, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow},
};

/// A row of an entity whose columns are read in the order in which finders select them: that of the model's fields. Made by
/// [`in_order!`](crate::in_order).
pub trait InOrder: Sized {
    /// The fields, in the order they are read in.
    const FIELDS: &'static [&'static str];

    fn read(cells: &mut Cells<'_>) -> Result<Self, DbErr>;
}

/// Makes a model readable in order. Name every field, in the order of the model.
#[macro_export]
macro_rules! in_order {
    ($model:ty { $($field:ident),* $(,)? }) => {
        impl $crate::db::InOrder for $model {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn read(cells: &mut $crate::db::Cells<'_>) -> Result<Self, sea_orm::DbErr> {
                Ok(Self { $($field: cells.read()?),* })
            }
        }
    };
}

/// What a column of either database may be read as.
pub trait Cell: for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite> {}

impl<T> Cell for T where T: for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite> {}

#[derive(Clone, Copy, Debug)]
enum Row<'r> {
    Postgres(&'r PgRow),
    Sqlite(&'r SqliteRow),
}

/// The columns of one row, from the first to the last.
#[derive(Debug)]
pub struct Cells<'r> {
    row: Row<'r>,
    next: usize,
    /// Whether the columns' types were compared with the fields' in a row before.
    known: bool,
}

impl Cells<'_> {
    /// The next column. PostgreSQL's have the same type in all rows of an answer, so that the first row's are looked at.
    pub fn read<T: Cell>(&mut self) -> Result<T, DbErr> {
        let at = self.next;
        self.next += 1;
        let read = match self.row {
            Row::Postgres(row) if self.known => row.try_get_unchecked(at),
            Row::Postgres(row) => row.try_get(at),
            Row::Sqlite(row) => row.try_get(at),
        };
        read.map_err(unreadable)
    }
}

/// Rows of `E`, as a finder of all its columns selected them. They become models one at a time, so that one may be done with before
/// the next is read.
#[derive(Debug)]
pub struct Rows<E> {
    rows: Vec<QueryResult>,
    of: PhantomData<E>,
}

impl<E: EntityTrait<Model: InOrder>> Rows<E> {
    pub(super) fn new(rows: Vec<QueryResult>) -> Result<Self, DbErr> {
        if !E::Column::iter().map(|column| column.as_str()).eq(E::Model::FIELDS.iter().copied()) {
            return Err(DbErr::Type(format!("the fields of {} are not in the order of its columns", E::default().as_str())));
        }
        Ok(Self { rows, of: PhantomData })
    }

    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Keeps the first `most` rows.
    pub fn truncate(&mut self, most: usize) {
        self.rows.truncate(most);
    }

    /// The models of all rows, in their order.
    pub fn models(&self) -> impl Iterator<Item = Result<E::Model, DbErr>> + '_ {
        self.rows.iter().enumerate().map(|(at, row)| {
            let row = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
                (Some(row), _) => Row::Postgres(row),
                (None, Some(row)) => Row::Sqlite(row),
                (None, None) => return Err(DbErr::Type("a row of neither database".to_owned())),
            };
            E::Model::read(&mut Cells { row, next: 0, known: at > 0 })
        })
    }
}

fn unreadable(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}
