//! Migrations on SQLite: a fresh file, a second run, and what the tables promise.
#![expect(clippy::disallowed_methods, reason = "tests make their own connections, times and ids")]

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement, Value};
use streamflow_migrations::{System, TENANT_TABLES, migrate, pending, self_check};
use tempfile::TempDir;
use uuid::Uuid;

struct File {
    db: DatabaseConnection,
    _folder: TempDir,
}

impl File {
    async fn fresh(system: System) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.db");
        let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
        options.max_connections(2).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        assert!(!pending(&db, system).await.unwrap().is_empty());
        migrate(&db, system).await.unwrap();
        Self { db, _folder: folder }
    }

    async fn run<const N: usize>(&self, sql: &str, values: [Value; N]) -> Result<(), DbErr> {
        let statement = Statement::from_sql_and_values(self.db.get_database_backend(), sql, values);
        self.db.execute_raw(statement).await.map(drop)
    }

    async fn row(&self, sql: &str) -> sea_orm::QueryResult {
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        self.db.query_one_raw(statement).await.unwrap().unwrap()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.row(sql).await.try_get_by_index(0).unwrap()
    }

    /// An org with one member and one team.
    async fn org(&self, name: &str) -> Uuid {
        let (org, now) = (Uuid::now_v7(), Utc::now());
        let values = [org.into(), name.into(), now.into()];
        self.run("INSERT INTO orgs (id, tenant_id, name, created_at) VALUES (?, ?2, ?2, ?3)", values).await.unwrap();
        let values = [org.into(), format!("{name}@example.com").into(), now.into()];
        self.run("INSERT INTO users (id, email, created_at) VALUES (?, ?, ?)", values).await.unwrap();
        let sql = "INSERT INTO memberships (org_id, user_id, role, created_at) VALUES (?1, ?1, 'OWNER', ?2)";
        self.run(sql, [org.into(), now.into()]).await.unwrap();
        let sql = "INSERT INTO teams (org_id, id, name, created_at) VALUES (?1, ?1, 'Field', ?2)";
        self.run(sql, [org.into(), now.into()]).await.unwrap();
        org
    }

    async fn customer(&self, org: Uuid, owner: Uuid) -> Result<(), DbErr> {
        let sql = "INSERT INTO customers (org_id, id, number, name, owner_id, team_id, created_at, updated_at) \
                   VALUES (?1, ?2, 1, 'Anna', ?3, ?1, ?4, ?4)";
        self.run(sql, [org.into(), Uuid::now_v7().into(), owner.into(), Utc::now().into()]).await
    }
}

#[tokio::test]
async fn every_system_migrates_a_fresh_file_and_a_second_run_changes_nothing() {
    for system in System::ALL {
        let file = File::fresh(system).await;
        let tables = "SELECT count(*) FROM sqlite_schema";
        let before = file.count(tables).await;
        migrate(&file.db, system).await.unwrap();
        assert_eq!(file.count(tables).await, before);
        assert!(pending(&file.db, system).await.unwrap().is_empty());
        assert_eq!(self_check(&file.db, system).await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn audit_records_and_their_links_stay_as_they_are() {
    let file = File::fresh(System::Dev).await;
    file.run("INSERT INTO audit (org_id, id, at) VALUES (?1, ?1, ?2)", [Uuid::nil().into(), Utc::now().into()]).await.unwrap();
    let link = "INSERT INTO audit_chain (org_id, position, record_id, hash) VALUES (?1, 1, ?1, ?2)";
    file.run(link, [Uuid::nil().into(), vec![0_u8; 32].into()]).await.unwrap();
    for sql in ["UPDATE audit SET ip = ''", "DELETE FROM audit", "UPDATE audit_chain SET position = 2", "DELETE FROM audit_chain"]
    {
        assert!(file.run(sql, []).await.unwrap_err().to_string().contains("are never changed"), "{sql}");
    }
}

#[tokio::test]
async fn tenant_tables_are_those_with_an_org_id_that_must_be_there() {
    let file = File::fresh(System::Client).await;
    let sql = "SELECT group_concat(name) FROM (SELECT t.name FROM pragma_table_list t, pragma_table_info(t.name) c \
               WHERE c.name = 'org_id' AND c.\"notnull\" = 1 ORDER BY t.name)";
    let names: String = file.row(sql).await.try_get_by_index(0).unwrap();
    assert_eq!(names, TENANT_TABLES.join(","));
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    let file = File::fresh(System::Client).await;
    let org = file.org("acme").await;
    let at: DateTime<Utc> = "2026-11-20T08:00:00.123456Z".parse().unwrap();
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let sql = "INSERT INTO lead_stages (org_id, id, name, position, kind) VALUES (?1, ?1, 'New', 1, 'open')";
    file.run(sql, [org.into()]).await.unwrap();
    let sql = "INSERT INTO leads (org_id, id, number, name, stage_id, position, follow_up_on, created_at, updated_at) \
               VALUES (?1, ?1, 1, 'Roof', ?1, 1.5, ?2, ?3, ?3)";
    file.run(sql, [org.into(), day.into(), at.into()]).await.unwrap();
    let row = file.row("SELECT * FROM leads").await;
    assert_eq!(row.try_get::<Uuid>("", "org_id").unwrap(), org);
    assert_eq!(row.try_get::<DateTime<Utc>>("", "created_at").unwrap(), at);
    assert_eq!(row.try_get::<Option<DateTime<Utc>>>("", "archived_at").unwrap(), None);
    assert_eq!(row.try_get::<Option<NaiveDate>>("", "follow_up_on").unwrap(), Some(day));
    assert!((row.try_get::<f64>("", "position").unwrap() - 1.5).abs() < f64::EPSILON);
    assert_eq!(row.try_get::<String>("", "tags").unwrap(), "[]");
    let row = file.row("SELECT * FROM memberships").await;
    assert!(!row.try_get::<bool>("", "read_only").unwrap());
    assert_eq!(row.try_get::<i64>("", "version").unwrap(), 1);
}

#[tokio::test]
async fn a_key_never_reaches_into_another_org() {
    let file = File::fresh(System::Client).await;
    let (acme, bolt) = (file.org("acme").await, file.org("bolt").await);
    file.customer(acme, acme).await.unwrap();
    assert!(file.customer(bolt, acme).await.is_err());
}

#[tokio::test]
async fn a_deleted_team_leaves_its_records() {
    let file = File::fresh(System::Client).await;
    let org = file.org("acme").await;
    file.customer(org, org).await.unwrap();
    file.run("DELETE FROM teams", []).await.unwrap();
    let left = "SELECT count(*) FROM customers WHERE team_id IS NULL AND owner_id IS NOT NULL";
    assert_eq!(file.count(left).await, 1);
}

#[tokio::test]
async fn the_full_text_table_follows_the_entries() {
    let file = File::fresh(System::Client).await;
    let org = file.org("acme").await;
    let insert = "INSERT INTO search_entries (org_id, kind, id, title, text) VALUES (?1, 'customer', ?1, 'A', ?2) \
                  ON CONFLICT (org_id, kind, id) DO UPDATE SET text = excluded.text";
    let found = "SELECT count(*) FROM search_fts WHERE search_fts MATCH '\"hmid\"'";
    file.run(insert, [org.into(), "anna schmidt".into()]).await.unwrap();
    assert_eq!(file.count(found).await, 1);
    file.run(insert, [org.into(), "anna meier".into()]).await.unwrap();
    assert_eq!(file.count(found).await, 0);
    file.run(insert, [org.into(), "anna schmidt".into()]).await.unwrap();
    file.run("DELETE FROM search_entries", []).await.unwrap();
    assert_eq!(file.count(found).await, 0);
}

#[tokio::test]
async fn what_others_changed_is_found_by_record() {
    let file = File::fresh(System::Client).await;
    let plan = "EXPLAIN QUERY PLAN SELECT fields FROM changes WHERE org_id = x'01' AND entity = 'customer' AND id = x'02' \
                AND version > 1 AND op <> 'deleted' ORDER BY seq";
    let plan: String = file.row(plan).await.try_get("", "detail").unwrap();
    assert!(plan.contains("changes_by_record (org_id=? AND id=? AND version>?)"), "{plan}");
}

#[tokio::test]
async fn changes_are_numbered_by_the_database() {
    let file = File::fresh(System::Dev).await;
    for _ in 0..2 {
        let sql = "INSERT INTO changes (org_id, at, entity, id, op) VALUES (?1, ?2, 'x', ?1, 'created')";
        file.run(sql, [Uuid::nil().into(), Utc::now().into()]).await.unwrap();
    }
    assert_eq!(file.count("SELECT max(seq) FROM changes").await, 2);
}
