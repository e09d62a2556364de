//! People of the operator's support who look at a company: what they asked for, and what came of it.

use crate::ddl::Class::{Confidential, Internal, Personal, Secret};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const SUPPORT_SESSIONS: Table = Table {
    name: "support_sessions",
    purpose: "Requests to look at an org, and the sessions that came of them. Other systems ask before an org is entered.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Support session, UUIDv7; stands as the user of its session."),
        Column::word("system", Internal, "Which system asks, by its verified name."),
        Column::uuid("person_id", Internal, "Who asks, by that system's id."),
        Column::text("person_name", Personal, "Who asks, shown to the org."),
        Column::text("justification", Confidential, "Why, in that person's words."),
        Column::int("minutes", Internal, "Longest time from the opening on."),
        Column::word("state", Internal, "requested, accepted, open, refused or ended."),
        Column::time("requested_at", Internal, "When it was asked for."),
        Column::time("expires_at", Internal, "When the state ends by itself."),
        Column::uuid("decided_by", Internal, "Owner who accepted or refused; NULL where nobody was asked.").null(),
        Column::time("decided_at", Internal, "When.").null(),
        Column::bytes("secret_hash", Secret, "SHA-256 of the one-time secret that opens it.").null(),
        Column::uuid("session_id", Internal, "The session, once it was opened.").null(),
        Column::time("opened_at", Internal, "When it was opened.").null(),
        Column::time("ended_at", Internal, "When it was over.").null(),
        Column::text("ended_by", Internal, "owner, person or time; empty while it goes on."),
    ],
    checks: &["state IN ('requested', 'accepted', 'open', 'refused', 'ended')"],
    indexes: &[("support_sessions_newest", "org_id, requested_at desc"), ("support_sessions_by_session", "org_id, session_id")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

const ASK_FIRST: Column =
    Column::bool("support_ask_first", Internal, "Owners are asked before somebody of the support may look.").or("true");

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[SUPPORT_SESSIONS]);
    statements.push(
        "CREATE UNIQUE INDEX support_sessions_by_secret ON support_sessions (\"secret_hash\") WHERE secret_hash IS NOT NULL"
            .to_owned(),
    );
    statements.extend(target.add("orgs", &ASK_FIRST));
    statements
}
