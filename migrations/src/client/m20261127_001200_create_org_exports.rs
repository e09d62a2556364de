//! Archives of everything a company has; the files themselves lie beside the database.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const ORG_EXPORTS: Table = Table {
    name: "org_exports",
    purpose: "Archives of an org's data that its owners asked for. Written and pruned by background work, of all orgs.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Archive, UUIDv7; names its file."),
        Column::word("state", Internal, "running, done, failed or expired."),
        Column::uuid("asked_by", Internal, "Who asked for it, and is told when it is there."),
        Column::time("created_at", Internal, "When it was asked for."),
        Column::time("done_at", Internal, "When it was finished or given up.").null(),
        Column::time("expires_at", Internal, "When its file is deleted; NULL until it is finished.").null(),
        Column::int("tables_done", Internal, "Tables written so far.").or("0"),
        Column::int("tables", Internal, "Tables there are to write.").or("0"),
        Column::bigint("row_count", Internal, "Rows written so far.").or("0"),
        Column::bigint("bytes", Internal, "Size of the archive.").or("0"),
    ],
    links: &[Link::to("asked_by", "users", "id")],
    indexes: &[("org_exports_by_age", "org_id, created_at desc"), ("org_exports_by_end", "expires_at")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[ORG_EXPORTS])
}
