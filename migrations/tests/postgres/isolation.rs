//! What a role reaches: nothing without a context, its own org's rows with one, and of those the visible ones.

use sea_orm::{ConnectionTrait, TransactionTrait};
use streamflow_migrations::{SYSTEM_REACHED_TABLES, System, TENANT_TABLES};

use super::cluster::{Cluster, connect, enter, id, refused, rows, texts};

#[tokio::test]
async fn without_a_context_there_are_no_rows() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    for table in TENANT_TABLES.iter().chain(&["orgs", "users"]) {
        assert_eq!(rows(&db, &format!("SELECT 1 FROM {table}")).await.len(), 0, "{table}");
    }
    // A setting that was set once in a session reads as '' afterwards.
    enter(&db, 1, 11, "org", "").await.rollback().await.unwrap();
    assert_eq!(rows(&db, "SELECT 1 FROM customers").await.len(), 0);
}

#[tokio::test]
async fn each_role_sees_its_own_records() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let team = id(19).to_string();
    for (user, visibility, teams, seen) in [
        (11, "org", "", "1 2 3 4"),
        (12, "team", team.as_str(), "2 4"),
        (12, "team", "", "4"),
        (11, "own", "", "1 3"),
        (13, "assigned", "", "3"),
        (11, "finance", "", "1 2 3 4"),
        (11, "none", "", ""),
        (11, "", "", ""),
    ] {
        let tx = enter(&db, 1, user, visibility, teams).await;
        for (table, number) in
            [("customers", "id"), ("contacts", "customer_id"), ("timeline", "record_id"), ("search_entries", "id")]
        {
            let sql = format!("SELECT ltrim(right({number}::text, 3), '0') FROM {table} ORDER BY 1");
            assert_eq!(texts(&tx, &sql).await, seen, "{visibility} {table}");
        }
        tx.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn rows_of_another_org_are_neither_read_nor_written() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let (other, mine) = (id(2), id(1));
    let tx = enter(&db, 1, 11, "org", "").await;
    assert_eq!(texts(&tx, "SELECT name FROM orgs").await, "Org 1");
    assert_eq!(texts(&tx, "SELECT email FROM users ORDER BY 1").await, "11@example.com 12@example.com 13@example.com");
    let changed = tx.execute_unprepared(&format!("UPDATE customers SET name = 'x' WHERE org_id = '{other}'")).await.unwrap();
    assert_eq!(changed.rows_affected(), 0);
    let changed = tx.execute_unprepared("UPDATE users SET display_name = 'x'").await.unwrap();
    assert_eq!(changed.rows_affected(), 1);
    tx.rollback().await.unwrap();
    for sql in [
        format!("INSERT INTO counters VALUES ('{other}', 'customer', 1)"),
        format!("UPDATE customers SET org_id = '{other}'"),
        format!("INSERT INTO audit (org_id, id, at) VALUES ('{other}', '{mine}', now())"),
    ] {
        refused(&enter(&db, 1, 11, "org", "").await, &sql, "row-level security").await;
    }
    let sql = format!("UPDATE customers SET owner_id = '{}'", id(21));
    refused(&enter(&db, 1, 11, "org", "").await, &sql, "customers_owner_id_fkey").await;
}

#[tokio::test]
async fn sessions_mails_and_reports_show_nothing_of_another_org() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let (other, mine) = (id(2), id(1));
    for org in [other, mine] {
        let mail = format!(
            "INSERT INTO mail_outbox (id, org_id, recipient, created_at) VALUES ('{org}', '{org}', '{org}@example.com', now())"
        );
        cluster.admin.execute_unprepared(&mail).await.unwrap();
        let report = format!("INSERT INTO client_errors (id, at, org_id) VALUES ('{org}', now(), '{org}')");
        cluster.admin.execute_unprepared(&report).await.unwrap();
    }
    for table in ["sessions", "mail_outbox", "client_errors"] {
        assert_eq!(rows(&db, &format!("SELECT 1 FROM {table}")).await.len(), 0, "{table} without a context");
        let changed = db.execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
        assert_eq!(changed.rows_affected(), 0, "{table} without a context");
    }
    let tx = enter(&db, 1, 11, "org", "").await;
    for (table, seen) in [("sessions", mine.to_string()), ("mail_outbox", String::new()), ("client_errors", String::new())] {
        assert_eq!(texts(&tx, &format!("SELECT org_id::text FROM {table}")).await, seen, "{table}");
        let changed = tx.execute_unprepared(&format!("DELETE FROM {table} WHERE org_id = '{other}'")).await.unwrap();
        assert_eq!(changed.rows_affected(), 0, "{table}");
    }
    let mail = |org| {
        format!(
            "INSERT INTO mail_outbox (id, org_id, recipient, created_at) VALUES ('{}', '{org}', 'x@example.com', now())",
            id(9)
        )
    };
    tx.execute_unprepared(&mail(mine)).await.unwrap();
    tx.rollback().await.unwrap();
    for sql in [
        mail(other),
        format!("UPDATE sessions SET org_id = '{other}'"),
        format!("INSERT INTO client_errors (id, at, org_id) VALUES ('{}', now(), '{mine}')", id(9)),
    ] {
        refused(&enter(&db, 1, 11, "org", "").await, &sql, "row-level security").await;
    }
    // What is looked up for everybody goes on as before.
    assert_eq!(rows(&db, "SELECT 1 FROM session_principals(ARRAY[decode('01', 'hex'), decode('02', 'hex')])").await.len(), 2);
}

#[tokio::test]
async fn the_log_and_the_feed_are_only_added_to() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let tx = enter(&db, 1, 11, "org", "").await;
    let insert = "INSERT INTO changes (org_id, at, entity, id, op) SELECT id, now(), 'org', id, 'updated' FROM orgs";
    tx.execute_unprepared(insert).await.unwrap();
    let sql = "SELECT 'same' FROM changes WHERE xid = pg_current_xact_id() AND seq > 0";
    assert_eq!(texts(&tx, sql).await, "same");
    tx.rollback().await.unwrap();
    for sql in ["UPDATE audit SET path = ''", "DELETE FROM changes", "TRUNCATE leads", "DELETE FROM seaql_migrations"] {
        refused(&db, sql, "permission denied").await;
    }
}

#[tokio::test]
async fn the_system_role_reaches_what_belongs_to_no_org_and_no_records() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared("SET LOCAL ROLE streamflow_client_system").await.unwrap();
    assert_eq!(texts(&tx, "SELECT name FROM orgs ORDER BY 1").await, "Org 1 Org 2");
    assert_eq!(rows(&tx, "SELECT 1 FROM memberships, users WHERE user_id = users.id").await.len(), 6);
    tx.rollback().await.unwrap();
    for table in TENANT_TABLES.iter().filter(|table| !SYSTEM_REACHED_TABLES.contains(table)) {
        let tx = db.begin().await.unwrap();
        tx.execute_unprepared("SET LOCAL ROLE streamflow_client_system").await.unwrap();
        refused(&tx, &format!("SELECT 1 FROM {table}"), "permission denied").await;
    }
}

#[tokio::test]
async fn systems_do_not_reach_each_other() {
    let cluster = Cluster::prepared().await;
    for system in System::ALL {
        let db = cluster.login(system).await;
        for other in System::ALL.into_iter().filter(|other| *other != system) {
            let schema = other.schema();
            let tables = format!("SELECT tablename::text FROM pg_tables WHERE schemaname = '{schema}' ORDER BY 1");
            let tables = texts(&db, &tables).await;
            assert!(tables.split(' ').count() > 10, "{tables}");
            for table in tables.split(' ') {
                refused(&db, &format!("SELECT 1 FROM {schema}.{table}"), "permission denied for schema").await;
            }
            // Nor would they, were the schema opened by mistake.
            let open = format!(
                "SELECT relname::text FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p') \
                 AND has_table_privilege(oid, 'SELECT, INSERT, UPDATE, DELETE')"
            );
            assert_eq!(texts(&db, &open).await, "");
            refused(&db, &format!("SET ROLE {}", other.system_role()), "permission denied to set role").await;
        }
        refused(&db, &format!("SET ROLE {}", system.owner_role()), "permission denied to set role").await;
        refused(&db, "CREATE TABLE mine (id int)", "permission denied for schema").await;
        refused(&db, "CREATE TABLE public.mine (id int)", "permission denied for schema").await;
    }
}

#[tokio::test]
async fn a_deleted_team_or_member_leaves_the_records() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let tx = enter(&db, 1, 11, "org", "").await;
    tx.execute_unprepared("DELETE FROM teams").await.unwrap();
    tx.execute_unprepared(&format!("DELETE FROM memberships WHERE user_id = '{}'", id(13))).await.unwrap();
    let sql = "SELECT 'left' FROM customers WHERE team_id IS NULL AND assignee_id IS NULL";
    assert_eq!(rows(&tx, sql).await.len(), 4);
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn other_roles_may_not_even_connect() {
    let cluster = Cluster::prepared().await;
    let base = &cluster.base;
    let name = texts(&cluster.admin, "SELECT current_database()::text").await;
    let role = format!("stranger_{name}");
    cluster.admin.execute_unprepared(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'")).await.unwrap();
    let (_, host) = base.rsplit_once('@').unwrap();
    let error = connect(&format!("postgres://{role}:x@{host}/{name}")).await.unwrap_err().to_string();
    assert!(error.contains("permission denied for database"), "{error}");
    cluster.admin.execute_unprepared(&format!("DROP ROLE {role}")).await.unwrap();
}
