//! Replies kept for repetitions are encrypted from now on; those kept before go, as they may hold what is encrypted elsewhere.

use crate::ddl::Class::Confidential;
use crate::ddl::{Column, Target, literal};

const REPLY: Column = Column::blob("reply", Confidential, "Encoded answer, encrypted with the org's data key.");

pub fn up(target: Target) -> Vec<String> {
    // The owner is bound by the row policies as everybody is, and TRUNCATE asks none.
    if target.is_postgres() {
        let comment = literal(&REPLY.comment());
        return vec!["TRUNCATE idempotency".to_owned(), format!("COMMENT ON COLUMN idempotency.\"reply\" IS {comment}")];
    }
    vec!["DELETE FROM idempotency".to_owned()]
}
