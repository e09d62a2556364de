//! Answers of calls that carried an idempotency key.

use crate::ddl::Class::{Confidential, Internal};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const IDEMPOTENCY: Table = Table {
    name: "idempotency",
    purpose: "Answers kept so that a repeated call has no second effect; pruned after the offline window.",
    columns: &[
        Column::uuid("org_id", Internal, "Org of the call; the nil id for none."),
        Column::uuid("actor_id", Internal, "Who called."),
        Column::word("rpc", Internal, "Path of the RPC."),
        Column::word("key", Internal, "Key the caller chose."),
        Column::bytes("body_hash", Internal, "SHA-256 of the request; another body under the same key is refused."),
        Column::blob("reply", Confidential, "Encoded answer."),
        Column::time("created_at", Internal, "When the call was answered."),
    ],
    primary_key: "org_id, actor_id, rpc, key",
    indexes: &[("idempotency_by_age", "created_at")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[IDEMPOTENCY])
}
