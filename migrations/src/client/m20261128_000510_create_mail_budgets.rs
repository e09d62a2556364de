//! Mails that anybody may ask for in somebody's name are counted by who asks. A sign-in code belongs to the browser that asked for it, so
//! that nobody else takes its place or uses up its tries. Codes are good for ten minutes: those of before go.

use crate::ddl::Class::{Internal, Personal, Secret};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const MAIL_BUDGETS: Table = Table {
    name: "mail_budgets",
    purpose: "Mails that were asked for an address, by what they are for and by who asked. They go after two days.",
    columns: &[
        Column::bytes(
            "key_hash",
            Personal,
            "SHA-256 of the kind of mail, the address and who asks: a device, a network, or all networks.",
        ),
        Column::time("sent_at", Internal, "When the newest was asked for."),
        Column::time("day_began_at", Internal, "First of those that are counted."),
        Column::int("sent", Internal, "Mails asked for since then."),
    ],
    primary_key: "key_hash",
    indexes: &[("mail_budgets_by_time", "sent_at")],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

/// Addresses that nobody has an account under have rows too, so that neither the rows nor the time they take tell who has one.
const EMAIL_CODES: Table = Table {
    name: "email_codes",
    purpose: "The newest sign-in code that a browser asked for an address. They go after two days.",
    columns: &[
        Column::bytes(
            "key_hash",
            Personal,
            "SHA-256 of the address and of the browser, by its cookie, or by where a program asked from.",
        ),
        Column::uuid("code_id", Internal, "This code among those of its address."),
        Column::bytes(
            "code_mac",
            Secret,
            "HMAC-SHA256 of the code, its id, its account and the account's password hash; random where no mail was sent.",
        ),
        Column::time("sent_at", Internal, "When it was asked for."),
        Column::time("expires_at", Internal, "End of the code."),
        Column::int("tries", Internal, "Codes that were compared with it, right ones too."),
        Column::time("used_at", Internal, "When somebody signed in with it.").null(),
    ],
    primary_key: "key_hash",
    indexes: &[("email_codes_by_time", "sent_at")],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    let mut statements = vec!["DROP TABLE email_codes".to_owned()];
    statements.extend(target.create(&[EMAIL_CODES, MAIL_BUDGETS]));
    statements
}
