//! A PostgreSQL cluster of the test run's own: temporary folder, free port, unprivileged user, gone afterwards.
//!
//! Each test program starts one; `TEST_POSTGRES_URL` names a running one instead (superuser's URL without a database).

pub mod programs;
pub mod strangers;

use std::{
    net::TcpListener,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};
use streamflow_migrations::{RolePasswords, prepare_postgres, restore_database_rights};
use tokio::sync::OnceCell;

use self::strangers::Strangers;

/// Password of every login role of the test cluster; it listens on loopback only.
pub const PASSWORD: &str = "test-password";

/// Connections a cluster takes, and how many of them it keeps for superusers.
pub const CONNECTIONS: usize = 300;
const RESERVED: usize = 3;

/// A running cluster. Stops when dropped.
pub struct Cluster {
    /// `postgres://postgres@127.0.0.1:PORT`
    pub url: String,
    server: Option<(Child, PathBuf)>,
    port: u16,
    durable: bool,
    /// Ends the cluster with this process, when nothing drops it; its standard input is the line to us.
    warden: Option<Child>,
}

impl Cluster {
    /// Starts a cluster. `durable` keeps fsync on, for tests that kill things.
    pub fn start(durable: bool) -> Self {
        let bin = binaries();
        let root = std::env::temp_dir().join(format!("streamflow-pg-{}-{}", std::process::id(), free_port()));
        std::fs::create_dir_all(&root).expect("a folder for the cluster");
        let user = unprivileged_user();
        if let Some((uid, gid)) = user {
            chown(&root, Some(uid), Some(gid)).expect("the folder handed over");
        }
        std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o700)).expect("a private folder");
        let data = root.join("data");
        let made = run_as(user, &bin.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data)
            .current_dir(&root)
            .stdout(Stdio::null())
            .status()
            .expect("initdb runs");
        assert!(made.success(), "initdb failed");
        let port = free_port();
        let child = launch(&root, port, durable);
        Self { url: format!("postgres://postgres@127.0.0.1:{port}"), server: Some((child, root)), port, durable, warden: None }
    }

    /// Starts a cluster for a `static`, which nothing drops: it ends when this process does, however that happens.
    pub fn start_for_process() -> Self {
        let mut cluster = Self::start(false);
        let (child, root) = cluster.server.as_ref().expect("a running cluster");
        // Nothing of it is wanted any more, so that it need not write down what it holds; a busy machine may take its time to end it.
        let script = format!(
            "read -r _; kill -QUIT {id}; i=0; while kill -0 {id} 2>/dev/null && [ $i -lt 100 ]; do i=$((i+1)); sleep 0.1; done; \
             rm -rf '{root}'",
            id = child.id(),
            root = root.display()
        );
        let warden = Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().expect("a warden");
        cluster.warden = Some(warden);
        cluster
    }

    /// kill -9 to the whole server, then a start that has to recover from its log.
    pub fn crash_and_restart(&mut self) {
        let (child, root) = self.server.as_mut().expect("a running cluster");
        child.kill().expect("a killed postmaster");
        child.wait().expect("an end");
        // The backends notice within moments; a new postmaster refuses to start before they are gone.
        let _ = std::fs::remove_file(root.join("data/postmaster.pid"));
        std::thread::sleep(Duration::from_millis(300));
        *child = launch(root, self.port, self.durable);
    }

    /// Ends the server at once, with whoever is connected.
    pub fn stop(&mut self) {
        let (child, _) = self.server.as_mut().expect("a running cluster");
        let asked = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("a shell runs");
        assert!(asked.success());
        child.wait().expect("an end");
    }

    /// Starts a stopped one on the same port.
    pub fn start_again(&mut self) {
        let (child, root) = self.server.as_mut().expect("a cluster");
        *child = launch(root, self.port, self.durable);
    }

    /// Stops the server and all its backends where they are: connections stay open, and nothing answers.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen one go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let Some(postmaster) = self.pid() else { return };
        let backends = children(postmaster);
        let all = backends.iter().chain([&postmaster]).map(u32::to_string).collect::<Vec<_>>().join(" ");
        // One that ended meanwhile is none of ours any more.
        let _ = Command::new("sh").args(["-c", &format!("kill -{name} {all} 2>/dev/null")]).status();
    }

    /// Lets every transaction read and none write, or takes that back.
    pub fn set_read_only(&self, is_on: bool) {
        let value = if is_on { "on" } else { "off" };
        self.psql(&[&format!("ALTER SYSTEM SET default_transaction_read_only = {value}"), "SELECT pg_reload_conf()"]);
    }

    /// Ends what a login role has open, and lets `strangers` take every connection there is before it may come again.
    pub fn leave_nothing_to(&self, role: &str, strangers: &mut Strangers) {
        self.leave_few_to(role, 0, strangers);
    }

    /// The same, all but a few.
    pub fn leave_few_to(&self, role: &str, few: usize, strangers: &mut Strangers) {
        self.psql(&[
            &format!("ALTER ROLE {role} NOLOGIN"),
            &format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{role}'"),
        ]);
        strangers.take(CONNECTIONS - RESERVED - few);
        self.psql(&[&format!("ALTER ROLE {role} LOGIN")]);
    }

    /// Runs statements as superuser, whether or not others may write.
    fn psql(&self, statements: &[&str]) {
        let mut psql = Command::new(binaries().join("psql"));
        psql.arg(format!("{}/postgres", self.url)).args(statements.iter().flat_map(|statement| ["-c", statement]));
        let done =
            psql.env("PGOPTIONS", "-c default_transaction_read_only=off").stdout(Stdio::null()).status().expect("psql runs");
        assert!(done.success());
    }

    /// Everything the server keeps: its data, its log of writes, its own log.
    pub fn folder(&self) -> &Path {
        let (_, root) = self.server.as_ref().expect("a cluster");
        root
    }

    /// The server's process id, for tests that stop it.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(|(child, _)| child.id())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A frozen backend would not notice the end of its server.
        self.thaw();
        if let Some((child, root)) = &mut self.server {
            let _ = child.kill();
            let _ = child.wait();
            let _ = std::fs::remove_dir_all(root);
        }
    }
}

/// Processes whose parent is this one.
fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("a list of processes").flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parent_of = |id: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // "4711 (a name) S 1 …": the name may hold anything, its end is the last bracket.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    ids.filter(|id| parent_of(id) == Some(parent)).collect()
}

fn launch(root: &Path, port: u16, durable: bool) -> Child {
    let mut server = run_as(unprivileged_user(), &binaries().join("postgres"));
    server.arg("-D").arg(root.join("data")).current_dir(root).stdout(Stdio::null()).stderr(Stdio::null());
    server.args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", &format!("max_connections={CONNECTIONS}")]);
    server.arg("-c").arg(format!("unix_socket_directories={}", root.display()));
    if !durable {
        server.args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        // Nobody tidies up in databases that live for seconds; whoever needs statistics makes them.
        server.args(["-c", "autovacuum=off"]);
    }
    // In the data folder, which goes with the cluster; elsewhere a killed one would leave what its processes shared.
    server.args(["-c", "dynamic_shared_memory_type=mmap"]);
    let child = server.spawn().expect("postgres starts");
    wait_until_ready(port);
    child
}

/// Folder of the server's programs; `pgbench` is there too.
pub fn binaries() -> PathBuf {
    let missing = || format!("PostgreSQL {} or newer is missing: install it (cargo xtask test does)", programs::OLDEST);
    programs::folder().unwrap_or_else(|| panic!("{}, or name its folder in {}", missing(), programs::VARIABLE))
}

/// PostgreSQL refuses to run as root; `nobody` does.
fn unprivileged_user() -> Option<(u32, u32)> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
    root.then_some((65534, 65534))
}

fn run_as(user: Option<(u32, u32)>, program: &Path) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(program);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
    command
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// A listening port is not enough: after a crash the server listens while it still recovers.
fn wait_until_ready(port: u16) {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        let mut probe = Command::new(binaries().join("pg_isready"));
        probe.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
        if probe.status().is_ok_and(|status| status.success()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    panic!("PostgreSQL did not start");
}

static SHARED: OnceCell<Shared> = OnceCell::const_new();

struct Shared {
    url: String,
    template: String,
    /// Keeps a cluster of our own running as long as this process.
    _cluster: Option<Cluster>,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

/// Names of databases that nobody uses any more.
static LEFT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A prepared database that nobody else uses. When it is dropped, the next one who comes removes it: hundreds would fill the memory
/// that they lie in.
#[derive(Debug)]
pub struct Fresh {
    /// As superuser.
    pub url: String,
    name: String,
}

impl Drop for Fresh {
    fn drop(&mut self) {
        LEFT.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.name));
    }
}

/// A database of the process's own cluster.
pub async fn fresh_database() -> Fresh {
    let shared = SHARED.get_or_init(share).await;
    let name = format!("{}_{}", shared.template, NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = superuser(&format!("{}/postgres", shared.url)).await;
    let left = std::mem::take(&mut *LEFT.lock().unwrap_or_else(PoisonError::into_inner));
    for name in left {
        // With whatever is still connected. One that can't be removed goes with its cluster.
        let _ = admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
    // Files are copied as they are: through the log of writes it takes a third more. Copying a template needs it unused; two copies at
    // once queue on a lock of their own.
    let sql = format!("CREATE DATABASE {name} TEMPLATE {} STRATEGY file_copy", shared.template);
    for attempt in 0.. {
        match admin.execute_unprepared(&sql).await {
            Ok(_) => break,
            Err(error) => assert!(attempt < 100, "{name} can't be made: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let _ = admin.close().await;
    let url = format!("{}/{name}", shared.url);
    let copy = superuser(&url).await;
    restore_database_rights(&copy).await.expect("rights on the copy");
    let _ = copy.close().await;
    Fresh { url, name }
}

fn passwords() -> RolePasswords {
    let password = || PASSWORD.to_owned();
    RolePasswords { client: password(), provider: password(), dev: password(), accountant: password() }
}

async fn share() -> Shared {
    let (url, cluster) = match std::env::var("TEST_POSTGRES_URL") {
        Ok(url) => (url, None),
        Err(_) => {
            let cluster = tokio::task::spawn_blocking(Cluster::start_for_process).await.expect("a cluster");
            (cluster.url.clone(), Some(cluster))
        }
    };
    let template = format!("streamflow_t{}", std::process::id());
    let admin = superuser(&format!("{url}/postgres")).await;
    admin.execute_unprepared(&format!("CREATE DATABASE {template}")).await.expect("a template");
    let _ = admin.close().await;
    let admin = superuser(&format!("{url}/{template}")).await;
    prepare_postgres(&admin, &passwords()).await.expect("a prepared template");
    let _ = admin.close().await;
    Shared { url, template, _cluster: cluster }
}

/// URL of a new database of a cluster, prepared for all systems, as superuser.
pub async fn prepared(cluster: &Cluster, name: &str) -> String {
    let admin = superuser(&format!("{}/postgres", cluster.url)).await;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
    let _ = admin.close().await;
    let url = format!("{}/{name}", cluster.url);
    let empty = superuser(&url).await;
    prepare_postgres(&empty, &passwords()).await.expect("a prepared database");
    let _ = empty.close().await;
    url
}

/// Waits until so many wait for locks in the database of a connection that is in no transaction: within one the answer stays as it was.
pub async fn until_waiting(admin: &DatabaseConnection, least: usize) {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = Statement::from_string(DbBackend::Postgres, sql);
    for _ in 0..3_000 {
        if admin.query_all_raw(waiting.clone()).await.expect("an answer").len() >= least {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

/// One connection as superuser.
pub async fn superuser(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("a superuser connection")
}

/// The same database as another role.
pub fn as_role(url: &str, role: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{role}:{PASSWORD}@{host}")
}
