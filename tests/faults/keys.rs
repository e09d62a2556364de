//! Rotation of the master key with the real program: servers that work meanwhile, commands killed at every stage, and an old key that is
//! gone for good.

mod one_file;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, FromQueryResult, Statement, TransactionTrait as _, Value};
use streamflow_kernel::{
    crypto::{self, DataKey, FieldRef, MasterKeys, WrappedKey},
    db::connect::sqlite_writer,
};
use streamflow_migrations::System;
use streamflow_proto::client::v1::{self as pb, customer_service_client::CustomerServiceClient};
use streamflow_tests::{
    person,
    postgres::{self, Cluster},
    process::Server,
};
use uuid::Uuid;

use crate::kill::{Load, send};

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";
const OLD: &str = "k1";
/// Companies beside the one that people work in: so many that wrapping their keys anew takes some transactions.
const COMPANIES: u32 = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_master_key_is_rotated_under_load_and_kills_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    rotation(folder.path(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_master_key_is_rotated_under_load_and_kills_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(false)).await.unwrap();
    rotation(folder.path(), Some(cluster)).await;
}

async fn rotation(folder: &Path, cluster: Option<Cluster>) {
    let data = folder.join("data");
    let mut server = Server::new(&data, cluster.as_ref().map(|cluster| format!("{}/postgres", cluster.url)));
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    server.start();
    let mut second = server.beside();
    second.start();
    let token = server.first_sign_in(EMAIL, PASSWORD).await;
    let customer = keep_secret(&server, &token).await;
    assert!(server.run(&["ops", "mirror"]).0);
    let books = Books::open(&data, cluster.as_ref()).await;
    let companies = books.fill(&keys(&data)).await;
    let total = books.wrapped_by(OLD).await;
    let (is_done, text) = server.run(&["keys", "retire", OLD]);
    assert!(!is_done && text.contains("k1 is the current master key"), "{text}");

    let load = Arc::new(Load::new(token.clone()));
    let worker = tokio::spawn(work(Arc::clone(&load), [server.channel(), second.channel()]));
    // Once the key is there and nobody works with it yet.
    kill_once(&server, async || keys(&data).ids().len() == 2).await;
    assert_eq!((keys(&data).current_id(), books.wrapped_by(OLD).await), (OLD, total), "it waits for the servers");
    let new = keys(&data).ids()[1].to_owned();
    // In the middle of wrapping, twice.
    for _ in 0..2 {
        let before = books.wrapped_by(&new).await;
        kill_once(&server, async || books.wrapped_by(&new).await > before).await;
        let (old, fresh) = (books.wrapped_by(OLD).await, books.wrapped_by(&new).await);
        assert!(old > 0 && fresh > before, "nothing was in between: {old} old, {fresh} new");
        for server in [&server, &second] {
            assert_eq!(secret(server, &token, &customer).await, "TAX-1");
        }
        books.check(&keys(&data), &companies).await;
        let (is_done, text) = server.run(&["keys", "retire", OLD]);
        assert!(!is_done && text.contains("hang on k1"), "{text}");
        assert_eq!(keys(&data).ids(), [new.as_str(), OLD]);
    }
    let (is_done, text) = run(&server, &["keys", "rotate"]);
    assert!(is_done && text.contains("take it out with streamflow keys retire k1") && text.contains("mirror"), "{text}");
    assert_eq!((books.wrapped_by(OLD).await, keys(&data).ids().len()), (0, 2), "no third key was made");

    // Servers notice the file within seconds.
    until_refused(&server, &["keys", "retire", OLD], "may be good until");
    let (is_done, text) = run(&server, &["keys", "retire", OLD, "--at-once"]);
    assert!(is_done && text.contains("audit-public-keys"), "{text}");
    assert_eq!(keys(&data).ids(), [new.as_str()]);
    let (is_done, text) = run(&server, &["keys", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    assert!(is_done && listed["keys"].as_array().unwrap().len() == 1 && listed["keys"][0]["settings_mirror"] == true, "{text}");
    assert_eq!(listed["processes"].as_array().unwrap().len(), 2, "{text}");

    load.stop.store(true, Ordering::SeqCst);
    worker.await.unwrap();
    assert!(load.acknowledged.lock().unwrap().len() > 20, "hardly any load");
    assert_eq!(load.unanswered.lock().unwrap().len(), 0, "a call broke");
    books.check(&keys(&data), &companies).await;
    // What servers remember is not what makes it readable.
    second.stop();
    server.stop();
    server.start();
    assert_eq!(secret(&server, &token, &customer).await, "TAX-1");
    another_company(&server);
    assert_eq!(books.wrapped_by(OLD).await, 0);
    let (is_intact, text) = run(&server, &["audit", "verify"]);
    assert!(is_intact, "{text}");
    let (is_done, text) = run(&server, &["ops", "mirror"]);
    assert!(is_done, "{text}");
}

/// A server whose keys are another machine's: nothing is wrapped under a key that it doesn't have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_waits_for_a_server_on_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(false)).await.unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let url = format!("{}/postgres", cluster.url);
    let server = Server::new(&here, Some(url.clone()));
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    std::fs::create_dir(&there).unwrap();
    let copy = |name: &str| std::fs::copy(here.join(name), there.join(name)).unwrap();
    copy("postgres-roles.json");
    copy("master.key");
    let mut other = Server::new(&there, Some(url));
    other.start();
    let books = Books::open(&here, Some(&cluster)).await;
    let (is_done, text) = run(&server, &["keys", "rotate", "--systems", "client", "--wait", "1"]);
    assert!(!is_done && text.contains("is without it: give each running server the key file"), "{text}");
    let new = keys(&here).ids()[1].to_owned();
    assert_eq!((keys(&here).current_id(), books.wrapped_by(&new).await), (OLD, 0));
    copy("master.key");
    let (is_done, text) = run(&server, &["keys", "rotate", "--systems", "client"]);
    assert!(is_done && text.contains(&format!("Going on with the rotation to {new}")), "{text}");
    let (is_done, text) = run(&server, &["keys", "retire", OLD, "--at-once"]);
    assert!(!is_done && text.contains("still works with k1"), "{text}");
    copy("master.key");
    until_refused(&server, &["keys", "retire", OLD], "may be good until");
    let refused = |words: &[&str], why: &str| {
        let (is_done, text) = run(&server, &[&["keys", "retire", OLD, "--at-once"], words].concat());
        assert!(!is_done && text.contains(why) && keys(&here).ids().contains(&OLD), "{text}");
    };
    // A folder that may not look into one system, and one that was tried on SQLite before.
    let roles = here.join("postgres-roles.json");
    let mut some: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&std::fs::read(&roles).unwrap()).unwrap();
    some.remove(&System::Accountant.login_role()).unwrap();
    std::fs::write(&roles, serde_json::to_vec(&some).unwrap()).unwrap();
    refused(&[], "--own-keys accountant");
    std::fs::write(here.join("dev.db"), "").unwrap();
    refused(&["--own-keys", "accountant"], "dev.db tells of SQLite");
    std::fs::remove_file(here.join("dev.db")).unwrap();
    let (is_done, text) = run(&server, &["keys", "retire", OLD, "--at-once", "--own-keys", "accountant"]);
    assert!(is_done, "{text}");
    // Its file still has the old key behind the new one, which does no harm.
    another_company(&other);
    assert_eq!(books.wrapped_by(OLD).await, 0);
}

#[test]
fn keys_of_the_configuration_are_rotated_by_hand_and_wrapped_anew_by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let key = |id: &str, byte: u8| {
        use base64::Engine as _;
        format!("{id}:{}", base64::engine::general_purpose::STANDARD.encode([byte; 32]))
    };
    let with = |keys: String| {
        let mut server = Server::new(folder.path(), None);
        server.set("STREAMFLOW_MASTER_KEYS", keys);
        server
    };
    let (old, new) = (key("old", 1), key("new", 2));
    let first = with(old.clone());
    first.migrate();
    first.create_tenant(EMAIL, PASSWORD);
    let (is_done, text) = first.run(&["keys", "rotate"]);
    assert!(!is_done && text.contains("Put it last in the setting of every process"), "{text}");
    let both = with(format!("{new},{old}"));
    let (is_done, text) = both.run(&["keys", "retire", "old"]);
    assert!(!is_done && text.contains("hang on old"), "{text}");
    let (is_done, text) = both.run(&["keys", "rotate"]);
    assert!(is_done && text.contains("client: 2 data keys are wrapped anew"), "{text}");
    let (is_done, text) = both.run(&["keys", "retire", "old", "--at-once"]);
    assert!(is_done && text.contains("take it out of STREAMFLOW_MASTER_KEYS"), "{text}");
    another_company(&with(new));
    let (is_done, text) = with(old).run(&["tenant", "plan", "--tenant", "fault-co", "--plan", "standard"]);
    assert!(!is_done && text.contains("the master key `old` was retired"), "{text}");
    assert!(!folder.path().join("master.key").exists());
}

fn run(server: &Server, words: &[&str]) -> (bool, String) {
    tokio::task::block_in_place(|| server.run(words))
}

/// Waits until a command is refused for this reason, and no longer for another one.
fn until_refused(server: &Server, words: &[&str], why: &str) {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let (is_done, text) = run(server, words);
        assert!(!is_done, "{text}");
        if text.contains(why) {
            return;
        }
        assert!(Instant::now() < until, "{text}");
    }
}

fn another_company(server: &Server) {
    let owner = ["--owner-name", "Sam Second", "--owner-email", "second@example.com"];
    let (is_done, text) = server.run(&[&["tenant", "create", "--name", "Second & Co"], &owner[..]].concat());
    assert!(is_done, "{text}");
}

/// Runs `keys rotate` until it has come as far as that, then kills it.
async fn kill_once(server: &Server, is_there: impl AsyncFn() -> bool) {
    let mut command = server.spawn(&["keys", "rotate"]);
    let until = Instant::now() + Duration::from_secs(60);
    while !is_there().await {
        assert!(command.try_wait().unwrap().is_none(), "it ended before it was killed");
        assert!(Instant::now() < until, "it never came so far");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    command.kill().unwrap();
    command.wait().unwrap();
}

/// Writes through two servers in turns.
async fn work(load: Arc<Load>, channels: [tonic::transport::Channel; 2]) {
    let stopped = |stop: &AtomicBool| stop.load(Ordering::SeqCst);
    for number in 1.. {
        if stopped(&load.stop) {
            return;
        }
        send(&load, &channels[number as usize % 2], number).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn keep_secret(server: &Server, token: &str) -> String {
    let mut customers = CustomerServiceClient::new(server.channel());
    let customer = Some(pb::Customer { name: "Harbour".into(), ..Default::default() });
    let made = customers.create_customer(person::request(pb::CreateCustomerRequest { customer }, Some(token))).await.unwrap();
    let customer_id = made.into_inner().customer.unwrap().id;
    let private = Some(pb::CustomerPrivate { customer_id: customer_id.clone(), tax_id: "TAX-1".into(), ..Default::default() });
    customers.update_customer_private(person::request(pb::UpdateCustomerPrivateRequest { private }, Some(token))).await.unwrap();
    customer_id
}

async fn secret(server: &Server, token: &str, customer_id: &str) -> String {
    let ask = pb::GetCustomerPrivateRequest { customer_id: customer_id.to_owned() };
    let mut customers = CustomerServiceClient::new(server.channel());
    customers.get_customer_private(person::request(ask, Some(token))).await.unwrap().into_inner().private.unwrap().tax_id
}

fn keys(data: &Path) -> MasterKeys {
    MasterKeys::load(&data.join("master.key")).unwrap()
}

/// The companies' database, past all walls.
struct Books {
    db: DatabaseConnection,
    is_postgres: bool,
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

#[derive(FromQueryResult)]
struct Row {
    id: i32,
    wrapped: Vec<u8>,
    master_key_id: String,
}

impl Books {
    async fn open(data: &Path, cluster: Option<&Cluster>) -> Self {
        let db = match cluster {
            Some(cluster) => postgres::superuser(&format!("{}/postgres", cluster.url)).await,
            None => sqlite_writer(&data.join(PathBuf::from("client.db"))).await.unwrap(),
        };
        Self { db, is_postgres: cluster.is_some() }
    }

    fn statement(&self, sql: &str, values: Vec<Value>) -> Statement {
        let sql = sql.replace("{}", if self.is_postgres { "client." } else { "" });
        let mut parts = sql.split('?');
        let mut numbered = parts.next().unwrap_or_default().to_owned();
        for (before, part) in parts.enumerate() {
            let mark = if self.is_postgres { format!("${}", before + 1) } else { "?".to_owned() };
            numbered.extend([mark.as_str(), part]);
        }
        Statement::from_sql_and_values(self.db.get_database_backend(), numbered, values)
    }

    /// Gives so many companies a key, and returns what each of them encrypted.
    async fn fill(&self, masters: &MasterKeys) -> Vec<(Uuid, Vec<u8>)> {
        let txn = self.db.begin().await.unwrap();
        let mut companies = Vec::new();
        for _ in 0..COMPANIES {
            let (org, key) = (Uuid::new_v4(), DataKey::generate(1));
            let WrappedKey { bytes, master_id, .. } = key.wrap(org, masters);
            let sql = "INSERT INTO {}data_keys (org_id, id, wrapped, master_key_id, created_at) VALUES (?, 1, ?, ?, ?)";
            let values = vec![org.into(), bytes.into(), master_id.into(), chrono::Utc::now().into()];
            txn.execute_raw(self.statement(sql, values)).await.unwrap();
            companies.push((org, crypto::encrypt(&key, place(org), org.as_bytes())));
        }
        txn.commit().await.unwrap();
        companies
    }

    async fn wrapped_by(&self, id: &str) -> i64 {
        let sql = self.statement("SELECT COUNT(*) AS count FROM {}data_keys WHERE master_key_id = ?", vec![id.into()]);
        let row = self.db.query_one_raw(sql).await.unwrap().unwrap();
        Count::from_query_result(&row, "").unwrap().count
    }

    /// Every company's key opens what it encrypted.
    async fn check(&self, masters: &MasterKeys, companies: &[(Uuid, Vec<u8>)]) {
        for (org, sealed) in companies {
            let sql = self.statement("SELECT id, wrapped, master_key_id FROM {}data_keys WHERE org_id = ?", vec![(*org).into()]);
            let row = Row::from_query_result(&self.db.query_one_raw(sql).await.unwrap().unwrap(), "").unwrap();
            let wrapped = WrappedKey { id: u32::try_from(row.id).unwrap(), bytes: row.wrapped, master_id: row.master_key_id };
            let key = DataKey::unwrap(*org, &wrapped, masters).unwrap();
            assert_eq!(crypto::decrypt(&key, place(*org), sealed).unwrap().as_slice(), org.as_bytes());
        }
    }
}

fn place(org: Uuid) -> FieldRef<'static> {
    FieldRef { org, table: "test", column: "test", row: org }
}
