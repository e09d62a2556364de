//! Most records of the audit are of plain reads, which are about no record and of the category `read`. They leave the two indexes that
//! find the others: by record, and by category. Who asks for reads finds them by time.

use crate::ddl::Target;

pub fn up(_: Target) -> Vec<String> {
    [
        "DROP INDEX audit_by_category",
        "CREATE INDEX audit_by_category ON audit (\"org_id\", \"category\", \"at\" DESC, \"id\" DESC) WHERE category <> 'read'",
        "DROP INDEX audit_by_entity",
        "CREATE INDEX audit_by_entity ON audit (\"org_id\", \"entity_id\", \"at\" DESC, \"id\" DESC) WHERE entity_id IS NOT NULL",
    ]
    .map(str::to_owned)
    .into()
}
