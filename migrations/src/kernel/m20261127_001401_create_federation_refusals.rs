//! Refused calls of other systems by reason: the sum alone does not say what to mend.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Table, Target};

const FEDERATION_REFUSALS: Table = Table {
    name: "federation_refusals",
    purpose: "How many calls in another system's name were refused, by reason.",
    columns: &[
        Column::word("name", Internal, "The other system."),
        Column::word("reason", Internal, "Stable reason, e.g. SKEW."),
        Column::bigint("refused", Internal, "Calls, since they are counted by reason."),
        Column::time("last_at", Internal, "The last of them."),
    ],
    primary_key: "name, reason",
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[FEDERATION_REFUSALS])
}
