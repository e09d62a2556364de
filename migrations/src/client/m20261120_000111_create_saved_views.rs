//! Saved views: the ways a person looks at a list.

use crate::ddl::Class::{Confidential, Internal};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const SAVED_VIEWS: Table = Table {
    name: "saved_views",
    purpose: "Filter, order and columns of a list under a name. A shared one outlives its maker's membership.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "View, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::word("kind", Internal, "Kind of record listed."),
        Column::word("name", Confidential, "Name shown in the menu."),
        Column::text("filter", Confidential, "AIP-160 filter."),
        Column::text("order_by", Internal, "AIP-132 order."),
        Column::text("columns", Internal, "JSON array of column names.").or("'[]'"),
        Column::bool("shared", Internal, "Everyone in the org sees it."),
        Column::uuid("owner_id", Internal, "Who made it; only they change it."),
    ],
    indexes: &[("saved_views_by_kind", "org_id, kind, name, id")],
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[SAVED_VIEWS])
}
