//! Calls to other systems: signed the same way whether the other one lives in this process or behind an address.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::Router;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use tonic::{Code, Status, body::Body};
use tower::{Service, ServiceExt as _};

use super::{Federation, guard, line::Line, sign};
use crate::{
    access::{MAX_REQUEST, PeerAddr},
    error::reasoned,
    tls::{certificate::Certificate, refused::Refused, trust::Trust},
};

/// How long a call may take, with its answer.
const DEADLINE: Duration = Duration::from_secs(10);
/// Longest answer.
const MAX_ANSWER: usize = 8 * 1024 * 1024;
const GRPC_STATUS: &str = "grpc-status";

/// Whether a code is no answer of the other system's own: it can't be reached, is at its limit, or does not know us.
pub const fn is_away(code: Code) -> bool {
    matches!(code, Code::Unavailable | Code::DeadlineExceeded | Code::Unauthenticated | Code::ResourceExhausted)
}

/// How another system is reached.
#[derive(Clone)]
pub enum Route {
    /// It lives in this process.
    Memory(Router),
    /// Its process listens elsewhere.
    Tcp { url: String, line: Line },
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Route").field(&self.place()).finish()
    }
}

impl Route {
    /// `url` is that of the other process' federation listener, e.g. `http://10.0.0.2:7010`.
    pub fn tcp(url: &str) -> Result<Self, tonic::transport::Error> {
        Ok(Self::Tcp { url: url.to_owned(), line: Line::open(url)? })
    }

    /// The same by TLS, e.g. `https://10.0.0.2:7010`: its certificate must be for that host, and signed by somebody trusted.
    pub fn tls(url: &str, trust: &Arc<Trust>) -> Result<Self, tonic::transport::Error> {
        Ok(Self::Tcp { url: url.to_owned(), line: Line::tls(url, trust)? })
    }

    /// Whether calls leave this process as anybody on the way can read them.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self, Self::Tcp { line, .. } if line.is_open())
    }

    /// The certificate of the last handshake.
    pub(super) fn certificate(&self) -> Option<Certificate> {
        match self {
            Self::Tcp { line, .. } => line.certificate(),
            Self::Memory(_) => None,
        }
    }

    pub(super) fn place(&self) -> String {
        match self {
            Self::Memory(_) => "in this process".to_owned(),
            Self::Tcp { url, .. } => url.clone(),
        }
    }
}

/// What a generated client calls another system with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FederationChannel {
    federation: Arc<Federation>,
    audience: &'static str,
}

impl FederationChannel {
    pub(super) const fn new(federation: Arc<Federation>, audience: &'static str) -> Self {
        Self { federation, audience }
    }

    /// Name of the system that is called.
    pub const fn peer(&self) -> &'static str {
        self.audience
    }

    /// Notes that the other system answered. Apart from the call, whose caller may hold the one connection that writes.
    fn note_answer(&self) {
        let this = self.clone();
        tokio::spawn(async move {
            let now = this.federation.clock.now();
            if let Err(error) = this.federation.ledger.answered(this.audience, now).await {
                tracing::debug!(?error, peer = this.audience, "an answer was not noted");
            }
        });
    }

    async fn send(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let (mut parts, body) = request.into_parts();
        let body = Limited::new(body, MAX_REQUEST).collect().await;
        let body = body.map_err(|_| Status::invalid_argument("The call is too large."))?.to_bytes();
        self.sign(&mut parts, &body)?;
        let route = self.federation.route(self.audience);
        let response = match route {
            Some(Route::Memory(router)) => {
                parts.extensions.insert(PeerAddr(IpAddr::V4(Ipv4Addr::LOCALHOST)));
                let request = Request::from_parts(parts, axum::body::Body::from(body));
                router.oneshot(request).await.unwrap_or_else(|never| match never {}).map(Body::new)
            }
            Some(Route::Tcp { line, .. }) => {
                let request = Request::from_parts(parts, Body::new(http_body_util::Full::new(body)));
                let mut channel = line.channel();
                let ready = channel.ready().await.map_err(|error| self.unreachable(&error))?;
                ready.call(request).await.map_err(|error| self.unreachable(&error))?
            }
            None => return Err(Status::unavailable(format!("No way to the {} system is configured.", self.audience))),
        };
        // Whole before it is handed on, so that the deadline covers it.
        let (parts, body) = response.into_parts();
        let answer = Limited::new(body, MAX_ANSWER).collect().await;
        let answer = answer.map_err(|_| Status::unavailable("The answer of the other system was cut off."))?;
        // Anything in between may answer in its place, and what it says of us is no sign that calls get through.
        let status = parts.headers.get(GRPC_STATUS).or_else(|| answer.trailers()?.get(GRPC_STATUS));
        let code = status.map(|status| Code::from_bytes(status.as_bytes()));
        if parts.status == StatusCode::OK && code.is_some_and(|code| !is_away(code)) {
            self.note_answer();
        }
        Ok(Response::from_parts(parts, Body::new(answer)))
    }

    fn sign(&self, parts: &mut http::request::Parts, body: &Bytes) -> Result<(), Status> {
        let federation = &self.federation;
        let keys = federation.keys();
        let key = keys
            .of(federation.own, self.audience)
            .first()
            .ok_or_else(|| Status::unavailable(format!("There is no key for calls to the {} system.", self.audience)))?;
        let at = federation.clock.now().timestamp();
        let nonce = URL_SAFE_NO_PAD.encode(federation.ids.token());
        let idempotency_key = parts.headers.get(guard::IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let call = sign::Call {
            method: parts.method.as_str(),
            path: parts.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default(),
            audience: self.audience,
            caller: federation.own,
            key_id: &key.id,
            at,
            nonce: &nonce,
            idempotency_key,
            body,
        };
        let signature = call.sign(&key.secret);
        for (name, value) in [
            (guard::AUDIENCE, self.audience),
            (guard::CALLER, federation.own),
            (guard::KEY, &key.id),
            (guard::TIMESTAMP, &at.to_string()),
            (guard::NONCE, &nonce),
            (guard::SIGNATURE, &signature),
        ] {
            let value = HeaderValue::from_str(value).map_err(|_| Status::internal("a header can't be written"))?;
            parts.headers.insert(name, value);
        }
        Ok(())
    }

    fn unreachable(&self, error: &tonic::transport::Error) -> Status {
        if let Some(Refused { reason, text }) = Refused::within(error) {
            tracing::warn!(reason = reason.name, text, peer = self.audience, "another system's certificate was refused");
            metrics::counter!("federation_tls_refused_total", "peer" => self.audience, "reason" => reason.name).increment(1);
            return reasoned(*reason, format!("The {} system can't be reached: {text}.", self.audience));
        }
        tracing::warn!(?error, peer = self.audience, "another system can't be reached");
        Status::unavailable(format!("The {} system can't be reached.", self.audience))
    }
}

impl Service<Request<Body>> for FederationChannel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let audience = this.audience;
            tokio::time::timeout(DEADLINE, this.send(request)).await.unwrap_or_else(|_| {
                Err(Status::deadline_exceeded(format!("The {audience} system did not answer in {} seconds.", DEADLINE.as_secs())))
            })
        })
    }
}
