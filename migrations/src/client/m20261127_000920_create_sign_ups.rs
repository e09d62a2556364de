//! People who begin by themselves, on their way to an account and a company.

use crate::ddl::Class::{Internal, Personal, Secret};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const SIGN_UPS: Table = Table {
    name: "sign_ups",
    purpose: "Links mailed to people who want to begin. They come before account and company, and go after two days.",
    columns: &[
        Column::uuid("id", Internal, "Sign-up, UUIDv7."),
        Column::bytes("token_hash", Secret, "SHA-256 of the token in the link."),
        Column::word("email", Personal, "Address: lower case, NFKC."),
        Column::text("display_name", Personal, "Name shown to others."),
        Column::time("created_at", Internal, "When the mail was queued."),
        Column::time("expires_at", Internal, "End of the link; when it was made, for an address that has an account."),
        Column::text("password_hash", Secret, "argon2id PHC string, from the link's first use to the account."),
        Column::bytes("set_up_hash", Secret, "SHA-256 of the secret that sets the company up; none before the link's first use.")
            .null(),
        Column::time("confirmed_at", Internal, "Last use of the link.").null(),
        Column::time("used_at", Internal, "When account and company were asked for; from then on the link is dead.").null(),
    ],
    primary_key: "id",
    unique: &["token_hash", "set_up_hash"],
    indexes: &[("sign_ups_by_email", "email, created_at"), ("sign_ups_by_time", "created_at")],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[SIGN_UPS])
}
