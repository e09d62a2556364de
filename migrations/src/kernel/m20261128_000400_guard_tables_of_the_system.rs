//! Row policies for what only the system reads: sessions, mails that wait, and reports of pages. Sessions are looked up for everybody by a
//! definer function or by the system role; a company's own work sees its own people's, and adds mails.

use crate::ddl::{Guard, Target, Visible, literal};

/// Table, guard, and what the table is for now that it has one.
const TABLES: [(&str, Guard, &str); 3] = [
    (
        "sessions",
        Guard::TenantAndSystem(Visible::All),
        "Sign-in sessions. Looked up by token before an org is known, which is the definer's and the system role's.",
    ),
    ("mail_outbox", Guard::TenantAdds, "Mails to send. Orgs add theirs; a background worker reads those of all."),
    (
        "client_errors",
        Guard::Shared(Visible::Nothing),
        "Errors reported by pages, also before sign-in. Only the system reads them.",
    ),
];

pub fn up(target: Target) -> Vec<String> {
    if !target.is_postgres() {
        return Vec::new();
    }
    let guarded = |(table, guard, purpose): &(&str, Guard, &str)| {
        let mut statements = guard.statements(table, target.system);
        statements.push(format!("COMMENT ON TABLE {table} IS {}", literal(purpose)));
        statements
    };
    TABLES.iter().flat_map(guarded).collect()
}
