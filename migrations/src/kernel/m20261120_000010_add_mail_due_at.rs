//! When a waiting mail is tried next; the process that is sending it puts this ahead, so that no other one sends it too.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target, literal};

const DUE_AT: Column = Column::time(
    "due_at",
    Internal,
    "Not tried before then: the end of the sender's lease, or of the pause after a failure; none for at once.",
)
.null();

pub fn up(target: Target) -> Vec<String> {
    let mut statements = vec![format!("ALTER TABLE mail_outbox ADD COLUMN {}", DUE_AT.render(target.dialect))];
    if target.is_postgres() {
        let comment = literal(&DUE_AT.comment());
        statements.push(format!("COMMENT ON COLUMN mail_outbox.\"due_at\" IS {comment}"));
    }
    statements
}
