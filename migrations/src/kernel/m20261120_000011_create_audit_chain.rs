//! The audit's chains: every record gets a place in the chain of its org, after its transaction has committed.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Guard, Table, Target, Visible, literal};

/// Finds records that are not in a chain yet without reading the others again; SQLite has its row ids for that.
const XID: Column =
    Column::transaction("xid", Internal, "Writing transaction: newer ones are looked at when records get their place.");

const CHAIN: Table = Table {
    name: "audit_chain",
    purpose: "One link per audit record: its place in its org's chain and the hash over it. Rows are added and read, never changed.",
    columns: &[
        Column::uuid("org_id", Internal, "Org of the chain; the nil id for what concerns none."),
        Column::bigint("position", Internal, "Place in the chain, from 1 without gaps."),
        Column::uuid("record_id", Internal, "Audit record. No foreign key: a link must outlive a record somebody removes."),
        Column::bytes("hash", Internal, "SHA-256 over the hash before it, the place and every column of the record."),
    ],
    primary_key: "org_id, position",
    unique: &["org_id, record_id"],
    checks: &["position > 0"],
    guard: Guard::TenantAndSystem(Visible::All),
    append_only: true,
    ..Table::EMPTY
};

const SEALER: Table = Table {
    name: "audit_sealer",
    purpose: "One row: which process adds to the chains, and up to where it has looked.",
    columns: &[
        Column::int("id", Internal, "Always 1."),
        Column::bigint("turn", Internal, "Grows with each addition, so that of two at once one fails.").or("0"),
        Column::bigint("sealed_below", Internal, "Records of transactions (SQLite: rows) below it are in a chain.").or("0"),
        Column::uuid("holder", Internal, "Process that adds at present.").null(),
        Column::time("leased_until", Internal, "Others leave it to that process until then.").null(),
    ],
    primary_key: "id",
    checks: &["id = 1"],
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    let mut statements = Vec::new();
    if target.is_postgres() {
        statements.extend([
            format!("ALTER TABLE audit ADD COLUMN {}", XID.render(target.dialect)),
            format!("COMMENT ON COLUMN audit.\"xid\" IS {}", literal(&XID.comment())),
            "CREATE INDEX audit_by_transaction ON audit (xid)".to_owned(),
        ]);
    }
    statements.extend(target.create(&[CHAIN, SEALER]));
    statements.push("INSERT INTO audit_sealer (id) VALUES (1)".to_owned());
    if !target.is_postgres() {
        statements.extend(["audit", "audit_chain"].into_iter().flat_map(immutable));
    }
    statements
}

/// What PostgreSQL does by leaving out grants.
fn immutable(table: &str) -> [String; 2] {
    ["UPDATE", "DELETE"].map(|verb| {
        let name = verb.to_lowercase();
        format!(
            "CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} BEGIN\n  \
             SELECT RAISE(ABORT, 'rows of {table} are never changed');\nEND"
        )
    })
}
