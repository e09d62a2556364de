//! Codes mailed to people who sign in without their password.

use crate::ddl::Class::{Internal, Personal, Secret};
use crate::ddl::{Column, Guard, Table, Target, Visible};

/// Addresses that nobody has an account under have rows too, so that neither the rows nor the time they take tell who has one.
const EMAIL_CODES: Table = Table {
    name: "email_codes",
    purpose: "The newest sign-in code that was asked for an address, and how many were. They go after two days.",
    columns: &[
        Column::bytes("address_hash", Personal, "SHA-256 of the address."),
        Column::uuid("code_id", Internal, "This code among those of its address."),
        Column::bytes("code_mac", Secret, "HMAC-SHA256 of the code, its id and its account; random where no mail was sent."),
        Column::time("sent_at", Internal, "When it was asked for."),
        Column::time("expires_at", Internal, "End of the code."),
        Column::int("tries", Internal, "Codes that were compared with it, right ones too."),
        Column::time("used_at", Internal, "When somebody signed in with it, or it was ended.").null(),
        Column::time("day_began_at", Internal, "First of those that are counted."),
        Column::int("sent_in_day", Internal, "Codes asked for since then."),
    ],
    primary_key: "address_hash",
    indexes: &[("email_codes_by_time", "sent_at")],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[EMAIL_CODES])
}
