//! One database's measurements, in the order in which they disturb each other least.

pub mod bytes;
mod dom;
pub mod fleet;
mod import;
mod list;
mod search;
mod sign_in;
mod sqlite;
mod start;
mod trips;
mod update;
mod watch;

use std::{cell::RefCell, collections::HashMap};

use anyhow::{Context as _, Result};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use streamflow_tests::postgres::{Cluster, superuser};
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::{
    data::{self, Size},
    load::{pgbench::Pgbench, script::SEQUENCE},
    machine::Meter,
    options::Options,
    report::Report,
    server::{Place, Server, folder},
};

/// Connections of the server to PostgreSQL, and of pgbench: the server's usual number.
const CONNECTIONS: u32 = 8;
/// Requests in flight in closed loops.
const WORKERS: usize = 16;
/// The goals that a filled database is needed for.
pub const GOALS: [&str; 9] = ["P1", "P2", "P3", "P4", "P5", "P6", "P13", "P16", "import"];

/// A filled database, ready to be served.
pub struct Bench<'a> {
    options: &'a Options,
    on: &'static str,
    size: Size,
    place: Place,
    postgres: Option<Postgres>,
    /// Versions of customers that were written so far; 1 where unknown.
    versions: RefCell<HashMap<u32, i64>>,
    _folder: TempDir,
}

struct Postgres {
    cluster: Cluster,
    admin: DatabaseConnection,
    port: u16,
    pgbench: Pgbench,
}

/// A running server and connections to it.
struct Running {
    server: Server,
    channels: Vec<Channel>,
}

impl<'a> Bench<'a> {
    pub async fn postgres(options: &'a Options) -> Result<Self> {
        let root = tempfile::tempdir()?;
        let cluster = Cluster::start(true);
        let port: u16 = cluster.url.rsplit_once(':').context("a port")?.1.parse()?;
        let admin = superuser(&format!("{}/postgres", cluster.url)).await;
        admin.execute_unprepared("CREATE DATABASE bench").await?;
        let url = format!("{}/bench", cluster.url);
        let admin = superuser(&url).await;
        let place = Place {
            binary: options.server.clone(),
            data: folder(root.path(), "data")?,
            log: log("postgres")?,
            postgres: Some(url.clone()),
        };
        place.migrate()?;
        data::postgres::fill(&url, &admin, options.size()).await?;
        admin.execute_unprepared("CREATE SCHEMA bench; GRANT USAGE ON SCHEMA bench TO streamflow_client").await?;
        admin
            .execute_unprepared(&format!("CREATE SEQUENCE {SEQUENCE} CACHE 100; GRANT USAGE ON {SEQUENCE} TO streamflow_client"))
            .await?;
        let pgbench =
            Pgbench { port, database: "bench".to_owned(), folder: folder(root.path(), "pgbench")?, clients: CONNECTIONS };
        let postgres = Some(Postgres { cluster, admin, port, pgbench });
        Ok(Self { options, on: "postgres", size: options.size(), place, postgres, versions: RefCell::default(), _folder: root })
    }

    pub async fn sqlite(options: &'a Options) -> Result<Self> {
        let root = tempfile::tempdir()?;
        let place =
            Place { binary: options.server.clone(), data: folder(root.path(), "data")?, log: log("sqlite")?, postgres: None };
        place.migrate()?;
        let writer = sqlite::connect(&place, 1).await?;
        data::sqlite::fill(&writer, options.size()).await?;
        writer.close().await?;
        Ok(Self {
            options,
            on: "sqlite",
            size: options.size(),
            place,
            postgres: None,
            versions: RefCell::default(),
            _folder: root,
        })
    }

    pub async fn measure(&self, report: &mut Report) -> Result<()> {
        let options = self.options;
        report.say(&format!("{}: {} customers in {} companies", self.on, self.size.customers, self.size.orgs));
        if options.wants("P16") {
            start::measure(self, report).await?;
        }
        let scripts = match &self.postgres {
            Some(_) if options.wants_any(&["P1", "P2", "P4", "P5"]) => Some(trips::measure(self, report).await?),
            _ => None,
        };
        let running = self.serve().await?;
        if options.profile > 0 {
            list::profile(self, &running).await?;
        }
        if options.wants("P1") {
            list::measure(self, &running, scripts.as_ref(), report).await?;
        }
        if options.wants("P3") {
            list::measure_policies(self, &running, report).await?;
        }
        if options.wants("P5") {
            search::measure(self, &running, scripts.as_ref(), report).await?;
        }
        if options.wants("P2") {
            update::measure(self, &running, scripts.as_ref(), report).await?;
        }
        if options.wants("P6") {
            watch::measure(self, &running, report).await?;
            dom::measure(self, &running, report).await?;
        }
        if options.wants("P13") {
            sign_in::measure(self, &running, report).await?;
        }
        // Last: it adds to the data that the others know.
        if options.wants("import") {
            import::measure(self, &running, report).await?;
        }
        Ok(())
    }

    async fn serve(&self) -> Result<Running> {
        let mut server = self.place.serve(CONNECTIONS)?;
        let channels = server.channels(4).await?;
        Ok(Running { server, channels })
    }

    /// Rows that a query of one number counts, read past every policy.
    async fn count(&self, sql: &str) -> Result<i64> {
        let connection = match &self.postgres {
            Some(postgres) => postgres.admin.clone(),
            None => sqlite::connect(&self.place, 1).await?,
        };
        let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
        Ok(row.context("no row")?.try_get_by_index(0)?)
    }

    /// Requests to an RPC that are on record.
    async fn audited(&self, path: &str) -> Result<i64> {
        let table = if self.postgres.is_some() { "client.audit" } else { "audit" };
        self.count(&format!("SELECT count(*) FROM {table} WHERE path = '{path}'")).await
    }
}

/// Where the server's words go.
fn log(on: &str) -> Result<std::path::PathBuf> {
    let bench = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    std::fs::create_dir_all(&bench)?;
    Ok(bench.join(format!("server-{on}.log")))
}

impl Running {
    fn channel(&self, number: u64) -> Channel {
        self.channels[usize::try_from(number).unwrap_or_default() % self.channels.len()].clone()
    }

    /// Counts the server's time, and the database's where it is a program of its own.
    fn meter(&self, bench: &Bench<'_>) -> Meter {
        let postgres = bench.postgres.as_ref().and_then(|postgres| postgres.cluster.pid());
        Meter { pids: std::iter::once(self.server.pid()).chain(postgres).collect() }
    }
}
