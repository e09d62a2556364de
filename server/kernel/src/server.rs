//! Listeners: one per portal, with only that portal's services and assets on it, and one for operations on loopback.

pub mod activity;
pub mod assets;
pub mod connection;
mod dock;
pub mod foreign;
mod handshake;
mod headers;
pub mod listeners;
pub mod proxies;
mod transcode;
mod waiting;

use std::{collections::HashSet, sync::Arc};

use axum::{Router, extract::Request, middleware};
use parking_lot::RwLock;
use streamflow_proto::access::Access;
use tokio::sync::watch;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower::ServiceBuilder;

pub use assets::Assets;
use dock::Dock;
use transcode::Transcoder;

use crate::{
    access::{
        self, Authenticator, Callers, Gate, Witness,
        door::{Door, Porter},
    },
    error::{Error, Result},
    kernel::Kernel,
    upload::Intake,
};

/// One portal as its listener serves it.
pub struct PortalSite {
    pub kernel: Arc<Kernel>,
    pub access: &'static [Access],
    pub descriptors: &'static [u8],
    pub authenticator: Arc<dyn Authenticator>,
    pub services: Routes,
    /// Exact origins of the portal's own pages.
    pub origins: HashSet<String>,
    pub assets: Arc<dyn Assets>,
    /// Describe the protos to anyone who asks: for development.
    pub reflection: bool,
    /// Takes in the files that people bring, where they may.
    pub intake: Option<Arc<dyn Intake>>,
}

impl PortalSite {
    /// The whole site: RPCs behind door and gate, files that come in, everything else the web app.
    pub fn into_router(mut self) -> Result<Router> {
        let dock = self.intake.take().map(|intake| Dock::new(&self.kernel, intake, self.origins.clone()));
        let (rpcs, front) = self.into_rpcs()?;
        let site = front.into_router(rpcs)?;
        Ok(match dock {
            Some(dock) => dock.before(site),
            None => site,
        })
    }

    /// The RPCs behind their gate, and what stands before it.
    pub fn into_rpcs(self) -> Result<(Router, Front)> {
        let witness = Witness::System(Arc::clone(&self.kernel));
        let callers = Callers::Sessions(self.authenticator);
        let features = self.kernel.portal.features;
        let gate = Arc::new(Gate::new(self.kernel, self.access, self.descriptors, callers)?);
        let guarded = self.services.into_axum_router().layer(middleware::from_fn_with_state(gate, access::guard));
        let Self { access, origins, assets, reflection, descriptors, .. } = self;
        Ok((translated(guarded), Front { witness, access, descriptors, origins, assets, reflection, features }))
    }
}

/// gRPC-web to gRPC, before the gate.
pub(crate) fn translated(guarded: Router) -> Router {
    let translated = ServiceBuilder::new()
        .layer(GrpcWebLayer::new())
        .map_request(|request: http::Request<tonic::body::Body>| request.map(axum::body::Body::new))
        .service(guarded);
    Router::new().fallback_service(translated)
}

/// What of a portal needs no database: the door, the web app, the headers.
pub struct Front {
    /// Writes down whom the door refuses.
    pub witness: Witness,
    pub access: &'static [Access],
    pub descriptors: &'static [u8],
    /// Exact origins of the portal's own pages.
    pub origins: HashSet<String>,
    pub assets: Arc<dyn Assets>,
    /// Describe the protos to anyone who asks: for development.
    pub reflection: bool,
    /// As in [`Portal`](crate::kernel::Portal).
    pub features: &'static str,
}

impl Front {
    /// The site, with the RPCs behind the door.
    pub fn into_router(self, rpcs: Router) -> Result<Router> {
        let door = Door { space: self.witness.space(), origins: self.origins };
        let porter = Arc::new(Porter { door, witness: self.witness });
        let json = Arc::new(Transcoder::new(self.access, self.descriptors, rpcs.clone())?);
        let rpcs = rpcs.layer(middleware::from_fn_with_state(porter, access::door::guard));
        let pages = assets::router(self.assets);
        let mut site = Router::new().fallback(move |request: Request| {
            let is_rpc = request.uri().path().starts_with("/streamflow.");
            let (rpcs, pages, json) = (rpcs.clone(), pages.clone(), Arc::clone(&json));
            async move {
                use tower::ServiceExt as _;
                if json.serves(request.uri().path()) {
                    return json.answer(request).await;
                }
                let site = if is_rpc { rpcs } else { pages };
                site.oneshot(request).await.unwrap_or_else(|never| match never {})
            }
        });
        if self.reflection {
            site = site.merge(reflection(self.descriptors)?);
        }
        let permit = headers::permit(self.features)?;
        Ok(site.layer(middleware::map_response(headers::secure)).layer(middleware::map_response(permit)))
    }
}

fn reflection(descriptors: &'static [u8]) -> Result<Router> {
    let service = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(descriptors)
        .build_v1()
        .map_err(Error::internal)?;
    Ok(Routes::default().add_service(service).into_axum_router().reset_fallback())
}

/// `/healthz`, `/readyz` and `/metrics`, and the gRPC health service, for the operator's own tools. Not ready while a database does
/// not answer, and once `leaving` turns true.
pub fn operations(
    systems: Systems,
    leaving: watch::Receiver<bool>,
    metrics: impl Fn() -> String + Clone + Send + Sync + 'static,
) -> Router {
    use axum::{http::StatusCode, routing::get};
    let ready = Readiness { systems, leaving };
    let told = ready.clone();
    let (reporter, health) = tonic_health::server::health_reporter();
    tokio::spawn(async move {
        loop {
            let status = match told.trouble().await {
                None => tonic_health::ServingStatus::Serving,
                Some(_) => tonic_health::ServingStatus::NotServing,
            };
            reporter.set_service_status("", status).await;
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
    });
    Routes::default()
        .add_service(health)
        .into_axum_router()
        .route("/healthz", get(|| async { "alive\n" }))
        .route(
            "/readyz",
            get(move || {
                let ready = ready.clone();
                async move {
                    match ready.trouble().await {
                        None => (StatusCode::OK, "ready\n"),
                        Some(trouble) => (StatusCode::SERVICE_UNAVAILABLE, trouble),
                    }
                }
            }),
        )
        .route("/metrics", get(move || std::future::ready(metrics())))
}

/// Whether a balancer should send anybody here.
#[derive(Clone)]
struct Readiness {
    systems: Systems,
    leaving: watch::Receiver<bool>,
}

impl Readiness {
    async fn trouble(&self) -> Option<&'static str> {
        if *self.leaving.borrow() {
            return Some("the server is stopping\n");
        }
        (!self.systems.are_ready().await).then_some("a database does not answer\n")
    }
}

/// The systems of a process as they come up. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Systems(Arc<RwLock<Present>>);

#[derive(Debug, Default)]
struct Present {
    started: Vec<Arc<Kernel>>,
    /// How many wait for their database.
    waiting: usize,
}

impl Systems {
    /// One more is expected: the process is not ready before it is there.
    pub fn expect(&self) {
        self.0.write().waiting += 1;
    }

    /// An expected one has started.
    pub fn add(&self, kernel: Arc<Kernel>) {
        let mut present = self.0.write();
        present.waiting = present.waiting.saturating_sub(1);
        present.started.push(kernel);
    }

    pub fn started(&self) -> Vec<Arc<Kernel>> {
        self.0.read().started.clone()
    }

    async fn are_ready(&self) -> bool {
        if self.0.read().waiting > 0 {
            return false;
        }
        let started = self.started();
        futures::future::join_all(started.iter().map(|kernel| kernel.ready())).await.into_iter().all(|ready| ready)
    }
}
