//! Keys that programs sign registrations with, and which of them a registration came with.

use crate::ddl::Class::{Internal, Secret};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const REGISTRATION_KEYS: Table = Table {
    name: "registration_keys",
    purpose: "Keys of programs that register companies: of each name the newest two are good.",
    columns: &[
        Column::uuid("id", Internal, "Key, UUIDv7."),
        Column::word("name", Internal, "Program that signs with it, as the operator calls it."),
        Column::bytes("secret", Secret, "The key, encrypted with the platform key."),
        Column::time("created_at", Internal, "When it was made."),
    ],
    primary_key: "id",
    indexes: &[("registration_keys_by_name", "name, created_at")],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

const SIGNED_BY: Column =
    Column::text("signed_by", Internal, "Name of the key it was signed with; empty where a token or a person asked.");

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[REGISTRATION_KEYS]);
    statements.extend(target.add("registrations", &SIGNED_BY));
    statements
}
