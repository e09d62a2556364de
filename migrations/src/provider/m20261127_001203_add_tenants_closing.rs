//! When a company is going to be deleted, and when it was.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const COLUMNS: [Column; 2] = [
    Column::time("closes_at", Internal, "When it is going to be deleted; NULL while it stays.").null(),
    Column::time("deleted_at", Internal, "When it was deleted.").null(),
];

pub fn up(target: Target) -> Vec<String> {
    COLUMNS.iter().flat_map(|column| target.add("tenants", column)).collect()
}
