//! The portals of few people, each with a database of its own.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::Router;
use chrono::TimeDelta;
use prost::Message;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use streamflow_kernel::{
    clock::{Clock as _, FixedClock, SystemClock, to_micros},
    db::{Backend, NO_ORG, connect::Location},
    kernel::Kernel,
    operator::Operator,
    password::PasswordHasher,
    rate_limit::{Limits, Pace},
    recovery::{self, Recovery, guard},
    server::{assets::NoAssets, connection, proxies::TrustedProxies},
    session::hash_token,
    totp,
};
use streamflow_migrations::System;
use streamflow_proto::{
    access,
    provider::{DESCRIPTORS, v1 as pb},
};
use streamflow_provider::admin::people::Admins;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::{OnceCell, watch},
};
use tonic::{Request, Status, transport::Channel};
use uuid::Uuid;

use crate::{
    postgres::{self, Fresh},
    raw, sql,
    world::{self, Setup},
};

pub const EMAIL: &str = "operator@example.com";
pub const PASSWORD: &str = "an-operators-Own-7-passphrase";

/// Calls of one of these portals, whichever: their messages are alike on the wire, and written here with one portal's.
#[derive(Clone, Debug)]
pub struct Caller {
    pub space: &'static str,
    pub channel: Channel,
}

impl Caller {
    /// Calls an RPC by its name, such as `OverviewService/GetOverview`.
    pub async fn ask<Req, Res>(&self, rpc: &str, token: Option<&str>, message: &Req) -> Result<Res, Status>
    where
        Req: Message,
        Res: Message + Default,
    {
        let request = raw::request(self.space, token, message.encode_to_vec());
        let bytes = raw::ask(&self.channel, request, &format!("/streamflow.{}.v1.{rpc}", self.space)).await?;
        Ok(Res::decode(bytes.as_slice()).expect("the portal's own message"))
    }

    /// The first half of a sign-in: the token of a session that still needs its code.
    pub async fn begin(&self, email: &str, password: &str) -> Result<String, Status> {
        let sign_in = pb::SignInRequest { email: email.to_owned(), password: password.to_owned(), return_token: true };
        let begun: pb::SignInResponse = self.ask("SessionService/SignIn", None, &sign_in).await?;
        Ok(begun.token)
    }

    /// The second half: the token of a full session.
    pub async fn verify(&self, token: &str, code: String) -> Result<String, Status> {
        let verify = pb::VerifySecondFactorRequest { code, return_token: true };
        let verified: pb::VerifySecondFactorResponse =
            self.ask("SessionService/VerifySecondFactor", Some(token), &verify).await?;
        Ok(verified.token)
    }
}

/// Runs one test body on each of these portals, on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_every_desk {
    ($(async fn $name:ident($desk:ident) $body:block)+) => {
        $(
            mod $name {
                use super::*;

                async fn body($desk: $crate::operator::Desk) $body

                $crate::on_every_desk!(@ provider, Provider);
                $crate::on_every_desk!(@ dev, Dev);
                $crate::on_every_desk!(@ accountant, Accountant);
            }
        )+
    };
    (@ $portal:ident, $system:ident) => {
        mod $portal {
            use streamflow_kernel::db::Backend;
            use streamflow_migrations::System;
            use $crate::operator::Desk;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::body(Desk::start_on(Backend::Sqlite, System::$system).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::body(Desk::start_on(Backend::Postgres, System::$system).await).await;
            }
        }
    };
}

/// The same on those portals whose people take on rights for a time.
#[macro_export]
macro_rules! on_elevating_desks {
    ($(async fn $name:ident($desk:ident) $body:block)+) => {
        $(
            mod $name {
                use super::*;

                async fn body($desk: $crate::operator::Desk) $body

                $crate::on_every_desk!(@ provider, Provider);
                $crate::on_every_desk!(@ dev, Dev);
            }
        )+
    };
}

/// The same on the provider's portal alone, for what only it has.
#[macro_export]
macro_rules! on_the_providers_desk {
    ($(async fn $name:ident($desk:ident) $body:block)+) => {
        $(
            mod $name {
                use super::*;

                async fn body($desk: $crate::operator::Desk) $body

                $crate::on_every_desk!(@ provider, Provider);
            }
        )+
    };
}

/// One portal under test.
pub struct Desk {
    pub space: &'static str,
    pub kernel: Arc<Kernel>,
    pub clock: Arc<FixedClock>,
    pub channel: Channel,
    pub secret: Vec<u8>,
    /// The operator's id.
    pub operator_id: Uuid,
    /// Of the one portal that has a Recovery Mode. No watch runs: nothing leads into it or out of it but the test.
    pub recovery: Option<Arc<Recovery>>,
    pub folder: TempDir,
    /// The database on PostgreSQL.
    fresh: Option<Fresh>,
    _stop: watch::Sender<bool>,
}

impl Desk {
    /// On SQLite.
    pub async fn start(system: System) -> Self {
        Self::start_on(Backend::Sqlite, system).await
    }

    pub async fn start_on(backend: Backend, system: System) -> Self {
        // Made once: a hash costs as much as a fifth of many a test.
        static HASH: OnceCell<String> = OnceCell::const_new();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fresh = match backend {
            Backend::Postgres => Some(postgres::fresh_database().await),
            Backend::Sqlite => None,
        };
        let superuser_url = fresh.as_ref().map(|fresh| fresh.url.as_str());
        let location = world::location(system, superuser_url, &folder.path().join("system.db")).await;
        let clock = Arc::new(FixedClock::at(to_micros(SystemClock.now())));
        let portal = match system {
            System::Provider => streamflow_provider::system::PORTAL,
            System::Dev => streamflow_dev::system::PORTAL,
            System::Accountant => streamflow_accountant::system::PORTAL,
            System::Client => panic!("people of the client portal live in its database"),
        };
        let kernel = world::kernel(portal, &location, Arc::clone(&clock), &folder, Setup::default()).await;
        let secret = totp::generate_secret().to_vec();
        let hash = async || PasswordHasher::worthless().hash(PASSWORD).await.expect("a hash");
        let hash = HASH.get_or_init(hash).await;
        let operator = |role| Operator::new(EMAIL, role, hash.clone(), secret.clone());
        let operator_id = operator("").user_id;
        let recovery = (system == System::Provider).then(|| recovery(&kernel, operator("ADMIN"), location, folder.path()));
        let (origins, assets) = (HashSet::new(), Arc::new(NoAssets));
        let site = match system {
            System::Provider => {
                let recovery = recovery.clone().expect("its Recovery Mode");
                let admins = Admins::open(&kernel, Some(&operator("ADMIN"))).await.expect("the first administrator");
                streamflow_provider::system::site(&kernel, admins, recovery, None, origins, assets, false)
            }
            System::Dev => streamflow_dev::system::site(&kernel, Some(operator("ENGINEER")), origins, assets, false),
            _ => streamflow_accountant::system::site(&kernel, Some(operator("BOOKKEEPER")), origins, assets, false),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopping) = watch::channel(false);
        let (usual, front) = site.into_rpcs().expect("a router");
        let rpcs = match &recovery {
            Some(recovery) => switched(recovery, &kernel, usual),
            None => usual,
        };
        let app = front.into_router(rpcs).expect("a router");
        tokio::spawn(connection::serve(listener, app, TrustedProxies::default(), stopping));
        let channel =
            Channel::from_shared(format!("http://{address}")).expect("an address").connect().await.expect("a connection");
        let space = portal.space;
        Self { space, kernel, clock, channel, secret, operator_id, recovery, folder, fresh, _stop: stop }
    }

    pub fn caller(&self) -> Caller {
        Caller { space: self.space, channel: self.channel.clone() }
    }

    /// A full session of the operator.
    pub async fn sign_in(&self) -> String {
        let begun = self.caller().begin(EMAIL, PASSWORD).await.expect("a sign-in");
        let token = self.caller().verify(&begun, self.code()).await.expect("a code");
        // The step is used up; the next code is the next step's.
        self.clock.advance(TimeDelta::seconds(31));
        token
    }

    /// A session of the operator, at `level`.
    pub async fn session(&self, level: &str) -> String {
        world::open_session(&self.kernel, self.operator_id, NO_ORG, level).await
    }

    /// A full session of the operator that has taken on these rights for an hour.
    pub async fn elevated(&self, scopes: &str) -> String {
        let token = self.session("full").await;
        let hash = hash_token(&token).into();
        let session = sql::row(&self.kernel.database, "SELECT id FROM sessions WHERE token_hash = ?", vec![hash]).await;
        let session: Uuid = session.try_get("", "id").expect("an id");
        let now = self.clock.now();
        let insert = "INSERT INTO elevations (id, session_id, user_id, scopes, justification, created_at, expires_at) \
                      VALUES (?, ?, ?, ?, '', ?, ?)";
        let values = vec![
            self.kernel.ids.uuid().into(),
            session.into(),
            self.operator_id.into(),
            scopes.into(),
            now.into(),
            (now + TimeDelta::hours(1)).into(),
        ];
        sql::execute(&self.kernel.database, insert, values).await.expect("a right");
        token
    }

    /// A request as the signed-in operator.
    pub async fn ask<T>(&self, message: T) -> Request<T> {
        self.request(message, Some(&self.session("full").await))
    }

    /// A request as a native client of this portal sends it.
    pub fn request<T>(&self, message: T, token: Option<&str>) -> Request<T> {
        request(self.space, message, token)
    }

    /// As [`World::somebody_waits`](world::World::somebody_waits).
    pub async fn somebody_waits(&self) {
        match &self.fresh {
            Some(fresh) => postgres::until_waiting(&postgres::superuser(&fresh.url).await, 1).await,
            None => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }

    /// Somebody with all rights on the portal's database.
    pub async fn intruder(&self) -> DatabaseConnection {
        if let Some(fresh) = &self.fresh {
            let db = postgres::superuser(&fresh.url).await;
            db.execute_unprepared(&format!("SET search_path = {}", self.space)).await.expect("a schema");
            return db;
        }
        let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rw", self.folder.path().join("system.db").display()));
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.expect("a file")
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

/// The usual RPCs, or in Recovery Mode those that need no database, as the program has it.
fn switched(recovery: &Arc<Recovery>, kernel: &Arc<Kernel>, usual: Router) -> Router {
    let services = streamflow_provider::system::recovery_services(None, kernel.clock.now());
    let in_recovery = guard::rpcs(recovery, access::PROVIDER, DESCRIPTORS, services).expect("a router");
    recovery.started(kernel);
    recovery::switch(Arc::clone(recovery), Arc::new(OnceLock::from(usual)), in_recovery)
}

fn recovery(kernel: &Kernel, emergency: Operator, location: Location, folder: &Path) -> Arc<Recovery> {
    let parts = recovery::Parts {
        space: kernel.portal.space,
        role: "ADMIN",
        emergency: Some(emergency),
        networks: Vec::new(),
        location,
        folder: folder.join("recovery"),
        clock: Arc::clone(&kernel.clock),
        ids: Arc::clone(&kernel.ids),
        passwords: kernel.passwords.clone(),
        limits: Limits::new(Pace::per_minute(100), &HashMap::new()),
    };
    Recovery::open(parts).expect("a folder")
}
