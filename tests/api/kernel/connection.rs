//! Connections cost their caller something: who says nothing is sent away, and nobody takes all of them.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use streamflow_tests::world::World;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
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
    assert_eq!(said(&mut one_too_many, Duration::from_secs(2)).await.as_deref(), Some(&b""[..]));
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
