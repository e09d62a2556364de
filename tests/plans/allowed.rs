//! What a statement may do besides going by an index that the company leads, each with its reason. What nothing needs any more is
//! an error, so that the lists stay true.

use streamflow_kernel::db::Backend::{self, Postgres, Sqlite};

/// Statements with all of these texts, on these databases.
#[derive(Debug)]
pub struct Exception {
    pub on: &'static [Backend],
    texts: &'static [&'static str],
    #[expect(dead_code, reason = "for those who read and for messages")]
    reason: &'static str,
}

impl Exception {
    pub fn is_of(&self, backend: Backend, sql: &str) -> bool {
        self.on.contains(&backend) && self.texts.iter().all(|text| sql.contains(text))
    }
}

const BOTH: &[Backend] = &[Postgres, Sqlite];

const fn sqlite(texts: &'static [&'static str], reason: &'static str) -> Exception {
    Exception { on: &[Sqlite], texts, reason }
}

const fn both(texts: &'static [&'static str], reason: &'static str) -> Exception {
    Exception { on: BOTH, texts, reason }
}

/// A person's statements that reach a company's table by another index.
pub const ASTRAY: &[Exception] =
    &[sqlite(&["search_fts MATCH"], "SQLite's full-text index knows no companies; its hits are narrowed")];

/// Statements that read a whole table, of people or of the system.
pub const WHOLE: &[Exception] =
    &[both(&["WITH RECURSIVE orgs"], "the first company of the table is its index's first entry, and no more is read")];

/// A person's statements that sort.
pub const SORTED: &[Exception] = &[
    sqlite(&["search_fts MATCH"], "hits are put in order, 200 at most"),
    sqlite(&["\"created_at\" >=", "\"sort_name\" ASC"], "what is new is found by its time, then put in the list's order"),
    sqlite(&["\"updated_at\" >=", "\"sort_name\" ASC"], "what was changed is found by its time, then put in the list's order"),
    both(&["CASE WHEN (\"leads\".\"stage_id\""], "a company puts its stages in an order that no index can have"),
    sqlite(&["FROM changes", "version >", "ORDER BY seq"], "what others did to one record while it was edited"),
    both(&["FROM teams", "lower(name)"], "a company's teams are few"),
    both(&["FROM memberships m", "lower(u.display_name)"], "a company's people, by names that another table has"),
    both(&["FROM \"saved_views\""], "a person's views are few"),
];
