//! Accepts connections with every limit set: tonic and hyper leave most of them open.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, sync::watch};
use tower::ServiceExt as _;

use super::proxies::TrustedProxies;
use crate::access::PeerAddr;

const MAX_CONNECTIONS: usize = 4096;
const MAX_STREAMS: u32 = 100;
const MAX_HEADERS: u32 = 16 * 1024;
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long running requests may take once the server is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves `app` until `stop` turns true, then lets running requests finish.
pub async fn serve(listener: TcpListener, app: Router, proxies: TrustedProxies, mut stop: watch::Receiver<bool>) {
    let proxies = Arc::new(proxies);
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // A full house answers by not answering: the peer's own queue holds it until a slot is free.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { break };
        let _ = stream.set_nodelay(true);
        let proxies = Arc::clone(&proxies);
        let service = TowerToHyperService::new(
            app.clone().map_request(move |request: http::Request<hyper::body::Incoming>| with_peer(request, peer, &proxies)),
        );
        let builder = builder();
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::info!("some connections were still open when draining ended");
    }
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

fn with_peer(
    request: http::Request<hyper::body::Incoming>,
    peer: SocketAddr,
    proxies: &TrustedProxies,
) -> axum::extract::Request {
    let mut request = request.map(axum::body::Body::new);
    let caller = proxies.caller(peer.ip(), request.headers());
    request.extensions_mut().insert(PeerAddr(caller));
    request
}
