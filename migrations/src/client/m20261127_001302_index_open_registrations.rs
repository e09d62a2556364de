//! Registrations that are not done, the newest first: among many that are, few of them are left.

use crate::ddl::Target;

pub fn up(_: Target) -> Vec<String> {
    vec![
        "CREATE INDEX registrations_open ON registrations (\"created_at\" DESC, \"id\" DESC) WHERE \"step\" <> 'told'".to_owned(),
    ]
}
