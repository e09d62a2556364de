//! Connections cost their caller something: who says nothing is sent away, and nobody takes all of them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use streamflow_kernel::server::{connection, proxies::TrustedProxies};
use streamflow_tests::world::World;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Notify, watch},
};

async fn connect(world: &World, from: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(world.address).await.unwrap()
}

/// What the server says until it closes the connection; none when that takes longer than `wait`.
async fn said(stream: &mut TcpStream, wait: Duration) -> Option<Vec<u8>> {
    let mut said = Vec::new();
    let ended = tokio::time::timeout(wait, stream.read_to_end(&mut said)).await;
    // A reset is an end too.
    ended.is_ok().then_some(said)
}

/// What the server answers; nothing where it has closed the connection.
async fn asks_for_a_page(stream: &mut TcpStream) -> String {
    if stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.is_err() {
        return String::new();
    }
    String::from_utf8(said(stream, Duration::from_secs(20)).await.expect("an answer")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_is_sent_away() {
    let world = World::sqlite().await;
    let begun = Instant::now();
    let closed = ["", "P", "PRI * HTTP/2.0\r\n", "GET / HT"].map(|words| {
        let world = &world;
        async move {
            let mut stream = connect(world, [127, 0, 0, 1]).await;
            stream.write_all(words.as_bytes()).await.unwrap();
            said(&mut stream, Duration::from_secs(9)).await.is_some()
        }
    });
    let closed = futures::future::join_all(closed).await;
    assert_eq!(closed, [true; 4], "after {:?}", begun.elapsed());
    let mut late = connect(&world, [127, 0, 0, 1]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(asks_for_a_page(&mut late).await.starts_with("HTTP/1.1 "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_network_does_not_take_every_connection() {
    let world = World::sqlite().await;
    let mut held = Vec::new();
    for last in 2..=5 {
        for _ in 0..100 {
            held.push(connect(&world, [127, 0, 9, last]).await);
        }
    }
    let mut one_too_many = connect(&world, [127, 0, 9, 6]).await;
    assert_eq!(said(&mut one_too_many, Duration::from_secs(4)).await.as_deref(), Some(&b""[..]));
    let mut elsewhere = connect(&world, [127, 0, 10, 1]).await;
    assert!(asks_for_a_page(&mut elsewhere).await.starts_with("HTTP/1.1 "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_does_not_take_every_connection() {
    let world = World::sqlite().await;
    // The world's own channel is the first of this address.
    let mut held = Vec::new();
    for _ in 1..100 {
        held.push(connect(&world, [127, 0, 0, 1]).await);
    }
    let mut one_too_many = connect(&world, [127, 0, 0, 1]).await;
    assert_eq!(said(&mut one_too_many, Duration::from_secs(4)).await.as_deref(), Some(&b""[..]));
    assert!(said(&mut held[0], Duration::from_millis(100)).await.is_none(), "an earlier one was closed");
    let mut elsewhere = connect(&world, [127, 0, 0, 2]).await;
    assert!(asks_for_a_page(&mut elsewhere).await.starts_with("HTTP/1.1 "));
    held.clear();
    // The server notices in its own time that they are gone.
    for _ in 0..100 {
        let mut again = connect(&world, [127, 0, 0, 1]).await;
        if asks_for_a_page(&mut again).await.starts_with("HTTP/1.1 ") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody of the address gets in again");
}

/// A listener with room for few, one of whose pages takes as long as one likes.
struct Small {
    address: SocketAddr,
    /// How often that page was asked for.
    begun: Arc<AtomicUsize>,
    finish: Arc<Notify>,
    _stop: watch::Sender<bool>,
}

impl Small {
    async fn start() -> Self {
        Self::with_room_for(3).await
    }

    async fn with_room_for(most: u32) -> Self {
        let (finish, begun) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let (until, at_work) = (Arc::clone(&finish), Arc::clone(&begun));
        let slow = get(move || {
            let (until, at_work) = (Arc::clone(&until), Arc::clone(&at_work));
            async move {
                let finished = until.notified();
                at_work.fetch_add(1, Ordering::SeqCst);
                finished.await;
                "slow"
            }
        });
        let app = Router::new().route("/", get(|| async { "quick" })).route("/slow", slow);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(connection::serve_most(listener, app, TrustedProxies::default(), stopping, most));
        Self { address, begun, finish, _stop: stop }
    }

    /// Waits until so many are at work.
    async fn has_begun(&self, count: usize) {
        for _ in 0..1_000 {
            if self.begun.load(Ordering::SeqCst) == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {count} are at work", self.begun.load(Ordering::SeqCst));
    }

    async fn enter(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// One that speaks HTTP/2 and answers nothing, so that it is in no hurry to go.
    async fn enter_for_long(&self, from: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        let mut stream = socket.connect(self.address).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
        let mut settings = [0; 9];
        tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut settings)).await.expect("settings").unwrap();
        stream
    }
}

async fn ask(stream: &mut TcpStream, page: &str) {
    stream.write_all(format!("GET {page} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
}

/// Reads as far as the body.
async fn hears(stream: &mut TcpStream, body: &str) {
    let mut heard = Vec::new();
    let listen = async {
        while !heard.ends_with(body.as_bytes()) {
            assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0, "closed after {:?}", String::from_utf8_lossy(&heard));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), listen).await.expect("an answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_fill_the_house_make_room_for_many_at_once() {
    let house = Small::with_room_for(256).await;
    let mut held = Vec::new();
    for n in 0_u8..=255 {
        held.push(house.enter_for_long([127, 0, 9, 2 + n % 4]).await);
    }
    let begun = Instant::now();
    for _ in 0..24 {
        let mut newcomer = house.enter().await;
        ask(&mut newcomer, "/").await;
        hears(&mut newcomer, "quick").await;
        // Whoever leaves makes room as well.
        held.push(newcomer);
    }
    // One after the other they would wait a quarter of a second each.
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_full_house_the_one_that_waits_longest_makes_room() {
    let house = Small::start().await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = house.enter().await;
        ask(&mut stream, "/").await;
        hears(&mut stream, "quick").await;
        held.push(stream);
    }
    // The oldest is at work, so the second has waited longest.
    ask(&mut held[0], "/slow").await;
    house.has_begun(1).await;
    let mut newcomer = house.enter().await;
    ask(&mut newcomer, "/").await;
    hears(&mut newcomer, "quick").await;
    assert_eq!(said(&mut held[1], Duration::from_secs(2)).await.as_deref(), Some(&b""[..]), "closed without a word");
    // Those at work do not make room until they are done.
    for stream in [&mut held[2], &mut newcomer] {
        ask(stream, "/slow").await;
    }
    house.has_begun(3).await;
    let mut outside = house.enter().await;
    ask(&mut outside, "/").await;
    assert!(said(&mut outside, Duration::from_secs(1)).await.is_none(), "nobody had to go, so it waits");
    house.finish.notify_waiters();
    held.remove(1);
    for stream in held.iter_mut().chain([&mut newcomer]) {
        hears(stream, "slow").await;
    }
    hears(&mut outside, "quick").await;
    // Who has not said a word yet waits like everybody else: the fourth and fifth that come find room.
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(house.enter().await);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let mut last = house.enter().await;
    ask(&mut last, "/").await;
    hears(&mut last, "quick").await;
    assert_eq!(said(&mut silent[0], Duration::from_secs(2)).await.as_deref(), Some(&b""[..]));
}

/// A setting of HTTP/2 (RFC 9113 section 6.5.2) as the server begins with it.
async fn setting(stream: &mut TcpStream, wanted: u16) -> Option<u32> {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const OURS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream.write_all(&[PREFACE, &OURS].concat()).await.unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[3], 4, "the first frame holds settings");
    let mut settings = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
    stream.read_exact(&mut settings).await.unwrap();
    let found = settings.chunks(6).find(|of| of[..2] == wanted.to_be_bytes())?;
    Some(u32::from_be_bytes(found[2..].try_into().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_told_how_many_requests_and_headers_it_may_send_at_once() {
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    const MAX_HEADER_LIST_SIZE: u16 = 6;
    let world = World::sqlite().await;
    for (wanted, value) in [(MAX_CONCURRENT_STREAMS, 100), (MAX_HEADER_LIST_SIZE, 16 * 1024)] {
        let mut stream = connect(&world, [127, 0, 0, 1]).await;
        assert_eq!(setting(&mut stream, wanted).await, Some(value));
    }
}
