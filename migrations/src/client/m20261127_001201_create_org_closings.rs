//! Companies that are to be deleted, and what is left of those that were.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Guard, Table, Target, Visible};

const ORG_CLOSINGS: Table = Table {
    name: "org_closings",
    purpose: "Orgs on their way to be deleted. Of a deleted one this row stays, and says when it went and how much went with it.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::word("state", Internal, "closing, cancelled, deleting or deleted."),
        Column::uuid("asked_by", Internal, "Who asked for it; NULL once it is deleted.").null(),
        Column::time("asked_at", Internal, "When it was asked for."),
        Column::time("due_at", Internal, "When the deleting begins."),
        Column::time("ended_at", Internal, "When it was deleted, or the asking was taken back.").null(),
        Column::text("counts", Internal, "Rows deleted so far, a JSON object by table; empty before the first."),
    ],
    primary_key: "org_id",
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[ORG_CLOSINGS])
}
