//! The portals of few people, each with a database of its own.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use streamflow_kernel::{
    clock::{Clock as _, FixedClock, SystemClock, to_micros},
    db::connect::Location,
    kernel::Kernel,
    operator::Operator,
    password::{Params, PasswordHasher},
    rate_limit::Limits,
    recovery::{self, Recovery},
    server::{assets::NoAssets, connection, proxies::TrustedProxies},
    totp,
};
use streamflow_migrations::System;
use streamflow_provider::admin::people::Admins;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};
use tonic::{Request, transport::Channel};

use crate::world::{self, Setup};

pub const EMAIL: &str = "operator@example.com";
pub const PASSWORD: &str = "an-operators-Own-7-passphrase";

/// One portal under test, on SQLite.
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
    pub async fn start(system: System) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = world::location(system, None, &folder.path().join("system.db")).await;
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
        let operator = |role| Operator::new(EMAIL, role, hash.clone(), secret.clone());
        let (origins, assets) = (HashSet::new(), Arc::new(NoAssets));
        let site = match system {
            System::Provider => {
                let recovery = recovery(&kernel, location, folder.path());
                let admins = Admins::open(&kernel, Some(&operator("ADMIN"))).await.expect("the first administrator");
                streamflow_provider::system::site(&kernel, admins, recovery, origins, assets, false)
            }
            System::Dev => streamflow_dev::system::site(&kernel, Some(operator("ENGINEER")), origins, assets, false),
            _ => streamflow_accountant::system::site(&kernel, Some(operator("BOOKKEEPER")), origins, assets, false),
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

    /// A request as a native client of this portal sends it.
    pub fn ask<T>(&self, message: T, token: Option<&str>) -> Request<T> {
        request(self.space, message, token)
    }

    /// The current code of the operator's authenticator.
    pub fn code(&self) -> String {
        totp::code_at(&self.secret, self.clock.now()).expect("a code")
    }
}

/// A request as a native client of a portal sends it.
pub fn request<T>(space: &str, message: T, token: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-streamflow-portal", space.parse().expect("a header"));
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    }
    request
}

/// Recovery Mode that nothing leads into: no watch runs.
fn recovery(kernel: &Kernel, location: Location, folder: &Path) -> Arc<Recovery> {
    let parts = recovery::Parts {
        space: kernel.portal.space,
        role: "ADMIN",
        emergency: None,
        networks: Vec::new(),
        location,
        folder: folder.join("recovery"),
        clock: Arc::clone(&kernel.clock),
        ids: Arc::clone(&kernel.ids),
        passwords: kernel.passwords.clone(),
        limits: Limits::new(100, &HashMap::new()),
    };
    Recovery::open(parts).expect("a folder")
}
