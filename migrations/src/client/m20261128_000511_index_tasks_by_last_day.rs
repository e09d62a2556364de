//! Tasks by their day, the last first, which PostgreSQL sorted a company's tasks for: it reads an index backwards with the empty days first.

use crate::ddl::Target;

pub fn up(target: Target) -> Vec<String> {
    if !target.is_postgres() {
        return Vec::new();
    }
    vec!["CREATE INDEX tasks_by_day_down ON tasks (\"org_id\", \"due_on\" DESC NULLS LAST, \"id\" DESC)".to_owned()]
}
