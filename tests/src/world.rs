//! A whole client system in this process: a database of its own, a clock that stands still, a listener on a free port.

use std::{collections::HashMap, collections::HashSet, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use streamflow_client::{
    github::site::Github,
    org::provision::{self, NewOrg, NewOwner},
};
use streamflow_kernel::{
    audit::seal::Sealing,
    clock::{Clock, FixedClock, SystemClock, to_micros},
    crypto::MasterRing,
    db::{Backend, Database, connect::Location},
    feed::Cursor,
    ids::SystemIds,
    kernel::{Kernel, Parts, Portal},
    mail::{MailConfig, Mailer},
    password::PasswordHasher,
    server::{assets::NoAssets, connection, listeners::Listeners, proxies::TrustedProxies},
    vault::Bounds,
};
use streamflow_migrations::{System, known};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::{OnceCell, watch},
};
use tonic::{Streaming, transport::Channel};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    person::Person,
    postgres::{self, Fresh},
    spy, sql,
};

pub const ORIGIN: &str = "http://localhost:7001";

/// Longest until a stream hears of a change: on PostgreSQL what any other test of the cluster still writes holds it back.
pub const HEARD_WITHIN: Duration = Duration::from_secs(60);

/// Waits until a stream ends.
pub async fn ends<T>(mut stream: Streaming<T>) {
    let ended = async { while let Ok(Some(_)) = stream.message().await {} };
    tokio::time::timeout(HEARD_WITHIN, ended).await.expect("the stream ends");
}

/// The client system under test.
pub struct World {
    pub backend: Backend,
    pub kernel: Arc<Kernel>,
    pub clock: Arc<FixedClock>,
    pub channel: Channel,
    pub address: SocketAddr,
    /// Superuser's URL, on PostgreSQL.
    pub superuser_url: Option<String>,
    pub folder: Arc<TempDir>,
    /// Seals the audit; checkpoints go to `checkpoints` in the folder.
    _sealing: Sealing,
    _stop: watch::Sender<bool>,
    /// The database on PostgreSQL, which twins share.
    fresh: Option<Arc<Fresh>>,
}

/// How a world differs from the usual one.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Requests a minute by class; the usual limits are far above what tests do, except where a test is about them.
    pub limits: HashMap<String, u32>,
    pub trusted_proxies: TrustedProxies,
    /// Mails become files in `outbox` in the folder when unset.
    pub smtp_url: Option<String>,
    pub bounds: Option<Bounds>,
    /// Where files of companies are; in the folder when unset.
    pub vault: Option<PathBuf>,
    /// Signs people in where it is there.
    pub github: Option<Github>,
}

impl World {
    pub async fn sqlite() -> Self {
        Self::with(Backend::Sqlite, Setup::default()).await
    }

    pub async fn postgres() -> Self {
        Self::with(Backend::Postgres, Setup::default()).await
    }

    pub async fn with(backend: Backend, setup: Setup) -> Self {
        spy::listen();
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let fresh = match backend {
            Backend::Postgres => Some(Arc::new(postgres::fresh_database().await)),
            Backend::Sqlite => None,
        };
        let superuser_url = fresh.as_ref().map(|fresh| fresh.url.as_str());
        let location = location(System::Client, superuser_url, &folder.path().join("client.db")).await;
        let clock = Arc::new(FixedClock::at(to_micros(SystemClock.now())));
        let (proxies, github) = (setup.trusted_proxies.clone(), setup.github.clone());
        let kernel = kernel(streamflow_client::system::PORTAL, &location, Arc::clone(&clock), &folder, setup).await;
        streamflow_client::system::start(&kernel);
        Self::serve(backend, kernel, (proxies, github), clock, fresh, folder).await
    }

    async fn serve(
        backend: Backend,
        kernel: Arc<Kernel>,
        (proxies, github): (TrustedProxies, Option<Github>),
        clock: Arc<FixedClock>,
        fresh: Option<Arc<Fresh>>,
        folder: Arc<TempDir>,
    ) -> Self {
        let origins = HashSet::from([ORIGIN.to_owned()]);
        let site = streamflow_client::system::site(
            &kernel,
            streamflow_client::org_closing::domain::GRACE,
            github,
            origins,
            Arc::new(NoAssets),
            false,
        );
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(connection::serve(listener, site.into_router().expect("a router"), proxies, stopping));
        let channel =
            Channel::from_shared(format!("http://{address}")).expect("an address").connect().await.expect("a connection");
        let sealing = kernel.seal_audit(folder.path().join("checkpoints"));
        let superuser_url = fresh.as_ref().map(|fresh| fresh.url.clone());
        Self { backend, kernel, clock, channel, address, superuser_url, folder, _sealing: sealing, _stop: stop, fresh }
    }

    /// A second server process on the same database.
    pub async fn twin(&self) -> Self {
        self.twin_with(usual()).await
    }

    /// The same with a set-up of its own.
    pub async fn twin_with(&self, setup: Setup) -> Self {
        let location = location(System::Client, self.superuser_url.as_deref(), &self.folder.path().join("client.db")).await;
        let github = setup.github.clone();
        let kernel = kernel(streamflow_client::system::PORTAL, &location, Arc::clone(&self.clock), &self.folder, setup).await;
        let (clock, folder) = (Arc::clone(&self.clock), Arc::clone(&self.folder));
        Self::serve(self.backend, kernel, (TrustedProxies::default(), github), clock, self.fresh.clone(), folder).await
    }

    /// Waits until the feed's tail has handed on what is written: on PostgreSQL every transaction of the cluster holds it back, and other
    /// tests make databases there for seconds. A watcher whose own rights changed, such as by their first second factor, would hear of it
    /// after it began, and its stream would end.
    pub async fn handed_on(&self) {
        #[derive(FromQueryResult)]
        struct Newest {
            xid: i64,
            seq: i64,
        }
        let xid = if self.backend == Backend::Postgres { "xid::text::bigint" } else { "0" };
        let sql = format!("SELECT {xid} AS xid, seq FROM changes ORDER BY 1 DESC, seq DESC LIMIT 1");
        let db = self.kernel.database.system_read().await.expect("a transaction");
        let rows: Vec<Newest> = db.query(&sql, vec![]).await.expect("the newest change");
        drop(db);
        let Some(Newest { xid, seq }) = rows.first() else { return };
        let newest = Cursor { xid: *xid, seq: *seq };
        for _ in 0..6_000 {
            if self.kernel.feed.position() >= newest {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the feed stands still");
    }

    /// Waits until a request waits for what somebody's transaction holds. Of its one writer SQLite does not tell who waits for it: there
    /// a request has time to get so far.
    pub async fn somebody_waits(&self) {
        match &self.superuser_url {
            Some(url) => postgres::until_waiting(&postgres::superuser(url).await, 1).await,
            None => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// A company with a signed-in owner.
    pub async fn company(&self, name: &str) -> Person {
        self.company_of(name, None).await
    }

    /// The same, begun by the template of an industry.
    pub async fn company_of(&self, name: &str, industry: Option<&str>) -> Person {
        // Made once: a release build hashes at a server's own cost.
        static HASH: OnceCell<String> = OnceCell::const_new();
        let email = format!("owner-{}@example.com", Uuid::now_v7().simple());
        let password = crate::person::PASSWORD;
        let hash = async || self.kernel.passwords.hash(password).await.expect("a hash");
        let new = NewOrg {
            name: name.to_owned(),
            tenant_id: format!("t{}", &Uuid::new_v4().simple().to_string()[..12]),
            time_zone: "Europe/London".to_owned(),
            currency_code: "GBP".to_owned(),
            industry: industry.map(str::to_owned),
            plan: String::new(),
            owner: NewOwner {
                email: email.clone(),
                display_name: "Olive Owner".to_owned(),
                password_hash: HASH.get_or_init(hash).await.clone(),
            },
        };
        provision::create_org(&self.kernel, new).await.expect("a company");
        Person::sign_in(self, &email, password).await
    }

    /// Mails that went out so far, oldest first.
    pub fn mails(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join("outbox")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.sort();
        paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }
}

impl Drop for World {
    /// Every test is also a test that its statements stayed within their company.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let findings = spy::findings();
            assert!(findings.is_empty(), "statements without their company:\n{}", findings.join("\n"));
            assert!(spy::heard() > 0, "the statement spy heard nothing");
        }
    }
}

fn usual() -> Setup {
    Setup::default()
}

/// A migrated database of one system.
pub async fn location(system: System, superuser_url: Option<&str>, sqlite: &std::path::Path) -> Location {
    if let Some(url) = superuser_url {
        let url = postgres::as_role(url, &system.login_role());
        return Location::Postgres { url, system_role: system.system_role(), max_connections: 6 };
    }
    // A second process comes to a file that is there.
    if !sqlite.exists() {
        std::fs::copy(empty_file(system).await, sqlite).expect("a copy");
    }
    Location::Sqlite(sqlite.to_owned())
}

/// A migrated file of a system that nobody writes to; migrating takes as long as a whole test.
async fn empty_file(system: System) -> &'static std::path::Path {
    static FILES: [OnceCell<(TempDir, PathBuf)>; System::ALL.len()] = [const { OnceCell::const_new() }; System::ALL.len()];
    let place = System::ALL.iter().position(|one| *one == system).expect("one of them");
    let (_, file) = FILES[place].get_or_init(|| migrated(system)).await;
    file
}

async fn migrated(system: System) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("empty.db");
    let writer = streamflow_kernel::db::connect::sqlite_writer(&file).await.expect("a file");
    streamflow_migrations::migrate(&writer, system).instrument(spy::behind_the_walls()).await.expect("a schema");
    // The last connection to leave brings the log into the file.
    writer.close().await.expect("closed");
    assert!(!folder.path().join("empty.db-wal").exists(), "a copy of the file alone would lack what is in its log");
    (folder, file)
}

fn system(space: &str) -> System {
    System::ALL.into_iter().find(|system| system.name() == space).expect("a system")
}

/// A started kernel of any portal.
pub async fn kernel(portal: Portal, location: &Location, clock: Arc<FixedClock>, folder: &TempDir, setup: Setup) -> Arc<Kernel> {
    let clock: Arc<dyn Clock> = clock;
    let mail = match setup.smtp_url {
        Some(url) => MailConfig::Smtp { url, from: "StreamFlow <sf@example.com>".to_owned() },
        None => MailConfig::Outbox { dir: folder.path().join("outbox") },
    };
    let mut limits: HashMap<String, u32> =
        ["sign_in", "anonymous", "registration", "read", "write", "bulk", "upload", "attachment", "stream", "client_error"]
            .map(|class| (class.to_owned(), 100_000))
            .into();
    limits.extend(setup.limits);
    let parts = Parts {
        portal,
        database: Database::connect(location).await.expect("a database"),
        ids: Arc::new(SystemIds::new(Arc::clone(&clock))),
        passwords: PasswordHasher::worthless(),
        mailer: Arc::new(Mailer::new(mail, Arc::clone(&clock)).expect("a mailer")),
        master_keys: Arc::new(MasterRing::open(&folder.path().join("master.key")).expect("keys")),
        public_url: ORIGIN.to_owned(),
        limits,
        clock,
        listeners: Listeners::default(),
        migrations: known(system(portal.space)),
        vault: setup.vault.unwrap_or_else(|| folder.path().to_owned()),
        bounds: setup.bounds.unwrap_or(Bounds { file: 1 << 20, company: 4 << 20, record: 20 }),
    };
    Kernel::start(parts).await.expect("a kernel")
}

/// Opens a session by hand, for tests that need one in a state no sign-in leaves behind. Returns its token.
pub async fn open_session(kernel: &Kernel, user_id: Uuid, org_id: Uuid, level: &str) -> String {
    let token = streamflow_kernel::session::Token::new(kernel.ids.token());
    let now = kernel.clock.now();
    let sql = "INSERT INTO sessions (id, token_hash, user_id, org_id, level, created_at, last_seen_at, expires_at, ip, user_agent) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, '127.0.0.1', 'test')";
    let values = vec![
        kernel.ids.uuid().into(),
        token.hash().into(),
        user_id.into(),
        org_id.into(),
        level.into(),
        now.into(),
        now.into(),
        (now + TimeDelta::hours(8)).into(),
    ];
    sql::execute(&kernel.database, sql, values).await.expect("a session");
    token.reveal().to_owned()
}
