//! kill -9 while companies are registered, at any moment and at each step: afterwards each number has one company, one owner, one mail
//! and one event, none is half-made, and what was acknowledged is there.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use streamflow_kernel::{db::connect::sqlite_writer, session::hash_token};
use streamflow_proto::client::v1::{RegisterTenantRequest, registration_service_client::RegistrationServiceClient};
use streamflow_tests::{
    fleet::{self, Fleet, until},
    person,
    postgres::{self, Cluster},
    process::Server,
};
use tokio::task::JoinSet;
use tonic::transport::Channel;

const ROUNDS: u64 = 10;
/// Registrations begun in each.
const EACH: u64 = 8;
/// Longest until a step is done, on a machine that has other work too.
const SOON: Duration = Duration::from_secs(30);
/// Registrations under way when both systems run and one is killed.
const CROWD: u32 = 40;

/// The databases of the two systems, past all walls.
struct Books {
    clients: DatabaseConnection,
    others: DatabaseConnection,
    /// Before the names of their tables.
    schemas: [&'static str; 2],
}

impl Books {
    async fn row(&self, which: usize, sql: &str) -> Vec<i64> {
        let database = if which == 0 { &self.clients } else { &self.others };
        let sql = sql.replace("{}", self.schemas[which]);
        let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), sql)).await;
        let row = row.unwrap().expect("a row");
        row.column_names().iter().map(|name| row.try_get("", name).unwrap()).collect()
    }

    /// A token of each number, as `tenant sign-up-token` makes them.
    async fn insert_tokens(&self, count: u64) {
        for n in 0..count {
            let hash: String = hash_token(&format!("token-{n}")).iter().map(|byte| format!("{byte:02x}")).collect();
            let hash = if self.schemas[0].is_empty() { format!("X'{hash}'") } else { format!("'\\x{hash}'::bytea") };
            let sql = format!(
                "INSERT INTO {}sign_up_tokens (token_hash, created_at, expires_at) \
                 VALUES ({hash}, '2026-01-01T00:00:00+00:00', '2099-01-01T00:00:00+00:00')",
                self.schemas[0]
            );
            self.clients.execute_unprepared(&sql).await.unwrap();
        }
    }
}

/// Registers a company under its number; says its name in page addresses, if there was an answer.
async fn register(channel: Channel, number: u64) -> Option<String> {
    let wanted = RegisterTenantRequest { sign_up_token: format!("token-{number}"), ..fleet::wanted(number) };
    let answer = RegistrationServiceClient::new(channel).register_tenant(person::request(wanted, None)).await;
    answer.ok().map(|answer| answer.into_inner().tenant_id)
}

async fn rounds(mut server: Server, books: Books) {
    books.insert_tokens(ROUNDS * EACH).await;
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        server.start();
        let channel = server.channel();
        let mut calls = JoinSet::new();
        for number in round * EACH..(round + 1) * EACH {
            calls.spawn(register(channel.clone(), number));
        }
        tokio::time::sleep(Duration::from_millis(40 + round * 90)).await;
        server.kill();
        acknowledged += calls.join_all().await.into_iter().flatten().count();
    }
    server.start();
    let mut again = JoinSet::new();
    for number in 0..ROUNDS * EACH {
        let channel = server.channel();
        again.spawn(async move { (number, register(channel, number).await) });
    }
    for (number, tenant_id) in again.join_all().await {
        assert_eq!(tenant_id, Some(format!("company-{number}")));
    }
    let all = i64::try_from(ROUNDS * EACH).unwrap();
    // Jobs of killed processes wait for the end of their leases.
    let until = Instant::now() + Duration::from_secs(120);
    while books.row(0, "SELECT COUNT(*) AS n FROM {}registrations WHERE step = 'told'").await != [all] {
        assert!(Instant::now() < until, "some registrations are not finished");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let clients = "SELECT (SELECT COUNT(*) FROM {}orgs) AS orgs, (SELECT COUNT(*) FROM {}users) AS users, \
        (SELECT COUNT(*) FROM {}memberships WHERE role = 'OWNER') AS owners, \
        (SELECT COUNT(*) FROM {}data_keys d JOIN {}orgs o ON o.id = d.org_id) AS keys, \
        (SELECT COUNT(*) FROM {}mail_outbox) AS mails, (SELECT COUNT(DISTINCT recipient) FROM {}mail_outbox) AS recipients, \
        (SELECT COUNT(*) FROM {}registrations r JOIN {}orgs o ON o.id = r.org_id AND o.tenant_id = r.tenant_id) AS fits, \
        (SELECT COUNT(*) FROM {}audit a JOIN {}orgs o ON o.id = a.org_id WHERE a.category = 'provisioning') AS steps";
    assert_eq!(books.row(0, clients).await, [all, all, all, all, all, all, all, 2 * all]);
    let others = "SELECT (SELECT COUNT(*) FROM {}tenants) AS tenants, (SELECT COUNT(*) FROM {}tenant_events) AS events, \
        (SELECT COUNT(DISTINCT tenant_id) FROM {}tenant_events) AS told";
    assert_eq!(books.row(1, others).await, [all, all, all]);
    server.stop();
    println!("{all} registrations over {ROUNDS} kills ({acknowledged} answered before one), each one company");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_makes_each_company_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::of("client,provider", folder.path(), None);
    server.start();
    server.stop();
    let open = async |name: &str| sqlite_writer(&folder.path().join(name)).await.unwrap();
    let books = Books { clients: open("client.db").await, others: open("provider.db").await, schemas: ["", ""] };
    rounds(server, books).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_makes_each_company_once() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = format!("{}/postgres", cluster.url);
    let server = Server::of("client,provider", folder.path(), Some(url.clone()));
    server.migrate();
    let open = async || postgres::superuser(&url).await;
    let books = Books { clients: open().await, others: open().await, schemas: ["client.", "provider."] };
    rounds(server, books).await;
}

/// Registers a company, kills the companies' system where the last step of that is `step`, and starts it again. The database lets nobody
/// do the step `held` meanwhile.
async fn killed_at(fleet: &mut Fleet, books: &fleet::Books, secret: &str, number: u32, step: &str, held: Option<&str>) {
    if let Some(next) = held {
        books.hold(next).await;
    }
    fleet::register(&fleet.clients.channel(), secret, number).await.unwrap();
    let here = async || u32::from(books.step(number).await == step);
    until(step, 1, SOON, here).await;
    if held == Some("told") {
        // The other system has heard of it, and this one does not know yet that it has.
        until("companies told of", number + 1, SOON, async || books.others("tenant_events WHERE kind = 'registered'").await)
            .await;
    }
    fleet.clients.kill();
    assert_eq!(books.step(number).await, step, "it was killed there");
    if held.is_some() {
        books.release().await;
    }
    books.make_due().await;
    fleet.clients.start();
}

async fn each_step(cluster: Option<Cluster>) {
    let folder = tempfile::tempdir().unwrap();
    let mut fleet = Fleet::new(folder.path(), cluster.as_ref(), None).await;
    fleet.others.start();
    fleet.clients.start();
    let (books, secret) = (fleet.books().await, fleet.registration_key());

    // Nobody hears of these, so that they stay where they wait to be told of.
    fleet.others.kill();
    for (number, (step, held)) in (0..).zip([("accepted", Some("made")), ("made", Some("welcomed")), ("welcomed", None)]) {
        killed_at(&mut fleet, &books, &secret, number, step, held).await;
        until("companies welcomed", number + 1, SOON, async || books.registrations("'welcomed'").await).await;
    }
    assert_eq!(books.others("tenant_events").await, 0);
    fleet.others.start();
    let told = async || books.registrations("'told'").await;
    until("companies told of", 3, SOON, &told).await;

    for (number, (step, held)) in (3..).zip([("welcomed", Some("told")), ("told", None)]) {
        killed_at(&mut fleet, &books, &secret, number, step, held).await;
        until("companies told of", number + 1, SOON, &told).await;
    }
    books.assert_each_once(5).await;
    killed_in_a_crowd(&mut fleet, &books, &secret, 5).await;
    fleet.clients.stop();
    fleet.others.stop();
}

/// Registers many companies, the first of this number, and kills the companies' system while they are on their way.
async fn killed_in_a_crowd(fleet: &mut Fleet, books: &fleet::Books, secret: &str, first: u32) {
    let mut calls = JoinSet::new();
    for number in first..first + CROWD {
        let (channel, secret) = (fleet.clients.channel(), secret.to_owned());
        calls.spawn(async move { (number, fleet::register(&channel, &secret, number).await) });
    }
    let since = Instant::now();
    while books.registrations("'told'").await < first + 2 {
        assert!(since.elapsed() < SOON, "nothing is told");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    fleet.clients.kill();
    let under_way = books.registrations("'accepted', 'made', 'welcomed'").await;
    assert!(under_way > 0, "the kill came when all was done");
    let answers = calls.join_all().await;
    let acknowledged: Vec<_> = answers.iter().filter_map(|(number, answer)| Some((number, answer.as_ref().ok()?))).collect();
    assert!(acknowledged.len() >= 2, "{acknowledged:?}");

    books.make_due().await;
    fleet.clients.start();
    let all = books.clients("{}registrations").await;
    until("companies told of", all, SOON, async || books.registrations("'told'").await).await;
    books.assert_each_once(all).await;
    for (number, answer) in &acknowledged {
        assert_eq!(answer.tenant_id, format!("company-{number}"));
        assert_eq!(books.step(**number).await, "told");
        let there = format!("tenants WHERE tenant_id = 'company-{number}'");
        assert_eq!(books.others(&there).await, 1, "company {number}");
    }
    println!("{} of {CROWD} acknowledged before the kill, {under_way} on their way then", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_finishes_what_was_killed_at_each_step() {
    each_step(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_finishes_what_was_killed_at_each_step() {
    each_step(Some(tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap())).await;
}
