//! The newest registrations first, for the pages that show them.

use crate::ddl::Target;

pub fn up(_: Target) -> Vec<String> {
    vec!["CREATE INDEX registrations_newest ON registrations (\"created_at\" DESC, \"id\" DESC)".to_owned()]
}
