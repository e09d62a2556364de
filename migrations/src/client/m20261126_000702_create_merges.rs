//! Merges of duplicates, and what each moved, so that it can be taken back.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const MERGES: Table = Table {
    name: "merges",
    purpose: "Duplicates that were united in one record.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Merge, UUIDv7."),
        Column::word("record_kind", Internal, "customer or contact."),
        Column::uuid("survivor_id", Internal, "Record that stayed."),
        Column::time("merged_at", Internal, "When."),
        Column::time("undone_at", Internal, "Taken back since.").null(),
    ],
    checks: &["record_kind IN ('customer', 'contact')"],
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

const MERGE_EFFECTS: Table = Table {
    name: "merge_effects",
    purpose: "What a merge changed: the records it put away, the survivor's fields, and rows that went from one to the other.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("merge_id", Internal, "Merge."),
        Column::word("row_kind", Internal, "customer, contact, lead, task or note."),
        Column::uuid("row_id", Internal, "Row that was changed."),
        Column::uuid("from_id", Internal, "Record it belonged to; for records themselves their own id."),
        Column::text("before", Personal, "JSON object of the changed fields as they were.").or("'{}'"),
        Column::text("after", Personal, "JSON object of the survivor's changed fields as the merge left them.").or("'{}'"),
    ],
    primary_key: "org_id, merge_id, row_kind, row_id",
    links: &[Link::in_org("merge_id", "merges", "id").cascades()],
    checks: &["row_kind IN ('customer', 'contact', 'lead', 'task', 'note')"],
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[MERGES, MERGE_EFFECTS])
}
