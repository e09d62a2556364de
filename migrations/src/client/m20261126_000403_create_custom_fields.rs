//! Fields that companies add to their records.

use crate::ddl::Class::{Confidential, Internal};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const CUSTOM_FIELDS: Table = Table {
    name: "custom_fields",
    purpose: "Fields of an org's own on its records, in the order forms show them. Values are in the records' column custom, by key.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Field, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::word("record_kind", Internal, "customer or lead."),
        Column::word("key", Internal, "Name in filters, masks and values; never changes, and is never used again."),
        Column::word("label", Confidential, "Name as people read it."),
        Column::word("holds", Internal, "text, lines, number, date, choice or checkbox; never changes."),
        Column::text("choices", Confidential, "JSON array of what can be chosen.").or("'[]'"),
        Column::bool("required", Internal, "Whether a new record needs a value."),
        Column::text("help", Confidential, "What to enter, below the field."),
        Column::text("unit", Internal, "Unit of a number."),
        Column::int("position", Internal, "Order in forms, ascending."),
        Column::time("created_at", Internal, "When it was created."),
        Column::time("archived_at", Internal, "Put away since; values stay.").null(),
    ],
    unique: &["org_id, record_kind, key"],
    checks: &["record_kind IN ('customer', 'lead')", "holds IN ('text', 'lines', 'number', 'date', 'choice', 'checkbox')"],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[CUSTOM_FIELDS])
}
