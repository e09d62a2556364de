//! Connections to PostgreSQL and transactions on them, in as few round trips as they need: a transaction begins together with its
//! settings, and what comes back to the pool is not asked whether it is still there.
//!
//! A connection comes back by itself only when its last word was understood. Any other is first read to its end and rolled back, or
//! closed: sqlx 0.9 counts a transaction as begun only when its BEGIN was answered, so a call given up in between leaves the
//! connection inside one that nobody knows of, and what the next borrower is told was committed would be lost.
//!
//! A transaction that only read ends with a ROLLBACK that is sent at once and that nobody waits for: whoever borrows the connection
//! next reads its answer before that of its own BEGIN.

mod loan;

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use deadpool::{
    Runtime,
    managed::{self, Metrics, PoolError, RecycleError, RecycleResult},
};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, sea_query::Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Connection as _, Database, Error as SqlxError, Executor as _, IntoArguments, PgConnection, Postgres,
    SqlSafeStr as _,
    postgres::{PgConnectOptions, PgQueryResult},
    query::Query,
};
use sqlx_core::transaction::TransactionManager as _;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::timeout,
};

use self::loan::{Loan, State, is_gone, query_error};
use super::columns::{self, Column};

type Transactions = <Postgres as Database>::TransactionManager;

/// Longest wait for a free connection, and for a new one.
const PATIENCE: Duration = Duration::from_secs(5);
/// A connection that was left alone for so long is asked whether it is still there.
const DOUBT_AFTER: Duration = Duration::from_secs(60);
/// A connection is used for so long: servers keep memory for each.
const LIFETIME: Duration = Duration::from_secs(1800);

/// What was answered is on disk, whatever server, database or role have for a habit. Those that wait for more than that stay as they are.
const ON_DISK: &str = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// Connections of one login, of which some may have taken another role for good, so that no other work ever runs on them.
#[derive(Clone, Debug)]
pub struct Connections(managed::Pool<Opener>);

struct Opener {
    options: PgConnectOptions,
    role: Option<String>,
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("role", &self.role).finish_non_exhaustive()
    }
}

impl managed::Manager for Opener {
    type Type = PgConnection;
    type Error = SqlxError;

    async fn create(&self) -> Result<PgConnection, SqlxError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let role = self.role.as_ref().map(|role| format!("SET ROLE \"{role}\"")).unwrap_or_default();
        connection.execute(AssertSqlSafe(format!("{ON_DISK}; {role}"))).await?;
        Ok(connection)
    }

    async fn recycle(&self, connection: &mut PgConnection, metrics: &Metrics) -> RecycleResult<SqlxError> {
        if metrics.age() > LIFETIME {
            return Err(RecycleError::message("it is old"));
        }
        if metrics.last_used() > DOUBT_AFTER {
            connection.ping().await?;
        }
        Ok(())
    }
}

impl Connections {
    /// Opens the first connection, so that a server that can't be reached is told at once.
    pub async fn open(options: PgConnectOptions, count: u32, role: Option<&str>) -> Result<Self, DbErr> {
        let opener = Opener { options, role: role.map(str::to_owned) };
        let pool = managed::Pool::builder(opener)
            .max_size(usize::try_from(count).unwrap_or(1).max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        let connections = Self(pool);
        connections.lend().await?.give_back();
        Ok(connections)
    }

    /// Begins a transaction; `settings` are statements that are sent with its BEGIN. Where the server was away, free connections are
    /// dead: nothing has happened on them yet, so each is closed and another one tried.
    pub async fn begin(&self, settings: &str) -> Result<Transaction, DbErr> {
        let begin = format!("BEGIN; {settings}");
        let mut tries = self.0.status().max_size;
        loop {
            let mut loan = self.lend().await?;
            let begun = Transactions::begin(&mut loan, Some(AssertSqlSafe(begin.clone()).into_sql_str()));
            // Whoever is gone without a word answers nothing: the caller must not wait for it longer than for a free connection.
            let error = match timeout(PATIENCE, begun).await {
                Ok(Ok(())) => {
                    loan.state = State::AtRest;
                    return Ok(Transaction { loan: Mutex::new(loan), failed: AtomicBool::new(false) });
                }
                Ok(Err(error)) if is_gone(&error) => error,
                Ok(Err(error)) => return Err(query_error(error)),
                Err(_) => return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
            };
            loan.close();
            if tries == 0 {
                return Err(DbErr::Conn(RuntimeErr::SqlxError(error.into())));
            }
            tries -= 1;
        }
    }

    /// True when a connection answers.
    pub async fn answers(&self) -> bool {
        let Ok(mut loan) = self.lend().await else { return false };
        let answer = loan.ping().await;
        loan.settle(answer).is_ok()
    }

    /// Opens no more and closes what is free; what is lent out is closed when it comes back.
    pub fn close(&self) {
        self.0.close();
    }

    /// Rows of a statement that only reads and takes arrays. As [`begin`](Self::begin), it tries another connection for one that is dead.
    pub async fn query_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<Vec<QueryResult>, DbErr> {
        let arguments = columns::arguments(columns)?;
        self.fetch_all(|| sqlx::query_with(sql, arguments.clone())).await
    }

    /// The same for any statement that only reads.
    pub async fn read_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.fetch_all(|| query(statement.clone())).await
    }

    /// Rows of a statement, which is made anew for each connection that turns out to be dead.
    async fn fetch_all<A>(&self, query: impl Fn() -> Query<'static, Postgres, A>) -> Result<Vec<QueryResult>, DbErr>
    where
        A: IntoArguments<Postgres> + Send + 'static,
    {
        let mut tries = self.0.status().max_size;
        loop {
            let mut loan = self.lend().await?;
            match query().fetch_all(&mut *loan).await {
                Err(error) if is_gone(&error) && tries > 0 => loan.close(),
                answer => return loan.settle(answer).map(|rows| rows.into_iter().map(Into::into).collect()),
            }
            tries -= 1;
        }
    }

    /// A statement that takes arrays and returns nothing, and that does no more the second time: where a connection turns out to be
    /// dead, nobody knows whether it ran, and another one is tried. Returns how many rows changed.
    pub async fn execute_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<u64, DbErr> {
        let arguments = columns::arguments(columns)?;
        let done = self.execute_all(|| sqlx::query_with(sql, arguments.clone())).await?;
        Ok(done.rows_affected())
    }

    /// The same for any statement of that kind.
    pub async fn execute_repeatable(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.execute_all(|| query(statement.clone())).await.map(Into::into)
    }

    async fn execute_all<A>(&self, query: impl Fn() -> Query<'static, Postgres, A>) -> Result<PgQueryResult, DbErr>
    where
        A: IntoArguments<Postgres> + Send + 'static,
    {
        let mut tries = self.0.status().max_size;
        loop {
            let mut loan = self.lend().await?;
            match query().execute(&mut *loan).await {
                Err(error) if is_gone(&error) && tries > 0 => loan.close(),
                answer => return loan.settle(answer),
            }
            tries -= 1;
        }
    }

    async fn lend(&self) -> Result<Loan, DbErr> {
        match self.0.get().await {
            Ok(connection) => Ok(Loan::new(connection)),
            Err(PoolError::Backend(error)) => Err(DbErr::Conn(RuntimeErr::SqlxError(error.into()))),
            Err(PoolError::Closed) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }
}

/// Dropped without commit, nothing happened.
pub struct Transaction {
    loan: Mutex<Loan>,
    /// A statement was refused. PostgreSQL takes the rest back then and answers COMMIT as if it were done.
    failed: AtomicBool,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

impl Transaction {
    /// Fails with [`DbErr::Conn`] when its answer was lost: what was written may be there.
    pub async fn commit(self) -> Result<(), DbErr> {
        if self.failed.into_inner() {
            return Err(DbErr::Custom("a transaction with a refused statement can't be committed".to_owned()));
        }
        let mut loan = self.loan.into_inner();
        loan.state = State::Unknown;
        let answer = Transactions::commit(&mut loan).await;
        loan.settle(answer)
    }

    /// As that of [`Connections`], within the transaction.
    pub async fn execute_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<u64, DbErr> {
        let arguments = columns::arguments(columns)?;
        let mut loan = self.ask().await;
        let answer = sqlx::query_with(sql, arguments).execute(&mut **loan).await;
        Ok(self.told(loan, answer)?.rows_affected())
    }

    /// The connection for one statement. Given up before [`told`](Self::told), its state is unknown.
    async fn ask(&self) -> MutexGuard<'_, Loan> {
        let mut loan = self.loan.lock().await;
        if loan.state == State::AtRest {
            loan.state = State::Unknown;
        }
        loan
    }

    fn told<T>(&self, mut loan: MutexGuard<'_, Loan>, answer: Result<T, SqlxError>) -> Result<T, DbErr> {
        loan.note(&answer);
        self.failed.fetch_or(answer.is_err(), Ordering::Relaxed);
        answer.map_err(query_error)
    }
}

#[async_trait]
impl ConnectionTrait for Connections {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut loan = self.lend().await?;
        let answer = query(statement).execute(&mut *loan).await;
        loan.settle(answer).map(Into::into)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut loan = self.lend().await?;
        let answer = loan.execute(AssertSqlSafe(sql.to_owned())).await;
        loan.settle(answer).map(Into::into)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut loan = self.lend().await?;
        let answer = query(statement).fetch_optional(&mut *loan).await;
        loan.settle(answer).map(|row| row.map(Into::into))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut loan = self.lend().await?;
        let answer = query(statement).fetch_all(&mut *loan).await;
        loan.settle(answer).map(|rows| rows.into_iter().map(Into::into).collect())
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut loan = self.ask().await;
        let answer = query(statement).execute(&mut **loan).await;
        self.told(loan, answer).map(Into::into)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut loan = self.ask().await;
        let answer = loan.execute(AssertSqlSafe(sql.to_owned())).await;
        self.told(loan, answer).map(Into::into)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut loan = self.ask().await;
        let answer = query(statement).fetch_optional(&mut **loan).await;
        Ok(self.told(loan, answer)?.map(Into::into))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut loan = self.ask().await;
        let answer = query(statement).fetch_all(&mut **loan).await;
        Ok(self.told(loan, answer)?.into_iter().map(Into::into).collect())
    }
}

fn query(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = SqlxValues(statement.values.unwrap_or(Values(Vec::new())));
    sqlx::query_with(AssertSqlSafe(statement.sql), values)
}
