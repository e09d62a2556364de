//! Chores become schedules, due when they were; their only one is hourly.

use crate::ddl::Target;

pub fn up(_: Target) -> Vec<String> {
    vec!["INSERT INTO schedules (name, every_seconds, next_run_at) SELECT name, 3600, due_at FROM chores".to_owned()]
}
