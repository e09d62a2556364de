//! What people are told in the portal: each row is one person's.

use crate::ddl::Class::{Confidential, Internal, Personal};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const NOTIFICATIONS: Table = Table {
    name: "notifications",
    purpose: "Inbox of the portal. Written with what it tells about, some of it before an org is entered.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Notification, UUIDv7."),
        Column::uuid("user_id", Internal, "Whose it is; nobody else sees it."),
        Column::word("kind", Internal, "invitation, import or assigned."),
        Column::text("title", Personal, "What happened, in one sentence; may name people and records."),
        Column::text("body", Confidential, "More about it."),
        Column::text("link", Internal, "Page of the portal it leads to, below the org's address; empty for none."),
        Column::time("created_at", Internal, "When it happened."),
        Column::time("read_at", Internal, "When its person saw it.").null(),
    ],
    links: &[Link::to("user_id", "users", "id")],
    indexes: &[
        ("notifications_of_person", "org_id, user_id, created_at desc, id desc"),
        ("notifications_unread", "org_id, user_id, read_at"),
        ("notifications_by_age", "created_at"),
    ],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[NOTIFICATIONS])
}
