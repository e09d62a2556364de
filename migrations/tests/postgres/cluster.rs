//! A prepared database per test, dropped afterwards by the next cluster clean-up: names are unique.

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, QueryResult, TransactionTrait,
};
use streamflow_migrations::{RolePasswords, System, prepare_postgres};
use uuid::Uuid;

const PASSWORD: &str = "it's a \"test\" password";

pub struct Cluster {
    pub base: String,
    name: String,
    pub admin: DatabaseConnection,
}

impl Cluster {
    /// A new prepared database on the cluster `TEST_POSTGRES_URL` names, or on one of this run's own.
    pub async fn prepared() -> Self {
        let base = match std::env::var("TEST_POSTGRES_URL") {
            Ok(base) => base,
            Err(_) => own_cluster().await,
        };
        let name = format!("streamflow_{}", Uuid::now_v7().simple());
        let maintenance = connect(&format!("{base}/postgres")).await.unwrap();
        maintenance.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        let admin = connect(&format!("{base}/{name}")).await.unwrap();
        let cluster = Self { base, name, admin };
        cluster.prepare().await;
        cluster
    }

    pub async fn prepare(&self) {
        let passwords = RolePasswords {
            client: PASSWORD.to_owned(),
            provider: PASSWORD.to_owned(),
            dev: PASSWORD.to_owned(),
            accountant: PASSWORD.to_owned(),
        };
        prepare_postgres(&self.admin, &passwords).await.unwrap();
    }

    /// A connection as the server has it.
    pub async fn login(&self, system: System) -> DatabaseConnection {
        let (_, host) = self.base.rsplit_once('@').unwrap();
        let password = PASSWORD.replace(' ', "%20").replace('"', "%22").replace('\'', "%27");
        connect(&format!("postgres://{}:{password}@{host}/{}", system.login_role(), self.name)).await.unwrap()
    }

    /// Two orgs, each with an owner, a manager and an employee, a team, and customers of different people.
    pub async fn with_rows(&self) -> &Self {
        self.admin.execute_unprepared("SET search_path = client").await.unwrap();
        self.admin.execute_unprepared(ROWS).await.unwrap();
        self
    }
}

/// URL of the cluster that all tests of this program share; it ends with this process.
async fn own_cluster() -> String {
    static OWN: tokio::sync::OnceCell<streamflow_tests::postgres::Cluster> = tokio::sync::OnceCell::const_new();
    let start = || async { tokio::task::spawn_blocking(streamflow_tests::postgres::Cluster::start_for_process).await.unwrap() };
    OWN.get_or_init(start).await.url.clone()
}

/// Ids are readable: `11` is org 1's owner, `12` its manager, `13` its employee, `19` its team.
const ROWS: &str = r"DO $$
DECLARE org uuid; person uuid; n int;
BEGIN
  FOR n IN 1..2 LOOP
    org := lpad(n::text, 32, '0')::uuid;
    INSERT INTO orgs VALUES (org, 'org-' || n, 'Org ' || n, 'Etc/UTC', 'EUR', now());
    FOR p IN 1..3 LOOP
      person := lpad((n * 10 + p)::text, 32, '0')::uuid;
      INSERT INTO users (id, email, display_name, created_at) VALUES (person, format('%s%s@example.com', n, p), 'Person ' || p, now());
      INSERT INTO memberships (org_id, user_id, role, created_at)
        VALUES (org, person, (ARRAY['OWNER', 'MANAGER', 'EMPLOYEE'])[p], now());
    END LOOP;
    INSERT INTO teams (org_id, id, name, created_at) VALUES (org, lpad((n * 10 + 9)::text, 32, '0')::uuid, 'Field', now());
    INSERT INTO team_members SELECT org, t.id, lpad((n * 10 + 2)::text, 32, '0')::uuid FROM teams t WHERE t.org_id = org;
    -- 1: the owner's own; 2: the team's; 3: assigned to the employee, of the owner; 4: nobody's.
    INSERT INTO customers (org_id, id, number, name, owner_id, assignee_id, team_id, created_at, updated_at)
    SELECT org, lpad((n * 1000 + c)::text, 32, '0')::uuid, c, 'Customer ' || c,
      CASE WHEN c IN (1, 3) THEN lpad((n * 10 + 1)::text, 32, '0')::uuid END,
      CASE WHEN c = 3 THEN lpad((n * 10 + 3)::text, 32, '0')::uuid END,
      CASE WHEN c = 2 THEN lpad((n * 10 + 9)::text, 32, '0')::uuid END, now(), now()
    FROM generate_series(1, 4) c;
    INSERT INTO contacts (org_id, id, customer_id, name, created_at, updated_at)
      SELECT org_id, id, id, 'Contact of ' || name, now(), now() FROM customers WHERE org_id = org;
    INSERT INTO timeline (org_id, id, at, record_kind, record_id, kind)
      SELECT org_id, id, now(), 'contact', id, 'created' FROM contacts WHERE org_id = org;
    INSERT INTO search_entries (org_id, kind, id, title, text, digits, keys, owner_id, assignee_id, team_id)
      SELECT org_id, 'customer', id, name,
        (ARRAY['anna schmidt gmbh', 'schmidt dach', 'bernd meyer 100% service', 'blaschmidtke'])[number],
        '4930' || number || '1234', 'c-' || number || ' ' || number, owner_id, assignee_id, team_id
      FROM customers WHERE org_id = org;
    INSERT INTO sessions (id, token_hash, user_id, org_id, level, created_at, last_seen_at, expires_at)
      VALUES (org, decode('0' || n, 'hex'), lpad((n * 10 + 2)::text, 32, '0')::uuid, org, 'full', now(), now(), now());
  END LOOP;
END $$";

pub async fn connect(url: &str) -> Result<DatabaseConnection, sea_orm::DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await
}

/// Opens a transaction with the context of a request.
pub async fn enter(db: &DatabaseConnection, org: u32, user: u32, visibility: &str, teams: &str) -> DatabaseTransaction {
    let tx = db.begin().await.unwrap();
    let (org, user) = (id(org), id(user));
    tx.execute_unprepared(&format!(
        "SELECT set_config('app.org_id', '{org}', true), set_config('app.user_id', '{user}', true), \
         set_config('app.visibility', '{visibility}', true), set_config('app.team_ids', '{teams}', true)"
    ))
    .await
    .unwrap();
    tx
}

/// The id the rows above were given.
pub fn id(number: u32) -> Uuid {
    format!("{number:0>32}").parse().unwrap()
}

pub async fn rows<C: ConnectionTrait>(db: &C, sql: &str) -> Vec<QueryResult> {
    db.query_all_raw(sea_orm::Statement::from_string(db.get_database_backend(), sql)).await.unwrap()
}

/// The first column of each row, joined by spaces.
pub async fn texts<C: ConnectionTrait>(db: &C, sql: &str) -> String {
    let rows = rows(db, sql).await;
    rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect::<Vec<_>>().join(" ")
}

pub async fn refused<C: ConnectionTrait>(db: &C, sql: &str, why: &str) {
    let error = db.execute_unprepared(sql).await.map(drop).expect_err(sql).to_string();
    assert!(error.contains(why), "{sql}: {error}");
}
