//! Invitations into an org.

use crate::ddl::Class::{Internal, Personal, Secret};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const INVITATIONS: Table = Table {
    name: "invitations",
    purpose: "Links mailed to people who shall join an org.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Invitation, UUIDv7."),
        Column::word("email", Personal, "Address invited: lower case, NFC."),
        Column::word("role", Internal, "Role the person will have."),
        Column::uuid("team_id", Internal, "Team the person will join.").null(),
        Column::bytes(
            "token_hash",
            Secret,
            "SHA-256 of the token in the link; looked up before an org is known, so unique across orgs.",
        ),
        Column::uuid("invited_by", Internal, "Who invited."),
        Column::time("created_at", Internal, "When it was sent."),
        Column::time("expires_at", Internal, "End of the link."),
        Column::time("accepted_at", Internal, "When the person joined.").null(),
        Column::time("revoked_at", Internal, "When it was taken back.").null(),
    ],
    unique: &["token_hash"],
    links: &[Link::in_org("team_id", "teams", "id").clears()],
    checks: &["role IN ('OWNER', 'MANAGER', 'STAFF', 'EMPLOYEE', 'ACCOUNTANT')"],
    indexes: &[
        ("invitations_by_email", "org_id, email"),
        ("invitations_by_time", "org_id, created_at desc, id desc"),
        ("invitations_by_team", "org_id, team_id"),
    ],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[INVITATIONS])
}
