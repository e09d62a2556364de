//! The portals of one environment credential, each with a database of its own.

use std::{collections::HashSet, sync::Arc};

use streamflow_kernel::{
    clock::{Clock as _, FixedClock, SystemClock, to_micros},
    db::{Backend, NO_ORG},
    kernel::Kernel,
    operator::Operator,
    password::{Params, PasswordHasher},
    server::{assets::NoAssets, connection, proxies::TrustedProxies},
    totp,
};
use streamflow_migrations::System;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};
use tonic::{Request, transport::Channel};

use crate::{
    postgres,
    world::{self, Setup},
};

pub const EMAIL: &str = "operator@example.com";
pub const PASSWORD: &str = "an-operators-Own-7-passphrase";

/// One portal under test.
pub struct Desk {
    pub space: &'static str,
    pub kernel: Arc<Kernel>,
    pub clock: Arc<FixedClock>,
    pub channel: Channel,
    pub secret: Vec<u8>,
    pub folder: TempDir,
    _stop: watch::Sender<bool>,
}

impl Desk {
    /// On SQLite.
    pub async fn start(system: System) -> Self {
        Self::start_on(Backend::Sqlite, system).await
    }

    pub async fn start_on(backend: Backend, system: System) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let superuser_url = match backend {
            Backend::Postgres => Some(postgres::fresh_database().await),
            Backend::Sqlite => None,
        };
        let location = world::location(system, superuser_url.as_deref(), &folder.path().join("system.db")).await;
        let clock = Arc::new(FixedClock::at(to_micros(SystemClock.now())));
        let portal = match system {
            System::Provider => streamflow_provider::system::PORTAL,
            System::Dev => streamflow_dev::system::PORTAL,
            System::Accountant => streamflow_accountant::system::PORTAL,
            System::Client => panic!("people of the client portal live in its database"),
        };
        let kernel = world::kernel(portal, &location, Arc::clone(&clock), &folder, Setup::default()).await;
        let secret = totp::generate_secret().to_vec();
        let hash = PasswordHasher::new(Params::FLOOR).hash(PASSWORD).await.expect("a hash");
        let operator = Some(Operator::new(EMAIL, hash, secret.clone()));
        let (origins, assets) = (HashSet::new(), Arc::new(NoAssets));
        let site = match system {
            System::Provider => streamflow_provider::system::site(&kernel, operator, origins, assets, false),
            System::Dev => streamflow_dev::system::site(&kernel, operator, origins, assets, false),
            _ => streamflow_accountant::system::site(&kernel, operator, origins, assets, false),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopping) = watch::channel(false);
        let app = site.into_router().expect("a router");
        tokio::spawn(connection::serve(listener, app, TrustedProxies::default(), stopping));
        let channel =
            Channel::from_shared(format!("http://{address}")).expect("an address").connect().await.expect("a connection");
        Self { space: portal.space, kernel, clock, channel, secret, folder, _stop: stop }
    }

    /// A session of the operator, at `level`.
    pub async fn session(&self, level: &str) -> String {
        let id = Operator::new(EMAIL, String::new(), Vec::new()).user_id;
        world::open_session(&self.kernel, id, NO_ORG, level).await
    }

    /// A request as the signed-in operator.
    pub async fn ask<T>(&self, message: T) -> Request<T> {
        self.request(message, Some(&self.session("full").await))
    }

    pub fn request<T>(&self, message: T, token: Option<&str>) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("x-streamflow-portal", self.space.parse().expect("a header"));
        if let Some(token) = token {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        }
        request
    }

    /// The current code of the operator's authenticator.
    pub fn code(&self) -> String {
        totp::code_at(&self.secret, self.clock.now()).expect("a code")
    }
}
