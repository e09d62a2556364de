//! Bodies of waiting mails are encrypted from now on; those queued before are given up, as nothing reads them any more.

use crate::ddl::Class::Secret;
use crate::ddl::{Column, Target, literal};

const BODY: Column = Column::text("body", Secret, "Encrypted with the platform key, in base64; emptied once sent or given up.");

pub fn up(target: Target) -> Vec<String> {
    let mut statements =
        vec!["UPDATE mail_outbox SET body = '', failure = 'queued before bodies were encrypted' WHERE body <> ''".to_owned()];
    if target.is_postgres() {
        statements.push(format!("COMMENT ON COLUMN mail_outbox.\"body\" IS {}", literal(&BODY.comment())));
    }
    statements
}
