//! The client system while its database goes and returns: connections ended, PostgreSQL stopped and frozen, a disk that takes nothing
//! more. No acknowledged write is lost and none is doubled, nobody is told that something failed inside, and it answers again soon.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use streamflow_kernel::{
    audit::{AuditRecord, AuditWriter},
    db::{Database, Scope},
    error::Error,
    rate_limit,
};
use streamflow_migrations::System;
use streamflow_proto::client::v1::{self as pb, customer_service_client::CustomerServiceClient};
use streamflow_tests::{
    person,
    postgres::{Cluster, fresh_database, prepared, superuser},
    process::{Server, binary},
    world,
};
use tokio::task::{JoinSet, block_in_place};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::kill::{Load, each_is_there_once, send};

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";
const WORKERS: u32 = 6;
/// From the return of the database until the server is ready, reads and writes.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// Longest until somebody notices that the database is away.
const NOTICED_WITHIN: Duration = Duration::from_secs(15);
/// Longest until somebody is told of a database that answers nothing: 5 s for the look at the session, begun or waited for, 10 s for the
/// record of the refusal, and the machine's own time.
const REFUSED_WITHIN: Duration = Duration::from_secs(24);
/// The audit writer gives a record up after 10 s.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(13);
/// From then until it returns: longer than the server waits for a connection, so that it has refused people and given connections up.
const AWAY_FOR: Duration = Duration::from_secs(6);
const FULL: &str = "(Unavailable, \"STORAGE\")";
/// What people may be told while their database is away or full. A frozen one may keep those waiting for as long as a request may take who
/// had asked it something when it froze.
const REFUSALS: [&str; 4] =
    ["(Unavailable, \"UNAVAILABLE\")", "(Unavailable, \"COMMIT_UNKNOWN\")", FULL, "(DeadlineExceeded, \"\")"];

/// People at work on one server.
struct Work {
    load: Load,
    channel: Channel,
    /// How many answers of each kind there were.
    answers: Mutex<BTreeMap<String, u32>>,
}

impl Work {
    async fn begin(server: &Server) -> (Arc<Self>, JoinSet<()>) {
        let load = Load::new(server.first_sign_in(EMAIL, PASSWORD).await);
        let work = Arc::new(Self { load, channel: server.channel(), answers: Mutex::default() });
        let workers = (0..WORKERS).map(|_| Arc::clone(&work).go_on()).collect();
        (work, workers)
    }

    async fn go_on(self: Arc<Self>) {
        while !self.load.stop.load(Ordering::Relaxed) {
            let is_served = self.write().await && self.read().await;
            tokio::time::sleep(Duration::from_millis(if is_served { 5 } else { 100 })).await;
        }
    }

    async fn write(&self) -> bool {
        let number = self.load.next.fetch_add(1, Ordering::Relaxed);
        self.note(send(&self.load, &self.channel, number).await)
    }

    async fn read(&self) -> bool {
        self.note(self.list().await)
    }

    async fn list(&self) -> Result<(), Status> {
        let list = pb::ListCustomersRequest { page_size: 5, ..Default::default() };
        let request = person::request(list, Some(&self.load.token));
        CustomerServiceClient::new(self.channel.clone()).list_customers(request).await.map(drop)
    }

    fn note(&self, answer: Result<(), Status>) -> bool {
        let is_done = answer.is_ok();
        let kind = answer.map_or_else(|status| format!("{:?} {}", told(&status), status.message()), |()| "done".to_owned());
        *self.answers.lock().unwrap().entry(kind).or_default() += 1;
        is_done
    }

    fn count(&self, wanted: &str) -> u32 {
        self.answers.lock().unwrap().iter().filter(|(kind, _)| kind.starts_with(wanted)).map(|(_, count)| count).sum()
    }

    /// So many more answers of that kind have come.
    async fn hears(&self, kind: &str, more: u32) {
        let (since, before) = (Instant::now(), self.count(kind));
        while self.count(kind) < before + more {
            assert!(since.elapsed() < NOTICED_WITHIN, "{kind} is not said: {:?}", self.answers);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The server says that it is not ready.
    async fn is_cut_off(&self, server: &Server) {
        let since = Instant::now();
        while is_ready(server) {
            assert!(since.elapsed() < NOTICED_WITHIN, "nobody notices that the database is away: {:?}", self.answers);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(AWAY_FOR).await;
    }

    /// Whoever comes while nothing answers is told that, and soon enough.
    async fn is_refused_in_time(&self) {
        let since = Instant::now();
        let answer = self.list().await.map_err(|status| told(&status));
        println!("{answer:?} after {:?}", since.elapsed());
        assert_eq!(answer, Err((Code::Unavailable, "UNAVAILABLE".to_owned())));
        assert!(since.elapsed() < REFUSED_WITHIN, "told after {:?}", since.elapsed());
    }

    /// The server is ready, writes and reads.
    async fn is_back(&self, server: &Server, after: &str) {
        let since = Instant::now();
        let work = async {
            while !(is_ready(server) && self.write().await && self.read().await) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(BACK_WITHIN, work).await.is_ok();
        assert!(in_time, "not back {BACK_WITHIN:?} after {after}: {:?}", self.answers);
        println!("back {:?} after {after}", since.elapsed());
    }

    /// Ends the work; what was not acknowledged is sent again until it is, and then each is there once.
    async fn end(&self, workers: JoinSet<()>, server: Server) {
        self.load.stop.store(true, Ordering::Relaxed);
        workers.join_all().await;
        let again: Vec<u32> = self.load.unanswered.lock().unwrap().iter().copied().collect();
        for number in &again {
            send(&self.load, &self.channel, *number).await.unwrap();
        }
        let answers = std::mem::take(&mut *self.answers.lock().unwrap());
        let acknowledged = each_is_there_once(&self.load, server).await;
        println!("{acknowledged} writes, {} of them sent again; answers: {answers:#?}", again.len());
        let is_clear = |kind: &str| kind == "done" || REFUSALS.iter().any(|refusal| kind.starts_with(*refusal));
        assert!(answers.keys().all(|kind| is_clear(kind)), "{answers:#?}");
        assert!(answers["done"] > 100 && answers.len() > 1, "hardly any load: {answers:#?}");
    }
}

fn told(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    (status.code(), details.error_info().map(|info| info.reason.clone()).unwrap_or_default())
}

fn is_ready(server: &Server) -> bool {
    block_in_place(|| server.get(0, "/readyz").0 == 200)
}

/// Ends all connections to a database but this one, and waits until they are gone. Returns how many there were.
async fn end_connections(admin: &DatabaseConnection) -> i64 {
    let count = async |what: &str| -> i64 {
        let sql = format!(
            "SELECT {what} FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND backend_type = 'client backend'"
        );
        let statement = Statement::from_string(admin.get_database_backend(), sql);
        admin.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    };
    let ended = count("count(pg_terminate_backend(pid, 5000))").await;
    println!("{ended} connections ended");
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_goes_and_returns_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = format!("{}/postgres", cluster.url);
    let mut server = Server::new(folder.path(), Some(url.clone()));
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    server.start();
    let (work, workers) = Work::begin(&server).await;

    let admin = superuser(&url).await;
    for _ in 0..5 {
        work.is_back(&server, "connections ended").await;
        assert!(end_connections(&admin).await > 0);
    }
    let _ = admin.close().await;
    work.is_back(&server, "connections ended").await;

    block_in_place(|| cluster.stop());
    work.is_cut_off(&server).await;
    block_in_place(|| cluster.start_again());
    work.is_back(&server, "a stop").await;

    cluster.freeze();
    work.is_cut_off(&server).await;
    work.is_refused_in_time().await;
    cluster.thaw();
    work.is_back(&server, "a freeze").await;
    work.end(workers, server).await;
}

/// A limit on the size of files that the process writes stands in for the disk's: writes fail, and what is there can be read.
fn let_files_grow(server: &Server, is_on: bool) {
    let limit = if is_on { "--fsize=unlimited:" } else { "--fsize=0:" };
    let set = Command::new("prlimit").args(["--pid", &server.pid().to_string(), limit]).status();
    assert!(set.expect("prlimit runs").success());
}

/// Starts the program as one that is told of such a limit by an error, and not ended by a signal; its log is on the same disk.
fn launcher(folder: &Path) -> PathBuf {
    let (path, log) = (folder.join("launcher"), folder.join("log"));
    let script = format!("#!/bin/sh\ntrap '' XFSZ\nexec '{}' \"$@\" 2>> '{}'\n", binary().display(), log.display());
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_loses_nothing() {
    let (folder, tools) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut server = Server::new(folder.path(), None);
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    server.program = Some(launcher(tools.path()));
    server.start();
    let (work, workers) = Work::begin(&server).await;
    for _ in 0..3 {
        work.is_back(&server, "space").await;
        work.hears("done", 60).await;
        let_files_grow(&server, false);
        work.hears(FULL, 4 * WORKERS).await;
        let_files_grow(&server, true);
    }
    work.is_back(&server, "space").await;
    work.end(workers, server).await;
}

/// Leaves two connections of the pool that `read` takes from free and dead.
async fn die_free<D>(admin: &DatabaseConnection, read: impl AsyncFn() -> Result<D, Error>) {
    let (first, second) = tokio::join!(Box::pin(read()), Box::pin(read()));
    drop((first.unwrap(), second.unwrap()));
    assert!(end_connections(admin).await >= 2);
}

#[tokio::test]
async fn a_lost_connection_is_told_as_what_it_is_and_repeated_where_nothing_counts() {
    const COUNT: &str = "INSERT INTO federation_peers (name, refused) VALUES ('counter', 1) \
                         ON CONFLICT (name) DO UPDATE SET refused = federation_peers.refused + 1";
    let (fresh, folder) = (fresh_database().await, tempfile::tempdir().unwrap());
    let database = Database::connect(&world::location(System::Client, Some(&fresh.url), folder.path()).await).await.unwrap();
    let admin = superuser(&fresh.url).await;
    let lost = |error: Error| told(&Status::from(error));
    let unavailable = (Code::Unavailable, "UNAVAILABLE".to_owned());

    let db = database.system().await.unwrap();
    db.execute(COUNT, vec![]).await.unwrap();
    end_connections(&admin).await;
    assert_eq!(lost(db.execute(COUNT, vec![]).await.unwrap_err()), unavailable);
    drop(db);
    let db = database.system().await.unwrap();
    db.execute(COUNT, vec![]).await.unwrap();
    end_connections(&admin).await;
    assert_eq!(lost(db.commit().await.unwrap_err()), (Code::Unavailable, "COMMIT_UNKNOWN".to_owned()));

    let system_read = async || database.system_read().await;
    // What counts is not repeated; it finds the one dead connection, and the others are gone with it.
    die_free(&admin, &system_read).await;
    assert_eq!(lost(database.system_execute(COUNT, vec![]).await.unwrap_err()), unavailable);
    for _ in 0..3 {
        database.system_execute(COUNT, vec![]).await.unwrap();
    }

    let org = Scope::whole(Uuid::now_v7());
    let tenant_read = async || database.tenant_read(org.clone()).await;
    die_free(&admin, &tenant_read).await;
    rate_limit::forget_attempts(&database, "somebody").await.unwrap();
    die_free(&admin, &tenant_read).await;
    rate_limit::refuse_while_locked(&database, "somebody", chrono::Utc::now()).await.unwrap();

    let audit = AuditWriter::start(database.clone());
    die_free(&admin, &system_read).await;
    audit.write(record()).await.unwrap();
    let count = |sql: &str| Statement::from_string(admin.get_database_backend(), sql.to_owned());
    let numbers = admin.query_one_raw(count(
        "SELECT (SELECT count(*) FROM client.audit WHERE correlation_id = 'lost and found'), \
         (SELECT refused::bigint FROM client.federation_peers WHERE name = 'counter')",
    ));
    let row = numbers.await.unwrap().unwrap();
    let (records, counted): (i64, i64) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
    assert_eq!((records, counted), (1, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_a_frozen_database_holds_is_given_up_and_is_there_once() {
    /// More than are written at once, so that some wait for others.
    const RECORDS: usize = 250;
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let (url, folder) = (prepared(&cluster, "north").await, tempfile::tempdir().unwrap());
    let database = Database::connect(&world::location(System::Client, Some(&url), folder.path()).await).await.unwrap();
    let audit = AuditWriter::start(database);
    audit.write(record()).await.unwrap();

    cluster.freeze();
    let writes = (0..RECORDS).map(|_| async { audit.write(record()).await.map_err(|error| told(&Status::from(error))) });
    let answers = tokio::time::timeout(GIVEN_UP_WITHIN, futures::future::join_all(writes)).await.expect("all are given up");
    assert!(answers.iter().all(|answer| *answer == Err((Code::Unavailable, "UNAVAILABLE".to_owned()))), "{answers:?}");
    cluster.thaw();

    let since = Instant::now();
    while audit.write(record()).await.is_err() {
        assert!(since.elapsed() < BACK_WITHIN, "no record is written");
    }
    let admin = superuser(&url).await;
    let sql = "SELECT count(*), count(DISTINCT id) FROM client.audit WHERE correlation_id = 'lost and found'";
    let row = admin.query_one_raw(Statement::from_string(admin.get_database_backend(), sql)).await.unwrap().unwrap();
    let (records, ids): (i64, i64) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
    println!("{} of {RECORDS} records are there whose requests were refused", records - 2);
    assert!(records == ids && (2..=RECORDS as i64 + 2).contains(&records), "{records} records of {ids} requests");
}

fn record() -> AuditRecord {
    AuditRecord {
        org_id: Uuid::nil(),
        id: Uuid::now_v7(),
        at: chrono::Utc::now(),
        actor_id: None,
        actor_name: String::new(),
        actor_role: String::new(),
        real_actor_id: None,
        ip: String::new(),
        path: "/a/b".into(),
        category: "read".into(),
        outcome: "OK".into(),
        correlation_id: "lost and found".into(),
        payload: "{}".into(),
        entity: String::new(),
        entity_id: None,
        changed_fields: String::new(),
    }
}
