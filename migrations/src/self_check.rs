//! What the catalogue must say before a server starts: it is read at boot by the login role itself, so that a database that was
//! changed by hand, restored in part or prepared by an older version is noticed before the first request.
#![expect(clippy::disallowed_methods, reason = "reads the catalogue, which belongs to no org")]

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use crate::client::SYSTEM_REACHED_TABLES;
use crate::ddl::literal;
use crate::migrator::pending;
use crate::system::System;

/// Tables without row policies, and why they need none.
const OPEN: &[(&str, &str)] = &[
    ("audit_sealer", "one row: how far the audit is sealed"),
    ("federation_nonces", "numbers of calls between systems"),
    ("federation_peers", "when other systems answered last"),
    ("federation_refusals", "counts of refused calls between systems"),
    ("lockouts", "counters by hash, taken before anybody is known"),
    ("metric_samples", "figures of processes, nothing of orgs"),
    ("rate_limits", "counters by hash or address, taken before anybody is known"),
    ("schedules", "when work is due"),
    ("seaql_migrations", "names of migrations, which may only be read"),
    ("totp_steps", "numbers of half minutes by account, taken before an org is known"),
];

/// The same of the operators' systems, which have no orgs' rows at all: their people are the system's own.
const OPEN_AT_OPERATORS: &[(&str, &str)] = &[
    ("admins", "the portal's people, encrypted"),
    ("elevations", "rights that the portal's people took on"),
    ("known_devices", "devices of the portal's people"),
    ("settings", "settings of the portal, encrypted"),
    ("tenant_events", "what was heard of orgs"),
    ("tenants", "what is known of orgs"),
];

/// Tables that hold an org_id as mere data, and show nothing to a request: only the system role reads them.
const SYSTEMS_OWN: &[&str] = &["client_errors", "registrations"];

/// Tables of orgs whose keys don't begin with the org: a session is found by its token and a mail by its turn, before an org is known.
const KEYED_ALONE: &[&str] = &["mail_outbox", "sessions"];

/// Unique across orgs on purpose: an invitation and the link of a support session are found by their token before the org is known.
const UNIQUE_ACROSS_ORGS: &[&str] = &["invitations_token_hash_key", "support_sessions_by_secret"];

/// What reads past row-level security, and may. `session_principal` is for servers of the version before.
const DEFINER_FUNCTIONS: &[&str] = &["search_ids", "session_principal", "session_principals"];

/// Rows are added and never changed.
const APPEND_ONLY: &[&str] = &["audit", "audit_chain", "changes"];

/// What is wrong, as sentences; nothing means good. To be run as the role the server works as.
pub async fn self_check(db: &DatabaseConnection, system: System) -> Result<Vec<String>, DbErr> {
    let checks = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => postgres_checks(system),
        _ => vec![SQLITE_KEYS.to_owned()],
    };
    let mut findings = Vec::new();
    for check in checks {
        let statement = Statement::from_string(db.get_database_backend(), check);
        for row in db.query_all_raw(statement).await? {
            findings.push(row.try_get_by_index::<String>(0)?);
        }
    }
    let missing = pending(db, system).await?;
    findings.extend(missing.into_iter().map(|name| format!("migration {name} has not run")));
    Ok(findings)
}

/// Without this pragma SQLite keeps foreign keys as comments.
const SQLITE_KEYS: &str =
    "SELECT 'foreign keys are not enforced on this connection' FROM pragma_foreign_keys WHERE foreign_keys = 0";

fn postgres_checks(system: System) -> Vec<String> {
    let definers = if system.definer_role().is_some() { DEFINER_FUNCTIONS } else { &[] };
    let others = System::ALL.map(System::schema).into_iter().filter(|name| *name != system.schema());
    let open: Vec<&str> = match system {
        System::Client => OPEN.iter().map(|(table, _)| *table).collect(),
        _ => OPEN.iter().chain(OPEN_AT_OPERATORS).map(|(table, _)| *table).collect(),
    };
    let tenant = |others: &[&[&str]]| TENANT.replace("/*others*/", &list(&others.concat()));
    let (guarded, keyed) = (tenant(&[SYSTEMS_OWN]), tenant(&[SYSTEMS_OWN, KEYED_ALONE]));
    [WHO, ATTRIBUTES, MEMBERSHIPS, OWNERSHIP, SCHEMAS, RIGHTS, FUNCTIONS, FORCED, SHOWN]
        .map(str::to_owned)
        .into_iter()
        .chain([TENANT_POLICY, STRANGE_POLICY].map(|check| format!("{guarded} {check}")))
        .chain([PRIMARY_KEY, FOREIGN_KEY, UNIQUE].map(|check| format!("{keyed} {check}")))
        .map(|check| {
            check
                .replace("/*login*/", &literal(&system.login_role()))
                .replace("/*system*/", &literal(&system.system_role()))
                .replace("/*schema*/", &literal(system.schema()))
                .replace("/*others*/", &list(&others.clone().collect::<Vec<_>>()))
                .replace("/*definers*/", &list(definers))
                .replace("/*append_only*/", &list(APPEND_ONLY))
                .replace("/*open*/", &list(&open))
                .replace("/*systems_own*/", &list(SYSTEMS_OWN))
                .replace("/*system_reached*/", &list(&[SYSTEM_REACHED_TABLES, KEYED_ALONE].concat()))
                .replace("/*across_orgs*/", &list(UNIQUE_ACROSS_ORGS))
        })
        .collect()
}

/// An SQL array of texts.
fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| literal(name)).collect();
    format!("ARRAY[{}]::text[]", names.join(", "))
}

const WHO: &str = "SELECT format('works as %s in schema %s, which should be %s in %s',
    current_user, current_schema(), /*login*/, /*schema*/)
  WHERE current_user <> /*login*/ OR current_schema() IS DISTINCT FROM /*schema*/";

const ATTRIBUTES: &str = "SELECT format('role %s %s', rolname, flaw)
  FROM pg_roles, LATERAL (VALUES
    (rolsuper, 'is a superuser'), (rolbypassrls, 'bypasses row-level security'), (rolinherit, 'inherits rights'),
    (rolcreaterole, 'may create roles'), (rolcreatedb, 'may create databases'), (rolreplication, 'may replicate')
  ) AS attribute (has, flaw)
  WHERE rolname IN (/*login*/, /*system*/) AND has";

const MEMBERSHIPS: &str = "SELECT format('role %s may act as %s', current_user, rolname)
  FROM pg_roles
  WHERE rolname NOT IN (current_user, /*system*/) AND pg_has_role(current_user, oid, 'MEMBER')";

const OWNERSHIP: &str = "SELECT format('%s owns %s', pg_get_userbyid(relowner), oid::regclass)
  FROM pg_class
  WHERE pg_get_userbyid(relowner) IN (/*login*/, /*system*/) AND relnamespace::regnamespace::text NOT LIKE 'pg\\_%'";

const SCHEMAS: &str = "SELECT format('%s may %s in schema %s', role, kind, nspname)
  FROM pg_namespace, unnest(ARRAY[/*login*/, /*system*/]) AS role, unnest(ARRAY['CREATE', 'USAGE']) AS kind
  WHERE nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(role, oid, kind)
    AND (kind = 'CREATE' OR nspname = ANY (/*others*/))";

const RIGHTS: &str = "SELECT format('%s may %s %s', role, kind, relname)
  FROM pg_class, unnest(ARRAY[/*login*/, /*system*/]) AS role,
    unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER', 'UPDATE', 'DELETE']) AS kind
  WHERE relnamespace = /*schema*/::regnamespace AND relkind IN ('r', 'p')
    AND (has_table_privilege(role, oid, kind) OR (kind = 'UPDATE' AND has_any_column_privilege(role, oid, kind)))
    AND (kind NOT IN ('UPDATE', 'DELETE') OR relname = ANY (/*append_only*/ || 'seaql_migrations'::text))";

const FUNCTIONS: &str = "SELECT format('function %s %s', oid::regprocedure, flaw)
  FROM pg_proc, LATERAL (VALUES
    (NOT (pronamespace = /*schema*/::regnamespace AND proname = ANY (/*definers*/)), 'runs with the rights of its owner'),
    (NOT EXISTS (SELECT 1 FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%'), 'has no search_path of its own'),
    (has_function_privilege('public', oid, 'EXECUTE'), 'may be called by everyone')
  ) AS property (has, flaw)
  WHERE prosecdef AND has AND has_function_privilege(current_user, oid, 'EXECUTE')
    AND pronamespace <> 'pg_catalog'::regnamespace
  UNION ALL
  SELECT format('function %s is missing', name) FROM unnest(/*definers*/) AS name
  WHERE NOT EXISTS (
    SELECT 1 FROM pg_proc WHERE proname = name AND pronamespace = /*schema*/::regnamespace AND prosecdef)";

const FORCED: &str = "SELECT format('table %s does not force row-level security', relname) FROM pg_class
  WHERE relnamespace = /*schema*/::regnamespace AND relkind IN ('r', 'p')
    AND NOT (relrowsecurity AND relforcerowsecurity) AND relname <> ALL (/*open*/)";

const SHOWN: &str = "SELECT format('policy %s shows rows of %s, which is the system''s own', p.polname, c.relname)
  FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
  WHERE c.relnamespace = /*schema*/::regnamespace AND c.relname = ANY (/*systems_own*/) AND p.polpermissive
    AND NOT ((/*system*/::regrole)::oid = ALL (p.polroles))
    AND (p.polqual IS NULL OR pg_get_expr(p.polqual, p.polrelid) <> 'false'
      OR coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'false') <> 'false')";

/// The tables whose rows belong to an org, with the number of the org_id column.
const TENANT: &str = "WITH tenant AS (
    SELECT c.oid, c.relname, a.attnum AS org
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
    WHERE c.relnamespace = /*schema*/::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> ALL (/*others*/)
  )";

const TENANT_POLICY: &str = "SELECT format('table %s has no restrictive policy on org_id', relname) FROM tenant
  WHERE NOT EXISTS (
    SELECT 1 FROM pg_policy p
    WHERE p.polrelid = tenant.oid AND NOT p.polpermissive AND p.polcmd = '*'
      AND (/*login*/::regrole)::oid = ANY (p.polroles)
      AND pg_get_expr(p.polqual, p.polrelid) LIKE '(org_id = ( SELECT %app.org_id%'
      AND pg_get_expr(p.polwithcheck, p.polrelid) = pg_get_expr(p.polqual, p.polrelid))";

const STRANGE_POLICY: &str = "SELECT format('policy %s on %s opens it to others', p.polname, relname)
  FROM tenant JOIN pg_policy p ON p.polrelid = tenant.oid, unnest(p.polroles) AS role
  WHERE p.polpermissive AND role <> (/*login*/::regrole)::oid
    AND NOT (role = (/*system*/::regrole)::oid AND relname = ANY (/*system_reached*/))";

const PRIMARY_KEY: &str = "SELECT format('primary key of %s does not lead with org_id', relname) FROM tenant
  WHERE NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = tenant.oid AND i.indisprimary AND i.indkey[0] = tenant.org)";

const FOREIGN_KEY: &str = "SELECT format('foreign key %s of %s leaves out org_id', f.conname, t.relname)
  FROM pg_constraint f JOIN tenant t ON t.oid = f.conrelid JOIN tenant r ON r.oid = f.confrelid
  WHERE f.contype = 'f' AND NOT EXISTS (
    SELECT 1 FROM generate_subscripts(f.conkey, 1) AS i WHERE f.conkey[i] = t.org AND f.confkey[i] = r.org)";

const UNIQUE: &str = "SELECT format('unique index %s of %s does not lead with org_id', i.indexrelid::regclass, relname)
  FROM tenant JOIN pg_index i ON i.indrelid = tenant.oid
  WHERE i.indisunique AND i.indkey[0] <> tenant.org
    AND NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = i.indexrelid AND c.relname = ANY (/*across_orgs*/))";
