//! [`Pool`] and [`Txn`]: connections and transactions of either database.

#![expect(clippy::disallowed_methods, reason = "this is the room where statements are passed on")]

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};

use super::{Column, postgres};
use crate::error::{Error, Result};

/// Connections of one kind. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    Postgres(postgres::Connections),
    Sqlite(DatabaseConnection),
}

/// Dropped without commit, nothing happened.
#[derive(Debug)]
pub(crate) enum Txn {
    Postgres(postgres::Transaction),
    Sqlite(DatabaseTransaction),
}

impl Pool {
    /// Begins a transaction, on PostgreSQL together with `settings`.
    pub async fn begin(&self, settings: &str) -> Result<Txn, DbErr> {
        match self {
            Self::Postgres(connections) => connections.begin(settings).await.map(Txn::Postgres),
            Self::Sqlite(pool) => pool.begin().await.map(Txn::Sqlite),
        }
    }

    /// Begins a transaction that writes: on SQLite it takes its place at once, instead of failing when it first writes.
    pub async fn begin_write(&self, settings: &str) -> Result<Txn, DbErr> {
        let Self::Sqlite(pool) = self else { return self.begin(settings).await };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        pool.begin_with_options(options).await.map(Txn::Sqlite)
    }

    /// Rows of a statement that only reads, whichever connections are dead.
    pub async fn read_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Postgres(connections) => connections.read_all(statement).await,
            Self::Sqlite(pool) => pool.query_all_raw(statement).await,
        }
    }

    /// Rows of a statement that takes arrays, which is PostgreSQL's alone.
    pub async fn query_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Postgres(connections) => connections.query_columns(sql, columns).await,
            Self::Sqlite(_) => Err(no_arrays()),
        }
    }

    /// A statement that does no more the second time, whichever connections are dead.
    pub async fn execute_repeatable(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Postgres(connections) => connections.execute_repeatable(statement).await,
            Self::Sqlite(pool) => pool.execute_raw(statement).await,
        }
    }

    /// The same for one that takes arrays. Returns how many rows changed.
    pub async fn execute_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<u64, DbErr> {
        match self {
            Self::Postgres(connections) => connections.execute_columns(sql, columns).await,
            Self::Sqlite(_) => Err(no_arrays()),
        }
    }

    pub async fn answers(&self) -> bool {
        match self {
            Self::Postgres(connections) => connections.answers().await,
            Self::Sqlite(pool) => pool.ping().await.is_ok(),
        }
    }

    pub async fn close(&self) -> Result<(), DbErr> {
        match self {
            Self::Postgres(connections) => connections.close(),
            Self::Sqlite(pool) => pool.clone().close().await?,
        }
        Ok(())
    }
}

impl Txn {
    /// Fails with [`Error::Unsure`] when nobody can say whether it is done.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Postgres(transaction) => transaction.commit().await,
            Self::Sqlite(transaction) => transaction.commit().await,
        }
        .map_err(Error::of_commit)
    }

    /// As that of [`Pool`], within the transaction.
    pub async fn execute_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<u64, DbErr> {
        match self {
            Self::Postgres(transaction) => transaction.execute_columns(sql, columns).await,
            Self::Sqlite(_) => Err(no_arrays()),
        }
    }
}

fn no_arrays() -> DbErr {
    DbErr::Custom("SQLite takes no arrays".to_owned())
}

/// Both are connections by passing every statement on.
macro_rules! pass_on {
    ($($either:ty),*) => {$(
        #[async_trait]
        impl ConnectionTrait for $either {
            fn get_database_backend(&self) -> DbBackend {
                match self {
                    Self::Postgres(_) => DbBackend::Postgres,
                    Self::Sqlite(_) => DbBackend::Sqlite,
                }
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                match self {
                    Self::Postgres(inner) => inner.execute_raw(statement).await,
                    Self::Sqlite(inner) => inner.execute_raw(statement).await,
                }
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                match self {
                    Self::Postgres(inner) => inner.execute_unprepared(sql).await,
                    Self::Sqlite(inner) => inner.execute_unprepared(sql).await,
                }
            }

            async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
                match self {
                    Self::Postgres(inner) => inner.query_one_raw(statement).await,
                    Self::Sqlite(inner) => inner.query_one_raw(statement).await,
                }
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                match self {
                    Self::Postgres(inner) => inner.query_all_raw(statement).await,
                    Self::Sqlite(inner) => inner.query_all_raw(statement).await,
                }
            }
        }
    )*};
}

pass_on!(Pool, Txn);
