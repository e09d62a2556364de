//! The last TOTP step each person used: a code works once.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Table, Target};

const TOTP_STEPS: Table = Table {
    name: "totp_steps",
    purpose: "Last TOTP step used, raised in one statement, so that a code works once.",
    columns: &[
        Column::word("subject", Personal, "Whose authenticator."),
        Column::bigint("step", Internal, "RFC 6238 time step, 30-second units since 1970.").or("0"),
    ],
    primary_key: "subject",
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[TOTP_STEPS])
}
