//! Memberships: which people belong to an org, and as what.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const MEMBERSHIPS: Table = Table {
    name: "memberships",
    purpose: "People of an org with their role.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("user_id", Internal, "Person."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::word("role", Internal, "OWNER, MANAGER, STAFF, EMPLOYEE or ACCOUNTANT."),
        Column::bool("read_only", Internal, "May look and not change."),
        Column::time("disabled_at", Internal, "Since then this org is closed to the person.").null(),
        Column::time("created_at", Internal, "When the person joined."),
    ],
    primary_key: "org_id, user_id",
    links: &[Link::to("org_id", "orgs", "id"), Link::to("user_id", "users", "id")],
    checks: &["role IN ('OWNER', 'MANAGER', 'STAFF', 'EMPLOYEE', 'ACCOUNTANT')"],
    indexes: &[("memberships_by_user", "user_id")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[MEMBERSHIPS]);
    if target.is_postgres() {
        statements.push(colleagues_are_readable(target));
    }
    statements
}

/// `memberships` is read under its own policy here: only colleagues in the org of the context count.
fn colleagues_are_readable(target: Target) -> String {
    format!(
        "CREATE POLICY users_colleagues ON users AS PERMISSIVE FOR SELECT TO {} \
         USING (EXISTS (SELECT 1 FROM memberships colleague WHERE colleague.user_id = users.id))",
        target.system.login_role()
    )
}
