//! How a system speaks with the others: every call is signed, and travels the same way whether the other system lives in this
//! process or in another.
//!
//! | room | holds |
//! |---|---|
//! | `sign` | what a signature covers, and how it is made and checked |
//! | `keys` | keys by pair of systems, and their file |
//! | `guard` | what a federation listener asks of a request before the access layer sees it |
//! | `ledger` | what is remembered of the other systems: nonces, last calls, refusals |
//! | `channel` | calls to other systems |
//! | `watch` | greeting them now and then, so that it is known since when one is away |
//! | `peer`, `health`, `error_group`, `metric` | services that every system has for the others |

pub mod channel;
pub mod error_group;
pub mod guard;
pub mod health;
pub mod keys;
pub mod ledger;
pub mod line;
pub mod metric;
pub mod peer;
pub mod sign;
pub mod watch;

use std::{collections::HashMap, sync::Arc};

use axum::{Router, middleware};
use http::HeaderMap;
use parking_lot::RwLock;
use streamflow_proto::{
    access::{FEDERATION, SYSTEMS},
    federation::{
        self,
        v1::{
            error_group_service_server::ErrorGroupServiceServer, health_service_server::HealthServiceServer,
            metric_service_server::MetricServiceServer, peer_service_server::PeerServiceServer,
        },
    },
    reason::Reason,
};
use tonic::service::Routes;

pub use channel::{FederationChannel, Route};
pub use keys::Keys;
pub use ledger::Ledger;

use crate::{
    access::{self, AT_ONCE, Callers, Gate, answer},
    clock::Clock,
    db::Database,
    error::{Error, Result},
    ids::Ids,
    kernel::Kernel,
    places::Places,
    tls::{certificate::Certificate, shown::Shown},
};

/// One system's side of all its talks with others. Without keys it refuses everybody and reaches nobody.
pub struct Federation {
    own: &'static str,
    keys: RwLock<Arc<Keys>>,
    routes: RwLock<HashMap<&'static str, Route>>,
    /// What the listener of calls shows, where it speaks TLS.
    shown: RwLock<Option<Arc<Shown>>>,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// Calls whose bodies are on their way, by address.
    arrivals: Places<String>,
}

impl std::fmt::Debug for Federation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Federation").field("own", &self.own).finish_non_exhaustive()
    }
}

impl Federation {
    pub fn new(own: &'static str, database: Database, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            own,
            keys: RwLock::default(),
            routes: RwLock::default(),
            shown: RwLock::default(),
            ledger: Ledger::new(database),
            clock,
            ids,
            arrivals: Places::new(AT_ONCE),
        }
    }

    /// Takes the keys of the pairs this system belongs to; of others' it keeps none. Running calls are not disturbed.
    pub fn use_keys(&self, keys: &Keys) {
        *self.keys.write() = Arc::new(keys.of_systems(&[self.own]));
    }

    /// Says how another system is reached.
    pub fn connect(&self, peer: &str, route: Route) {
        if let Some(peer) = known(peer) {
            self.routes.write().insert(peer, route);
        }
    }

    /// Says what certificate those who call this system are shown.
    pub fn show(&self, shown: Arc<Shown>) {
        *self.shown.write() = Some(shown);
    }

    /// The certificates in use, each with the name of the system that shows it: the own one first, under no name.
    pub fn certificates(&self) -> Vec<(&'static str, Certificate)> {
        let own = self.shown.read().as_ref().map(|shown| ("", shown.certificate()));
        let seen = |name| Some((name, self.route(name)?.certificate()?));
        own.into_iter().chain(self.peers().filter_map(seen)).collect()
    }

    /// Whether calls to a system leave this process unencrypted.
    pub fn is_open(&self, peer: &str) -> bool {
        self.route(peer).is_some_and(|route| route.is_open())
    }

    /// Calls to another system by its name.
    pub fn peer(self: &Arc<Self>, name: &str) -> Result<FederationChannel> {
        let name = known(name).filter(|name| *name != self.own).ok_or(Error::not_found("system"))?;
        Ok(FederationChannel::new(Arc::clone(self), name))
    }

    /// Calls to the one system that serves `service` (its full name), for those who need not know which it is.
    pub fn serving(self: &Arc<Self>, service: &str) -> Result<FederationChannel> {
        let prefix = format!("/{service}/");
        let served = FEDERATION.iter().find(|served| served.access.path.starts_with(&prefix));
        match served.map(|served| served.servers) {
            Some([only]) => self.peer(&only.to_lowercase()),
            _ => Err(Error::internal(format!("{service} is not served by exactly one system"))),
        }
    }

    /// The other systems, by name.
    pub fn peers(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        NAMES.iter().copied().filter(|name| *name != self.own)
    }

    /// Where a system is, in words.
    pub fn place(&self, peer: &str) -> String {
        self.routes.read().get(peer).map(Route::place).unwrap_or_default()
    }

    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read())
    }

    pub const fn own(&self) -> &'static str {
        self.own
    }

    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn route(&self, peer: &str) -> Option<Route> {
        self.routes.read().get(peer).cloned()
    }
}

/// Names of all systems as callers write them.
static NAMES: std::sync::LazyLock<Vec<&'static str>> =
    std::sync::LazyLock::new(|| SYSTEMS.iter().map(|name| &*name.to_lowercase().leak()).collect());

/// The system of this name, exactly as written.
fn known(name: &str) -> Option<&'static str> {
    NAMES.iter().copied().find(|known| *known == name)
}

/// What a system serves to the others: `own` services and those that all have, behind the guard and the access layer.
pub fn router(kernel: &Arc<Kernel>, own: Routes) -> Result<Router> {
    let name = kernel.portal.space.to_uppercase();
    let table = FEDERATION.iter().filter(|served| served.servers.contains(&name.as_str())).map(|served| &served.access);
    let gate = Arc::new(Gate::new(Arc::clone(kernel), table, federation::DESCRIPTORS, Callers::Peers)?);
    let services = own
        .add_service(ErrorGroupServiceServer::new(error_group::Api))
        .add_service(HealthServiceServer::new(health::Api))
        .add_service(MetricServiceServer::new(metric::Api))
        .add_service(PeerServiceServer::new(peer::Api));
    Ok(services
        .into_axum_router()
        .layer(middleware::from_fn_with_state(gate, access::guard))
        .layer(middleware::from_fn_with_state(Arc::clone(kernel), guard::guard)))
}

/// The systems of a process behind one listener: the audience a call names is the system that gets it. One may come later than the
/// others. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Switch(Arc<RwLock<HashMap<&'static str, Router>>>);

impl Switch {
    pub fn add(&self, name: &'static str, system: Router) {
        self.0.write().insert(name, system);
    }

    pub fn into_router(self) -> Router {
        Router::new().fallback(move |request: axum::extract::Request| {
            let name = single(request.headers(), guard::AUDIENCE);
            let system = name.and_then(|name| self.0.read().get(name).cloned());
            async move {
                use tower::ServiceExt as _;
                match system {
                    Some(system) => system.oneshot(request).await.unwrap_or_else(|never| match never {}),
                    None => {
                        metrics::counter!("federation_refused_total", "reason" => Reason::AUDIENCE.name).increment(1);
                        answer::status(&guard::Refusal::Audience.into_error().into())
                    }
                }
            }
        })
    }
}

/// A header's value when it occurs exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}
