//! Counters behind the short numbers people say aloud.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Guard, Table, Target, Visible};

const COUNTERS: Table = Table {
    name: "counters",
    purpose: "Last number given, by org and kind of record.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::word("name", Internal, "What is counted: customer, lead."),
        Column::bigint("value", Internal, "Last number given.").or("0"),
    ],
    primary_key: "org_id, name",
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[COUNTERS])
}
