//! Orgs: the companies that use the portal.

use crate::ddl::Class::{Confidential, Internal, Public};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const ORGS: Table = Table {
    name: "orgs",
    purpose: "Companies (tenants). The row is the org, so its id is what other tables call org_id.",
    columns: &[
        Column::uuid("id", Internal, "Org, UUIDv7."),
        Column::word("tenant_id", Internal, "Name in page addresses: lower-case letters, digits and hyphens."),
        Column::word("name", Confidential, "Name of the company."),
        Column::text("time_zone", Public, "IANA zone of the company, e.g. Europe/London.").or("'Etc/UTC'"),
        Column::text("currency_code", Public, "ISO 4217 code of its money.").or("'EUR'"),
        Column::time("created_at", Internal, "When it was created."),
    ],
    primary_key: "id",
    unique: &["tenant_id"],
    guard: Guard::Shared(Visible::ThisOrg),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[ORGS])
}
