//! Leads, and the stages of the pipeline they stand in.

use crate::ddl::Class::{Confidential, Internal, Personal, Public};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const LEAD_STAGES: Table = Table {
    name: "lead_stages",
    purpose: "Stages of an org's pipeline, in order.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Stage, UUIDv7."),
        Column::word("name", Internal, "Name shown on the board."),
        Column::int("position", Internal, "Order on the board, ascending."),
        Column::word("kind", Internal, "open, won or lost."),
    ],
    checks: &["kind IN ('open', 'won', 'lost')"],
    indexes: &[("lead_stages_by_position", "org_id, position, id")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

const LEADS: Table = Table {
    name: "leads",
    purpose: "People and companies who may become customers.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Lead, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::bigint("number", Internal, "Short number, unique in the org."),
        Column::word("name", Personal, "What it is about."),
        Column::sort_text("sort_name", Personal, "Name to sort by: lower case, accents folded."),
        Column::text("company", Confidential, "Company."),
        Column::text("contact_name", Personal, "Person to talk to."),
        Column::text("email", Personal, "E-mail address."),
        Column::text("phone", Personal, "Phone number as written."),
        Column::uuid("stage_id", Internal, "Stage it stands in."),
        Column::double("position", Internal, "Order within the stage, ascending.").or("0"),
        Column::bigint("value_minor", Confidential, "Expected value in minor units of currency_code.").or("0"),
        Column::text("currency_code", Public, "ISO 4217 code of value_minor."),
        Column::text("source", Internal, "Where it came from: web, phone, referral, import, …"),
        Column::uuid("owner_id", Internal, "Person responsible; decides who sees the record.").null(),
        Column::uuid("assignee_id", Internal, "Person who does the work; decides who sees the record.").null(),
        Column::uuid("team_id", Internal, "Team; decides who sees the record.").null(),
        Column::text("tags", Confidential, "JSON array of labels.").or("'[]'"),
        Column::day("follow_up_on", Internal, "Day of the next step.").null(),
        Column::text("note", Personal, "Note for everyone who sees the record."),
        Column::uuid("customer_id", Internal, "Customer it became.").null(),
        Column::time("created_at", Internal, "When it was created."),
        Column::time("updated_at", Internal, "Last change."),
        Column::time("archived_at", Internal, "Put away since.").null(),
    ],
    unique: &["org_id, number"],
    links: &[
        Link::in_org("stage_id", "lead_stages", "id"),
        Link::in_org("owner_id", "memberships", "user_id").clears(),
        Link::in_org("assignee_id", "memberships", "user_id").clears(),
        Link::in_org("team_id", "teams", "id").clears(),
        Link::in_org("customer_id", "customers", "id").clears(),
    ],
    indexes: &[
        ("leads_by_name", "org_id, sort_name, id"),
        ("leads_by_update", "org_id, updated_at, id"),
        ("leads_by_creation", "org_id, created_at, id"),
        ("leads_by_value", "org_id, value_minor, id"),
        ("leads_by_follow_up", "org_id, follow_up_on, id"),
        ("leads_by_stage", "org_id, stage_id, position, id"),
        ("leads_by_owner", "org_id, owner_id, updated_at, id"),
        ("leads_by_assignee", "org_id, assignee_id, updated_at, id"),
        ("leads_by_team", "org_id, team_id, updated_at, id"),
        ("leads_by_customer", "org_id, customer_id"),
    ],
    guard: Guard::Tenant(Visible::Lead),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[LEAD_STAGES, LEADS])
}
