//! A mail server on a free port: commands, addresses and texts are read as a real one reads them, by the parser of one.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use smtp_proto::{EXT_8BIT_MIME, EhloResponse, Request, request::receiver::DataReceiver};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf},
};

/// A mail it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    /// Head and body.
    pub text: String,
}

/// Dropped, it is not reached any more.
#[derive(Debug)]
pub struct MailServer {
    pub address: SocketAddr,
    house: Arc<Mutex<House>>,
    task: tokio::task::AbortHandle,
}

#[derive(Debug, Default)]
struct House {
    taken: Vec<Taken>,
    /// Answers to the next recipients instead of taking them.
    refusals: Vec<&'static str>,
    sessions: usize,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let house: Arc<Mutex<House>> = Arc::default();
        let guests = Arc::clone(&house);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let house = Arc::clone(&guests);
                tokio::spawn(async move {
                    // A client that hangs up ends its own session only.
                    let _ = Session::new(stream, house).run().await;
                });
            }
        });
        Self { address, house, task: task.abort_handle() }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The next recipient is answered with this, e.g. "451 come back later".
    pub fn refuse_next(&self, answer: &'static str) {
        self.lock().refusals.push(answer);
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.lock().taken.clone()
    }

    /// Connections so far that said who they are.
    pub fn sessions(&self) -> usize {
        self.lock().sessions
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, House> {
        self.house.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Session {
    reader: BufReader<OwnedReadHalf>,
    writer: tokio::net::tcp::OwnedWriteHalf,
    house: Arc<Mutex<House>>,
    from: String,
    to: Vec<String>,
}

impl Session {
    fn new(stream: TcpStream, house: Arc<Mutex<House>>) -> Self {
        let (reader, writer) = stream.into_split();
        Self { reader: BufReader::new(reader), writer, house, from: String::new(), to: Vec::new() }
    }

    async fn run(mut self) -> std::io::Result<()> {
        self.say("220 localhost ESMTP").await?;
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.reader.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            match Request::parse(&mut line.iter()) {
                Ok(Request::Ehlo { .. }) => {
                    self.lock().sessions += 1;
                    let mut greeting = EhloResponse::new("localhost");
                    greeting.capabilities = EXT_8BIT_MIME;
                    let mut bytes = Vec::new();
                    greeting.write(&mut bytes)?;
                    self.writer.write_all(&bytes).await?;
                }
                Ok(Request::Mail { from }) => {
                    self.from = from.address.into_owned();
                    self.to.clear();
                    self.say("250 go on").await?;
                }
                Ok(Request::Rcpt { to }) => self.receive(to.address.into_owned()).await?,
                Ok(Request::Data) if !self.to.is_empty() => self.take().await?,
                Ok(Request::Noop { .. } | Request::Rset) => self.say("250 as you like").await?,
                Ok(Request::Quit) => return self.say("221 bye").await,
                Ok(_) => self.say("503 not now").await?,
                Err(_) => self.say("500 what?").await?,
            }
        }
    }

    async fn receive(&mut self, to: String) -> std::io::Result<()> {
        let refusal = {
            let mut house = self.lock();
            if house.refusals.is_empty() { None } else { Some(house.refusals.remove(0)) }
        };
        if refusal.is_none() {
            self.to.push(to);
        }
        self.say(refusal.unwrap_or("250 known")).await
    }

    async fn take(&mut self) -> std::io::Result<()> {
        self.say("354 go on").await?;
        let (mut receiver, mut text) = (DataReceiver::new(), Vec::new());
        let mut piece = [0; 4096];
        loop {
            let read = self.reader.read(&mut piece).await?;
            if read == 0 {
                return Ok(());
            }
            if receiver.ingest(&mut piece[..read].iter(), &mut text) {
                break;
            }
        }
        let mail = Taken {
            from: self.from.clone(),
            to: std::mem::take(&mut self.to),
            text: String::from_utf8_lossy(&text).into_owned(),
        };
        self.lock().taken.push(mail);
        self.say("250 taken").await
    }

    async fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.writer.write_all(format!("{line}\r\n").as_bytes()).await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, House> {
        self.house.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
