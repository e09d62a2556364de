//! SQL past the kernel, as the role of the system's own work: tests look behind the walls.

use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbErr, QueryResult, Statement, TransactionTrait as _, Value};
use streamflow_kernel::db::{Backend, Database};
use tracing::Instrument as _;

use crate::spy::behind_the_walls;

/// Runs a statement with `?` for its values. Returns how many rows changed.
pub async fn execute(database: &Database, sql: &str, values: Vec<Value>) -> Result<u64, DbErr> {
    let statement = statement(database, sql, values);
    let run = async {
        let txn = begin(database).await?;
        let changed = txn.execute_raw(statement).await?.rows_affected();
        txn.commit().await.map(|()| changed)
    };
    run.instrument(behind_the_walls()).await
}

/// The first row that a statement returns.
pub async fn row(database: &Database, sql: &str, values: Vec<Value>) -> QueryResult {
    let statement = statement(database, sql, values);
    let run = async {
        let txn = begin(database).await?;
        let row = txn.query_one_raw(statement).await?;
        txn.commit().await.map(|()| row)
    };
    run.instrument(behind_the_walls()).await.expect("an answer").expect("a row")
}

async fn begin(database: &Database) -> Result<DatabaseTransaction, DbErr> {
    let txn = database.pool().begin().await?;
    if database.backend() == Backend::Postgres {
        txn.execute_unprepared("SELECT set_config('role', session_user || '_system', true)").await?;
    }
    Ok(txn)
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
