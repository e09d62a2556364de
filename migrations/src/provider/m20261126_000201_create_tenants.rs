//! Companies as they were reported, and what was reported of them.

use crate::ddl::Class::{Confidential, Internal, Public};
use crate::ddl::{Column, Table, Target};

const TENANTS: Table = Table {
    name: "tenants",
    purpose: "Companies as the newest event about each says.",
    columns: &[
        Column::word("tenant_id", Internal, "Name in page addresses."),
        Column::text("name", Confidential, "Name of the company."),
        Column::text("time_zone", Public, "IANA zone."),
        Column::text("currency_code", Public, "ISO 4217 code of its money."),
        Column::text("plan", Internal, "What it pays for; empty when it has no plan."),
        Column::text("industry", Internal, "Its industry; empty when none was chosen."),
        Column::text("state", Internal, "State of its life; empty when none was told."),
        Column::text("external_customer_id", Internal, "Its number at whoever registered it."),
        Column::time("created_at", Internal, "When the company was made."),
        Column::time("trial_ends_at", Internal, "End of its trial.").null(),
        Column::time("reported_at", Internal, "When the event happened that these values come from."),
    ],
    primary_key: "tenant_id",
    indexes: &[("tenants_by_age", "created_at desc, tenant_id")],
    ..Table::EMPTY
};

const TENANT_EVENTS: Table = Table {
    name: "tenant_events",
    purpose: "What was reported of companies, each event once.",
    columns: &[
        Column::word("id", Internal, "The reporter's id of the event."),
        Column::word("tenant_id", Internal, "Which company."),
        Column::word("kind", Internal, "What happened."),
        Column::time("at", Internal, "When it happened."),
        Column::text("details", Confidential, "More of it as a JSON object; no personal data."),
        Column::time("received_at", Internal, "When it was reported."),
    ],
    primary_key: "id",
    indexes: &[("tenant_events_by_tenant", "tenant_id, at desc, id")],
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[TENANTS, TENANT_EVENTS])
}
