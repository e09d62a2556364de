//! Preparing: twice, side by side, and what the catalogue says afterwards.

use sea_orm::ConnectionTrait;
use streamflow_migrations::{Dialect, System, pending, script, self_check};

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

/// A fresh database has all migrations of the kernel before those of its system; one that was upgraded has had each when it came, and
/// two that came at once in the order of their list, whatever their names say. So the order must not matter where it can differ.
#[tokio::test]
async fn an_upgraded_database_ends_as_a_fresh_one() {
    let (fresh, upgraded) = tokio::join!(Cluster::prepared(), Cluster::prepared());
    for system in System::ALL {
        let (schema, owner) = (system.schema(), system.owner_role());
        let text = script(Dialect::Postgres, system);
        let mut steps: Vec<&str> = text.split("-- m20").skip(1).collect();
        let listed = steps.clone();
        steps.sort_unstable();
        // Nothing refers to another step by its place, and the two orders do differ.
        assert!(steps != listed || System::Client != system);
        let begin = format!("{EMPTY}; SET LOCAL ROLE {owner}; SET LOCAL search_path = {schema}").replace('#', schema);
        let steps = steps.iter().map(|step| step.split_once('\n').expect("a name and its statements").1);
        let again: String = std::iter::once(begin.as_str()).chain(steps).collect::<Vec<_>>().join(";\n");
        upgraded.admin.execute_unprepared(&format!("BEGIN; {again}; COMMIT")).await.unwrap();
        for look in CATALOGUE {
            let look = look.replace('#', schema);
            let (fresh, upgraded) = (texts(&fresh.admin, &look).await, texts(&upgraded.admin, &look).await);
            assert!(!fresh.is_empty() && fresh == upgraded, "{system:?}\n{look}\n{fresh}\n\n{upgraded}");
        }
    }
}

/// Takes everything out of a schema, and leaves it there.
const EMPTY: &str = "DO $$
DECLARE what text;
BEGIN
  FOR what IN SELECT 'DROP TABLE IF EXISTS ' || oid::regclass || ' CASCADE' FROM pg_class
    WHERE relnamespace = '#'::regnamespace AND relkind = 'r' AND relname NOT LIKE 'seaql%' LOOP EXECUTE what; END LOOP;
  FOR what IN SELECT 'DROP FUNCTION ' || oid::regprocedure || ' CASCADE' FROM pg_proc
    WHERE pronamespace = '#'::regnamespace LOOP EXECUTE what; END LOOP;
END $$";

/// What a schema is: tables with their rights, columns, policies, indexes, constraints, functions with their rights, triggers.
const CATALOGUE: [&str; 7] = [
    "SELECT concat_ws(' ', relname, relkind, relrowsecurity, relforcerowsecurity, relowner::regrole,
      ARRAY(SELECT acl::text FROM unnest(relacl) acl ORDER BY 1)) FROM pg_class
      WHERE relnamespace = '#'::regnamespace AND relname NOT LIKE 'seaql%' ORDER BY 1",
    "SELECT concat_ws(' ', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      pg_get_expr(d.adbin, d.adrelid), a.attacl::text, col_description(a.attrelid, a.attnum)) FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE c.relnamespace = '#'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE 'seaql%'
        AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1",
    "SELECT concat_ws(' ', tablename, policyname, permissive, roles::text, cmd, qual, with_check) FROM pg_policies
      WHERE schemaname = '#' ORDER BY 1",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = '#' AND tablename NOT LIKE 'seaql%' ORDER BY 1",
    "SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
      WHERE connamespace = '#'::regnamespace AND conrelid::regclass::text NOT LIKE '%seaql%' ORDER BY 1",
    "SELECT concat_ws(' ', pg_get_functiondef(oid), proowner::regrole,
      ARRAY(SELECT acl::text FROM unnest(proacl) acl ORDER BY 1)) FROM pg_proc WHERE pronamespace = '#'::regnamespace
      UNION ALL SELECT '-' ORDER BY 1",
    "SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE c.relnamespace = '#'::regnamespace AND NOT t.tgisinternal UNION ALL SELECT '-' ORDER BY 1",
];
