//! Files that people bring. An RPC that has looked at everything gives out an address that is good for one file and a few minutes;
//! what is sent there waits in the vault until another RPC has looked at it.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    crypto::{self, MacKey, MasterRing},
    error::Result,
    kernel::Kernel,
    vault::Place,
};

/// What such addresses begin with.
pub const ROOT: &str = "/uploads/";
/// How long one is good.
pub const GOOD_FOR: TimeDelta = TimeDelta::minutes(6);
/// Keeps its marks apart from others of the same master key.
const PURPOSE: &str = "streamflow upload v1";
/// Bytes that a file's type is told by.
pub const HEAD: usize = 64 * 1024;

/// The right to send one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub org: Uuid,
    /// What the file becomes.
    pub id: Uuid,
    /// Exactly so many.
    pub bytes: u64,
    /// To the second.
    pub expires_at: DateTime<Utc>,
}

/// Makes tickets and knows its own: those that any of the master keys made.
#[derive(Clone, Debug)]
pub struct Tickets(Arc<MasterRing>);

impl Tickets {
    pub(crate) const fn new(masters: Arc<MasterRing>) -> Self {
        Self(masters)
    }

    /// The address to send the file to, on the portal's own listener.
    pub fn address(&self, ticket: Ticket) -> String {
        let Ticket { org, id, bytes, expires_at } = ticket;
        let mark = HEXLOWER.encode(&self.key().mark(&ticket.signed()));
        format!("{ROOT}{}/{}?bytes={bytes}&expires={}&mark={mark}", org.simple(), id.simple(), expires_at.timestamp())
    }

    /// The ticket of an address that we made; whether it is still good is another question.
    pub(crate) fn read(&self, path: &str, query: &str) -> Option<Ticket> {
        let (org, id) = path.strip_prefix(ROOT)?.split_once('/')?;
        let mut fields = query.split('&');
        let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
        let (bytes, expires, mark) = (field("bytes")?, field("expires")?, field("mark")?);
        let ticket = Ticket {
            org: Uuid::try_parse_ascii(org.as_bytes()).ok()?,
            id: Uuid::try_parse_ascii(id.as_bytes()).ok()?,
            bytes: bytes.parse().ok()?,
            expires_at: DateTime::from_timestamp(expires.parse().ok()?, 0)?,
        };
        let mark = HEXLOWER.decode(mark.as_bytes()).ok()?;
        (fields.next().is_none() && self.key().knows(&ticket.signed(), &mark)).then_some(ticket)
    }

    fn key(&self) -> MacKey {
        MacKey::derive(&self.0.now(), PURPOSE)
    }
}

impl Ticket {
    fn signed(self) -> Vec<u8> {
        let (bytes, expires) = (self.bytes.to_be_bytes(), self.expires_at.timestamp().to_be_bytes());
        crypto::bind(&[self.org.as_bytes(), self.id.as_bytes(), &expires, &bytes])
    }
}

/// What there is for the file of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Berth {
    /// It is awaited, and goes here.
    Free(Place),
    /// It came already; its SHA-256.
    Taken([u8; 32]),
    /// It isn't awaited any more.
    Closed,
}

/// What a system does with the files that people bring to it.
#[async_trait]
pub trait Intake: Send + Sync {
    async fn berth(&self, kernel: &Kernel, ticket: Ticket) -> Result<Berth>;

    /// The file is there and on disk. False when it isn't awaited any more.
    async fn arrived(&self, kernel: &Kernel, ticket: Ticket, place: &Place, measured: Measured) -> Result<bool>;
}

/// What a file turned out to be while it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    pub bytes: u64,
    pub sha256: [u8; 32],
    /// Its first [`HEAD`] bytes.
    pub head: Vec<u8>,
    /// Not a single control character but those that lay out lines.
    pub is_text: bool,
}

/// Looks at a file as it comes.
#[derive(Debug)]
pub(crate) struct Measure {
    bytes: u64,
    hash: Sha256,
    head: Vec<u8>,
    is_text: bool,
}

impl Measure {
    pub fn new() -> Self {
        Self { bytes: 0, hash: Sha256::new(), head: Vec::new(), is_text: true }
    }

    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
        self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD - self.head.len())]);
        let lays_out = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c);
        self.is_text &= bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7f || lays_out(*byte));
    }

    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn end(self) -> Measured {
        Measured { bytes: self.bytes, sha256: self.hash.finalize().into(), head: self.head, is_text: self.is_text }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;
    use crate::crypto::{KeyFile, MasterKeys};

    fn tickets(byte: u8) -> Tickets {
        Tickets::new(Arc::new(MasterRing::fixed(MasterKeys::parse(&format!("k:{}", STANDARD.encode([byte; 32]))).unwrap())))
    }

    fn read(tickets: &Tickets, address: &str) -> Option<Ticket> {
        let (path, query) = address.split_once('?').unwrap();
        tickets.read(path, query)
    }

    #[test]
    fn an_address_says_what_was_signed_and_nothing_else() {
        let expires_at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let ticket = Ticket { org: Uuid::from_u128(1), id: Uuid::from_u128(2), bytes: 3, expires_at };
        let address = tickets(1).address(ticket);
        assert_eq!(read(&tickets(1), &address), Some(ticket));
        assert_eq!(read(&tickets(2), &address), None);
        let one = format!("{:032x}", 1);
        let changed = [
            address.replacen(&one, &format!("{:032x}", 9), 1),
            address.replace("bytes=3", "bytes=4"),
            address.replace("expires=1800000000", "expires=1800000001"),
            address.replace("?bytes", "?more=1&bytes"),
            format!("{address}&more=1"),
            address[..address.len() - 1].to_owned(),
            address.split("&mark").next().unwrap().to_owned(),
            address.replace("mark=", "mark=00"),
        ];
        for address in changed {
            assert_eq!(read(&tickets(1), &address), None, "{address}");
        }
    }

    #[test]
    fn an_address_outlives_another_master_key_and_not_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let ring = Arc::new(MasterRing::open(&path).unwrap());
        let tickets = Tickets::new(Arc::clone(&ring));
        let expires_at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let ticket = Ticket { org: Uuid::from_u128(1), id: Uuid::from_u128(2), bytes: 3, expires_at };
        let address = tickets.address(ticket);
        let mut file = KeyFile::open(&path).unwrap();
        let id = file.add(expires_at).unwrap();
        file.promote(&id).unwrap();
        assert!(ring.look().unwrap());
        assert_ne!(tickets.address(ticket), address);
        assert_eq!(read(&tickets, &address), Some(ticket));
        file.remove("k1").unwrap();
        assert!(ring.look().unwrap());
        assert_eq!(read(&tickets, &address), None);
    }

    #[test]
    fn a_file_is_measured_piece_by_piece() {
        let mut measure = Measure::new();
        measure.add(b"one\r\n");
        measure.add("zw\u{f6}lf".as_bytes());
        let measured = measure.end();
        assert_eq!((measured.bytes, measured.is_text), (11, true));
        assert_eq!(measured.sha256, <[u8; 32]>::from(Sha256::digest("one\r\nzw\u{f6}lf")));
        let mut long = Measure::new();
        long.add(&vec![b' '; HEAD - 1]);
        long.add(b"ab\0");
        let long = long.end();
        assert_eq!((long.head.len(), long.head.last(), long.is_text), (HEAD, Some(&b'a'), false));
    }
}
