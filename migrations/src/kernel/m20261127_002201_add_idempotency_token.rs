//! A request that begins a session may be repeated because its answer got lost, and with it the session.

use crate::ddl::Class::Secret;
use crate::ddl::{Column, Target};

const TOKEN: Column =
    Column::bytes("token", Secret, "Token of the session that the call began, encrypted with the org's data key; none for most.")
        .null();

pub fn up(target: Target) -> Vec<String> {
    target.add("idempotency", &TOKEN)
}
