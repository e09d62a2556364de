//! Opens the pools with the settings that keep acknowledged writes.

#![expect(clippy::disallowed_methods, reason = "this is the room where pools are opened")]

use std::{
    future::ready,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::RwLock;
use sea_orm::{
    ConnectOptions, Database as SeaDatabase, DatabaseConnection,
    sqlx::{
        ConnectOptions as _, Connection as _,
        postgres::PgConnectOptions,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::sync::Notify;

use super::{Backend, Database, Pools, Turns, pool::Pool, postgres::Connections};
use crate::error::{Error, Result};

/// Where a system keeps its rows.
#[derive(Clone, Debug)]
pub enum Location {
    /// One file per system.
    Sqlite(PathBuf),
    /// URL with the system's own login role; `system_role` is the group role for work across companies.
    Postgres { url: String, system_role: String, max_connections: u32 },
}

/// First SQLite version without the WAL-reset bug that loses commits silently.
const MIN_SQLITE: (u32, u32, u32) = (3, 51, 3);

impl Database {
    pub async fn connect(location: &Location) -> Result<Self> {
        let turns = match location {
            Location::Sqlite(_) => Turns::new(2, 1),
            Location::Postgres { max_connections, .. } => {
                let third = max_connections.div_ceil(3);
                Turns::new(third, third)
            }
        };
        let pools = Arc::new(open(location).await?);
        Ok(Self {
            backend: location.backend(),
            location: Arc::new(location.clone()),
            pools: Arc::new(RwLock::new(pools)),
            committed: Arc::new(Notify::new()),
            turns,
        })
    }
}

impl Location {
    pub const fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres { .. } => Backend::Postgres,
        }
    }
}

pub(super) async fn open(location: &Location) -> Result<Pools> {
    match location {
        Location::Sqlite(path) => {
            let (reader, writer) = sqlite_pools(path, MIN_SQLITE).await?;
            Ok(Pools { reader: Pool::Sqlite(reader), writer: Pool::Sqlite(writer.clone()), system: None, outside: writer })
        }
        Location::Postgres { url, system_role, max_connections } => {
            let options = postgres_options(url)?;
            let pool = Pool::Postgres(Connections::open(options.clone(), *max_connections, None).await?);
            let few = max_connections.div_ceil(2);
            let system = Some(Pool::Postgres(Connections::open(options, few, Some(system_role)).await?));
            let outside = outside(url).await?;
            Ok(Pools { reader: pool.clone(), writer: pool, system, outside })
        }
    }
}

/// Connections outside requests and jobs: one listens for changes, one starts.
const OUTSIDE: u32 = 2;

/// One connection of its own for the watch over a database, or why there is none. A file is opened by its name each time, and never made:
/// the connections that are open would not notice that it is gone or another.
pub(crate) async fn sentry(location: &Location, patience: Duration) -> Result<Pool> {
    match location {
        Location::Postgres { url, system_role, .. } => {
            Ok(Pool::Postgres(Connections::open(postgres_options(url)?, 1, Some(system_role)).await?))
        }
        Location::Sqlite(path) => {
            let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rw", path.display()));
            options
                .max_connections(1)
                .min_connections(1)
                .acquire_timeout(patience)
                .sqlx_logging_level(STATEMENT_LOG_LEVEL)
                .map_sqlx_sqlite_opts(move |sqlite| sqlite.busy_timeout(patience));
            Ok(Pool::Sqlite(SeaDatabase::connect(options).await?))
        }
    }
}

/// Readers and the one writer of a file. Refuses a SQLite older than `oldest`.
async fn sqlite_pools(path: &Path, oldest: (u32, u32, u32)) -> Result<(DatabaseConnection, DatabaseConnection)> {
    let writer = sqlite_pool(path, 1, false).await?;
    check_sqlite_version(&writer, oldest).await?;
    Ok((sqlite_pool(path, 4, true).await?, writer))
}

/// The one connection that writes to a SQLite file, as migrations need it.
pub async fn sqlite_writer(path: &Path) -> Result<DatabaseConnection> {
    sqlite_pool(path, 1, false).await
}

/// A connection that still counts a transaction is closed before anybody has it. `SQLite` takes a transaction back by itself where a disk is
/// full or fails, sqlx goes on counting it, and all that came later would be a part of it that nobody ever commits.
async fn sqlite_pool(path: &Path, connections: u32, read_only: bool) -> Result<DatabaseConnection> {
    if !read_only {
        super::files::private_database(path).map_err(Error::internal)?;
    }
    let mode = if read_only { "ro" } else { "rwc" };
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode={mode}", path.display()));
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging_level(STATEMENT_LOG_LEVEL)
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .synchronous(SqliteSynchronous::Full)
                .pragma("temp_store", "memory")
                .pragma("cache_size", "-16000");
            if read_only { sqlite } else { sqlite.journal_mode(SqliteJournalMode::Wal) }
        })
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.before_acquire(|connection, _| Box::pin(ready(Ok(!connection.is_in_transaction()))))
        });
    Ok(SeaDatabase::connect(options).await?)
}

fn postgres_options(url: &str) -> Result<PgConnectOptions> {
    let options: PgConnectOptions = url.parse().map_err(Error::internal)?;
    Ok(options.log_statements(STATEMENT_LOG_LEVEL))
}

/// Connections that are opened when they are first asked for.
async fn outside(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(OUTSIDE)
        .min_connections(0)
        .connect_lazy(true)
        .acquire_timeout(Duration::from_secs(5))
        .connect_timeout(Duration::from_secs(5))
        .sqlx_logging_level(STATEMENT_LOG_LEVEL)
        .test_before_acquire(false);
    Ok(SeaDatabase::connect(options).await?)
}

/// Statements are logged at `trace` only; the statement spy of the tests reads them there.
const STATEMENT_LOG_LEVEL: log::LevelFilter = log::LevelFilter::Trace;

async fn check_sqlite_version(pool: &DatabaseConnection, oldest: (u32, u32, u32)) -> Result<()> {
    #[derive(sea_orm::FromQueryResult)]
    struct Version {
        version: String,
    }
    let rows: Vec<Version> = super::query_rows(pool, "SELECT sqlite_version() AS version", vec![]).await?;
    let text = rows.first().map(|row| row.version.clone()).unwrap_or_default();
    if parse_version(&text) < Some(oldest) {
        let (major, minor, patch) = oldest;
        return Err(Error::internal(format!("SQLite {text} can lose commits; {major}.{minor}.{patch} or newer is needed")));
    }
    Ok(())
}

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait as _, DbBackend, Statement, TransactionTrait as _};

    use super::*;

    #[tokio::test]
    async fn a_sqlite_that_is_too_old_opens_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let refused = sqlite_pools(&folder.path().join("a.db"), (4, 0, 0)).await.unwrap_err();
        assert!(format!("{refused:?}").contains("4.0.0 or newer is needed"), "{refused:?}");
        assert!(sqlite_pools(&folder.path().join("b.db"), MIN_SQLITE).await.is_ok());
    }

    #[tokio::test]
    async fn a_transaction_that_sqlite_took_back_swallows_no_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let (reader, writer) = sqlite_pools(&folder.path().join("a.db"), MIN_SQLITE).await.unwrap();
        writer.execute_unprepared("CREATE TABLE notes (n INTEGER)").await.unwrap();
        let taken_back = writer.begin().await.unwrap();
        // As SQLite does where the disk fails.
        taken_back.execute_unprepared("ROLLBACK").await.unwrap();
        taken_back.commit().await.unwrap_err();
        drop(writer.begin().await.unwrap());
        let kept = writer.begin().await.unwrap();
        kept.execute_unprepared("INSERT INTO notes VALUES (1)").await.unwrap();
        kept.commit().await.unwrap();
        let count = Statement::from_string(DbBackend::Sqlite, "SELECT count(*) FROM notes");
        let row = reader.query_one_raw(count).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 1, "what was committed is not in the file");
    }

    #[test]
    fn a_sqlite_that_loses_commits_is_recognised() {
        assert!(parse_version("3.51.2") < Some(MIN_SQLITE));
        assert!(parse_version("3.50.4") < Some(MIN_SQLITE));
        assert!(parse_version("3.51.3") >= Some(MIN_SQLITE));
        assert!(parse_version("4.0.0") >= Some(MIN_SQLITE));
        assert!(parse_version("nonsense") < Some(MIN_SQLITE));
    }
}
