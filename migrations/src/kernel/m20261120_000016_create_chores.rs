//! Work that one of several processes does from time to time.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Table, Target};

const CHORES: Table = Table {
    name: "chores",
    purpose: "When work that any process may do is due again; whoever moves the time on does it.",
    columns: &[Column::word("name", Internal, "Which work."), Column::time("due_at", Internal, "Not done again before then.")],
    primary_key: "name",
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[CHORES])
}
