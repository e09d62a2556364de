//! Tables as data. One definition gives both dialects, so that a column has the same name, meaning and comment in both.
//!
//! What is rendered from landed migrations must stay the same: the snapshots in `tests/snapshots` fail when it doesn't.

mod column;
mod guard;
mod table;

pub use column::{Class, Column};
pub use guard::{Asker, Guard, Visible, visible_entry};
pub use table::{Link, Table};

use sea_orm::DbBackend;

use crate::system::System;

/// The database a statement is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Postgres,
    Sqlite,
}

impl From<DbBackend> for Dialect {
    fn from(backend: DbBackend) -> Self {
        match backend {
            DbBackend::Postgres => Self::Postgres,
            _ => Self::Sqlite,
        }
    }
}

/// Where a migration runs: which system's schema, on which database.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub system: System,
    pub dialect: Dialect,
}

impl Target {
    pub fn is_postgres(self) -> bool {
        self.dialect == Dialect::Postgres
    }

    /// Statements that create `tables`, in order, with their indexes, comments, policies and grants.
    pub fn create(self, tables: &[Table]) -> Vec<String> {
        tables.iter().flat_map(|table| table.create(self)).collect()
    }

    /// Statements that add a column to a table that is there.
    pub fn add(self, table: &str, column: &Column) -> Vec<String> {
        let mut statements = vec![format!("ALTER TABLE {table} ADD COLUMN {}", column.render(self.dialect))];
        if self.is_postgres() {
            statements.push(format!("COMMENT ON COLUMN {table}.\"{}\" IS {}", column.name, literal(&column.comment())));
        }
        statements
    }
}

/// `a, b desc` as `"a", "b" desc`: some of our column names are key words.
fn quoted(list: &str) -> String {
    list.split(", ")
        .map(|item| match item.split_once(' ') {
            Some((name, order)) => format!("\"{name}\" {order}"),
            None => format!("\"{item}\""),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// A text as an SQL literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
