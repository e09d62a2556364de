//! What a system remembers of the other systems.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Table, Target};

const FEDERATION_NONCES: Table = Table {
    name: "federation_nonces",
    purpose: "Calls of other systems that were received: each nonce is good once.",
    columns: &[
        Column::word("caller", Internal, "System that called."),
        Column::word("key_id", Internal, "Key it signed with."),
        Column::word("nonce", Internal, "At least 128 bits, base64url."),
        Column::time("at", Internal, "When it came."),
    ],
    primary_key: "caller, key_id, nonce",
    indexes: &[("federation_nonces_by_age", "at")],
    ..Table::EMPTY
};

const FEDERATION_PEERS: Table = Table {
    name: "federation_peers",
    purpose: "The other systems, as far as they were heard of.",
    columns: &[
        Column::word("name", Internal, "The system."),
        Column::time("last_seen_at", Internal, "Last call that was accepted, to a few seconds.").null(),
        Column::text("last_key_id", Internal, "Key of that call."),
        Column::bigint("clock_offset", Internal, "Seconds by which its clock was ahead at that call.").or("0"),
        Column::bigint("refused", Internal, "Calls in its name that were refused.").or("0"),
        Column::time("last_refused_at", Internal, "The last of them.").null(),
        Column::text("last_refusal", Internal, "Why that was refused."),
    ],
    primary_key: "name",
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[FEDERATION_NONCES, FEDERATION_PEERS])
}
