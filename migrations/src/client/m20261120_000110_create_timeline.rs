//! The timeline: what happened to a record, in words people read.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const TIMELINE: Table = Table {
    name: "timeline",
    purpose: "Events and notes of a record; visible to those who see the record.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Event, UUIDv7."),
        Column::time("at", Internal, "When it happened."),
        Column::word("record_kind", Internal, "customer, contact or lead."),
        Column::uuid("record_id", Internal, "Record."),
        Column::word("kind", Internal, "created, edited, assigned, moved, converted, archived, restored, imported or note."),
        Column::uuid("actor_id", Internal, "Who did it; none for the system.").null(),
        Column::text("actor_name", Personal, "Name of the actor at that time."),
        Column::text("changes", Personal, "JSON array of field, before, after.").or("'[]'"),
        Column::text("text", Personal, "Text of a note."),
    ],
    checks: &["record_kind IN ('customer', 'contact', 'lead')"],
    indexes: &[
        ("timeline_by_record", "org_id, record_kind, record_id, at desc, id desc"),
        ("timeline_by_time", "org_id, at desc, id desc"),
    ],
    guard: Guard::Tenant(Visible::WithRecord),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[TIMELINE])
}
