//! What a company is and pays for: plan, industry, and what its template said of work that is planned later.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const COLUMNS: [Column; 4] = [
    Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
    Column::text("plan", Internal, "Plan the company is on.").or("'standard'"),
    Column::text("industry", Internal, "Template it began with; empty for none."),
    Column::text("work_orders", Internal, "JSON array of work-order types with their checklists, from the template.").or("'[]'"),
];

pub fn up(target: Target) -> Vec<String> {
    COLUMNS.iter().flat_map(|column| add(target, "orgs", column)).collect()
}

/// Statements that add a column to a table that is there.
pub fn add(target: Target, table: &str, column: &Column) -> Vec<String> {
    target.add(table, column)
}
