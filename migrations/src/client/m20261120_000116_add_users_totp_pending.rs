//! The authenticator secret a person is setting up: the one in use stays good until the new one is confirmed.

use crate::ddl::Class::Secret;
use crate::ddl::{Column, Target, literal};

const TOTP_PENDING: Column =
    Column::bytes("totp_pending", Secret, "Authenticator secret not confirmed yet, encrypted with the platform key.").null();

pub fn up(target: Target) -> Vec<String> {
    let mut statements = vec![format!("ALTER TABLE users ADD COLUMN {}", TOTP_PENDING.render(target.dialect))];
    if target.is_postgres() {
        let comment = literal(&TOTP_PENDING.comment());
        statements.push(format!("COMMENT ON COLUMN users.\"totp_pending\" IS {comment}"));
    }
    statements
}
