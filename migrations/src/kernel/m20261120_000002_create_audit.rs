//! The audit log: who did what, and how it was answered.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const AUDIT: Table = Table {
    name: "audit",
    purpose: "One row per request that changes, reads or refuses something. Rows are added and read, never changed.",
    columns: &[
        Column::uuid("org_id", Internal, "Org it happened in; the nil id for none."),
        Column::uuid("id", Internal, "Record, UUIDv7."),
        Column::time("at", Internal, "When the request was answered."),
        Column::uuid("actor_id", Internal, "Who asked; none for anonymous callers and the system.").null(),
        Column::text("actor_name", Personal, "Name of the actor at that time."),
        Column::text("actor_role", Internal, "Role of the actor at that time."),
        Column::uuid("real_actor_id", Internal, "Who acted in the actor's name.").null(),
        Column::text("ip", Personal, "Address of the caller."),
        Column::text("path", Internal, "RPC, e.g. /package.Service/Method."),
        Column::text("category", Internal, "Kind of event, as declared on the RPC."),
        Column::text("outcome", Internal, "Canonical gRPC code name."),
        Column::text("correlation_id", Internal, "Number a person can quote to support."),
        Column::text("payload", Internal, "JSON object of the request fields the RPC allows; no personal data.").or("'{}'"),
        Column::text("entity", Internal, "Noun of the record concerned."),
        Column::uuid("entity_id", Internal, "Record concerned.").null(),
        Column::text("changed_fields", Internal, "Names of the changed fields, separated by commas."),
    ],
    indexes: &[
        ("audit_by_time", "org_id, at desc, id desc"),
        ("audit_by_actor", "org_id, actor_id, at desc, id desc"),
        ("audit_by_category", "org_id, category, at desc, id desc"),
        ("audit_by_entity", "org_id, entity_id, at desc, id desc"),
    ],
    guard: Guard::TenantAndSystem(Visible::All),
    append_only: true,
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[AUDIT])
}
