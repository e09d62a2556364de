//! Orders of lists that PostgreSQL had no index for, so that it sorted a company's rows for each page. It reads an index backwards with
//! the empty days first, and does not see that a number needs no id beside it; SQLite does both.

use crate::ddl::Target;

pub fn up(target: Target) -> Vec<String> {
    if !target.is_postgres() {
        return Vec::new();
    }
    [
        "CREATE INDEX leads_by_follow_up_down ON leads (\"org_id\", \"follow_up_on\" DESC NULLS LAST, \"id\" DESC)",
        "CREATE INDEX leads_by_number ON leads (\"org_id\", \"number\", \"id\")",
        "CREATE INDEX customers_by_number ON customers (\"org_id\", \"number\", \"id\")",
    ]
    .map(str::to_owned)
    .into()
}
