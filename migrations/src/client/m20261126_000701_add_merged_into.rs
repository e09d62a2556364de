//! Where a record went when it turned out to be a second one of the same.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target, literal};

const MERGED_INTO: Column =
    Column::uuid("merged_into", Internal, "Record that took this one over; its page leads there while it is archived.").null();

pub fn up(target: Target) -> Vec<String> {
    let mut statements = Vec::new();
    for table in ["customers", "contacts"] {
        statements.push(format!("ALTER TABLE {table} ADD COLUMN {}", MERGED_INTO.render(target.dialect)));
        if target.is_postgres() {
            statements.push(format!("COMMENT ON COLUMN {table}.\"merged_into\" IS {}", literal(&MERGED_INTO.comment())));
        }
    }
    statements
}
