//! Stands between the server and PostgreSQL and writes down every round trip: each Sync and each simple query is answered once, and
//! sqlx waits for each answer but that of a ROLLBACK which ends a reading transaction. So nothing has to be believed about what the
//! server sends, and pgbench can send the same.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use anyhow::Result;
use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// One value as it was bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Type, by its object id; 0 when left to the server.
    pub oid: u32,
    pub binary: bool,
    pub bytes: Option<Bytes>,
}

/// One round trip.
#[derive(Clone, Debug)]
pub struct Trip {
    pub at: Instant,
    pub connection: u32,
    pub sql: String,
    pub values: Vec<Bound>,
}

impl Trip {
    /// Nobody waits for its answer: the next to use the connection reads it first.
    pub fn is_farewell(&self) -> bool {
        self.sql.starts_with("ROLLBACK")
    }
}

#[derive(Clone, Debug, Default)]
pub struct Wire {
    trips: Arc<Mutex<Vec<Trip>>>,
}

impl Wire {
    /// Listens on a free port for the PostgreSQL at `target`. Returns the port.
    pub async fn start(target: u16) -> Result<(Self, u16)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let wire = Self::default();
        let accepting = wire.clone();
        tokio::spawn(async move {
            let next = AtomicU32::new(1);
            while let Ok((client, _)) = listener.accept().await {
                let (wire, connection) = (accepting.clone(), next.fetch_add(1, Ordering::Relaxed));
                tokio::spawn(async move {
                    let _ = wire.carry(client, target, connection).await;
                });
            }
        });
        Ok((wire, port))
    }

    /// Round trips since the last call.
    pub fn take(&self) -> Vec<Trip> {
        std::mem::take(&mut *self.trips.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn carry(&self, client: TcpStream, target: u16, connection: u32) -> Result<()> {
        let server = TcpStream::connect(("127.0.0.1", target)).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        // Start-up messages have no type. Encryption is declined here, as this PostgreSQL would.
        loop {
            let length = from_client.read_u32().await?;
            let mut rest = vec![0; length as usize - 4];
            from_client.read_exact(&mut rest).await?;
            let code = rest.as_slice().get_u32();
            if code == SSL_REQUEST || code == GSS_REQUEST {
                to_client.write_all(b"N").await?;
                continue;
            }
            to_server.write_u32(length).await?;
            to_server.write_all(&rest).await?;
            break;
        }
        tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        let mut watcher = Watcher { connection, statements: HashMap::new(), pending: None };
        loop {
            let kind = from_client.read_u8().await?;
            let length = from_client.read_u32().await?;
            let mut body = vec![0; length as usize - 4];
            from_client.read_exact(&mut body).await?;
            let mut message = Vec::with_capacity(body.len() + 5);
            message.push(kind);
            message.extend(length.to_be_bytes());
            message.extend(&body);
            if let Some(trip) = watcher.see(kind, body.into()) {
                self.trips.lock().unwrap_or_else(PoisonError::into_inner).push(trip);
            }
            to_server.write_all(&message).await?;
        }
    }
}

/// What one connection has prepared and is about to run.
struct Watcher {
    connection: u32,
    statements: HashMap<String, (String, Vec<u32>)>,
    pending: Option<(String, Vec<Bound>)>,
}

impl Watcher {
    /// A round trip, when this message ends what the server answers at once.
    fn see(&mut self, kind: u8, mut body: Bytes) -> Option<Trip> {
        match kind {
            b'P' => {
                let (name, sql) = (text(&mut body), text(&mut body));
                let oids = (0..body.get_u16()).map(|_| body.get_u32()).collect();
                self.pending = Some((format!("(prepare) {sql}"), Vec::new()));
                self.statements.insert(name, (sql, oids));
                None
            }
            b'B' => {
                self.pending = Some(self.bind(body));
                None
            }
            b'Q' => Some(self.trip(text(&mut body), Vec::new())),
            b'S' => {
                let (sql, values) = self.pending.take().unwrap_or_else(|| ("(check of the connection)".to_owned(), Vec::new()));
                Some(self.trip(sql, values))
            }
            _ => None,
        }
    }

    fn bind(&self, mut body: Bytes) -> (String, Vec<Bound>) {
        let _portal = text(&mut body);
        let (sql, oids) = self.statements.get(&text(&mut body)).cloned().unwrap_or_default();
        let formats: Vec<u16> = (0..body.get_u16()).map(|_| body.get_u16()).collect();
        let count = usize::from(body.get_u16());
        let values = (0..count).map(|at| {
            let length = usize::try_from(body.get_i32()).ok();
            Bound {
                oid: oids.get(at).copied().unwrap_or_default(),
                binary: formats.get(if formats.len() == 1 { 0 } else { at }) == Some(&1),
                bytes: length.map(|length| body.split_to(length)),
            }
        });
        (sql, values.collect())
    }

    fn trip(&self, sql: String, values: Vec<Bound>) -> Trip {
        Trip { at: Instant::now(), connection: self.connection, sql, values }
    }
}

/// A text that ends with a zero byte.
fn text(body: &mut Bytes) -> String {
    let end = body.iter().position(|byte| *byte == 0).unwrap_or(body.len());
    let text = String::from_utf8_lossy(&body.split_to(end)).into_owned();
    if body.has_remaining() {
        body.advance(1);
    }
    text
}
