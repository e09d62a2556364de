//! SQL past the kernel, as the system's own login role: tests look behind the walls.

use sea_orm::{ConnectionTrait as _, DbErr, QueryResult, Statement, Value};
use streamflow_kernel::db::{Backend, Database};
use tracing::Instrument as _;

use crate::spy::behind_the_walls;

/// Runs a statement with `?` for its values. Returns how many rows changed.
pub async fn execute(database: &Database, sql: &str, values: Vec<Value>) -> Result<u64, DbErr> {
    let statement = statement(database, sql, values);
    Ok(database.pool().execute_raw(statement).instrument(behind_the_walls()).await?.rows_affected())
}

/// The first row that a statement returns.
pub async fn row(database: &Database, sql: &str, values: Vec<Value>) -> QueryResult {
    let statement = statement(database, sql, values);
    database.pool().query_one_raw(statement).instrument(behind_the_walls()).await.expect("an answer").expect("a row")
}

fn statement(database: &Database, sql: &str, values: Vec<Value>) -> Statement {
    let mut parts = sql.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (before, part) in parts.enumerate() {
        match database.backend() {
            Backend::Postgres => numbered.push_str(&format!("${}", before + 1)),
            Backend::Sqlite => numbered.push('?'),
        }
        numbered.push_str(part);
    }
    Statement::from_sql_and_values(database.pool().get_database_backend(), numbered, values)
}
