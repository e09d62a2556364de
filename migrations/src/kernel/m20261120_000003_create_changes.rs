//! The change feed: every write leaves a row, in its own transaction.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const CHANGES: Table = Table {
    name: "changes",
    purpose: "Change feed: source of live pages, offline pull, webhooks and refresh. Rows are added and read, never changed.",
    columns: &[
        Column::uuid("org_id", Internal, "Org of the changed record."),
        Column::sequence("seq", Internal, "Number of the change; sequence order is not commit order on PostgreSQL."),
        Column::transaction("xid", Internal, "Writing transaction: read in (xid, seq) order, below pg_snapshot_xmin only."),
        Column::time("at", Internal, "When it was written."),
        Column::word("entity", Internal, "Noun of the record, e.g. customer."),
        Column::uuid("id", Internal, "Record."),
        Column::bigint("version", Internal, "Version the record has after the change.").or("0"),
        Column::word("op", Internal, "created, updated or deleted."),
        Column::uuid("actor_id", Internal, "Who changed it; none for the system.").null(),
        Column::text("actor_name", Personal, "Name of the actor at that time."),
        Column::text("fields", Internal, "Names of the changed fields, separated by commas."),
        Column::text("audience", Internal, "JSON object owner_id, assignee_id, team_id: who may see the record.").or("'{}'"),
    ],
    primary_key: "org_id, seq",
    checks: &["op IN ('created', 'updated', 'deleted')"],
    guard: Guard::TenantAndSystem(Visible::All),
    append_only: true,
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[CHANGES]);
    // The tail reads all orgs in commit order, a returning watcher its own org; on SQLite seq is commit order.
    if target.is_postgres() {
        statements.push("CREATE INDEX changes_by_commit ON changes (xid, seq)".to_owned());
        statements.push("CREATE INDEX changes_by_org_and_commit ON changes (org_id, xid, seq)".to_owned());
    }
    statements
}
