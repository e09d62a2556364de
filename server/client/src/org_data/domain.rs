//! What an archive holds, and what it leaves out.

use chrono::TimeDelta;
use streamflow_kernel::vault::Place;
use uuid::Uuid;

/// How long the file of an archive is kept.
pub const KEPT: TimeDelta = TimeDelta::days(7);
/// How long the list shows an archive whose file is gone.
pub const REMEMBERED: TimeDelta = TimeDelta::days(90);
/// Files of one company at once.
pub const MOST_KEPT: i64 = 5;

/// Where archives are in the vault.
pub const FOLDER: &str = "exports";

/// Where an archive lies.
pub fn place(org: Uuid, id: Uuid) -> Place {
    Place { org, id, path: format!("{FOLDER}/{}/{}.sealed", org.simple(), id.simple()) }
}

/// Tables of which every row belongs to one company. A test holds this list against the schema, so that a new table is not forgotten.
pub const TABLES: &[&str] = &[
    "anomalies",
    "assignment_rule_members",
    "assignment_rules",
    "attachments",
    "audit",
    "audit_chain",
    "changes",
    "contacts",
    "counters",
    "custom_fields",
    "customer_privates",
    "customers",
    "data_keys",
    "idempotency",
    "import_chunks",
    "import_effects",
    "imports",
    "invitations",
    "jobs",
    "lead_stages",
    "leads",
    "memberships",
    "merge_effects",
    "merges",
    "notification_preferences",
    "notifications",
    "org_closings",
    "org_exports",
    "org_modules",
    "saved_views",
    "search_entries",
    "support_sessions",
    "tasks",
    "team_members",
    "teams",
    "timeline",
];

/// Something that an archive has not, and why.
#[derive(Clone, Copy, Debug)]
pub struct LeftOut {
    pub table: &'static str,
    /// Empty for the whole table.
    pub column: &'static str,
    pub why: &'static str,
}

const fn left_out(table: &'static str, column: &'static str, why: &'static str) -> LeftOut {
    LeftOut { table, column, why }
}

/// Every secret of the tables above is here or in [`OPENED`]; a test holds both against the schema.
pub const LEFT_OUT: &[LeftOut] = &[
    left_out("data_keys", "", "Keys that encrypt this company's fields; the fields are here in the clear."),
    left_out("idempotency", "", "Answers kept for repeated requests, encrypted; they say what other tables say."),
    left_out("search_entries", "", "The index of the search, made from the records."),
    left_out("support_sessions", "secret_hash", "Hash of the one-time secret that opens it."),
    left_out("invitations", "token_hash", "Hash of the secret in a mailed link."),
    left_out("jobs", "payload", "What background work is told, encrypted with a key that is not the company's."),
];

/// Columns that are encrypted in the database and in the clear in an archive, with the column of the row's id.
pub const OPENED: &[(&str, &str, &[&str])] = &[("customer_privates", "customer_id", &["tax_id", "bank_details", "private_note"])];

/// Tables that an archive has, in its order.
pub fn kept() -> impl Iterator<Item = &'static str> {
    TABLES.iter().copied().filter(|table| !LEFT_OUT.iter().any(|left| left.table == *table && left.column.is_empty()))
}

/// Columns of a table that it has not.
pub fn hidden(table: &str) -> impl Iterator<Item = &'static str> {
    LEFT_OUT.iter().filter(move |left| left.table == table && !left.column.is_empty()).map(|left| left.column)
}

/// Rows of a table that are read at once: few where one may hold a large piece of a file.
pub fn page_size(table: &str) -> usize {
    if table == "import_chunks" { 4 } else { 500 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_or_opened_is_of_a_table() {
        let named = LEFT_OUT.iter().map(|left| left.table).chain(OPENED.iter().map(|opened| opened.0));
        assert!(named.clone().all(|table| TABLES.contains(&table)), "{:?}", named.collect::<Vec<_>>());
        assert_eq!(kept().count(), TABLES.len() - 3);
        assert_eq!(hidden("invitations").collect::<Vec<_>>(), ["token_hash"]);
    }
}
