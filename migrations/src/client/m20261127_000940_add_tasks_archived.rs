//! Tasks are put away instead of lost, and lists of them have more orders and pages than the one by due day of open ones.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const ARCHIVED_AT: Column = Column::time("archived_at", Internal, "When it was put away; lists leave it out then.").null();

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.add("tasks", &ARCHIVED_AT);
    for (name, columns) in
        [("tasks_by_day", r#""org_id", "due_on", "id""#), ("tasks_by_creation", r#""org_id", "created_at", "id""#)]
    {
        statements.push(format!("CREATE INDEX {name} ON tasks ({columns})"));
    }
    statements
}
