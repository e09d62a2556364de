//! Rights of an operator that hold for some minutes, after password and code were given once more.

use crate::ddl::Class::{Confidential, Internal};
use crate::ddl::{Column, Table, Target};
use crate::system::System;

const ELEVATIONS: Table = Table {
    name: "elevations",
    purpose: "Rights that a session has for a time. They end with it.",
    columns: &[
        Column::uuid("id", Internal, "Elevation, UUIDv7."),
        Column::uuid("session_id", Internal, "Session that has the rights."),
        Column::uuid("user_id", Internal, "Whose session."),
        Column::word("scopes", Internal, "Names of the rights, comma separated."),
        Column::text("justification", Confidential, "What for, in the person's words; empty for none."),
        Column::time("created_at", Internal, "When password and code were given."),
        Column::time("expires_at", Internal, "End, an hour later at most."),
        Column::time("ended_at", Internal, "Given back before that.").null(),
    ],
    primary_key: "id",
    indexes: &[("elevations_of_session", "session_id, expires_at"), ("elevations_of_person", "user_id, created_at desc")],
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    match target.system {
        System::Client | System::Accountant => Vec::new(),
        System::Provider | System::Dev => target.create(&[ELEVATIONS]),
    }
}
