//! Sessions of signed-in people.

use crate::ddl::Class::{Internal, Personal, Secret};
use crate::ddl::{Column, Table, Target};

const SESSIONS: Table = Table {
    name: "sessions",
    purpose: "Sign-in sessions. Looked up by token before an org is known, so no row policy.",
    columns: &[
        Column::uuid("id", Internal, "Session, UUIDv7."),
        Column::bytes("token_hash", Secret, "SHA-256 of the 256-bit token; the token itself is never stored."),
        Column::uuid("user_id", Internal, "Who signed in."),
        Column::uuid("org_id", Internal, "Org the session works in; none until one is chosen.").null(),
        Column::word("level", Internal, "pending: password given, second factor missing; full: signed in."),
        Column::time("created_at", Internal, "Sign-in."),
        Column::time("last_seen_at", Internal, "Last request; idle time counts from here."),
        Column::time("expires_at", Internal, "Absolute end."),
        Column::text("ip", Personal, "Address the session was last used from."),
        Column::text("user_agent", Personal, "Browser or program, as it calls itself."),
        Column::time("revoked_at", Internal, "Ended early.").null(),
        Column::bytes("device_hash", Secret, "SHA-256 of the device cookie.").null(),
    ],
    primary_key: "id",
    unique: &["token_hash"],
    checks: &["level IN ('pending', 'full')"],
    indexes: &[("sessions_by_user", "user_id, last_seen_at desc"), ("sessions_by_expiry", "expires_at")],
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[SESSIONS]);
    if target.is_postgres() {
        statements.extend(describe_migration_table(target));
    }
    statements
}

/// The record of migrations is made by the migrator; here it gets its comments, and the server may read it at boot.
fn describe_migration_table(target: Target) -> [String; 4] {
    [
        "COMMENT ON TABLE seaql_migrations IS 'Migrations that have run.'".to_owned(),
        "COMMENT ON COLUMN seaql_migrations.version IS 'Name of the migration file. [0 public]'".to_owned(),
        "COMMENT ON COLUMN seaql_migrations.applied_at IS 'When it ran, Unix seconds. [0 public]'".to_owned(),
        format!("GRANT SELECT ON seaql_migrations TO {}", target.system.login_role()),
    ]
}
