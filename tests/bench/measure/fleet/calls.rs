//! F1: what signing costs a call between systems. Two listeners serve the same RPC of the same system: one behind the guard, which
//! checks the signature and writes the nonce, to a channel that signs; the other behind the access layer alone.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use axum::{Router, extract::Request, middleware};
use streamflow_kernel::{
    access::{self, Callers, Gate},
    clock::{Clock as _, FixedClock, SystemClock, to_micros},
    db::{Database, connect::Location},
    error::Error,
    federation::{Federation, Keys, guard, peer::Peer},
    ids::SystemIds,
    kernel::Kernel,
    server::{connection, proxies::TrustedProxies},
};
use streamflow_migrations::System;
use streamflow_proto::{
    access::FEDERATION,
    federation::{
        DESCRIPTORS,
        v1::{ListTenantsRequest, ListTenantsResponse, tenant_directory_service_client::TenantDirectoryServiceClient},
    },
};
use streamflow_tests::{
    federation::{Draft, Shape, nonce, serve},
    postgres::{self, Cluster},
    world::{self, Setup},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};
use tonic::{Response, Status, transport::Channel};

use crate::{
    figures::{milliseconds, ratios},
    options::Options,
    report::{Figure, Goal, Report},
};

const PATH: &str = "/streamflow.federation.v1.TenantDirectoryService/ListTenants";
/// Calls in flight in the closed loop.
const WORKERS: usize = 16;

/// A client system with an empty directory, and the keys of its callers.
struct Served {
    kernel: Arc<Kernel>,
    keys: Keys,
    folder: TempDir,
    stop: watch::Sender<bool>,
}

impl Served {
    async fn start(cluster: Option<&Cluster>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = match cluster {
            Some(cluster) => Some(postgres::prepared(cluster, "calls").await),
            None => None,
        };
        let location = world::location(System::Client, url.as_deref(), &folder.path().join("client.db")).await;
        let clock = Arc::new(FixedClock::at(to_micros(SystemClock.now())));
        let setup = Setup { limits: [("federation".to_owned(), 1_000_000_000)].into(), ..Setup::default() };
        let kernel = world::kernel(streamflow_client::system::PORTAL, &location, clock, &folder, setup).await;
        let keys = Keys::generate(kernel.clock.now());
        Ok(Self { kernel, keys, folder, stop: watch::channel(false).0 })
    }

    /// The provider's side of calls that are signed.
    async fn caller(&self) -> Result<Arc<Federation>> {
        let file = self.folder.path().join("provider.db");
        let location: Location = world::location(System::Provider, None, &file).await;
        let ids = Arc::new(SystemIds::new(Arc::clone(&self.kernel.clock)));
        let caller =
            Federation::new("provider", Database::connect(&location).await.map_err(broken)?, Arc::clone(&self.kernel.clock), ids);
        caller.use_keys(&self.keys);
        let services = streamflow_client::system::federated();
        caller.connect("client", serve(&self.kernel, services, &self.keys, Shape::Tcp, &self.stop.subscribe()).await);
        Ok(Arc::new(caller))
    }

    /// The same RPC without guard and signature, by the name of a caller whom the guard has let in once.
    async fn unguarded(&self) -> Result<Channel> {
        let peer = self.peer().await?;
        let table = FEDERATION.iter().filter(|served| served.servers.contains(&"CLIENT")).map(|served| &served.access);
        let gate = Gate::new(Arc::clone(&self.kernel), table, DESCRIPTORS, Callers::Peers).map_err(broken)?;
        let named = move |mut request: Request| {
            request.extensions_mut().insert(peer.clone());
            std::future::ready(request)
        };
        let services = streamflow_client::system::federated().into_axum_router();
        let router =
            services.layer(middleware::from_fn_with_state(Arc::new(gate), access::guard)).layer(middleware::map_request(named));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(connection::serve(listener, router, TrustedProxies::default(), self.stop.subscribe()));
        Ok(Channel::from_shared(format!("http://{address}"))?.connect().await?)
    }

    async fn peer(&self) -> Result<Peer> {
        use tower::ServiceExt as _;
        self.kernel.federation.use_keys(&self.keys);
        let seen: Arc<Mutex<Option<Peer>>> = Arc::default();
        let note = Arc::clone(&seen);
        let inner = Router::new().fallback(move |request: Request| {
            *note.lock().expect("a lock") = request.extensions().get::<Peer>().cloned();
            std::future::ready(())
        });
        let router = inner.layer(middleware::from_fn_with_state(Arc::clone(&self.kernel), guard::guard));
        let (nonce, at) = (nonce(), self.kernel.clock.now().timestamp());
        let draft = Draft { from: "provider", to: "client", path: PATH, at, nonce: &nonce, message: Vec::new() };
        let letter = draft.sign(&self.keys);
        let mut request = http::Request::builder().method(letter.method).uri(&letter.path);
        for (name, value) in &letter.headers {
            request = request.header(*name, value);
        }
        router.oneshot(request.body(axum::body::Body::from(letter.body))?).await?;
        seen.lock().expect("a lock").take().context("the guard let nobody in")
    }
}

/// The kernel's errors are for callers, and say the rest to the log alone.
fn broken(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}

fn request() -> ListTenantsRequest {
    ListTenantsRequest { page_size: 50, ..Default::default() }
}

fn check(answer: Result<Response<ListTenantsResponse>, Status>) -> Result<()> {
    ensure!(answer?.into_inner().tenants.is_empty(), "the directory is not empty");
    Ok(())
}

/// Calls one after the other for a while; how long each took.
async fn one_by_one(call: &impl AsyncFn() -> Result<()>, turn: Duration) -> Result<Vec<Duration>> {
    let (begun, mut took) = (Instant::now(), Vec::new());
    while begun.elapsed() < turn {
        let asked = Instant::now();
        call().await?;
        took.push(asked.elapsed());
    }
    Ok(took)
}

/// Calls a second, with many in flight.
async fn at_once(call: &impl AsyncFn() -> Result<()>, turn: Duration) -> Result<f64> {
    let begun = Instant::now();
    let done = futures::future::try_join_all((0..WORKERS).map(|_| one_by_one(call, turn))).await?;
    Ok(done.iter().map(Vec::len).sum::<usize>() as f64 / begun.elapsed().as_secs_f64())
}

pub async fn measure(options: &Options, on: &'static str, cluster: Option<&Cluster>, report: &mut Report) -> Result<()> {
    let served = Served::start(cluster).await?;
    let (plain, caller) = (served.unguarded().await?, served.caller().await?);
    let way = caller.peer("client").map_err(broken)?;
    let signed = async || check(TenantDirectoryServiceClient::new(way.clone()).list_tenants(request()).await);
    let unsigned = async || check(TenantDirectoryServiceClient::new(plain.clone()).list_tenants(request()).await);
    one_by_one(&signed, options.warm_up()).await?;
    one_by_one(&unsigned, options.warm_up()).await?;
    let (mut with, mut without, mut alone_with, mut alone_without) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.repeats {
        with.push(at_once(&signed, options.turn()).await?);
        without.push(at_once(&unsigned, options.turn()).await?);
        alone_with.extend(one_by_one(&signed, options.turn()).await?);
        alone_without.extend(one_by_one(&unsigned, options.turn()).await?);
    }
    let what = format!("calls between systems/s, signed ÷ unsigned, {WORKERS} at once");
    report.add(Figure { id: "F1", on, what, samples: ratios(&with, &without), unit: "×", goal: Goal::None });
    report.tell("F1", on, "signed calls a second, in one process with both systems and the generator", with, "/s");
    report.tell("F1", on, "one call at a time, signed", milliseconds(&alone_with), "ms");
    report.tell("F1", on, "one call at a time, unsigned", milliseconds(&alone_without), "ms");
    Ok(())
}
