//! Preparing: twice, side by side, and what the catalogue says afterwards.

use sea_orm::ConnectionTrait;
use streamflow_migrations::{System, pending, self_check};

use super::cluster::{Cluster, texts};

#[tokio::test]
async fn a_prepared_database_passes_the_self_check_also_when_prepared_twice() {
    let cluster = Cluster::prepared().await;
    cluster.prepare().await;
    for system in System::ALL {
        let db = cluster.login(system).await;
        assert_eq!(self_check(&db, system).await.unwrap(), Vec::<String>::new());
        assert!(pending(&db, system).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn databases_of_one_cluster_can_be_prepared_side_by_side() {
    let made = tokio::join!(Cluster::prepared(), Cluster::prepared(), Cluster::prepared());
    let (_, _, third) = made;
    assert!(self_check(&third.login(System::Dev).await, System::Dev).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_self_check_names_what_was_changed_by_hand() {
    let cluster = Cluster::prepared().await;
    let damage = [
        "ALTER TABLE client.customers NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY leads_tenant ON client.leads",
        "CREATE POLICY open ON client.tasks TO PUBLIC USING (true)",
        "ALTER TABLE client.sessions DISABLE ROW LEVEL SECURITY",
        "DROP POLICY mail_outbox_tenant ON client.mail_outbox",
        "CREATE POLICY peep ON client.client_errors FOR SELECT TO streamflow_client USING (true)",
        "CREATE TABLE client.notes (org_id uuid, id uuid, PRIMARY KEY (org_id, id))",
        "CREATE UNIQUE INDEX contacts_email ON client.contacts (email)",
        "ALTER TABLE client.teams ADD UNIQUE (id)",
        "ALTER TABLE client.customers ADD CONSTRAINT loose FOREIGN KEY (team_id) REFERENCES client.teams (id)",
        "GRANT UPDATE ON client.audit TO streamflow_client",
        "GRANT UPDATE (hash) ON client.audit_chain TO streamflow_client",
        "GRANT DELETE ON client.audit_chain TO streamflow_client_system",
        "GRANT TRUNCATE ON client.leads TO streamflow_client",
        "GRANT USAGE ON SCHEMA provider TO streamflow_client",
        "CREATE FUNCTION client.peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "DELETE FROM client.seaql_migrations WHERE version LIKE '%session_principal'",
    ];
    for statement in damage {
        cluster.admin.execute_unprepared(statement).await.unwrap();
    }
    let findings = self_check(&cluster.login(System::Client).await, System::Client).await.unwrap();
    for expected in [
        "table customers does not force row-level security",
        "table leads has no restrictive policy on org_id",
        "policy open on tasks opens it to others",
        "table sessions does not force row-level security",
        "table mail_outbox has no restrictive policy on org_id",
        "policy peep shows rows of client_errors, which is the system's own",
        "table notes does not force row-level security",
        "table notes has no restrictive policy on org_id",
        "unique index contacts_email of contacts does not lead with org_id",
        "unique index teams_id_key of teams does not lead with org_id",
        "foreign key loose of customers leaves out org_id",
        "streamflow_client may UPDATE audit",
        "streamflow_client may UPDATE audit_chain",
        "streamflow_client_system may DELETE audit_chain",
        "streamflow_client may TRUNCATE leads",
        "streamflow_client may USAGE in schema provider",
        "function peek() runs with the rights of its owner",
        "function peek() has no search_path of its own",
        "function peek() may be called by everyone",
        "migration m20261120_000115_create_session_principal has not run",
    ] {
        assert!(findings.iter().any(|finding| finding == expected), "{expected} is not in {findings:#?}");
    }
    assert_eq!(findings.len(), 20, "{findings:#?}");
}

#[tokio::test]
async fn every_table_and_column_says_what_it_is_for() {
    let cluster = Cluster::prepared().await;
    let silent = "SELECT c.oid::regclass || '.' || coalesce(a.attname, '') FROM pg_class c
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text IN ('client', 'provider', 'dev', 'accounting')
        AND (obj_description(c.oid, 'pg_class') IS NULL
          OR coalesce(col_description(c.oid, a.attnum), '') !~ '^[^[]+\\. ?\\[[0-4] [a-z]+\\]$|^[^[]+ \\[[0-4] [a-z]+\\]$')";
    assert_eq!(texts(&cluster.admin, silent).await, "");
}
