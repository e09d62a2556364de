//! Two real processes, one with the companies' system and one with the provider's, and maybe more, each with a folder and a database of
//! its own.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use streamflow_kernel::db::connect::sqlite_writer;
use streamflow_proto::client::v1::{RegisterTenantRequest, RegisterTenantResponse, RegistrationOwner};
use tonic::{Status, transport::Channel};

use crate::{
    postgres::{self, Cluster},
    process::Server,
    signed,
};

/// The two, which know where the other one is. Neither runs yet.
pub struct Fleet {
    pub clients: Server,
    pub others: Server,
    folders: [PathBuf; 2],
    postgres: Option<String>,
}

impl Fleet {
    /// On databases of a cluster, or on files; of the tests' own program unless another one is named.
    pub async fn new(folder: &Path, cluster: Option<&Cluster>, program: Option<&Path>) -> Self {
        Self::of("provider", folder, cluster, program).await
    }

    /// The same with these systems in the second process.
    pub async fn of(others: &'static str, folder: &Path, cluster: Option<&Cluster>, program: Option<&Path>) -> Self {
        let systems = others;
        let folders = ["north", "south"].map(|name| folder.join(name));
        for folder in &folders {
            std::fs::create_dir(folder).expect("a folder");
        }
        let postgres = cluster.map(|cluster| cluster.url.clone());
        let place = |name: &str| postgres.as_ref().map(|url| format!("{url}/{name}"));
        let mut clients = Server::of("client", &folders[0], place("north"));
        let mut others = Server::of(systems, &folders[1], place("south"));
        for server in [&mut clients, &mut others] {
            server.program = program.map(Path::to_owned);
        }
        clients.set("STREAMFLOW_FEDERATION_URLS__PROVIDER", format!("http://127.0.0.1:{}", others.port_base + 10));
        others.set("STREAMFLOW_FEDERATION_URLS__CLIENT", format!("http://127.0.0.1:{}", clients.port_base + 10));
        if let Some(url) = &postgres {
            let admin = postgres::superuser(&format!("{url}/postgres")).await;
            for name in ["north", "south"] {
                admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
            }
            clients.migrate();
            others.migrate();
        }
        let file = folders[1].join("federation-keys.json");
        let words = ["federation", "keys", "--systems", systems, "--out", file.to_str().expect("a path")];
        let (is_done, text) = clients.run(&words);
        assert!(is_done, "{text}");
        Self { clients, others, folders, postgres }
    }

    /// Makes a key to register companies with.
    pub fn registration_key(&self) -> String {
        registration_key(&self.clients)
    }

    /// The databases of both, once they have started, past all walls.
    pub async fn books(&self) -> Books {
        let (clients, others) = match &self.postgres {
            Some(url) => (postgres::superuser(&format!("{url}/north")).await, postgres::superuser(&format!("{url}/south")).await),
            None => (
                sqlite_writer(&self.folders[0].join("client.db")).await.expect("a database"),
                sqlite_writer(&self.folders[1].join("provider.db")).await.expect("a database"),
            ),
        };
        Books { clients, others, is_postgres: self.postgres.is_some() }
    }
}

/// Makes a key to register companies with at a server.
pub fn registration_key(server: &Server) -> String {
    let (is_done, text) = server.run(&["tenant", "registration-key", "--name", "fleet", "--json"]);
    assert!(is_done, "{text}");
    let made: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    made["secret"].as_str().expect("a secret").to_owned()
}

/// What stands in the databases of a fleet.
pub struct Books {
    clients: DatabaseConnection,
    others: DatabaseConnection,
    is_postgres: bool,
}

impl Books {
    /// Registrations whose last step is one of these.
    pub async fn registrations(&self, steps: &str) -> u32 {
        self.clients(&format!("{{}}registrations WHERE step IN ({steps})")).await
    }

    /// Rows of the companies' system; `{}` stands before the name of each table.
    pub async fn clients(&self, rows: &str) -> u32 {
        count(&self.clients, &self.in_clients(rows)).await
    }

    fn in_clients(&self, sql: &str) -> String {
        sql.replace("{}", if self.is_postgres { "client." } else { "" })
    }

    async fn change_clients(&self, sql: &str) {
        self.clients.execute_unprepared(&self.in_clients(sql)).await.expect("a change");
    }

    /// The last step of a company's registration, by its number; empty for one that was not accepted.
    pub async fn step(&self, number: u32) -> String {
        let sql = self.in_clients(&format!("SELECT step FROM {{}}registrations WHERE external_customer_id = 'K-{number}'"));
        let row = self.clients.query_one_raw(Statement::from_string(self.clients.get_database_backend(), sql)).await;
        row.expect("an answer").map(|row| row.try_get("", "step").expect("a step")).unwrap_or_default()
    }

    /// Makes every attempt at this step fail in the database, in the middle of its transaction.
    pub async fn hold(&self, step: &str) {
        if self.is_postgres {
            let fail = "CREATE FUNCTION {}held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'held'; END $$";
            self.change_clients(fail).await;
            let on = format!(
                "CREATE TRIGGER held BEFORE UPDATE OF step ON {{}}registrations FOR EACH ROW WHEN (NEW.step = '{step}') \
                 EXECUTE FUNCTION {{}}held()"
            );
            self.change_clients(&on).await;
        } else {
            let on = format!(
                "CREATE TRIGGER held BEFORE UPDATE OF step ON registrations WHEN NEW.step = '{step}' \
                 BEGIN SELECT RAISE(ABORT, 'held'); END"
            );
            self.change_clients(&on).await;
        }
    }

    /// Ends that.
    pub async fn release(&self) {
        if self.is_postgres {
            self.change_clients("DROP FUNCTION {}held() CASCADE").await;
        } else {
            self.change_clients("DROP TRIGGER held").await;
        }
    }

    /// Makes all work due, as when the pauses and the leases of a dead process have ended.
    pub async fn make_due(&self) {
        let due = "UPDATE {}jobs SET run_at = created_at, lease_until = created_at WHERE state IN ('queued', 'running')";
        self.change_clients(due).await;
    }

    /// Looks that there are so many companies, and each was made, welcomed and told of once.
    pub async fn assert_each_once(&self, count: u32) {
        for (rows, each) in [
            ("{}registrations WHERE step = 'told'", 1),
            ("{}registrations r JOIN {}orgs o ON o.id = r.org_id AND o.tenant_id = r.tenant_id", 1),
            ("{}orgs", 1),
            ("{}users", 1),
            ("{}memberships WHERE role = 'OWNER'", 1),
            ("{}data_keys d JOIN {}orgs o ON o.id = d.org_id", 1),
            ("{}mail_outbox", 1),
            ("(SELECT DISTINCT recipient FROM {}mail_outbox) AS welcomed", 1),
            ("{}audit a JOIN {}orgs o ON o.id = a.org_id WHERE a.category = 'provisioning'", 2),
        ] {
            assert_eq!(self.clients(rows).await, each * count, "{rows}");
        }
        assert_eq!(self.others("tenants").await, count, "companies there");
        assert_eq!(self.others("tenant_events WHERE kind = 'registered'").await, count, "events there");
        let told = if self.is_postgres { "provider.tenant_events" } else { "tenant_events" };
        let told = format!("(SELECT DISTINCT tenant_id FROM {told} WHERE kind = 'registered') AS told");
        assert_eq!(self::count(&self.others, &told).await, count, "companies told of");
    }

    /// Rows of a table of the provider's system.
    pub async fn others(&self, rows: &str) -> u32 {
        let schema = if self.is_postgres { "provider." } else { "" };
        count(&self.others, &format!("{schema}{rows}")).await
    }
}

async fn count(database: &DatabaseConnection, rows: &str) -> u32 {
    let sql = format!("SELECT COUNT(*) AS n FROM {rows}");
    let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), sql)).await;
    let n: i64 = row.expect("an answer").expect("a row").try_get("", "n").expect("a number");
    n.try_into().expect("few rows")
}

/// Waits until a count is as wanted; says how long that took.
pub async fn until(what: &str, wanted: u32, at_most: Duration, counted: impl AsyncFn() -> u32) -> Duration {
    let since = Instant::now();
    loop {
        let found = counted().await;
        if found == wanted {
            return since.elapsed();
        }
        assert!(since.elapsed() < at_most, "{found} of {wanted} {what} after {at_most:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What a company registers with under its number; nobody has signed it yet, and it has no token.
pub fn wanted(number: u64) -> RegisterTenantRequest {
    let owner = RegistrationOwner { email: format!("owner-{number}@example.com"), display_name: "Olive".into() };
    RegisterTenantRequest {
        external_customer_id: format!("K-{number}"),
        name: format!("Company {number}"),
        time_zone: "Europe/London".into(),
        currency_code: "GBP".into(),
        owner: Some(owner),
        ..Default::default()
    }
}

/// Registers a company under its number, signed.
pub async fn register(channel: &Channel, secret: &str, number: u32) -> Result<RegisterTenantResponse, Status> {
    signed::register(channel, secret, chrono::Utc::now().timestamp(), &wanted(number.into())).await
}
