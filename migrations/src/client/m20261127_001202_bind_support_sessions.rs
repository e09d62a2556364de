//! Support sessions end with the right they were opened under, and say so.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const COLUMNS: [Column; 2] = [
    Column::time("not_after", Internal, "When the right ends under which the link was given out; NULL before that.").null(),
    Column::text("opened_from", Internal, "The asking system's name of the sign-in that took the link; empty before that."),
];

pub fn up(target: Target) -> Vec<String> {
    let mut statements: Vec<String> = COLUMNS.iter().flat_map(|column| target.add("support_sessions", column)).collect();
    statements.push(
        "CREATE INDEX support_sessions_going_on ON support_sessions (\"system\", \"person_id\") \
         WHERE state IN ('requested', 'accepted', 'open')"
            .to_owned(),
    );
    if target.is_postgres() {
        statements.push(
            "COMMENT ON COLUMN support_sessions.ended_by IS \
             'owner, person, time, right_ended, signed_out, shut_out or recovered; empty while it goes on. [1 internal]'"
                .to_owned(),
        );
    }
    statements
}
