//! Connections to PostgreSQL and transactions on them, in as few round trips as they need: a transaction begins together with its
//! settings, and what comes back to the pool is not asked whether it is still there.
//!
//! A connection comes back by itself only when its last word was understood. Any other is first read to its end and rolled back, or
//! closed: sqlx 0.9 counts a transaction as begun only when its BEGIN was answered, so a call given up in between leaves the
//! connection inside one that nobody knows of, and what the next borrower is told was committed would be lost.
//!
//! A transaction that only read ends with a ROLLBACK that is sent at once and that nobody waits for: whoever borrows the connection
//! next reads its answer before that of its own BEGIN.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use deadpool::{
    Runtime,
    managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult},
};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, sea_query::Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Connection as _, Database, Error as SqlxError, Executor as _, IntoArguments, PgConnection, Postgres,
    SqlSafeStr as _, postgres::PgConnectOptions, query::Query,
};
use sqlx_core::transaction::TransactionManager as _;
use tokio::{
    runtime::Handle,
    sync::{Mutex, MutexGuard},
    time::timeout,
};

use super::columns::{self, Column};

type Transactions = <Postgres as Database>::TransactionManager;

/// Longest wait for a free connection, and for a new one.
const PATIENCE: Duration = Duration::from_secs(5);
/// A connection that was left alone for so long is asked whether it is still there.
const DOUBT_AFTER: Duration = Duration::from_secs(60);
/// A connection is used for so long: servers keep memory for each.
const LIFETIME: Duration = Duration::from_secs(1800);

/// Connections of one login, of which some may have taken another role for good, so that no other work ever runs on them.
#[derive(Clone, Debug)]
pub(super) struct Connections(managed::Pool<Opener>);

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
        if let Some(role) = &self.role {
            connection.execute(AssertSqlSafe(format!("SET ROLE \"{role}\""))).await?;
        }
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
                    loan.at_rest = true;
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
        let answers = loan.ping().await.is_ok();
        if answers {
            loan.give_back();
        }
        answers
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

    /// A statement that takes arrays and returns nothing. Returns how many rows changed.
    pub async fn execute_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<u64, DbErr> {
        let arguments = columns::arguments(columns)?;
        let mut loan = self.lend().await?;
        let answer = sqlx::query_with(sql, arguments).execute(&mut *loan).await;
        loan.settle(answer).map(|done| done.rows_affected())
    }

    async fn lend(&self) -> Result<Loan, DbErr> {
        match self.0.get().await {
            Ok(connection) => Ok(Loan { connection: Some(connection), at_rest: false }),
            Err(PoolError::Backend(error)) => Err(DbErr::Conn(RuntimeErr::SqlxError(error.into()))),
            Err(PoolError::Closed) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }
}

/// A connection that is lent out. Dropped, nothing is known of its state unless it is at rest.
struct Loan {
    connection: Option<Object<Opener>>,
    /// In a transaction that has begun, and every statement since was answered.
    at_rest: bool,
}

const LENT: &str = "a loan holds its connection until it ends";

impl Deref for Loan {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect(LENT)
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect(LENT)
    }
}

impl Loan {
    /// For a connection whose last statement was answered and that is in no transaction.
    fn give_back(mut self) {
        drop(self.connection.take());
    }

    /// For a connection that is dead.
    fn close(mut self) {
        drop(self.connection.take().map(Object::take));
    }

    /// The answer to a statement outside a transaction.
    fn settle<T>(self, answer: Result<T, SqlxError>) -> Result<T, DbErr> {
        if answer.is_ok() {
            self.give_back();
        }
        answer.map_err(query_error)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.at_rest && leave(&mut connection) {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(tidy(connection))),
            // Nobody is left to wait for it: it is closed.
            Err(_) => drop(Object::take(connection)),
        }
    }
}

/// Sends the ROLLBACK of a transaction at rest. True when it is on its way; sqlx reads its answer before anything else is asked.
fn leave(connection: &mut PgConnection) -> bool {
    Transactions::start_rollback(connection);
    let sent = pin!(connection.flush()).poll(&mut Context::from_waker(Waker::noop()));
    !matches!(sent, Poll::Ready(Err(_))) && !connection.should_flush()
}

/// Leaves whatever transaction the connection is in, then gives it back; closes one that does not answer.
async fn tidy(mut connection: Object<Opener>) {
    let left = timeout(PATIENCE, async {
        if Transactions::get_transaction_depth(&connection) > 0 {
            Transactions::rollback(&mut connection).await
        } else {
            connection.execute("ROLLBACK").await.map(|_| ())
        }
    });
    if !matches!(left.await, Ok(Ok(()))) {
        drop(Object::take(connection));
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
    pub async fn commit(self) -> Result<(), DbErr> {
        if self.failed.into_inner() {
            return Err(DbErr::Custom("a transaction with a refused statement can't be committed".to_owned()));
        }
        let mut loan = self.loan.into_inner();
        loan.at_rest = false;
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

    /// The connection for one statement. Given up before [`told`](Self::told), it is not at rest.
    async fn ask(&self) -> MutexGuard<'_, Loan> {
        let mut loan = self.loan.lock().await;
        loan.at_rest = false;
        loan
    }

    fn told<T>(&self, mut loan: MutexGuard<'_, Loan>, answer: Result<T, SqlxError>) -> Result<T, DbErr> {
        loan.at_rest = true;
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

/// Whether the server, or the way to it, has gone: class 57P of PostgreSQL's error codes is that of a server that ends.
fn is_gone(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(_) | SqlxError::Tls(_) | SqlxError::Protocol(_) | SqlxError::WorkerCrashed => true,
        SqlxError::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

fn query_error(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}
