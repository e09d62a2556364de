//! The hash of a request is kept encrypted, beside its reply: a plain one is a fast hash of the password in it. What was kept before goes.

use crate::ddl::Class::Confidential;
use crate::ddl::{Column, Target, literal};

const REPLY: Column =
    Column::blob("reply", Confidential, "SHA-256 of the request and encoded answer, encrypted with the org's data key.");

pub fn up(target: Target) -> Vec<String> {
    let drop = "ALTER TABLE idempotency DROP COLUMN body_hash".to_owned();
    // The owner is bound by the row policies as everybody is, and TRUNCATE asks none.
    if target.is_postgres() {
        let comment = literal(&REPLY.comment());
        return vec!["TRUNCATE idempotency".to_owned(), drop, format!("COMMENT ON COLUMN idempotency.\"reply\" IS {comment}")];
    }
    vec!["DELETE FROM idempotency".to_owned(), drop]
}
