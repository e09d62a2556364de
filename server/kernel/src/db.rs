//! The database of one system, and the only two ways to reach it: [`TenantDb`] for the rows of one company and
//! [`SystemDb`] for what belongs to none.

#![expect(clippy::disallowed_methods, reason = "this is the room where raw statements are made")]

mod columns;
pub mod connect;
pub mod files;
mod in_order;
mod marked;
mod pool;
mod postgres;
pub mod reader;
pub mod system;
pub mod tenant;
pub mod together;

use std::sync::Arc;

use connect::Location;
use marked::Marked;
use parking_lot::RwLock;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, FromQueryResult, Statement, Value};
use tokio::sync::Notify;
use uuid::Uuid;

pub(crate) use columns::Column;
pub use in_order::{Cell, Cells, InOrder, Rows};
pub(crate) use pool::{Pool, Txn};
pub use reader::OrgReader;
pub use system::SystemDb;
pub use tenant::{Scope, Scoped, TenantDb, TenantEntity, Visibility, VisibleEntity};
pub use together::Together;

use crate::{
    error::{Error, Result},
    places::Places,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Postgres,
    Sqlite,
}

/// Pools of one system. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    backend: Backend,
    location: Arc<Location>,
    /// Replaced as a whole when the database was away.
    pools: Arc<RwLock<Arc<Pools>>>,
    committed: Arc<Notify>,
    turns: Turns,
}

#[derive(Debug)]
struct Pools {
    reader: Pool,
    /// On SQLite a pool of one connection: SQLite has one writer, so waiting happens here and not in busy loops.
    writer: Pool,
    /// Connections of the role that [`SystemDb`] works as on PostgreSQL; SQLite has no roles.
    system: Option<Pool>,
    /// For what is no request's and no job's. On PostgreSQL it opens a connection when first asked for one.
    outside: DatabaseConnection,
}

impl Pools {
    async fn close(&self) {
        for pool in [&self.reader, &self.writer].into_iter().chain(&self.system) {
            if let Err(error) = pool.close().await {
                tracing::warn!(%error, "a pool did not close cleanly");
            }
        }
        if let Err(error) = self.outside.clone().close().await {
            tracing::warn!(%error, "a pool did not close cleanly");
        }
    }
}

/// How many transactions of one company run at once. Reads and writes are counted apart, as work may hold one of each.
#[derive(Clone, Debug)]
struct Turns {
    reads: Arc<Places<Uuid>>,
    writes: Arc<Places<Uuid>>,
}

impl Turns {
    /// Leaves connections for other companies, whatever one of them asks.
    fn new(reads: u32, writes: u32) -> Self {
        let places = |each: u32| Arc::new(Places::new(usize::try_from(each).unwrap_or(1).max(1)));
        Self { reads: places(reads), writes: places(writes) }
    }
}

impl Database {
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// Woken after each commit of this process.
    pub fn committed(&self) -> &Notify {
        &self.committed
    }

    /// A read transaction that sees only `scope`.
    pub async fn tenant_read(&self, scope: Scope) -> Result<TenantDb> {
        let turn = self.turns.reads.take(scope.org_id).await?;
        let txn = self.pools().reader.begin(&scope.settings()).await?;
        Ok(TenantDb::new(self.clone(), txn, scope, turn))
    }

    /// A write transaction that sees only `scope`.
    pub async fn tenant_write(&self, scope: Scope) -> Result<TenantDb> {
        let turn = self.turns.writes.take(scope.org_id).await?;
        let txn = self.pools().writer.begin_write(&scope.settings()).await?;
        Ok(TenantDb::new(self.clone(), txn, scope, turn))
    }

    /// A write transaction on what belongs to no company.
    pub async fn system(&self) -> Result<SystemDb> {
        let pools = self.pools();
        let txn = pools.system.as_ref().unwrap_or(&pools.writer).begin_write("").await?;
        Ok(SystemDb::new(self.clone(), txn))
    }

    /// A read transaction on what belongs to no company.
    pub async fn system_read(&self) -> Result<SystemDb> {
        let pools = self.pools();
        let pool = pools.system.as_ref().unwrap_or(&pools.reader);
        let txn = pool.begin("").await?;
        Ok(SystemDb::new(self.clone(), txn))
    }

    /// The session of a token and whose it is, as `sql` tells with the token's hash as its only value: the one thing to be asked
    /// before anybody is known. On PostgreSQL as the system role, because a request's sees no session without its company.
    pub async fn session<T: FromQueryResult>(&self, sql: &str, token_hash: Vec<u8>) -> Result<Option<T>> {
        let rows = self.system_query(sql, vec![token_hash.into()]).await?;
        Ok(rows.into_iter().next())
    }

    /// One statement outside a transaction, for hot paths that need no context (rate limits). One that writes fails
    /// with its connection, as nobody knows then whether it ran: it may count.
    pub(crate) async fn statement(&self, sql: &str, values: Vec<Value>) -> Result<Option<sea_orm::QueryResult>> {
        let (pools, statement) = (self.pools(), self.made(sql, values));
        let writes = !sql.trim_start().get(..6).is_some_and(|verb| verb.eq_ignore_ascii_case("select"));
        if writes {
            return Ok(pools.writer.query_one_raw(statement).await?);
        }
        Ok(pools.reader.read_all(statement).await?.into_iter().next())
    }

    /// Like [`statement`](Self::statement), for one that returns nothing.
    pub(crate) async fn execute(&self, sql: &str, values: Vec<Value>) -> Result<u64> {
        Ok(self.pools().writer.execute_raw(self.made(sql, values)).await?.rows_affected())
    }

    /// Like [`execute`](Self::execute), for one that does no more the second time: it runs again on another connection where one turns
    /// out to be dead.
    pub(crate) async fn execute_repeatable(&self, sql: &str, values: Vec<Value>) -> Result<u64> {
        Ok(self.pools().writer.execute_repeatable(self.made(sql, values)).await?.rows_affected())
    }

    /// Rows of one statement that the system's own work reads by, outside a transaction.
    pub(crate) async fn system_query<T: FromQueryResult>(&self, sql: &str, values: Vec<Value>) -> Result<Vec<T>> {
        let pools = self.pools();
        let pool = Marked(pools.system.as_ref().unwrap_or(&pools.reader).clone());
        self.read(&pool, sql, values).await
    }

    /// The first row that a statement of the system's own work returns which writes, outside a transaction. It fails with its connection,
    /// as nobody knows then whether it ran.
    pub(crate) async fn system_statement(&self, sql: &str, values: Vec<Value>) -> Result<Option<sea_orm::QueryResult>> {
        Ok(self.system_writer().query_one_raw(self.made(sql, values)).await?)
    }

    /// One statement of the system's own work, which is a transaction of its own.
    pub async fn system_execute(&self, sql: &str, values: Vec<Value>) -> Result<u64> {
        Ok(self.system_writer().execute_raw(self.made(sql, values)).await?.rows_affected())
    }

    /// As [`execute_repeatable`](Self::execute_repeatable), of the system's own work.
    pub(crate) async fn system_execute_repeatable(&self, sql: &str, values: Vec<Value>) -> Result<u64> {
        Ok(self.system_writer().execute_repeatable(self.made(sql, values)).await?.rows_affected())
    }

    /// The same of many rows, one array a column, on PostgreSQL.
    pub(crate) async fn system_execute_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<u64> {
        let pools = self.pools();
        Ok(pools.system.as_ref().unwrap_or(&pools.writer).execute_columns(sql, columns).await?)
    }

    /// Rows of a statement that takes arrays, on PostgreSQL, before anybody is known.
    async fn query_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<Vec<sea_orm::QueryResult>> {
        Ok(self.pools().reader.query_columns(sql, columns).await?)
    }

    /// `ping` for health checks: true within `limit`.
    pub async fn answers(&self, limit: std::time::Duration) -> bool {
        matches!(tokio::time::timeout(limit, self.pools().reader.answers()).await, Ok(true))
    }

    /// Takes what was deleted out of the files too. `SQLite` keeps deleted bytes until their place is used again, so the file is written
    /// anew and its log cut; everybody who writes waits meanwhile. `PostgreSQL` does it by itself (VACUUM), which this role may not hurry.
    pub async fn scrub(&self) -> Result<()> {
        if self.backend == Backend::Postgres {
            return Ok(());
        }
        let writer = self.pools().writer.clone();
        // The new file would else be made in memory.
        for text in ["PRAGMA temp_store = file", "VACUUM", "PRAGMA temp_store = memory"] {
            writer.execute_unprepared(text).await?;
        }
        let cut = Statement::from_string(writer.get_database_backend(), "PRAGMA wal_checkpoint(TRUNCATE)");
        let row = writer.query_one_raw(cut).await?.ok_or_else(|| Error::internal("no word about the log"))?;
        let busy: i32 = row.try_get_by_index(0)?;
        if busy == 0 { Ok(()) } else { Err(Error::Unavailable("somebody still reads the log of the database".into())) }
    }

    /// Closes the pools; running statements finish first.
    pub async fn close(&self) {
        self.pools().close().await;
    }

    /// Opens all connections anew: those of before the database was away are dead, or lead to a file that was replaced. What still
    /// runs on the old ones finishes or fails there.
    pub async fn reopen(&self) -> Result<()> {
        let fresh = Arc::new(connect::open(&self.location).await?);
        let old = std::mem::replace(&mut *self.pools.write(), fresh);
        tokio::spawn(async move { old.close().await });
        Ok(())
    }

    /// Connections for the catalogue's self-check and the change listener. Requests never get here.
    pub fn pool(&self) -> DatabaseConnection {
        self.pools().outside.clone()
    }

    fn pools(&self) -> Arc<Pools> {
        Arc::clone(&self.pools.read())
    }

    fn system_writer(&self) -> Marked<Pool> {
        let pools = self.pools();
        Marked(pools.system.as_ref().unwrap_or(&pools.writer).clone())
    }

    /// Rows of a statement that only reads, whichever connections are dead.
    async fn read<T: FromQueryResult>(&self, pool: &Marked<Pool>, sql: &str, values: Vec<Value>) -> Result<Vec<T>> {
        let rows = pool.read_all(self.made(sql, values)).await?;
        rows.iter().map(|row| T::from_query_result(row, "").map_err(Error::from)).collect()
    }

    /// `sql` has `?` placeholders.
    fn made(&self, sql: &str, values: Vec<Value>) -> Statement {
        let backend = match self.backend {
            Backend::Postgres => DbBackend::Postgres,
            Backend::Sqlite => DbBackend::Sqlite,
        };
        Statement::from_sql_and_values(backend, numbered(self.backend, sql), values)
    }
}

/// `?` placeholders as the backend writes them.
pub(crate) fn numbered(backend: Backend, sql: &str) -> String {
    if backend == Backend::Sqlite {
        return sql.to_owned();
    }
    let mut out = String::with_capacity(sql.len() + 8);
    for (index, part) in sql.split('?').enumerate() {
        if index > 0 {
            out.push_str(&format!("${index}"));
        }
        out.push_str(part);
    }
    out
}

/// Runs `sql` (placeholders as the backend writes them) as rows of `T` on any connection of `backend`.
pub(crate) async fn query_rows<T: FromQueryResult>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<T>> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| T::from_query_result(row, "").map_err(Error::from)).collect()
}

/// Uuid of no company: what concerns the system as a whole.
pub const NO_ORG: Uuid = Uuid::nil();
