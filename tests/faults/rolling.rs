//! A rolling restart: two processes on one database, behind a balancer, each ended and started while people work. No call breaks,
//! and no news is lost.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use streamflow_proto::client::v1::{
    self as pb, change_service_client::ChangeServiceClient, customer_service_client::CustomerServiceClient,
};
use streamflow_tests::{person, postgres::Cluster, process::Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::{Status, transport::Channel};

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";
const WORKERS: u32 = 4;
const RESTARTS: usize = 4;

/// One process as the balancer knows it.
struct Backend {
    port_base: u16,
    channel: Channel,
    ready: AtomicBool,
}

impl Backend {
    fn new(server: &Server) -> Self {
        Self { port_base: server.port_base, channel: server.channel(), ready: AtomicBool::new(false) }
    }

    /// Looks a few times a second, as balancers do.
    async fn watch(self: Arc<Self>) {
        loop {
            let answer = tokio::time::timeout(Duration::from_millis(500), self.ask()).await;
            self.ready.store(matches!(answer, Ok(Ok(true))), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn ask(&self) -> std::io::Result<bool> {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port_base)).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    }
}

struct Load {
    backends: [Arc<Backend>; 2],
    token: String,
    turn: AtomicU32,
    next: AtomicU32,
    stop: AtomicBool,
    acknowledged: Mutex<HashSet<String>>,
    broken: Mutex<Vec<String>>,
    retried: AtomicU32,
    /// The follower's first stream has begun.
    follows: AtomicBool,
}

impl Load {
    /// Another process that is ready.
    async fn backend(&self) -> &Backend {
        loop {
            for _ in 0..2 {
                let turn = self.turn.fetch_add(1, Ordering::SeqCst) as usize % 2;
                if self.backends[turn].ready.load(Ordering::SeqCst) {
                    return &self.backends[turn];
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn work(self: Arc<Self>) {
        while !self.stop.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            loop {
                let customer = pb::Customer { name: format!("Customer {number}"), ..Default::default() };
                let request = person::request(pb::CreateCustomerRequest { customer: Some(customer) }, Some(&self.token));
                let mut customers = CustomerServiceClient::new(self.backend().await.channel.clone());
                match customers.create_customer(request).await {
                    Ok(reply) => {
                        self.acknowledged.lock().unwrap().insert(reply.into_inner().customer.unwrap().id);
                    }
                    Err(status) if was_never_sent(&status) => {
                        self.retried.fetch_add(1, Ordering::SeqCst);
                        continue;
                    }
                    Err(status) => self.broken.lock().unwrap().push(format!("{number}: {status:?}")),
                }
                break;
            }
        }
    }

    /// Follows the feed over all restarts; gives the customers it heard of.
    async fn follow(self: Arc<Self>, heard: Arc<Mutex<Vec<String>>>) {
        let mut cursor = String::new();
        loop {
            let request = person::request(pb::WatchRequest { cursor: cursor.clone() }, Some(&self.token));
            let channel = self.backend().await.channel.clone();
            let Ok(stream) = ChangeServiceClient::new(channel).watch(request).await else { continue };
            let mut stream = stream.into_inner();
            while let Ok(Some(message)) = stream.message().await {
                cursor = message.cursor;
                self.follows.store(true, Ordering::SeqCst);
                assert!(!message.reset, "the feed was reset");
                if let Some(change) = message.change.filter(|change| change.entity == "customer") {
                    heard.lock().unwrap().push(change.id);
                }
            }
        }
    }
}

/// What a balancer may send to another process: nobody was there, or the connection was closed before the request was on it.
fn was_never_sent(status: &Status) -> bool {
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        let refused = error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused);
        let cancelled = error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled);
        if refused || cancelled {
            return true;
        }
        cause = error.source();
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_breaks_no_call_and_loses_no_news() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = format!("{}/postgres", cluster.url);
    let mut servers = [0, 1].map(|_| Server::new(folder.path(), Some(url.clone())));
    for server in &mut servers {
        // Ten looks of the balancer.
        server.drain_notice_seconds = 1;
    }
    servers[0].migrate();
    servers[0].create_tenant(EMAIL, PASSWORD);
    servers[0].start();
    let token = servers[0].first_sign_in(EMAIL, PASSWORD).await;
    servers[1].start();
    let load = Arc::new(Load {
        backends: [0, 1].map(|n| Arc::new(Backend::new(&servers[n]))),
        token,
        turn: AtomicU32::new(0),
        next: AtomicU32::new(1),
        stop: AtomicBool::new(false),
        acknowledged: Mutex::default(),
        broken: Mutex::default(),
        retried: AtomicU32::new(0),
        follows: AtomicBool::new(false),
    });
    let looks: Vec<_> = load.backends.iter().map(|backend| tokio::spawn(Arc::clone(backend).watch())).collect();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let follower = tokio::spawn(Arc::clone(&load).follow(Arc::clone(&heard)));
    let until = Instant::now() + Duration::from_secs(60);
    while !load.follows.load(Ordering::SeqCst) {
        assert!(Instant::now() < until, "the stream does not begin");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let workers: Vec<_> = (0..WORKERS).map(|_| tokio::spawn(Arc::clone(&load).work())).collect();
    for restart in 0..RESTARTS {
        // Some work between two restarts.
        tokio::time::sleep(Duration::from_millis(700)).await;
        let server = &mut servers[restart % 2];
        tokio::task::block_in_place(|| {
            server.stop();
            server.start();
        });
        while !load.backends[restart % 2].ready.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    load.stop.store(true, Ordering::SeqCst);
    for worker in workers {
        worker.await.unwrap();
    }
    let acknowledged = load.acknowledged.lock().unwrap().clone();
    let broken = load.broken.lock().unwrap().clone();
    assert!(broken.is_empty(), "{} of {} calls broke: {:?}", broken.len(), acknowledged.len() + broken.len(), broken.first());
    assert!(acknowledged.len() > 100, "hardly any load: {}", acknowledged.len());
    for _ in 0..3_000 {
        if heard.lock().unwrap().len() >= acknowledged.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    follower.abort();
    looks.iter().for_each(tokio::task::JoinHandle::abort);
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.len(), acknowledged.len(), "news came twice or not at all");
    assert_eq!(heard.into_iter().collect::<HashSet<_>>(), acknowledged);
    let retried = load.retried.load(Ordering::SeqCst);
    println!(
        "{} calls over {RESTARTS} restarts, none broken, {retried} sent elsewhere before they were on the wire",
        acknowledged.len()
    );
}
