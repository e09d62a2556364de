//! Files on records; their bytes lie beside the database, encrypted.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const ATTACHMENTS: Table = Table {
    name: "attachments",
    purpose: "Files on customers, contacts, leads and tasks; visible to those who see the record. Pruned by background work, of all orgs.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "File, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::word("record_kind", Internal, "customer, contact, lead or task."),
        Column::uuid("record_id", Internal, "Record it is on."),
        Column::word("name", Personal, "Name as people gave it, cleaned."),
        Column::word("media_type", Internal, "What its sender said it is, by its registered name."),
        Column::bigint("bytes", Internal, "Size."),
        Column::bytes("sha256", Internal, "What its sender said it is to come to."),
        Column::word("state", Internal, "awaited or ready."),
        Column::time("added_at", Internal, "When it was begun; once it is ready, when it was."),
        Column::uuid("added_by", Internal, "Who brought it."),
        Column::text("added_by_name", Personal, "Name of that person at that time."),
        Column::uuid("file_id", Internal, "What its encrypted pieces are bound to; NULL before the bytes came.").null(),
        Column::text("place", Internal, "Where its bytes lie, below the data folder; empty before they came."),
        Column::bytes("received_sha256", Internal, "SHA-256 of what came.").null(),
        Column::text("received_type", Internal, "Media type that the content speaks of; empty for an unknown one."),
        Column::time("deleted_at", Internal, "When it was deleted; it can be brought back for an hour.").null(),
    ],
    checks: &["record_kind IN ('customer', 'contact', 'lead', 'task')", "state IN ('awaited', 'ready')", "bytes > 0"],
    indexes: &[("attachments_by_record", "org_id, record_kind, record_id, added_at desc, id desc")],
    guard: Guard::TenantAndSystem(Visible::WithRecordOrTask),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[ATTACHMENTS]);
    statements.extend(
        [
            "CREATE INDEX attachments_awaited ON attachments (\"added_at\") WHERE state = 'awaited'",
            "CREATE INDEX attachments_deleted ON attachments (\"deleted_at\") WHERE deleted_at IS NOT NULL",
        ]
        .map(str::to_owned),
    );
    statements
}
