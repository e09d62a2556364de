//! kill -9 while an import runs, and while it is undone: each goes on where it was, no row comes twice, and none is lost.

use std::{
    collections::HashSet,
    fmt::Write as _,
    time::{Duration, Instant},
};

use streamflow_proto::client::v1::{
    self as pb, customer_service_client::CustomerServiceClient, import_service_client::ImportServiceClient,
};
use streamflow_tests::{person::request, postgres::Cluster, process::Server};

use super::big_import;

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";
const ROWS: usize = 6_000;
/// A dead process's lease, and the work left after it.
const PATIENCE: Duration = Duration::from_secs(150);

fn file() -> String {
    (0..ROWS).fold("external_id,name,ContactName\n".to_owned(), |mut text, n| {
        writeln!(text, "K{n:05},Customer number {n},Person number {n}").expect("room");
        text
    })
}

async fn import(server: &Server, token: &str, id: &str) -> pb::Import {
    let get = request(pb::GetImportRequest { import_id: id.to_owned() }, Some(token));
    ImportServiceClient::new(server.channel()).get_import(get).await.expect("the import").into_inner().import.expect("it")
}

/// Waits until the import is as it should be.
async fn until(server: &Server, token: &str, id: &str, is_so: impl Fn(&pb::Import) -> bool) -> pb::Import {
    let end = Instant::now() + PATIENCE;
    loop {
        let now = import(server, token, id).await;
        if is_so(&now) {
            return now;
        }
        assert!(now.state() != pb::ImportState::Failed && Instant::now() < end, "{now:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// External ids of all customers, each as often as it is there.
async fn customers(server: &Server, token: &str) -> Vec<String> {
    let mut service = CustomerServiceClient::new(server.channel());
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = pb::ListCustomersRequest { page_size: 200, order_by: "number".into(), page_token, ..Default::default() };
        let reply = service.list_customers(request(list, Some(token))).await.expect("a page").into_inner();
        found.extend(reply.customers.into_iter().map(|customer| customer.external_id));
        page_token = reply.page.expect("a page").next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

async fn survives(mut server: Server) {
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    server.start();
    let token = server.first_sign_in(EMAIL, PASSWORD).await;
    let id = big_import::start(&mut ImportServiceClient::new(server.channel()), &token, file().as_bytes()).await;
    until(&server, &token, &id, |now| now.done_rows > 0).await;
    server.kill();
    server.start();
    let begun = import(&server, &token, &id).await;
    assert_eq!(begun.state(), pb::ImportState::Running, "it was killed in the middle: {begun:?}");
    let done = until(&server, &token, &id, |now| now.state() == pb::ImportState::Done).await;
    let all = customers(&server, &token).await;
    let distinct: HashSet<&String> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (ROWS, ROWS));
    assert_eq!((done.created, done.contacts_created, done.skipped), (6_000, 6_000, 0), "{done:?}");

    let undo = request(pb::UndoImportRequest { import_id: id.clone() }, Some(&token));
    ImportServiceClient::new(server.channel()).undo_import(undo).await.expect("an undo");
    let mut left = ROWS;
    while left == ROWS {
        left = customers_left(&server, &token).await;
    }
    server.kill();
    server.start();
    let undone = import(&server, &token, &id).await;
    assert_eq!(undone.state(), pb::ImportState::Undoing, "it was killed in the middle: {undone:?}");
    until(&server, &token, &id, |now| now.state() == pb::ImportState::Undone).await;
    assert_eq!(customers(&server, &token).await, [""; 0]);
}

/// How many there are, up to where they are counted.
async fn customers_left(server: &Server, token: &str) -> usize {
    let list = pb::ListCustomersRequest { page_size: 1, count_total: true, ..Default::default() };
    let reply = CustomerServiceClient::new(server.channel()).list_customers(request(list, Some(token))).await.expect("a page");
    usize::try_from(reply.into_inner().page.expect("a page").total_size).expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_survives_kills_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    survives(Server::new(folder.path(), None)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_survives_kills_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    survives(Server::new(folder.path(), Some(format!("{}/postgres", cluster.url)))).await;
}
