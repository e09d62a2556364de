//! Rules that say who works on new leads, and the people each takes turns among.

use crate::ddl::Class::{Confidential, Internal, Public};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const ASSIGNMENT_RULES: Table = Table {
    name: "assignment_rules",
    purpose: "Who gets new leads that nobody was chosen for; the first rule that matches decides.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Rule, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change; not with each turn.").or("1"),
        Column::word("name", Confidential, "Name as people read it."),
        Column::bool("enabled", Internal, "Whether it is asked."),
        Column::int("position", Internal, "Order in which rules are asked, ascending."),
        Column::text("sources", Confidential, "JSON array: the lead's source is one of these; empty for any.").or("'[]'"),
        Column::text("name_contains", Confidential, "What the lead is about contains this; empty for any."),
        Column::text("company_contains", Confidential, "The lead's company contains this; empty for any."),
        Column::bigint("value_from_minor", Confidential, "The lead is worth at least this, in minor units of currency_code.")
            .null(),
        Column::text("currency_code", Public, "ISO 4217 code of value_from_minor."),
        Column::text("custom", Confidential, "JSON object: custom fields that have exactly these values, by key.").or("'{}'"),
        Column::uuid("team_id", Internal, "Team whose people take turns too.").null(),
        Column::uuid("last_user_id", Internal, "Who got the last lead; the next in order of ids is due.").null(),
        Column::time("created_at", Internal, "When it was created."),
    ],
    links: &[Link::in_org("team_id", "teams", "id").clears()],
    indexes: &[("assignment_rules_by_position", "org_id, position, id")],
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

const ASSIGNMENT_RULE_MEMBERS: Table = Table {
    name: "assignment_rule_members",
    purpose: "People a rule takes turns among.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("rule_id", Internal, "Rule."),
        Column::uuid("user_id", Internal, "Person."),
    ],
    primary_key: "org_id, rule_id, user_id",
    links: &[
        Link::in_org("rule_id", "assignment_rules", "id").cascades(),
        Link::in_org("user_id", "memberships", "user_id").cascades(),
    ],
    indexes: &[("assignment_rule_members_by_user", "org_id, user_id")],
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[ASSIGNMENT_RULES, ASSIGNMENT_RULE_MEMBERS])
}
