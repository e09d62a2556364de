//! Two systems that speak with each other, and letters that somebody forges between them.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use axum::Router;
use streamflow_kernel::{
    clock::Clock,
    db::Backend,
    federation::{self, FederationChannel, Keys, Route, Switch, guard, sign},
    kernel::Kernel,
    server::{connection, proxies::TrustedProxies},
    tls::{shown::Shown, trust::Trust},
};
use streamflow_migrations::System;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};
use tonic::{Code, Status, body::Body, service::Routes};
use tonic_types::StatusExt as _;
use tower::{Service as _, ServiceExt as _};

use crate::{
    certificates::{Authority, Issued},
    operator::Desk,
    world::World,
};

/// How the two reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As in one process.
    Memory,
    /// As in two.
    Tcp,
    /// As in two with a certificate.
    Tls,
}

pub const SHAPES: [Shape; 3] = [Shape::Memory, Shape::Tcp, Shape::Tls];

/// The client system of a world and a provider system, with each other's keys.
pub struct Pair {
    pub provider: Desk,
    pub keys: Keys,
    /// To the client system.
    pub to_client: Route,
    pub to_provider: Route,
    _stop: watch::Sender<bool>,
}

impl Pair {
    /// The provider system on the same kind of database as the client system.
    pub async fn start(world: &World, shape: Shape) -> Self {
        Self::start_on(world, shape, world.backend).await
    }

    pub async fn start_on(world: &World, shape: Shape, backend: Backend) -> Self {
        let provider = Desk::start_on(backend, System::Provider).await;
        provider.clock.set(world.now());
        let keys = Keys::generate(world.now());
        let (stop, stopping) = watch::channel(false);
        let to_client = serve(&world.kernel, streamflow_client::system::federated(), &keys, shape, &stopping).await;
        let to_provider = serve(&provider.kernel, streamflow_provider::system::federated(), &keys, shape, &stopping).await;
        world.kernel.federation.connect("provider", to_provider.clone());
        provider.kernel.federation.connect("client", to_client.clone());
        Self { provider, keys, to_client, to_provider, _stop: stop }
    }

    /// Calls of the provider system to the client system.
    pub fn client(&self) -> FederationChannel {
        self.provider.kernel.federation.peer("client").expect("a system")
    }
}

/// The system's federation, reachable in the wanted way.
pub async fn serve(kernel: &Arc<Kernel>, services: Routes, keys: &Keys, shape: Shape, stop: &watch::Receiver<bool>) -> Route {
    let router = switched(kernel, services, keys);
    match shape {
        Shape::Memory => Route::Memory(router),
        Shape::Tcp => {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            let address = listener.local_addr().expect("an address");
            tokio::spawn(connection::serve(listener, router, TrustedProxies::default(), stop.clone()));
            Route::tcp(&format!("http://{address}")).expect("an address")
        }
        Shape::Tls => {
            let authority = Authority::new("the test's authority");
            let issued = authority.issue_now("north.internal", kernel.clock.now());
            serve_tls(kernel, router, &issued, stop).await.route(&authority)
        }
    }
}

/// What a system's listener of calls serves.
pub fn switched(kernel: &Arc<Kernel>, services: Routes, keys: &Keys) -> Router {
    kernel.federation.use_keys(keys);
    let router: Router = federation::router(kernel, services).expect("a router");
    let switch = Switch::default();
    switch.add(kernel.portal.space, router);
    switch.into_router()
}

/// A system that shows a certificate to its callers.
pub struct Secured {
    pub address: SocketAddr,
    pub shown: Arc<Shown>,
    /// Where the certificate is.
    pub folder: Arc<TempDir>,
    pub clock: Arc<dyn Clock>,
}

impl Secured {
    /// The way to it, for whoever believes this authority.
    pub fn route(&self, authority: &Authority) -> Route {
        self.way(&self.trust(authority))
    }

    /// What somebody goes by who believes this authority and follows the file of it.
    pub fn trust(&self, authority: &Authority) -> Arc<Trust> {
        let file = authority.write(self.folder.path(), "ca.pem");
        Trust::open(Some(&file), Arc::clone(&self.clock)).expect("an authority")
    }

    pub fn way(&self, trust: &Arc<Trust>) -> Route {
        Route::tls(&format!("https://{}", self.address), trust).expect("an address")
    }
}

/// Serves by TLS, which goes by the system's clock.
pub async fn serve_tls(kernel: &Arc<Kernel>, router: Router, issued: &Issued, stop: &watch::Receiver<bool>) -> Secured {
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let clock = Arc::clone(&kernel.clock);
    let shown = Shown::open(issued.write(folder.path()), Arc::clone(&clock)).expect("a certificate");
    kernel.federation.show(Arc::clone(&shown));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(connection::serve_tls(listener, router, Arc::clone(&shown), stop.clone()));
    Secured { address, shown, folder, clock }
}

/// A call as it travels. Whatever is wrong with it was put there by hand.
#[derive(Clone, Debug)]
pub struct Letter {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What a letter is signed over, where it differs from the usual.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub path: &'a str,
    pub at: i64,
    pub nonce: &'a str,
    pub message: Vec<u8>,
}

impl Draft<'_> {
    /// A sound letter, signed with the current key.
    pub fn sign(&self, keys: &Keys) -> Letter {
        let key = &keys.of(self.from, self.to)[0];
        let mut body = vec![0];
        body.extend(u32::try_from(self.message.len()).expect("a short message").to_be_bytes());
        body.extend(&self.message);
        let call = sign::Call {
            method: "POST",
            path: self.path,
            audience: self.to,
            caller: self.from,
            key_id: &key.id,
            at: self.at,
            nonce: self.nonce,
            idempotency_key: "",
            body: &body,
        };
        let signature = call.sign(key.secret());
        let headers = vec![
            ("content-type", "application/grpc".to_owned()),
            ("te", "trailers".to_owned()),
            (guard::AUDIENCE, self.to.to_owned()),
            (guard::CALLER, self.from.to_owned()),
            (guard::KEY, key.id.clone()),
            (guard::TIMESTAMP, self.at.to_string()),
            (guard::NONCE, self.nonce.to_owned()),
            (guard::SIGNATURE, signature),
        ];
        Letter { method: "POST", path: self.path.to_owned(), headers, body }
    }
}

impl Letter {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()).expect("a header")
    }

    /// The same with another value.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The same with one value more.
    pub fn and(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    /// Sends it, and says what came back: `OK`, the stable reason of a refusal, the HTTP status of one at the door, or `CLOSED`
    /// where the connection was ended instead.
    pub async fn post(&self, route: &Route) -> String {
        self.post_body(route, Body::new(http_body_util::Full::new(bytes::Bytes::from(self.body.clone())))).await
    }

    /// The same with another body.
    pub async fn post_body(&self, route: &Route, body: Body) -> String {
        match self.send(route, body).await {
            None => "CLOSED".to_owned(),
            Some(response) if response.status() != http::StatusCode::OK => response.status().as_u16().to_string(),
            Some(response) => match Status::from_header_map(response.headers()) {
                Some(status) if status.code() != Code::Ok => reason(&status),
                _ => "OK".to_owned(),
            },
        }
    }

    /// Sends it, and gives back all that its refusal says, but for when.
    pub async fn refusal(&self, route: &Route) -> BTreeMap<String, Vec<u8>> {
        let body = Body::new(http_body_util::Full::new(bytes::Bytes::from(self.body.clone())));
        let response = self.send(route, body).await.expect("an answer");
        let said = response.headers().iter().filter(|(name, _)| *name != "date");
        said.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
    }

    /// None where the connection was ended instead.
    async fn send(&self, route: &Route, body: Body) -> Option<http::Response<Body>> {
        let mut request = http::Request::builder().method(self.method).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(body).expect("a request");
        match route.clone() {
            Route::Memory(router) => Some(router.oneshot(request).await.expect("an answer").map(Body::new)),
            Route::Tcp { line, .. } => {
                let mut channel = line.channel();
                channel.ready().await.expect("a connection").call(request).await.ok()
            }
        }
    }
}

/// The stable reason of a status, or its code where it has none.
pub fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map_or_else(|| format!("{:?}", status.code()), |info| info.reason.clone())
}

/// A nonce of 192 bits that no test uses twice.
pub fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
