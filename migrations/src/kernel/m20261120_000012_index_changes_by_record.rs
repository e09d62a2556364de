//! Changes of one record by version: a save that comes late asks which fields others changed meanwhile. An id belongs to one
//! record only, so the noun is left out.

use crate::ddl::Target;

pub fn up(_: Target) -> Vec<String> {
    vec!["CREATE INDEX changes_by_record ON changes (\"org_id\", \"id\", \"version\")".to_owned()]
}
