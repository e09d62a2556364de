//! Accepts connections with every limit set: tonic and hyper leave most of them open.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch},
};
use tower::ServiceExt as _;

use super::{
    activity::{Activity, Crowd, Place, Watched},
    handshake,
    proxies::TrustedProxies,
    waiting::Waiting,
};
use crate::{
    access::{PeerAddr, address_key, network_key},
    tls::shown::Shown,
};

const MAX_CONNECTIONS: u32 = 4096;
/// Of each so many places one is kept free: while the house fills, those that have waited longest go before anybody needs their places.
const KEPT_FREE: u32 = 64;
/// Of one address (IPv6: of one /64), so that nobody takes all of them.
const MAX_CONNECTIONS_EACH: usize = 100;
/// Of one network, which somebody may have as a whole.
const MAX_CONNECTIONS_NETWORK: usize = 400;
const MAX_STREAMS: u32 = 100;
const MAX_HEADERS: u32 = 16 * 1024;
/// How long a peer may keep to itself what it speaks.
pub(super) const FIRST_BYTES: Duration = Duration::from_secs(5);
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long a connection may stay open without a request.
const IDLE: Duration = Duration::from_mins(1);
/// How long running requests may take once the server is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long a connection without a request may take to close when another needs its place.
const MAKING_ROOM: Duration = Duration::from_millis(250);
/// What each HTTP/2 connection begins with (RFC 9113, section 3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Serves `app` until `stop` turns true, then lets running requests finish.
pub async fn serve(listener: TcpListener, app: Router, proxies: TrustedProxies, stop: watch::Receiver<bool>) {
    serve_most(listener, app, proxies, stop, MAX_CONNECTIONS).await;
}

/// The same with so many connections at once at most.
pub async fn serve_most(listener: TcpListener, app: Router, proxies: TrustedProxies, stop: watch::Receiver<bool>, most: u32) {
    let host = Host { app, proxies: Arc::new(proxies), crowd: Crowd::default(), waiting: Waiting::default(), shown: None };
    accept(host, listener, stop, most).await;
}

/// The same by TLS, and HTTP/2 in it, to whoever believes the certificate.
pub async fn serve_tls(listener: TcpListener, app: Router, shown: Arc<Shown>, stop: watch::Receiver<bool>) {
    let host = Host { app, proxies: Arc::default(), crowd: Crowd::default(), waiting: Waiting::default(), shown: Some(shown) };
    accept(host, listener, stop, MAX_CONNECTIONS).await;
}

async fn accept(host: Host, listener: TcpListener, mut stop: watch::Receiver<bool>, most: u32) {
    let slots = Arc::new(Semaphore::new(most as usize));
    let kept_free = (most / KEPT_FREE) as usize;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = host.admit(peer) else { continue };
        if slots.available_permits() <= kept_free {
            host.waiting.ask_longest_to_go();
        }
        let Ok(slot) = host.room(&slots).await else { break };
        let (host, stop) = (host.clone(), stop.clone());
        tokio::spawn(async move {
            host.attend(stream, peer, stop).await;
            drop((slot, place));
        });
    }
    drop(listener);
    // All slots are free once every connection has ended.
    if tokio::time::timeout(DRAIN, slots.acquire_many(most)).await.is_err() {
        tracing::info!("some connections were still open when draining ended");
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone stops the server too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Why a connection is closed from here.
enum Close {
    Drain,
    MakeRoom,
}

impl Close {
    /// How long the peer has to end it. Whoever needs its place waits for no goodbye; a request that came meanwhile is finished all
    /// the same.
    async fn patience(self, activity: &Activity) {
        let end = tokio::time::sleep(DRAIN);
        match self {
            Self::Drain => end.await,
            Self::MakeRoom => {
                tokio::time::sleep(MAKING_ROOM).await;
                tokio::select! {
                    () = activity.rests() => {}
                    () = end => {}
                }
            }
        }
    }
}

/// The address has all the connections it gets.
struct Crowded;

/// What all connections of a listener share.
#[derive(Clone)]
struct Host {
    app: Router,
    proxies: Arc<TrustedProxies>,
    crowd: Crowd,
    waiting: Waiting,
    /// Those who speak TLS see it.
    shown: Option<Arc<Shown>>,
}

impl Host {
    /// A balancer in front stands for all its callers, so it has no limit of its own.
    fn admit(&self, peer: SocketAddr) -> Result<Option<[Place; 2]>, Crowded> {
        if self.proxies.trusts(peer.ip().to_canonical()) {
            return Ok(None);
        }
        let own = self.crowd.enter(address_key(peer.ip()), MAX_CONNECTIONS_EACH).ok_or(Crowded)?;
        let network = self.crowd.enter(network_key(peer.ip()), MAX_CONNECTIONS_NETWORK).ok_or(Crowded)?;
        Ok(Some([own, network]))
    }

    /// Where all are at work the house answers by not answering: the peer's own queue holds it until there is a place.
    async fn room(&self, slots: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, AcquireError> {
        let mut slot = pin!(Arc::clone(slots).acquire_owned());
        loop {
            tokio::select! {
                biased;
                slot = slot.as_mut() => {
                    self.waiting.ask_nobody();
                    return slot;
                }
                // Whoever was asked may have been leaving anyway, or not leave.
                () = tokio::time::sleep(MAKING_ROOM) => self.waiting.ask_longest_to_go(),
            }
        }
    }

    async fn attend(self, stream: TcpStream, peer: SocketAddr, mut stop: watch::Receiver<bool>) {
        let _ = stream.set_nodelay(true);
        let activity = Activity::default();
        let Some(shown) = self.shown.clone() else {
            let speaks = tokio::select! {
                speaks = speaks(&stream) => speaks,
                () = stopped(&mut stop) => false,
                () = self.waiting.asked_to_go(&activity) => false,
            };
            if speaks {
                self.converse(stream, peer, activity, builder(), std::future::pending(), stop).await;
            }
            return;
        };
        // A certificate that is renewed during the handshake is not the one that was seen.
        let renewal = shown.renewal();
        let met = tokio::select! {
            met = handshake::meet(stream, &shown) => met,
            () = stopped(&mut stop) => None,
            () = self.waiting.asked_to_go(&activity) => None,
        };
        if let Some(stream) = met {
            self.converse(stream, peer, activity, builder().http2_only(), renewal, stop).await;
        }
    }

    /// Answers what comes in until the peer leaves, says nothing more, or `over` ends.
    async fn converse(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        activity: Activity,
        builder: Builder<TokioExecutor>,
        over: impl Future<Output = ()>,
        mut stop: watch::Receiver<bool>,
    ) {
        let service = hyper::service::service_fn(|request| self.answer(request, peer, &activity));
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let reason = tokio::select! {
            ended = connection.as_mut() => Err(ended),
            () = stopped(&mut stop) => Ok(Close::Drain),
            () = activity.idle(IDLE) => Ok(Close::Drain),
            () = over => Ok(Close::Drain),
            () = self.waiting.asked_to_go(&activity) => Ok(Close::MakeRoom),
        };
        let ended = match reason {
            Err(ended) => ended,
            Ok(reason) => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = reason.patience(&activity) => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    fn answer(
        &self,
        request: http::Request<Incoming>,
        peer: SocketAddr,
        activity: &Activity,
    ) -> impl Future<Output = Result<http::Response<Watched>, Infallible>> + use<> {
        let running = activity.begin();
        let answer = self.app.clone().oneshot(with_peer(request, peer, &self.proxies));
        async move { Ok(answer.await?.map(|body| Watched { body, running })) }
    }
}

/// Whether the peer says in time what it speaks: hyper waits for that as long as the peer likes. Anything but the beginning of
/// HTTP/2's preface is left to HTTP/1, which has its own time limit.
async fn speaks(stream: &TcpStream) -> bool {
    let look = async {
        let mut first = [0; PREFACE.len()];
        loop {
            match stream.peek(&mut first).await {
                Ok(0) | Err(_) => return false,
                Ok(read) if read < PREFACE.len() && PREFACE.starts_with(&first[..read]) => {
                    // The same bytes would be there at once again.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(_) => return true,
            }
        }
    };
    tokio::time::timeout(FIRST_BYTES, look).await.unwrap_or(false)
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADERS)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE);
    builder
}

fn with_peer(request: http::Request<Incoming>, peer: SocketAddr, proxies: &TrustedProxies) -> axum::extract::Request {
    let mut request = request.map(axum::body::Body::new);
    let caller = proxies.caller(peer.ip(), request.headers());
    request.extensions_mut().insert(PeerAddr(caller));
    request
}
