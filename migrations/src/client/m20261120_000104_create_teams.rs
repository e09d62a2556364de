//! Teams, and who works in them.

use crate::ddl::Class::{Confidential, Internal};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const TEAMS: Table = Table {
    name: "teams",
    purpose: "Teams of an org; a manager sees the records of their teams.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Team, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::word("name", Confidential, "Name, unique in the org."),
        Column::time("created_at", Internal, "When it was created."),
    ],
    unique: &["org_id, name"],
    links: &[Link::to("org_id", "orgs", "id")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

const TEAM_MEMBERS: Table = Table {
    name: "team_members",
    purpose: "Who works in which team.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("team_id", Internal, "Team."),
        Column::uuid("user_id", Internal, "Person."),
    ],
    primary_key: "org_id, team_id, user_id",
    links: &[Link::in_org("team_id", "teams", "id").cascades(), Link::in_org("user_id", "memberships", "user_id").cascades()],
    indexes: &[("team_members_by_user", "org_id, user_id, team_id")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[TEAMS, TEAM_MEMBERS])
}
