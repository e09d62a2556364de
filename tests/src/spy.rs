//! Listens to every SQL statement of the process. SQLite has no row-level security, so what PostgreSQL enforces is proven here: a
//! statement on a company's table names the company.

use std::sync::{Mutex, Once, PoisonError};

use streamflow_migrations::{SYSTEM_REACHED_TABLES, TENANT_TABLES};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

static FINDINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static STATEMENTS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Begins to listen; once per process.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = tracing_subscriber::registry().with(Spy).try_init();
    });
}

/// Statements heard so far: a spy that hears nothing proves nothing.
pub fn heard() -> u64 {
    STATEMENTS.load(std::sync::atomic::Ordering::Relaxed)
}

/// Statements on a company's table that did not name the company.
pub fn findings() -> Vec<String> {
    FINDINGS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct Spy;

impl<S: Subscriber> Layer<S> for Spy {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        let sql = if statement.full.is_empty() { statement.summary } else { statement.full };
        STATEMENTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if let Some(table) = unbound_table(&sql) {
            FINDINGS.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{table}: {sql}"));
        }
    }
}

#[derive(Default)]
struct Statement {
    summary: String,
    full: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.full),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, format!("{value:?}").trim_matches('"'));
    }
}

/// The first company's table that `sql` reads or writes without binding `org_id`. Tables that the system itself reaches across
/// companies (the change tail, invitations by their link) are left to the row policies' own tests.
pub fn unbound_table(sql: &str) -> Option<&'static str> {
    let plain = sql.to_lowercase().replace(['"', '(', ')', ',', ';', '\n'], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    if matches!(words.first(), Some(&("create" | "alter" | "pragma" | "drop"))) {
        return None;
    }
    let bound = words.iter().any(|word| *word == "org_id" || word.ends_with(".org_id"));
    let table =
        TENANT_TABLES.iter().copied().filter(|table| !SYSTEM_REACHED_TABLES.contains(table)).find(|table| {
            words.windows(2).any(|pair| matches!(pair[0], "from" | "join" | "into" | "update") && pair[1] == *table)
        })?;
    (!bound).then_some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_without_its_company_is_found() {
        assert_eq!(unbound_table("SELECT * FROM \"customers\" WHERE \"id\" = ?"), Some("customers"));
        assert_eq!(unbound_table("UPDATE leads SET name = ? WHERE id = ?"), Some("leads"));
        assert_eq!(unbound_table("DELETE FROM contacts"), Some("contacts"));
        assert_eq!(unbound_table("SELECT 1 FROM orgs JOIN customers ON true"), Some("customers"));
    }

    #[test]
    fn a_bound_statement_passes() {
        assert_eq!(unbound_table("SELECT * FROM \"customers\" WHERE \"customers\".\"org_id\" = ?"), None);
        assert_eq!(unbound_table("INSERT INTO customers (org_id, id) VALUES (?, ?)"), None);
        assert_eq!(unbound_table("SELECT version FROM sqlite_version"), None);
    }
}
