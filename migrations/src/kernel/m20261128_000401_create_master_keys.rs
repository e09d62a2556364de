//! Master keys as the database knows them: which are in use, which were taken out for good, and which processes have which.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Guard, Table, Target, Visible};

const MASTER_KEYS: Table = Table {
    name: "master_keys",
    purpose: "Names of master keys; the keys themselves are never here. Who wraps under one holds its row.",
    columns: &[
        Column::word("id", Internal, "The key's name, as the key file has it."),
        Column::time("first_seen_at", Internal, "When something was first wrapped under it, or a process came with it."),
        Column::time("current_at", Internal, "Since when new data keys are wrapped under it.").null(),
        Column::time("retired_at", Internal, "Since then nothing may be wrapped under it.").null(),
    ],
    primary_key: "id",
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

const MASTER_KEY_HOLDERS: Table = Table {
    name: "master_key_holders",
    purpose: "Running processes and the master keys each has, as it says itself every few seconds.",
    columns: &[
        Column::uuid("process", Internal, "Which process; each start is another one."),
        Column::text("place", Internal, "Machine and process number, for people."),
        Column::text("key_ids", Internal, "Names of its keys, comma separated, the current one first."),
        Column::time("seen_at", Internal, "When it said so, by the database's clock on PostgreSQL."),
    ],
    primary_key: "process",
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[MASTER_KEYS, MASTER_KEY_HOLDERS])
}
