//! Features that companies switch on and off.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Guard, Table, Target, Visible};

const ORG_MODULES: Table = Table {
    name: "org_modules",
    purpose: "Feature modules of an org. One without a row is on, as it was before there were rows.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::word("module", Internal, "leads, imports, tasks, …"),
        Column::bool("enabled", Internal, "Whether the org has it."),
        Column::time("updated_at", Internal, "Last change."),
    ],
    primary_key: "org_id, module",
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[ORG_MODULES])
}
