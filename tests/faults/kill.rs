//! kill -9 under load: every acknowledged write is there afterwards, once; every unacknowledged one can be sent again; and the
//! audit's chains are intact.
//!
//! `KILL_ROUNDS` sets the number of rounds (20 when unset).

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use streamflow_proto::client::v1::{self as pb, customer_service_client::CustomerServiceClient};
use streamflow_tests::{person, postgres::Cluster, process::Server};
use tonic::{Request, Status, transport::Channel};

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";
const WORKERS: u32 = 6;

/// Shared by the workers of a run.
pub struct Load {
    pub token: String,
    pub next: AtomicU32,
    pub stop: AtomicBool,
    pub acknowledged: Mutex<HashMap<u32, String>>,
    pub unanswered: Mutex<HashSet<u32>>,
}

impl Load {
    pub fn new(token: String) -> Self {
        Self {
            token,
            next: AtomicU32::new(1),
            stop: AtomicBool::new(false),
            acknowledged: Mutex::default(),
            unanswered: Mutex::default(),
        }
    }
}

fn create(load: &Load, number: u32) -> Request<pb::CreateCustomerRequest> {
    let customer = pb::Customer { name: format!("Customer {number}"), external_id: format!("K{number}"), ..Default::default() };
    let mut request = person::request(pb::CreateCustomerRequest { customer: Some(customer) }, Some(&load.token));
    request.metadata_mut().insert("idempotency-key", format!("kill-test-{number:08}").parse().unwrap());
    request
}

/// Sends one write; remembers what was acknowledged and what got no answer.
pub async fn send(load: &Load, channel: &Channel, number: u32) -> Result<(), Status> {
    load.unanswered.lock().unwrap().insert(number);
    let mut customers = CustomerServiceClient::new(channel.clone());
    let id = customers.create_customer(create(load, number)).await?.into_inner().customer.unwrap().id;
    load.unanswered.lock().unwrap().remove(&number);
    let before = load.acknowledged.lock().unwrap().insert(number, id.clone());
    assert!(before.is_none_or(|before| before == id), "a repetition made a second customer");
    Ok(())
}

async fn work(load: Arc<Load>, channel: Channel) {
    while !load.stop.load(Ordering::Relaxed) {
        let number = load.next.fetch_add(1, Ordering::Relaxed);
        let _ = send(&load, &channel, number).await;
    }
}

/// What the database holds, by external id.
async fn stored(load: &Load, channel: &Channel) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    let mut page_token = String::new();
    loop {
        let list = pb::ListCustomersRequest { page_size: 200, page_token, ..Default::default() };
        let reply = CustomerServiceClient::new(channel.clone())
            .list_customers(person::request(list, Some(&load.token)))
            .await
            .unwrap()
            .into_inner();
        for customer in reply.customers {
            found.entry(customer.external_id).or_default().push(customer.id);
        }
        page_token = reply.page.unwrap().next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

/// Kills the server in each round, and the database too in every fifth when it is a program of its own.
async fn rounds(mut server: Server, mut cluster: Option<&mut Cluster>) {
    let rounds: u32 = std::env::var("KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    server.create_tenant(EMAIL, PASSWORD);
    server.start();
    let load = Arc::new(Load::new(server.first_sign_in(EMAIL, PASSWORD).await));
    for round in 0..rounds {
        load.stop.store(false, Ordering::Relaxed);
        let channel = server.channel();
        let before = load.acknowledged.lock().unwrap().len();
        let workers: Vec<_> = (0..WORKERS).map(|_| tokio::spawn(work(Arc::clone(&load), channel.clone()))).collect();
        // At another moment each time, and on a slow machine not before there is something to lose.
        tokio::time::sleep(Duration::from_millis(120 + u64::from(round % 7) * 35)).await;
        let until = Instant::now() + Duration::from_secs(60);
        while load.acknowledged.lock().unwrap().len() < before + 6 {
            assert!(Instant::now() < until, "nothing is acknowledged");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        load.stop.store(true, Ordering::Relaxed);
        if let Some(cluster) = cluster.as_deref_mut().filter(|_| round % 5 == 4) {
            cluster.crash_and_restart();
        }
        server.kill();
        for worker in workers {
            worker.await.unwrap();
        }
        server.start();
        let again: Vec<u32> = load.unanswered.lock().unwrap().iter().copied().collect();
        for number in again {
            let _ = send(&load, &server.channel(), number).await;
        }
    }
    let acknowledged = each_is_there_once(&load, server).await;
    assert!(acknowledged > rounds as usize * 5, "hardly any load: {acknowledged}");
    println!("{acknowledged} acknowledged writes over {rounds} kills, each present once");
}

/// What was acknowledged is there once and nothing else is, and the audit's chains are intact. Ends the server; says how many there are.
pub async fn each_is_there_once(load: &Load, mut server: Server) -> usize {
    let acknowledged = load.acknowledged.lock().unwrap().clone();
    let stored = stored(load, &server.channel()).await;
    for (number, id) in &acknowledged {
        let ids = stored.get(&format!("K{number}")).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(ids, std::slice::from_ref(id), "acknowledged write {number}");
    }
    assert_eq!(stored.len(), acknowledged.len(), "rows nobody was told of");
    server.stop();
    let (is_intact, verdict) = server.run(&["audit", "verify"]);
    assert!(is_intact && !verdict.contains("not yet sealed") && verdict.contains("checkpoint of"), "{verdict}");
    acknowledged.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_every_acknowledged_write() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(folder.path(), None);
    server.migrate();
    rounds(server, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_every_acknowledged_write() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let server = Server::new(folder.path(), Some(format!("{}/postgres", cluster.url)));
    server.migrate();
    rounds(server, Some(&mut cluster)).await;
}
