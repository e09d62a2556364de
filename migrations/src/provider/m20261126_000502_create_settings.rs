//! Settings of the system, and the key of the admins' look-up.

use crate::ddl::Class::{Internal, Secret};
use crate::ddl::{Column, Table, Target};

const SETTINGS: Table = Table {
    name: "settings",
    purpose: "Settings that differ from what holds without them, encrypted.",
    columns: &[
        Column::word("key", Internal, "Stable name."),
        Column::bytes("value", Secret, "Value and who set it, encrypted."),
        Column::time("updated_at", Internal, "Last change."),
        Column::bigint("version", Internal, "Grows with each change."),
    ],
    primary_key: "key",
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[SETTINGS])
}
