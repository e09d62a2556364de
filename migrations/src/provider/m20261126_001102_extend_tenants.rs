//! What lists of companies are read by, and why one is suspended. Rows from before get their values when the directory is read next.

use crate::ddl::Class::{Confidential, Internal, Personal};
use crate::ddl::{Column, Target};

const COLUMNS: [Column; 5] = [
    Column::uuid("id", Internal, "Finishes the order of lists; NULL until the directory was read.").null(),
    Column::sort_text("sort_name", Confidential, "Name in small letters, for order and search."),
    Column::time("suspended_at", Internal, "Closed to its people since then; NULL while it is open.").null(),
    Column::text("suspend_reason", Confidential, "Why, in words for its people."),
    Column::text("suspend_contact", Personal, "Whom they are told to ask."),
];

pub fn up(target: Target) -> Vec<String> {
    let mut statements: Vec<String> = COLUMNS.iter().flat_map(|column| target.add("tenants", column)).collect();
    statements.push("CREATE INDEX tenants_by_name ON tenants (\"sort_name\", \"id\")".to_owned());
    statements.push("CREATE INDEX tenants_by_creation ON tenants (\"created_at\", \"id\")".to_owned());
    statements
}
