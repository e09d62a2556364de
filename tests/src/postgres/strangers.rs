//! Others who use the same PostgreSQL: their connections are open and do nothing.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::Cluster;

/// Gone when dropped.
#[derive(Debug)]
pub struct Strangers {
    address: String,
    role: String,
    connections: Vec<TcpStream>,
}

impl Strangers {
    /// With a login role that may come to the database `postgres`. None is there yet.
    pub fn new(cluster: &Cluster, role: &str) -> Self {
        let (_, address) = cluster.url.rsplit_once('@').expect("a URL with a role");
        Self { address: address.to_owned(), role: role.to_owned(), connections: Vec::new() }
    }

    /// Comes until so many are there. Who left before takes a moment to make room.
    pub fn take(&mut self, count: usize) {
        let until = Instant::now() + Duration::from_secs(10);
        while self.connections.len() < count {
            if !self.come() {
                assert!(Instant::now() < until, "{} of {count} connections are there", self.connections.len());
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// Comes until there is no room, also a moment later. Returns how many are there.
    pub fn take_the_rest(&mut self) -> usize {
        while self.come() || {
            std::thread::sleep(Duration::from_millis(100));
            self.come()
        } {}
        self.connections.len()
    }

    /// All leave.
    pub fn leave(&mut self) {
        self.connections.clear();
    }

    /// False when there is no room.
    fn come(&mut self) -> bool {
        let mut connection = TcpStream::connect(&self.address).expect("a listening server");
        let words = format!("user\0{}\0database\0postgres\0\0", self.role);
        let length = u32::try_from(words.len() + 8).expect("a short message");
        // StartupMessage of protocol 3.0.
        connection
            .write_all(&[&length.to_be_bytes()[..], &196_608_u32.to_be_bytes(), words.as_bytes()].concat())
            .expect("a start");
        // Who comes in too late for the last places is let in and sent away after that, so that only being served counts.
        let is_in = loop {
            let mut head = [0; 5];
            connection.read_exact(&mut head).expect("an answer");
            let length = u32::from_be_bytes(head[1..].try_into().expect("four bytes")) as usize - 4;
            let mut body = vec![0; length];
            connection.read_exact(&mut body).expect("the rest of it");
            match head[0] {
                // ReadyForQuery
                b'Z' => break true,
                // ErrorResponse
                b'E' => {
                    let text = String::from_utf8_lossy(&body).into_owned();
                    assert!(text.contains("53300"), "refused for another reason: {text}");
                    break false;
                }
                _ => {}
            }
        };
        if is_in {
            self.connections.push(connection);
        }
        is_in
    }
}
