//! What goes with a company, in which order, and what stays.

use chrono::TimeDelta;

/// How long owners can think better of it, where nothing else is configured.
pub const GRACE: TimeDelta = TimeDelta::days(30);
/// After nobody is let in any more, what was let in before has so long to end, so that it writes no row where rows are gone.
pub const SETTLE: TimeDelta = TimeDelta::minutes(2);
/// Folders of the vault in which each company has one of its own, by what is before its id.
pub const FOLDERS: &[&str] = &["exports", "files/organizations", "files/quarantine/organizations"];

/// Its keys go before anything else: without them nothing that they encrypted can be read, wherever a copy of it lies.
pub const KEYS: &str = "data_keys";

/// Tables whose rows are deleted after that, those that lean on others first.
pub const ERASED: &[&str] = &[
    "customer_privates",
    "attachments",
    "contacts",
    "search_entries",
    "timeline",
    "tasks",
    "merge_effects",
    "merges",
    "import_effects",
    "import_chunks",
    "imports",
    "leads",
    "customers",
    "custom_fields",
    "saved_views",
    "support_sessions",
    "notifications",
    "notification_preferences",
    "anomalies",
    "invitations",
    "assignment_rule_members",
    "assignment_rules",
    "lead_stages",
    "team_members",
    "teams",
    "org_modules",
    "org_exports",
    "counters",
    "idempotency",
    "jobs",
    "memberships",
];

/// What stays, and why. None of it holds a value of a record: the audit and the feed name people, records by id, and fields.
pub const STAYS: &[(&str, &str)] = &[
    ("audit", "No role may delete it; it proves what was done, the deleting included."),
    ("audit_chain", "The chain over the audit."),
    ("changes", "No role may delete it; ids, names of fields and who changed them."),
    ("org_closings", "When the company went, and how much went with it."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org_data::domain::TABLES;

    #[test]
    fn every_table_of_a_company_goes_or_stays_for_a_reason() {
        let mut all: Vec<&str> = ERASED.iter().copied().chain(STAYS.iter().map(|stays| stays.0)).chain([KEYS]).collect();
        all.sort_unstable();
        assert_eq!(all, TABLES);
    }
}
