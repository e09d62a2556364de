//! Data keys: each org's fields are encrypted with a key of its own.

use crate::ddl::Class::{Internal, Secret};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const DATA_KEYS: Table = Table {
    name: "data_keys",
    purpose: "Wrapped data keys. Deleting an org's keys destroys its encrypted data, in backups too.",
    columns: &[
        Column::uuid("org_id", Internal, "Org whose data it encrypts; the nil id for the platform's own."),
        Column::int("id", Internal, "Key version within the org, from 1."),
        Column::bytes("wrapped", Secret, "The key, encrypted with the master key."),
        Column::word("master_key_id", Internal, "Master key that wraps it."),
        Column::time("created_at", Internal, "First use."),
        Column::time("retired_at", Internal, "Since then it only decrypts.").null(),
    ],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[DATA_KEYS])
}
