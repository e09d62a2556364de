//! Connections to listeners that show a certificate.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use parking_lot::RwLock;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tower::Service;

use super::{certificate::Certificate, refused::Refused, trust::Trust};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The certificate of the last handshake. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<RwLock<Option<Certificate>>>);

impl Seen {
    pub fn certificate(&self) -> Option<Certificate> {
        self.0.read().clone()
    }
}

/// Whoever calls sets the time that a connection may take.
#[derive(Clone, Debug)]
pub struct Connector {
    trust: Arc<Trust>,
    seen: Seen,
}

impl Connector {
    pub const fn new(trust: Arc<Trust>, seen: Seen) -> Self {
        Self { trust, seen }
    }

    async fn connect(&self, uri: &Uri) -> Result<TlsStream<TcpStream>, AnyError> {
        // An IPv6 address stands in brackets.
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned())?;
        let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(443))).await?;
        stream.set_nodelay(true)?;
        let met = TlsConnector::from(self.trust.config()).connect(name, stream).await.map_err(Refused::or_lost)?;
        let shown = met.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        *self.seen.0.write() = shown.and_then(|der| Certificate::read(der));
        Ok(met)
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = AnyError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { this.connect(&uri).await.map(TokioIo::new) })
    }
}
