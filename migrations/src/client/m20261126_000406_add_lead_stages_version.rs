//! Stages that people edit: each with a version, and put away rather than deleted, so that old events keep their names.

use super::m20261126_000401_add_orgs_industry::add;
use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const COLUMNS: [Column; 2] = [
    Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
    Column::time("archived_at", Internal, "Put away since; no lead stands in it.").null(),
];

pub fn up(target: Target) -> Vec<String> {
    COLUMNS.iter().flat_map(|column| add(target, "lead_stages", column)).collect()
}
