//! Tasks: what a person has to do next.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const TASKS: Table = Table {
    name: "tasks",
    purpose: "Things to do, with or without a record they are about.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Task, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::word("title", Personal, "What to do."),
        Column::day("due_on", Internal, "Day it is due.").null(),
        Column::uuid("assignee_id", Internal, "Who does it.").null(),
        Column::word("record_kind", Internal, "customer, contact or lead.").null(),
        Column::uuid("record_id", Internal, "Record it is about.").null(),
        Column::text("record_name", Personal, "Name of that record, copied for lists."),
        Column::time("done_at", Internal, "When it was done.").null(),
        Column::time("created_at", Internal, "When it was created."),
    ],
    links: &[Link::in_org("assignee_id", "memberships", "user_id").clears()],
    indexes: &[
        ("tasks_by_assignee", "org_id, assignee_id, done_at, due_on, id"),
        ("tasks_by_due_day", "org_id, done_at, due_on, id"),
        ("tasks_by_record", "org_id, record_kind, record_id"),
    ],
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[TASKS])
}
